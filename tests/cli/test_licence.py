import json
from pathlib import Path

import pytest
import soundfile

from ehsaas import shipped
from ehsaas.audio import RATE
from tests.cli.conftest import Default, Type
from tests.export import toys

RESTRICTED = "for research that is not commercial (LicenseRef-ehsaas-base)"

ALONE = {"ehsaas-base": "ehsaas-base.onnx"}
OPEN = ALONE | {"ehsaas-open": "ehsaas-open.onnx"}
"""What is shipped where there is a free one, too."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "a.wav"
    soundfile.write(path, toys.clips()[2].samples, RATE)
    return path


def test_it_is_said_once_in_two_lines_on_stderr(
    typed: Type, default: Default, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "MODELS", ALONE)
    default.ship(RESTRICTED)
    first = typed("recognise", clip, "--format", "json")
    assert first.exit_code == 0 and len(json.loads(first.stdout)) == 1
    what, other = first.stderr.splitlines()
    assert what == f"Licence of ehsaas-base: {RESTRICTED}. It was trained on first."
    assert "`ehsaas run`" in other and other.endswith("This is said once.")
    (configuration,) = (word for word in other.split() if word.endswith(".yaml"))
    assert f"{configuration} of the source repository" in other
    assert (Path(__file__).parents[2] / configuration).is_file()
    again = typed("recognise", clip, "--format", "json")
    assert again.stdout == first.stdout and again.stderr == ""
    (kept,) = (default.home / "licences").iterdir()
    assert RESTRICTED in kept.read_text()


def test_another_licence_is_said_again(typed: Type, default: Default, clip: Path) -> None:
    for licence in (RESTRICTED, "CC-BY-NC-SA-4.0"):
        default.ship(licence)
        assert licence in typed("recognise", clip).stderr
        assert typed("recognise", clip).stderr == ""


def test_where_there_is_a_free_one_it_is_named(
    typed: Type, default: Default, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default.ship(RESTRICTED)
    monkeypatch.setattr(shipped, "MODELS", OPEN)
    assert "there is ehsaas-open (--model ehsaas-open)" in typed("recognise", clip).stderr


@pytest.mark.parametrize("licence", ["CC-BY-4.0", "free for any use", "for study only", None])
def test_whatever_its_card_says_it_is_told(
    typed: Type, default: Default, clip: Path, licence: str | None
) -> None:
    default.ship(licence)
    (what, _) = typed("recognise", clip).stderr.splitlines()
    assert what.startswith(f"Licence of ehsaas-base: {licence or 'not said in its file'}. It was")


def test_a_free_one_says_nothing(
    typed: Type, default: Default, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "MODELS", OPEN)
    default.ship(RESTRICTED).rename(default.folder / "ehsaas-open.onnx")
    done = typed("recognise", clip, "--model", "ehsaas-open")
    assert (done.exit_code, done.stderr) == (0, "")
    assert not default.home.exists()


def test_the_shipped_file_is_told_by_its_path_too(
    typed: Type, default: Default, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = default.ship(RESTRICTED)
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("EHSAAS_MODEL", f"../{path.parent.name}/{path.name}")
    assert f"Licence of ehsaas-base: {RESTRICTED}." in typed("recognise", clip).stderr
    assert typed("recognise", clip, "--model", path).stderr == ""  # the same, and said by now


def test_a_file_of_one_s_own_says_nothing(
    typed: Type, default: Default, clip: Path, tmp_path: Path
) -> None:
    path = default.ship(RESTRICTED).rename(tmp_path / "own.onnx")
    assert typed("recognise", clip, "--model", path).stderr == ""


def test_a_home_that_cannot_be_written_breaks_nothing(
    typed: Type, default: Default, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said each time then."""
    default.ship(RESTRICTED)
    default.home.write_text("a file where the folder would be")
    for _ in range(2):
        done = typed("recognise", clip, "--format", "json")
        assert done.exit_code == 0 and len(json.loads(done.stdout)) == 1
        assert len(done.stderr.splitlines()) == 2 and RESTRICTED in done.stderr
        assert "said once" not in done.stderr
