import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ehsaas.cli.recognise import SEVERAL
from ehsaas.recogniser import load, save
from tests.cli.conftest import Home, Type
from tests.conftest import Pair
from tests.export import toys

CLASSES = {"anger", "happiness", "neutral", "sadness"}


def write(path: Path, seconds: float, level: float = 0.2, rate: int = 16000) -> Path:
    time = np.arange(int(seconds * rate)) / rate
    soundfile.write(path, level * np.sin(2 * np.pi * 200 * time), rate)
    return path


@pytest.fixture()
def clip(home: Home) -> Path:
    return sorted(home.clips.glob("*.wav"))[0]


def test_json_is_one_array_in_input_order(home: Home, typed: Type) -> None:
    clips = sorted(home.clips.glob("*.wav"))[2::-1]
    result = typed("recognise", *clips, "--model", home.model, "--format", "json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [estimate["path"] for estimate in found] == [str(path) for path in clips]
    for estimate in found:
        assert set(estimate["probabilities"]) == CLASSES
        assert sum(estimate["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)
        assert estimate["statistics"] == "source"


def test_a_folder_is_searched_and_json_lines_are_one_a_clip(home: Home, typed: Type) -> None:
    result = typed("recognise", home.clips, "--model", home.model, "--format", "jsonl")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [x["path"] for x in lines] == [str(path) for path in sorted(home.clips.glob("*.wav"))]


def test_csv_has_a_column_a_class(home: Home, typed: Type, clip: Path) -> None:
    result = typed("recognise", clip, "--model", home.model, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    best = max(CLASSES, key=lambda name: float(row[name]))
    assert row["emotion"] == best
    assert row["path"] == str(clip)


def test_the_table_shows_the_emotion_and_how_sure(home: Home, typed: Type, clip: Path) -> None:
    found = json.loads(typed("recognise", clip, "--model", home.model, "--format", "json").stdout)[
        0
    ]
    shown = typed("recognise", clip, "--model", home.model).stdout
    assert found["emotion"] in shown
    assert f"{max(found['probabilities'].values()):.2f}" in shown


def test_arousal_and_valence_are_shown_where_they_are_said(
    home: Home, typed: Type, clip: Path, pair: Callable[[str], Pair]
) -> None:
    words = ("recognise", clip, "--model", pair(toys.PLACED).path)
    (found,) = json.loads(typed(*words, "--format", "json").stdout)
    (row,) = csv.DictReader(io.StringIO(typed(*words, "--format", "csv").stdout))
    shown = typed(*words).stdout
    for name in ("arousal", "valence"):
        assert -1 <= found[name] <= 1
        assert row[name] == f"{found[name]:.4f}"
        assert name.capitalize() in shown and f"{found[name]:+.2f}" in shown
    plain = typed("recognise", clip, "--model", home.model)
    assert plain.exit_code == 0 and "Arousal" not in plain.stdout
    (row,) = csv.DictReader(
        io.StringIO(typed("recognise", clip, "--model", home.model, "--format", "csv").stdout)
    )
    assert row["arousal"] == row["valence"] == ""


def test_standard_input_is_audio(home: Home, typed: Type, clip: Path) -> None:
    options = ("--model", home.model, "--format", "json")
    file = json.loads(typed("recognise", clip, *options).stdout)
    piped = json.loads(typed("recognise", "-", *options, stdin=clip.read_bytes()).stdout)
    assert piped[0]["path"] == "-"
    assert piped[0]["probabilities"] == file[0]["probabilities"]


def test_a_timeline_has_a_line_for_every_segment(home: Home, typed: Type, tmp_path: Path) -> None:
    path = write(tmp_path / "long.wav", 20.0)
    options = ("--model", home.model, "--format", "json")
    drawing = tmp_path / "long.svg"
    lines = json.loads(
        typed("recognise", path, *options, "--timeline", "--picture", drawing).stdout
    )
    assert lines[0]["start"] == 0.0 and lines[-1]["end"] == 20.0
    for one, following in zip(lines, lines[1:], strict=False):
        assert one["end"] == following["start"] and one["emotion"] != following["emotion"]
    assert "<svg" in drawing.read_text() and "long.wav" in drawing.read_text()
    (whole,) = json.loads(typed("recognise", path, *options).stdout)
    assert (whole["start"], whole["end"]) == (0.0, 20.0)


def test_longer_looks_make_no_more_segments(home: Home, typed: Type, tmp_path: Path) -> None:
    path = write(tmp_path / "long.wav", 6.0)
    options = ("--model", home.model, "--format", "json", "--timeline")
    (whole,) = json.loads(typed("recognise", path, *options, "--window", 60).stdout)
    assert (whole["start"], whole["end"]) == (0.0, 6.0)


def test_looks_with_gaps_are_refused(home: Home, typed: Type, clip: Path) -> None:
    options = ("--model", home.model, "--timeline", "--window", 1, "--hop", 3)
    result = typed("recognise", clip, *options)
    assert result.exit_code == 2 and "--hop 3 is longer than --window 1" in result.stderr


def test_a_picture_without_a_timeline_is_refused(
    home: Home, typed: Type, clip: Path, tmp_path: Path
) -> None:
    result = typed("recognise", clip, "--model", home.model, "--picture", tmp_path / "x.svg")
    assert result.exit_code == 2 and "--timeline" in result.stderr


def test_a_bad_file_is_named_and_the_rest_is_printed(
    home: Home, typed: Type, clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "letter.wav").write_text("Dear sound card, …")
    (tmp_path / "empty.wav").touch()
    bad = [tmp_path / "letter.wav", tmp_path / "empty.wav", tmp_path / "none.wav"]
    result = typed("recognise", *bad, clip, "--model", home.model, "--format", "json")
    assert result.exit_code == 1
    assert [estimate["path"] for estimate in json.loads(result.stdout)] == [str(clip)]
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    for path, line in zip(bad, lines, strict=True):
        assert line.startswith(f"{path}: ")
    assert typed("recognise", *bad, "--model", home.model).stdout == ""  # no empty table


def test_silence_is_no_speech_and_a_truncated_file_is_said_to_be(
    home: Home, typed: Type, tmp_path: Path
) -> None:
    silent = write(tmp_path / "silent.wav", 1.0, level=0.0)
    cut = write(tmp_path / "cut.wav", 2.0)
    cut.write_bytes(cut.read_bytes()[:40000])
    result = typed("recognise", silent, cut, "--model", home.model, "--format", "json")
    first, second = json.loads(result.stdout)
    assert first["emotion"] == "no speech"
    assert any("truncated" in warning for warning in second["warnings"])


def test_a_baseline_s_statistics_are_used_and_named(home: Home, typed: Type, clip: Path) -> None:
    def judged(*words: object) -> dict[str, Any]:
        result = typed("recognise", clip, "--model", home.model, "--format", "json", *words)
        assert result.exit_code == 0, result.output
        answer: dict[str, Any] = json.loads(result.stdout)[0]
        return answer

    plain, folder, own = judged(), judged("--baseline", home.clips), judged("--baseline", "self")
    assert folder["statistics"].startswith("given: first (36 clips, ")
    assert own["statistics"].startswith("given: self (1 clip, 0.")
    assert own["probabilities"] != plain["probabilities"]
    assert any("little for a baseline" in text for text in own["warnings"])


def test_what_is_the_matter_with_a_baseline_is_said_once(home: Home, typed: Type) -> None:
    clips = sorted(home.clips.glob("*.wav"))[:3]
    result = typed("recognise", *clips, "--model", home.model, "--baseline", "self")
    assert result.exit_code == 0, result.output
    (line,) = [x for x in result.stderr.splitlines() if x.startswith("baseline: ")]
    assert "s of speech are little for a baseline; give at least 5 s" in line


def test_a_running_baseline_is_of_the_clips_before(home: Home, typed: Type) -> None:
    clips = sorted(home.clips.glob("*.wav"))[:3]
    options = ("--model", home.model, "--format", "json")
    first, second, third = json.loads(
        typed("recognise", *clips, *options, "--baseline", "running").stdout
    )
    (plain, *_) = json.loads(typed("recognise", *clips, *options).stdout)
    assert first == plain
    assert second["statistics"].startswith("given: running (1 clip, ")
    assert third["statistics"].startswith("given: running (2 clips, ")


def test_an_unreadable_file_of_the_baseline_is_named(
    home: Home, typed: Type, clip: Path, tmp_path: Path
) -> None:
    shutil.copy(clip, tmp_path / "good.wav")
    (tmp_path / "bad.wav").write_text("no sound")
    result = typed("recognise", clip, "--model", home.model, "--baseline", tmp_path)
    assert result.exit_code == 0
    assert f"baseline: {tmp_path / 'bad.wav'}" in result.stderr


def test_an_unreadable_file_is_named_once_by_a_baseline_of_the_judged(
    home: Home, typed: Type, clip: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")
    words = ("--model", home.model, "--baseline", "self")
    result = typed("recognise", clip, bad, *words)
    assert result.exit_code == 1
    assert [x.count(str(bad)) for x in result.stderr.splitlines() if "bad.wav" in x] == [1]
    assert result.stderr.count("baseline: ") == 1 and "s of speech are little" in result.stderr
    alone = typed("recognise", bad, *words)  # nothing is judged, so it is named here
    assert alone.exit_code == 2
    first, second = alone.stderr.splitlines()
    assert first.startswith(f"baseline: {bad}: ") and "self: no clip of at least" in second


def test_the_model_can_come_from_the_environment(
    home: Home, typed: Type, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHSAAS_MODEL", str(home.model))
    assert typed("recognise", clip).exit_code == 0


def uncalibrated(home: Home, folder: Path) -> Path:
    """The recogniser as one of before: it knows nothing of calibration or reach."""
    made = replace(load(home.model), scores=None, reach=None)
    save(made, folder / "before")
    return folder / "before"


def limited(home: Home, folder: Path, limit: float) -> Path:
    """The recogniser with another limit of its reach, for one and for several."""
    made = load(home.model)
    assert made.reach is not None
    limited = replace(made, reach=replace(made.reach, limit=limit, together=limit))
    save(limited, folder / "limited")
    return folder / "limited"


def test_sets_are_printed_in_every_format(home: Home, typed: Type, clip: Path) -> None:
    words = ("recognise", clip, "--model", home.model, "--coverage", 0.999)
    result = typed(*words, "--format", "json")
    (found,) = json.loads(result.stdout)
    # so few calibration utterances promise so much only of all classes
    assert found["emotion"] == "not sure" and set(found["prediction_set"]) == CLASSES
    (row,) = csv.DictReader(io.StringIO(typed(*words, "--format", "csv").stdout))
    assert row["emotion"] == "not sure"
    assert row["prediction_set"].split("; ") == found["prediction_set"]
    shown = " ".join(typed(*words).stdout.replace("│", " ").split())
    assert "not sure:" in shown and found["prediction_set"][0] in shown
    segments = json.loads(typed(*words, "--format", "json", "--timeline").stdout)
    assert {one["emotion"] for one in segments} == {"not sure"}


def test_a_promise_of_the_training_data_is_said_to_be_one_once(
    home: Home, typed: Type, tmp_path: Path
) -> None:
    result = typed("recognise", home.clips, "--model", home.model, "--coverage", 0.5)
    assert result.exit_code == 0
    assert result.stderr.count("a promise that was calibrated on") == 1
    assert "recordings of first: it holds for recordings like those" in result.stderr
    assert "--baseline" not in result.stderr and "timeline" not in result.stderr
    more = ("--baseline", "self", "--timeline")
    other = typed("recognise", home.clips, "--model", home.model, "--coverage", 0.5, *more).stderr
    assert "not calibrated with --baseline" in other and "short looks of a timeline" in other
    own = load(home.model)
    facts = dict(own.facts) | {"calibration": {**own.facts["calibration"], "data": "target"}}
    save(replace(own, facts=facts), tmp_path)
    assert typed("recognise", home.clips, "--model", tmp_path, "--coverage", 0.5).stderr == ""


def test_recordings_unlike_the_training_data_are_said_alone_and_together(
    home: Home, typed: Type, clip: Path, tmp_path: Path
) -> None:
    far = limited(home, tmp_path, 1e-6)
    (alone,) = json.loads(typed("recognise", clip, "--model", far, "--format", "json").stdout)
    assert alone["warnings"] == [
        "sounds unlike what the model was trained on (first; languages de)"
    ]
    n = len(list(home.clips.glob("*.wav")))
    folder = typed("recognise", home.clips, "--model", far)
    assert f"taken together these {n} recordings sound unlike what" in folder.stderr
    assert f"{n} of them do so alone" in folder.stderr
    near = limited(home, tmp_path, 1e6)
    result = typed("recognise", home.clips, "--model", near)
    assert "unlike" not in result.stderr and "unlike" not in result.stdout


def test_segments_of_a_timeline_are_no_recordings_to_count(
    home: Home, typed: Type, tmp_path: Path
) -> None:
    """Noise and tones by turns, in more segments than there have to be recordings."""
    rng, time = np.random.default_rng(0), np.arange(24000) / 16000
    parts = [
        0.2 * np.sin(2 * np.pi * 80 * 1.3**i * time) if i % 2 else 0.1 * rng.normal(size=24000)
        for i in range(20)
    ]
    turns = [np.concatenate([part, np.zeros(24000)]) for part in parts]
    soundfile.write(tmp_path / "turns.wav", np.concatenate(turns), 16000)
    far = limited(home, tmp_path, 1e-6)
    words = ("recognise", tmp_path / "turns.wav", "--model", far, "--timeline", "--format", "json")
    result = typed(*words, "--window", 1, "--hop", 1)
    segments = json.loads(result.stdout)
    assert sum(one["emotion"] != "no speech" for one in segments) >= SEVERAL
    assert "unlike" not in result.stderr and "unlike" not in result.stdout
    assert all(one["extra"] == {} for one in segments)


def test_mistakes_are_one_line_and_exit_code_2(
    home: Home, typed: Type, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EHSAAS_MODEL", raising=False)
    with_model = ["recognise", clip, "--model", home.model]
    for words, message in (
        (["recognise", clip, "--model", "ehsaas-bass"], "nor a model that comes with the package"),
        (["recognise", clip, "--model", tmp_path], "no recogniser here"),
        ([*with_model, "--coverage", "90"], "--coverage 90: a coverage of 90; expected a share"),
        (
            ["recognise", clip, "--model", uncalibrated(home, tmp_path), "--coverage", "0.9"],
            "--coverage 0.9: small was not calibrated",
        ),
        ([*with_model, "--baseline", clip], "expected a folder of recordings, self or running"),
        (["recognise", tmp_path, "--model", home.model], "no recordings in this folder"),
    ):
        result = typed(*words)
        assert result.exit_code == 2
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""
