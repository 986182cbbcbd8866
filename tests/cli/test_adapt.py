import shutil
from pathlib import Path

import numpy as np
import pytest

import ehsaas
from ehsaas.emotions import NOT_SURE
from ehsaas.experiments.adapt import READY
from ehsaas.training.adaptation import METHODS
from tests.cli.conftest import Home, Type
from tests.experiments.builders import corpus


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of another corpus, `other/…`."""
    place = tmp_path_factory.mktemp("adapt")
    corpus(place, "other", speakers=2, times=4)
    return place / "other"


def clips_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.wav"))


def emotion_of(name: str) -> str:
    words = ("anger", "happiness", "neutral", "sadness")
    return next(word for word in words if word in name)


def labels(folder: Path, file: Path, every: int = 1) -> Path:
    lines = [f"{name},{emotion_of(name)}" for name in clips_of(folder)[::every]]
    file.write_text("\n".join(["path,emotion", *lines]), encoding="utf-8")
    return file


def test_without_labels_a_new_recogniser_is_saved(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    result = typed("adapt", home.model, folder, "-o", tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(tmp_path / "new")
    assert "0 with a label" in result.stderr and "labelled by the model itself" in result.stderr
    old, new = ehsaas.load(home.model), ehsaas.load(tmp_path / "new")
    assert new.name == f"{old.name}-other" and new.classes == old.classes
    assert new.facts["adapted"]["labels"] == 0 and new.facts["corpora"] == old.facts["corpora"]
    assert new.statistics.name.startswith("other: ")
    assert not np.allclose(new.statistics.mean, old.statistics.mean)
    judged = typed("recognise", folder / clips_of(folder)[0], "--model", tmp_path / "new")
    assert judged.exit_code == 0, judged.output


def test_it_can_be_adapted_again(home: Home, typed: Type, folder: Path, tmp_path: Path) -> None:
    typed("adapt", home.model, folder, "-o", tmp_path / "once")
    result = typed("adapt", tmp_path / "once", folder, "-o", tmp_path / "twice")
    assert result.exit_code == 0, result.output


def test_with_labels_it_is_calibrated_on_them(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    given = labels(folder, tmp_path / "labels.csv")
    result = typed("adapt", home.model, folder, "--labels", given, "-o", tmp_path / "new")
    assert result.exit_code == 0, result.output
    new = ehsaas.load(tmp_path / "new")
    count = len(clips_of(folder))
    assert new.facts["calibration"]["data"] == "target"
    assert new.facts["calibration"]["utterances"] == count
    assert new.scores is not None and len(new.scores) == count
    clip = folder / clips_of(folder)[0]
    sets = typed("recognise", clip, "--model", tmp_path / "new", "--coverage", "0.8")
    assert sets.exit_code == 0 and "other languages" not in sets.stderr


def test_labels_of_the_recordings_are_learned(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    given = labels(folder, tmp_path / "labels.csv")
    typed("adapt", home.model, folder, "--labels", given, "-o", tmp_path / "new")
    new = ehsaas.load(tmp_path / "new")
    names = clips_of(folder)
    said = [new(ehsaas.audio.read(folder / name)).emotion for name in names]
    right = np.mean([a == emotion_of(b) for a, b in zip(said, names, strict=True)])
    assert NOT_SURE not in said and right > 0.6


def test_few_labels_do_not_calibrate(home: Home, typed: Type, folder: Path, tmp_path: Path) -> None:
    given = labels(folder, tmp_path / "labels.csv", every=5)
    result = typed("adapt", home.model, folder, "--labels", given, "-o", tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert "Not calibrated anew: that takes 20 labels." in result.stderr
    assert ehsaas.load(tmp_path / "new").facts["calibration"]["data"] == "source"


def test_voices_are_told_by_a_flag_or_by_folders(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    for speakers, by in (("one", "speaker"), ("folders", "corpus")):
        flat = tmp_path / speakers
        flat.mkdir()
        for name in clips_of(folder):
            shutil.copy(folder / name, flat / Path(name).name)
        out = tmp_path / f"new-{speakers}"
        result = typed("adapt", home.model, flat, "--speakers", speakers, "-o", out)
        assert result.exit_code == 0, result.output
        assert ehsaas.load(out).facts["adapted"]["statistics"] == by


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_done_or_those_are_named_that_can_be(
    home: Home, typed: Type, folder: Path, tmp_path: Path, method: str
) -> None:
    told = labels(folder, tmp_path / "labels.csv")
    new = tmp_path / "new"
    words = ("--labels", told, "--speakers", "folders", "--method", method, "-o", new)
    result = typed("adapt", home.model, folder, *words)
    if method in READY:
        assert result.exit_code == 0, result.output
        assert ehsaas.load(new).facts["adapted"]["method"] == method
        judged = typed("recognise", folder / clips_of(folder)[0], "--model", new)
        assert judged.exit_code == 0, judged.output
    else:
        assert result.exit_code == 2 and not new.exists()
        assert "can be adapted by source-only, " in result.stderr
        assert method not in result.stderr.split("adapted by")[1]


def test_what_cannot_be_read_is_named(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "mixed"
    shutil.copytree(folder, own)
    (own / "broken.wav").write_bytes(b"no sound at all")
    result = typed("adapt", home.model, own, "-o", tmp_path / "new")
    assert result.exit_code == 1
    assert "not used: broken.wav" in result.stderr
    assert (tmp_path / "new" / "recogniser.json").is_file()


def test_mistakes_are_one_line_and_exit_2(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "rage.csv").write_text(f"path,emotion\n{clips_of(folder)[0]},rage")
    (tmp_path / "elsewhere.csv").write_text("path,emotion\nnone.wav,anger")
    (tmp_path / "columns.csv").write_text("file,label\na.wav,anger")
    bare = tmp_path / "bare"
    shutil.copytree(home.model, bare)
    (bare / "source.safetensors").unlink()
    new = ("-o", tmp_path / "new")
    for words, message in (
        ([tmp_path, folder], "no recogniser here"),
        ([home.model, tmp_path / "none"], "expected a folder of recordings"),
        ([home.model, tmp_path / "empty"], "no recordings in this folder"),
        ([home.model, folder, "--labels", tmp_path / "none.csv"], "no such file"),
        ([home.model, folder, "--labels", tmp_path / "rage.csv"], "does not know: rage"),
        (
            [home.model, folder, "--labels", tmp_path / "elsewhere.csv"],
            "no recording of the folder",
        ),
        ([home.model, folder, "--labels", tmp_path / "columns.csv"], "no column path, emotion"),
        ([home.model, folder, "--method", "nnpm"], "can be adapted by source-only"),
        ([bare, folder], "nothing of its source was kept"),
    ):
        result = typed("adapt", *words, *new)
        assert result.exit_code == 2, result.output
        assert message in result.stderr and result.stderr.count("\n") == 1
    assert typed("adapt", home.model, folder, "-o", home.model).exit_code == 2
