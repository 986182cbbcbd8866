import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import ehsaas
from ehsaas import digests
from ehsaas.experiments.adapt import READY
from ehsaas.recogniser import load
from ehsaas.training.adaptation import METHODS
from tests.cli.conftest import Home, Type
from tests.experiments.builders import corpus


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of another corpus, `other/VOICE/…`."""
    place = tmp_path_factory.mktemp("adapt")
    corpus(place, "other", speakers=2, times=4)
    for path in list((place / "other").iterdir()):
        voice = path.with_name(path.name.split("_")[0])
        voice.mkdir(exist_ok=True)
        path.rename(voice / path.name)
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


def test_a_recogniser_of_unknown_training_says_by_digest_what_it_was_adapted_to(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(home.model, tmp_path / "old")
    about = json.loads((tmp_path / "old" / "recogniser.json").read_text(encoding="utf-8"))
    del about["facts"]["digests"]
    (tmp_path / "old" / "recogniser.json").write_text(json.dumps(about), encoding="utf-8")
    result = typed("adapt", tmp_path / "old", folder, "-o", tmp_path / "new")
    assert result.exit_code == 0, result.output
    heard = [ehsaas.audio.digest(ehsaas.audio.read(folder / name)) for name in clips_of(folder)]
    facts = ehsaas.load(tmp_path / "new").facts
    assert facts["heard"] == digests.pack(heard) and "digests" not in facts


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
    clips = [ehsaas.audio.read(folder / name) for name in clips_of(folder)]
    heard = [ehsaas.audio.digest(clip) for clip in clips]
    assert new.facts["digests"] == digests.add(old.facts["digests"], heard)
    own = old.statistics_of(clips, "other")  # shrunk, as those of a baseline are
    np.testing.assert_allclose(new.statistics.mean, own.mean, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(new.statistics.std, own.std, rtol=1e-4, atol=1e-4)
    assert new.statistics.name.startswith("other: ")
    judged = typed("recognise", folder / clips_of(folder)[0], "--model", tmp_path / "new")
    assert judged.exit_code == 0, judged.output


def test_it_can_be_adapted_again(home: Home, typed: Type, folder: Path, tmp_path: Path) -> None:
    typed("adapt", home.model, folder, "-o", tmp_path / "once")
    result = typed("adapt", tmp_path / "once", folder, "-o", tmp_path / "twice")
    assert result.exit_code == 0, result.output
    old, once, twice = (
        load(model) for model in (home.model, tmp_path / "once", tmp_path / "twice")
    )
    assert twice.name == f"{once.name}-other"
    assert once.reach is not None and twice.reach is not None and old.reach is not None
    centres = [len(one.reach.centres) for one in (old, once, twice) if one.reach]
    assert centres == [centres[0], centres[0] + 1, centres[0] + 2]


def test_the_licence_goes_on(home: Home, typed: Type, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(home.model, tmp_path / "old")
    about = json.loads((tmp_path / "old" / "recogniser.json").read_text())
    licensed = json.dumps(about | {"licence": "CC-BY-NC-SA-4.0"})
    (tmp_path / "old" / "recogniser.json").write_text(licensed)
    result = typed("adapt", tmp_path / "old", folder, "-o", tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert ehsaas.load(tmp_path / "new").licence == "CC-BY-NC-SA-4.0"


def test_without_labels_the_old_calibration_is_gone(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    """It spoke of a layer that is no more."""
    old = ehsaas.load(home.model)
    assert old.scores is not None and "calibration" in old.facts
    result = typed("adapt", home.model, folder, "-o", tmp_path / "new")
    assert "Not calibrated: " in result.stderr and "that takes 20 labels" in result.stderr
    new = load(tmp_path / "new")
    assert new.scores is None and new.temperature == 1 and "calibration" not in new.facts
    clip = folder / clips_of(folder)[0]
    sets = typed("recognise", clip, "--model", tmp_path / "new", "--coverage", "0.8")
    assert sets.exit_code == 2 and "was not calibrated" in sets.stderr


def test_few_labels_do_not_calibrate(home: Home, typed: Type, folder: Path, tmp_path: Path) -> None:
    given = labels(folder, tmp_path / "labels.csv", every=5)
    result = typed("adapt", home.model, folder, "--labels", given, "-o", tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert "Not calibrated: " in result.stderr
    assert ehsaas.load(tmp_path / "new").scores is None


@pytest.mark.parametrize("speakers", (None, "folders"))
def test_with_labels_it_is_calibrated_on_them(
    home: Home, typed: Type, folder: Path, tmp_path: Path, speakers: str | None
) -> None:
    """For recordings that are judged as these were: by a baseline where voices are known."""
    given = labels(folder, tmp_path / "labels.csv")
    words = () if speakers is None else ("--speakers", speakers)
    out = tmp_path / "new"
    result = typed("adapt", home.model, folder, "--labels", given, *words, "-o", out)
    assert result.exit_code == 0, result.output
    new, count = ehsaas.load(out), len(clips_of(folder))
    told = new.facts["calibration"]
    assert (told["data"], told["utterances"]) == ("target", count)
    assert new.scores is not None and len(new.scores) == count
    for_whom = "other voices" if speakers else "other recordings of the same voices"
    assert told["for"] == for_whom and for_whom in result.stderr
    clip = folder / clips_of(folder)[0]
    sets = ("recognise", clip, "--model", out, "--coverage", "0.8")
    alone, baseline = typed(*sets), typed(*sets, "--baseline", folder)
    assert alone.exit_code == baseline.exit_code == 0
    assert ("statistics of each speaker" in alone.stderr) == (speakers is not None)
    assert ("not calibrated with --baseline" in baseline.stderr) == (speakers is None)
    assert ("calibrated for other recordings of the same" in alone.stderr) == (speakers is None)
    assert "another language" not in alone.stderr + baseline.stderr


def test_labels_of_the_recordings_are_learned(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    """Wrong ones on purpose: what they say is what the new one says, and not what the old did."""
    turn = {"anger": "sadness", "happiness": "neutral", "neutral": "happiness", "sadness": "anger"}
    names = clips_of(folder)
    lines = [f"{name},{turn[emotion_of(name)]}" for name in names]
    (tmp_path / "labels.csv").write_text("\n".join(["path,emotion", *lines]), encoding="utf-8")
    out = tmp_path / "new"
    typed("adapt", home.model, folder, "--labels", tmp_path / "labels.csv", "-o", out)

    def right(model: Path) -> float:
        judge = ehsaas.load(model)
        said = [judge(ehsaas.audio.read(folder / name)).emotion for name in names]
        return float(np.mean([a == turn[emotion_of(b)] for a, b in zip(said, names, strict=True)]))

    assert right(out) > max(0.4, right(home.model) + 0.15)


def test_subfolders_are_voices(home: Home, typed: Type, tmp_path: Path) -> None:
    """Of one, of four and of five: from there on the statistics of all become the model's own."""
    corpus(tmp_path, "many", speakers=5, times=2)
    old = ehsaas.load(home.model)
    for count in (1, 4, 5):
        place = tmp_path / f"of{count}"
        voices = sorted({name.split("_")[0] for name in clips_of(tmp_path / "many")})[:count]
        for name in clips_of(tmp_path / "many"):
            if (voice := name.split("_")[0]) in voices:
                (place / voice).mkdir(parents=True, exist_ok=True)
                shutil.copy(tmp_path / "many" / name, place / voice / name)
        out = tmp_path / f"new{count}"
        result = typed("adapt", home.model, place, "--speakers", "folders", "-o", out)
        assert result.exit_code == 0, result.output
        new = ehsaas.load(out)
        assert new.facts["adapted"]["statistics"] == "speaker"
        assert np.allclose(new.statistics.mean, old.statistics.mean) == (count < 5)
        whose = "all recordings" if count == 5 else "the model as it was"
        assert f"judged by the statistics of {whose}" in result.stderr


