"""Models that come with the package, tried with a small one in their place."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import ehsaas
from ehsaas import shipped
from ehsaas.judging import RecogniserError
from tests.conftest import Pair

Made = Callable[[str], Pair]


@pytest.fixture()
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where shipped models are looked for; nothing is in it yet."""
    place = tmp_path / "shipped"
    place.mkdir()
    monkeypatch.setattr(shipped, "FOLDER", place)
    return place


def test_the_default_is_one_of_them() -> None:
    assert shipped.DEFAULT in shipped.MODELS
    assert all(file == f"{name}.onnx" for name, file in shipped.MODELS.items())


def test_they_lie_in_the_package() -> None:
    assert shipped.FOLDER == Path(ehsaas.__file__).parent / "shipped"


def test_the_default_is_loaded_without_a_word(folder: Path, pair: Made) -> None:
    both = pair("attention-bilstm")
    shutil.copy(both.path, folder / "ehsaas-base.onnx")
    for loaded in (ehsaas.load(), ehsaas.load("ehsaas-base"), ehsaas.load(None)):
        assert (loaded.name, loaded.version) == (both.file.name, both.file.version)
        assert loaded.licence == both.file.card.licence == "CC-BY-4.0"


def test_where_the_file_is_not_there_it_is_said_in_one_line(folder: Path) -> None:
    for name in (None, "ehsaas-base"):
        with pytest.raises(RecogniserError) as told:
            ehsaas.load(name)
        assert "ehsaas-base: the file of this model (ehsaas-base.onnx) is not in" in str(told.value)
        assert "\n" not in str(told.value) and str(folder) not in str(told.value)


def test_an_unknown_name_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(RecogniserError, match=r"ehsaas-bse: no such file.*\(ehsaas-base[,)]"):
        ehsaas.load("ehsaas-bse")
    with pytest.raises(RecogniserError, match="no such file or folder"):
        ehsaas.load(tmp_path / "none")


def test_a_path_is_never_a_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text that is a name is the model; a `Path`, or `./` in front, is a place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ehsaas-base").mkdir()
    for place in (Path("ehsaas-base"), "./ehsaas-base"):
        with pytest.raises(RecogniserError, match="no recogniser here"):
            ehsaas.load(place)
    with pytest.raises(RecogniserError, match="not in this copy"):
        ehsaas.load("ehsaas-base")


def test_a_path_to_the_file_is_known_for_the_model(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a link leads there; another file of that name is another model."""
    (folder / "ehsaas-base.onnx").touch()
    (tmp_path / "link.onnx").symlink_to(folder / "ehsaas-base.onnx")
    monkeypatch.chdir(tmp_path)
    for given in ("ehsaas-base", "shipped/ehsaas-base.onnx", str(tmp_path / "link.onnx")):
        assert shipped.name_of(given) == "ehsaas-base"
    for given in ("ehsaas-base.onnx", "./ehsaas-base", "shipped", ""):
        assert shipped.name_of(given) is None


def test_the_default_is_not_free_and_a_free_one_is_found_once_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert shipped.DEFAULT not in shipped.FREE
    monkeypatch.setattr(shipped, "MODELS", {"ehsaas-base": "a.onnx"})
    assert shipped.free() is None
    monkeypatch.setattr(shipped, "MODELS", {"ehsaas-base": "a.onnx", "ehsaas-open": "b.onnx"})
    assert shipped.free() == "ehsaas-open"


def test_loading_says_nothing_on_stderr(pair: Made) -> None:
    path = pair("attention-bilstm").path
    code = (
        "import shutil, sys, tempfile\nfrom pathlib import Path\n"
        "import ehsaas\nfrom ehsaas import shipped\n"
        "shipped.FOLDER = Path(tempfile.mkdtemp())\n"
        "shutil.copy(sys.argv[1], shipped.FOLDER / shipped.MODELS[shipped.DEFAULT])\n"
        "print(ehsaas.load().licence)\nshutil.rmtree(shipped.FOLDER)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("CC-BY-4.0\n", "")
