import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile

from ehsaas import utterances
from ehsaas.audio import RATE
from ehsaas.cli.model import named
from ehsaas.utterances import UtteranceTable
from tests.cli.conftest import Default, Home, Type
from tests.export import toys

FREE = "free for any use"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "a.wav"
    soundfile.write(path, toys.clips()[2].samples, RATE)
    return path


def answer(typed: Type, *words: object) -> dict[str, Any]:
    result = typed("recognise", *words, "--format", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)[0]
    return found


def test_first_what_is_given_then_the_environment_then_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EHSAAS_MODEL", "one.onnx")
    assert named("./other") == "./other"
    assert named(None) == "one.onnx"
    monkeypatch.setenv("EHSAAS_MODEL", "")
    assert named(None) == "ehsaas-base"
    monkeypatch.delenv("EHSAAS_MODEL")
    assert named(None) == "ehsaas-base"


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize("verb", ["evaluate", "benchmark", "distil", "adapt", "export"])
def test_an_empty_name_is_refused_and_not_taken_for_the_default(
    typed: Type, verb: str, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rest = {"export": (), "distil": (tmp_path, "-o", "student")}.get(verb, (tmp_path / "x",))
    if verb == "evaluate":
        rest = (prepared(tmp_path),)
    result = typed(verb, empty, *rest)
    assert result.exit_code == 2
    assert result.stderr.startswith("an empty name of a model") and result.stderr.count("\n") == 1


def prepared(folder: Path) -> Path:
    utterances.write(UtteranceTable(utterances.empty()), folder / "x.parquet")
    return folder / "x.parquet"


def test_the_shipped_model_judges_by_default_and_by_name(
    typed: Type, default: Default, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = default.ship(FREE)
    expected = answer(typed, clip, "--model", file)
    assert expected["model"] == "toy attention-bilstm"
    assert answer(typed, clip) == expected == answer(typed, clip, "--model", "ehsaas-base")
    monkeypatch.setenv("EHSAAS_MODEL", "ehsaas-base")
    assert answer(typed, clip) == expected


def test_the_environment_goes_before_the_default(
    typed: Type, default: Default, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    default.ship(FREE)
    clip = next(home.clips.glob("*.wav"))
    monkeypatch.setenv("EHSAAS_MODEL", str(home.model))
    assert answer(typed, clip)["model"] == "small"
    assert answer(typed, clip, "--model", "ehsaas-base")["model"] == "toy attention-bilstm"


def test_where_the_default_is_not_there_one_line_says_so(
    typed: Type, default: Default, clip: Path
) -> None:
    for words in ((), ("--model", "ehsaas-base")):
        done = typed("recognise", clip, *words)
        assert done.exit_code == 2 and done.stdout == ""
        assert "ehsaas-base" in done.stderr and "not in this copy" in done.stderr
        assert done.stderr.count("\n") == 1


def test_listening_uses_it_too(typed: Type, default: Default, tmp_path: Path) -> None:
    assert "not in this copy" in typed("listen", tmp_path / "none.wav").stderr
    default.ship(FREE)
    assert "not in this copy" not in typed("listen", tmp_path / "none.wav").stderr


@pytest.mark.parametrize(
    ("verb", "otherwise"), [("adapt", "recognise --baseline FOLDER"), ("export", "as it is")]
)
def test_what_needs_more_than_a_file_refuses_one(
    typed: Type, default: Default, clip: Path, verb: str, otherwise: str
) -> None:
    for model in (default.ship(FREE), "ehsaas-base"):
        words = [verb, model, *([clip.parent] if verb == "adapt" else [])]
        done = typed(*words)
        assert done.exit_code == 2 and done.stderr.count("\n") == 1
        assert f"{model}: a model file, which can judge and nothing else" in done.stderr
        assert otherwise in done.stderr


@pytest.mark.parametrize("words", [("adapt", "ehsaas-base", "."), ("export", "ehsaas-base")])
def test_it_is_refused_before_torch_is_missed(words: tuple[str, ...]) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from ehsaas.cli import main; sys.argv[0] = 'ehsaas'; main()"
    )
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "a model file, which can judge" in done.stderr


@pytest.mark.parametrize("verb", ["recognise", "listen", "serve", "evaluate", "distil"])
def test_help_names_what_is_shipped(typed: Type, verb: str) -> None:
    assert "ehsaas-base" in typed(verb, "--help").stdout