def test_all_recordings_may_be_one_voice_s(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    result = typed("adapt", home.model, folder, "--speakers", "one", "-o", tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert ehsaas.load(tmp_path / "new").facts["adapted"]["statistics"] == "speaker"


def test_labels_of_one_emotion_are_warned_of(
    home: Home, typed: Type, folder: Path, tmp_path: Path
) -> None:
    lines = [f"{name},anger" for name in clips_of(folder) if emotion_of(name) == "anger"]
    (tmp_path / "anger.csv").write_text("\n".join(["path,emotion", *lines]), encoding="utf-8")
    words = ("--labels", tmp_path / "anger.csv", "-o", tmp_path / "new")
    result = typed("adapt", home.model, folder, *words)
    assert result.exit_code == 0, result.output
    assert "No label of happiness, neutral, sadness" in result.stderr


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_done_or_those_are_named_that_can_be(
    home: Home, typed: Type, folder: Path, tmp_path: Path, method: str
) -> None:
    told = labels(folder, tmp_path / "labels.csv")
    new = tmp_path / "new"
    words = ("--labels", told, "--speakers", "one", "--method", method, "-o", new)
    result = typed("adapt", home.model, folder, *words)
    if method in READY:
        assert result.exit_code == 0, result.output
        assert ehsaas.load(new).facts["adapted"]["method"] == method
        judged = typed("recognise", folder / clips_of(folder)[0], "--model", new)
        assert judged.exit_code == 0, judged.output
    else:
        assert result.exit_code == 2 and not new.exists()
        assert "can be adapted by source-only, " in result.stderr
        assert method not in result.stderr.strip().split("adapted by ")[1].split(", ")


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
    (tmp_path / "twice.csv").write_text("path,emotion" + f"\n{clips_of(folder)[0]},anger" * 2)
    who = f"path,emotion,speaker\n{clips_of(folder)[0]},anger,me"
    (tmp_path / "who.csv").write_text(who)
    flat = tmp_path / "flat"
    flat.mkdir()
    shutil.copy(folder / clips_of(folder)[0], flat / "one.wav")
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
        ([home.model, folder, "--labels", tmp_path / "twice.csv"], "comes twice"),
        (
            [home.model, folder, "--labels", tmp_path / "who.csv", "--speakers", "one"],
            "leave one of the two out",
        ),
        ([home.model, flat, "--speakers", "folders"], "has no subfolders"),
        ([home.model, folder, "--method", "joint-training"], "needs labels"),
        ([home.model, flat], "1 recordings with speech in them; at least 5"),
    ):
        result = typed("adapt", *words, *new)
        assert result.exit_code == 2, result.output
        assert message in result.stderr and result.stderr.count("\n") == 1
    assert typed("adapt", home.model, folder, "-o", home.model).exit_code == 2
    taken = typed("adapt", home.model, folder, "-o", bare)
    assert taken.exit_code == 2 and "there is something already" in taken.stderr
