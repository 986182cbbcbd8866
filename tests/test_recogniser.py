import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import ehsaas
from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics
from ehsaas.emotions import NO_SPEECH, NOT_SURE
from ehsaas.features import SamplesConfig
from ehsaas.features.stack import FeatureConfig
from ehsaas.judging import RecogniserError
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.reach import Reach
from ehsaas.recogniser import Recogniser, load, save

CONFIG = FeatureConfig(parts=("mfcc", "logmel"), hop_ms=20, n_mfcc=6, n_mels=12)
D = len(CONFIG.names)


@pytest.fixture()
def recogniser() -> Recogniser:
    torch.manual_seed(0)
    sizes = {"hidden": 6, "layers": 1, "dense": 8}
    return Recogniser(
        CONFIG,
        sizes,
        AttentionBiLSTM(D, 3, hidden=6, layers=1, dense=8),
        model="attention-bilstm",
        classes=("anger", "neutral", "sadness"),
        statistics=Statistics(np.zeros(D, np.float32), np.ones(D, np.float32), 1, "source"),
        name="toy",
        facts={"corpora": ["first"]},
    )


def tone(seconds: float, f0: float = 200.0, level: float = 0.3) -> Clip:
    time = np.arange(int(seconds * RATE)) / RATE
    return Clip((level * np.sin(2 * np.pi * f0 * time)).astype(np.float32))


def test_an_estimate_holds_what_was_asked(recogniser: Recogniser) -> None:
    estimate = recogniser(tone(1.0))
    assert set(estimate.probabilities) == {"anger", "neutral", "sadness"}
    assert sum(estimate.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert estimate.emotion == max(estimate.probabilities, key=estimate.probabilities.__getitem__)
    assert estimate.attention is not None and sum(estimate.attention) == pytest.approx(1, abs=1e-4)
    assert (estimate.start, estimate.end, estimate.statistics) == (0.0, 1.0, "source")
    assert estimate.model == "toy"


def test_quiet_ends_that_are_left_out_have_no_attention(recogniser: Recogniser) -> None:
    trimming = replace(recogniser, features=CONFIG.model_copy(update={"trim_db": 40.0}))
    quiet = np.zeros(RATE // 2, np.float32)
    estimate = trimming(Clip(np.concatenate([quiet, tone(1.0).samples, quiet])))
    alone = trimming(tone(1.0))
    assert estimate.attention is not None and alone.attention is not None
    assert len(estimate.attention) == 99 and sum(estimate.attention) == pytest.approx(1, abs=1e-4)
    assert not any(estimate.attention[:23]) and not any(estimate.attention[76:])
    assert all(estimate.attention[30:70])
    assert estimate.probabilities == pytest.approx(alone.probabilities, abs=0.02)


def test_silence_and_ten_milliseconds_are_no_speech(recogniser: Recogniser) -> None:
    assert recogniser(tone(1.0, level=0.0)).emotion == NO_SPEECH
    short = recogniser(tone(0.01))
    assert short.emotion == NO_SPEECH and "10 ms is too short" in short.warnings[0]


def test_given_statistics_change_the_answer_and_are_named(recogniser: Recogniser) -> None:
    baseline = recogniser.statistics_of([tone(1.0), tone(1.0, 150.0)], "speaker one")
    plain, given = recogniser(tone(1.0)), recogniser(tone(1.0), baseline)
    assert given.statistics == "given: speaker one (2 clips, 2.0 s)"
    assert given.warnings == baseline.warnings != ()
    assert given.probabilities != plain.probabilities


def test_statistics_need_sound(recogniser: Recogniser) -> None:
    with pytest.raises(RecogniserError, match="no clip"):
        recogniser.statistics_of([tone(0.02)], "nobody")


def test_silence_gives_no_statistics(recogniser: Recogniser) -> None:
    silent = tone(1.0, level=0.0)
    with pytest.raises(RecogniserError, match="with sound in it"):
        recogniser.statistics_of([silent], "nobody")
    alone = recogniser.statistics_of([tone(1.0)], "one")
    both = recogniser.statistics_of([tone(1.0), silent], "one")
    np.testing.assert_array_equal(alone.mean, both.mean)


def test_no_speech_says_whose_statistics_were_given(recogniser: Recogniser) -> None:
    given = recogniser.statistics_of([tone(1.0)], "one")
    assert recogniser(tone(1.0, level=0.0), given).statistics == "given: one (1 clip, 1.0 s)"


def test_statistics_are_shrunk_by_seconds_and_as_they_are_with_strength_0(
    recogniser: Recogniser,
) -> None:
    own = recogniser.statistics_of([tone(1.0)], "one", strength=0)
    shrunk = recogniser.statistics_of([tone(1.0)], "one", strength=3)
    np.testing.assert_allclose(shrunk.mean, 0.25 * own.mean, rtol=1e-5)  # training's own is 0
    np.testing.assert_allclose(shrunk.std**2, 0.25 * own.std**2 + 0.75, rtol=1e-4)


def test_a_long_clip_gives_the_statistics_of_the_windows_it_is_judged_in(
    recogniser: Recogniser,
) -> None:
    sound = tone(20.0).samples * np.linspace(0.1, 1, 20 * RATE, dtype=np.float32)
    parts = [Clip(sound[i * 5 * RATE : (i + 1) * 5 * RATE]) for i in range(4)]
    whole = recogniser.statistics_of([Clip(sound)], "one")
    cut = recogniser.statistics_of(parts, "one")
    np.testing.assert_allclose(whole.mean, cut.mean, rtol=1e-6)
    np.testing.assert_allclose(whole.std, cut.std, rtol=1e-6)
    assert whole.clips == 4 and whole.seconds == pytest.approx(20)
    last = recogniser.statistics_of([tone(22.0)], "one")
    assert last.seconds == pytest.approx(22)  # the last window overlaps the one before


def test_a_stream_is_judged_by_what_came_before(recogniser: Recogniser) -> None:
    clips = [tone(1.0, f0, level) for f0, level in ((150, 0.1), (200, 0.3), (260, 0.2))]
    running = recogniser.running("call")
    first, _, third = (recogniser(clip, running) for clip in clips)
    assert first == recogniser(clips[0])
    offline = recogniser.statistics_of(clips[:2], "call")
    expected = recogniser(clips[2], offline)
    assert third.probabilities == expected.probabilities
    assert third.statistics == expected.statistics == "given: call (2 clips, 2.0 s)"
    assert third.warnings == ()
    after, all_three = running.statistics, recogniser.statistics_of(clips, "call")
    assert after is not None
    np.testing.assert_array_equal(after.mean, all_three.mean)
    np.testing.assert_array_equal(after.std, all_three.std)


def test_a_timeline_s_windows_count_for_what_each_adds(recogniser: Recogniser) -> None:
    running = recogniser.running()
    segments = recogniser.timeline(tone(4.0), 1.5, 0.5, running)
    assert segments[0].statistics == "source"
    assert running.statistics is not None
    assert running.statistics.seconds == pytest.approx(4.0)
    silent = recogniser.running()
    recogniser(tone(2.0, level=0.0), silent)
    assert silent.statistics is None


def test_a_model_of_samples_has_no_running_statistics(recogniser: Recogniser) -> None:
    hearing = replace(recogniser, features=SamplesConfig())
    with pytest.raises(RecogniserError, match="hears samples"):
        hearing.running()


def test_a_long_clip_is_the_mean_of_its_windows(recogniser: Recogniser) -> None:
    """By what each adds: 22 s are four windows of 5 s, and one that adds 2 s to them."""
    sound = tone(22.0).samples * np.linspace(0.1, 1, 22 * RATE, dtype=np.float32)
    clip = Clip(sound)
    estimate = recogniser(clip)
    lines = recogniser.windows(clip, 5.0, 5.0)
    assert "windows" in estimate.warnings[0] and estimate.end == pytest.approx(22.0)
    angry = [line.probabilities["anger"] for line in lines]
    assert len(set(angry)) == 5
    expected = (5 * sum(angry[:4]) + 2 * angry[4]) / 22
    assert estimate.probabilities["anger"] == pytest.approx(expected, abs=1e-6)


def test_silent_windows_of_a_long_clip_count_for_nothing(recogniser: Recogniser) -> None:
    """The last window begins in what was silent: all that sounds in it is new."""
    sound = tone(17.0).samples.copy()
    sound[5 * RATE : 15 * RATE] = 0
    estimate = recogniser(Clip(sound))
    first, last = (recogniser.windows(Clip(sound), 5.0, 5.0)[i] for i in (0, -1))
    expected = (5 * first.probabilities["anger"] + 2 * last.probabilities["anger"]) / 7
    assert estimate.probabilities["anger"] == pytest.approx(expected, abs=1e-6)
    assert "the mean of 2 windows" in estimate.warnings[0]


def test_long_silence_is_no_speech(recogniser: Recogniser) -> None:
    assert recogniser(tone(20.0, level=0.0)).emotion == NO_SPEECH


def test_the_timeline_covers_the_clip(recogniser: Recogniser) -> None:
    """Sound, silence, sound: the silence is a segment that is right to within a window."""
    sound = tone(12.0).samples.copy()
    sound[4 * RATE : 8 * RATE] = 0
    segments = recogniser.timeline(Clip(sound))
    assert segments[0].start == 0 and segments[-1].end == pytest.approx(12.0)
    for one, following in zip(segments, segments[1:], strict=False):
        assert following.start == one.end and following.emotion != one.emotion
    (silent,) = [one for one in segments if one.emotion == NO_SPEECH]
    assert silent.start == pytest.approx(4, abs=1.5) and silent.end == pytest.approx(8, abs=1.5)


def test_saved_and_loaded_it_says_the_same(recogniser: Recogniser, tmp_path: Path) -> None:
    save(recogniser, tmp_path / "model")
    again = ehsaas.load(tmp_path / "model")
    assert again(tone(1.0)) == recogniser(tone(1.0))
    assert again.facts == {"corpora": ["first"]}
    assert {p.name for p in (tmp_path / "model").iterdir()} == {
        "model.safetensors",
        "recogniser.json",
    }


def test_the_licence_is_saved_and_loaded(recogniser: Recogniser, tmp_path: Path) -> None:
    """A folder of before, or of what nobody licensed, has none; what is no text is refused."""
    save(recogniser, tmp_path / "none")
    assert "licence" not in json.loads((tmp_path / "none" / "recogniser.json").read_text())
    assert load(tmp_path / "none").licence is None
    save(replace(recogniser, licence="CC-BY-4.0"), tmp_path)
    assert load(tmp_path).licence == ehsaas.load(tmp_path).licence == "CC-BY-4.0"
    about = json.loads((tmp_path / "recogniser.json").read_text())
    (tmp_path / "recogniser.json").write_text(json.dumps(about | {"licence": ["MIT"]}))
    with pytest.raises(RecogniserError, match=r"damaged.*licence: expected text, got \['MIT'\]"):
        load(tmp_path)


def test_a_folder_without_a_recogniser_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecogniserError, match="no recogniser here"):
        ehsaas.load(tmp_path)


@pytest.mark.parametrize(
    "damage", ["weights", "json", "bytes", "format", "version", "sizes", "temperature"]
)
def test_a_damaged_folder_is_said(recogniser: Recogniser, tmp_path: Path, damage: str) -> None:
    save(recogniser, tmp_path)
    about = tmp_path / "recogniser.json"
    if damage == "weights":
        (tmp_path / "model.safetensors").write_bytes(b"not tensors")
    elif damage == "json":
        about.write_text("{")
    elif damage == "bytes":
        about.write_bytes(b"\xff\xfe\xff")
    else:
        facts = json.loads(about.read_text())
        facts |= {
            "format": {"format": 99},
            "version": {"feature_version": "0"},
            "sizes": {"sizes": {"hidden": 7}},
            "temperature": {"temperature": None},
        }[damage]
        about.write_text(json.dumps(facts))
    with pytest.raises(RecogniserError, match="damaged|format 99|features of version 0"):
        ehsaas.load(tmp_path)


def test_a_clip_at_another_rate_is_refused(recogniser: Recogniser) -> None:
    with pytest.raises(RecogniserError, match="48000 Hz; expected 16000 Hz"):
        recogniser(Clip(tone(1.0).samples, rate=48_000))


def calibrated(recogniser: Recogniser, *least: float) -> Recogniser:
    """It, calibrated on utterances whose own class had these probabilities."""
    return replace(recogniser, scores=np.sort(1 - np.array(least)).astype(np.float32))


def test_a_set_of_one_class_is_the_answer(recogniser: Recogniser) -> None:
    plain = recogniser(tone(1.0))
    best = max(plain.probabilities.values())
    sure = calibrated(recogniser, *[best] * 9)(tone(1.0), coverage=0.9)
    assert sure.prediction_set == (sure.emotion,) == (plain.emotion,)
    assert sure.probabilities == plain.probabilities and plain.prediction_set == ()


def test_a_set_of_several_classes_is_not_sure(recogniser: Recogniser) -> None:
    plain = recogniser(tone(1.0))
    ranked = sorted(plain.probabilities, key=lambda name: -plain.probabilities[name])
    second = plain.probabilities[ranked[1]] - 1e-6
    made = calibrated(recogniser, *[0.99] * 5, *[second] * 4)
    unsure = made(tone(1.0), coverage=0.9)
    assert unsure.emotion == NOT_SURE
    assert unsure.prediction_set == tuple(ranked[:2])
    assert unsure.probabilities == plain.probabilities
    assert made(tone(1.0), coverage=0.4).emotion == plain.emotion


def test_a_long_clip_and_a_timeline_have_sets_and_silence_has_none(recogniser: Recogniser) -> None:
    made = calibrated(recogniser, 0.01)  # one utterance promises half of what all classes would
    assert len(made(tone(17.0), coverage=0.9).prediction_set) == 3
    segments = made.timeline(tone(4.0), coverage=0.9)
    assert [(one.emotion, len(one.prediction_set)) for one in segments] == [(NOT_SURE, 3)]
    assert made(tone(1.0, level=0.0), coverage=0.9).emotion == NO_SPEECH


def test_a_coverage_that_cannot_be_promised_is_refused(recogniser: Recogniser) -> None:
    with pytest.raises(RecogniserError, match="toy was not calibrated"):
        recogniser(tone(1.0), coverage=0.9)
    for coverage in (0.0, 1.0, 90.0):
        with pytest.raises(RecogniserError, match="expected a share between 0 and 1"):
            calibrated(recogniser, 0.5)(tone(1.0), coverage=coverage)


def reaching(recogniser: Recogniser, limit: float) -> Recogniser:
    """It, with a reach around the origin of its first two features, as they come."""
    near = Reach(
        columns=np.array([0, 1]),
        mean=np.zeros(2, np.float32),
        std=np.ones(2, np.float32),
        axes=np.eye(2, dtype=np.float32),
        centres=np.zeros((1, 2), np.float32),
        limit=limit,
        together=limit,
    )
    return replace(recogniser, reach=near)


@pytest.mark.parametrize("seconds", [1.0, 17.0], ids=["short", "windows"])
def test_what_lies_beyond_the_reach_is_said(recogniser: Recogniser, seconds: float) -> None:
    far = reaching(recogniser, 1e-3)(tone(seconds))
    assert far.warnings[-1] == "sounds unlike what the model was trained on (first)"
    distance = float(far.extra["distance"])
    assert distance > 1e-3
    near = reaching(recogniser, 2 * distance)(tone(seconds))
    assert not any("unlike" in warning for warning in near.warnings)
    given = recogniser.statistics_of([tone(1.0, 150.0)], "one")
    moved = reaching(recogniser, 1e-3)(tone(seconds), given)
    assert moved.extra["distance"] == distance  # of the recording, whatever it is judged by


def test_calibration_and_reach_are_saved_and_loaded(recogniser: Recogniser, tmp_path: Path) -> None:
    made = reaching(calibrated(recogniser, 0.2, 0.9), 0.5)
    save(made, tmp_path)
    again = ehsaas.load(tmp_path)
    assert again(tone(1.0), coverage=0.5) == made(tone(1.0), coverage=0.5)
    assert again.scores is not None and again.scores.tolist() == pytest.approx([0.1, 0.8])
    about = tmp_path / "recogniser.json"
    facts = json.loads(about.read_text())
    facts["reach"] = {"limit": 1.0}
    about.write_text(json.dumps(facts))
    with pytest.raises(RecogniserError, match="damaged"):
        ehsaas.load(tmp_path)


def test_a_folder_of_before_has_neither(recogniser: Recogniser, tmp_path: Path) -> None:
    save(recogniser, tmp_path)
    again = load(tmp_path)
    assert again.scores is None and again.reach is None and again(tone(1.0)).extra == {}
