import itertools
from collections import deque
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

import ehsaas
from benchmarks.sounds import MUSIC, SOUNDS
from ehsaas import audio
from ehsaas.audio import RATE, AudioError, Clip
from ehsaas.calibration import Statistics
from ehsaas.emotions import NO_SPEECH, NOT_SURE
from ehsaas.export import export
from ehsaas.features.stack import FeatureConfig
from ehsaas.judging import Judge, RecogniserError
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.recogniser import Recogniser
from ehsaas.serving.stream import SPEECH, Event, Stream, StreamError, StreamSettings, events_of
from tests.serving.speaking import (
    Ear,
    Signal,
    by_loudness,
    seconds,
    speech,
    voice_is_installed,
)
from tests.signals import noise, silence

CHUNKS = [1, 160, 1000, 48_000, None]
SCORES = np.linspace(0.1, 0.7, 99).astype(np.float32)

installed = pytest.mark.skipif(not voice_is_installed(), reason="silero-vad is not installed")


def steps(*levels: tuple[float, float]) -> Signal:
    """Noise of (RMS, seconds), one after the other."""
    parts = [noise(length, max(rms, 1e-9), seed) for seed, (rms, length) in enumerate(levels)]
    return np.concatenate(parts)


def fed(stream: Stream, sound: NDArray[np.floating], chunk: int | None) -> list[Event]:
    """The events of sound in chunks of so many samples, or at random."""
    rng, events, at = np.random.default_rng(3), [], 0
    while at < len(sound):
        size = chunk or int(rng.integers(0, 9000))
        events += stream.feed(sound[at : at + size])
        at += size
    return events + stream.flush()


def streamed(sound: Signal, settings: StreamSettings | None = None) -> list[Event]:
    """All events of sound with the toys, fed at once."""
    return fed(Stream(by_loudness(), settings, voice=Ear()), sound, len(sound) or None)


def changes(events: list[Event]) -> list[tuple[str, str, float]]:
    return [
        (e.kind, e.estimate.emotion, e.estimate.start if e.kind == "onset" else e.estimate.end)
        for e in events
        if e.kind != "look"
    ]


@pytest.mark.parametrize("chunk", CHUNKS)
def test_any_chunks_give_the_events_of_the_whole(chunk: int | None) -> None:
    sound = steps((0.0, 1.1), (0.15, 2.3), (0.03, 2.9), (0.0, 2.7), (0.03, 0.9), (0.2, 1.33))
    whole = streamed(sound)
    assert {e.kind for e in whole} == {"look", "onset", "end"} and len(changes(whole)) >= 6
    assert fed(Stream(by_loudness(), voice=Ear()), sound, chunk) == whole


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("window,hop", [(1.0, 0.25), (2.0, 0.5), (1.37, 0.31)])
def test_any_window_and_hop(window: float, hop: float, chunk: int | None) -> None:
    sound, settings = steps((0.15, 2.3), (0.0, 2.9)), StreamSettings(window=window, hop=hop)
    whole = streamed(sound, settings)
    assert fed(Stream(by_loudness(), settings, voice=Ear()), sound, chunk) == whole


@installed
@pytest.mark.parametrize("chunk", CHUNKS)
def test_any_chunks_of_speech_and_music(chunk: int | None) -> None:
    parts = [speech(), SOUNDS["band"](2.0, 0), silence(1.0), 0.3 * speech("Who is there?")]
    sound = np.concatenate(parts).astype(np.float32)
    judge = by_loudness()
    for coverage, learns in itertools.product((None, 0.8), (False, True)):
        scored = judge if coverage is None else by_loudness(SCORES)
        whole = events_of(
            scored, Clip(sound), baseline=judge.running() if learns else None, coverage=coverage
        )
        baseline = judge.running() if learns else None
        assert fed(Stream(scored, baseline=baseline, coverage=coverage), sound, chunk) == whole
        assert changes(whole)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """A network with the weights that it began with, as a model file."""
    config = FeatureConfig(parts=("mfcc", "logmel"), hop_ms=20, n_mfcc=6, n_mels=12)
    size, sizes = len(config.names), {"hidden": 6, "layers": 1, "dense": 8}
    torch.manual_seed(0)
    toy = Recogniser(
        config,
        sizes,
        AttentionBiLSTM(size, 3, **sizes),
        model="attention-bilstm",
        classes=("anger", "neutral", "sadness"),
        statistics=Statistics(np.zeros(size, np.float32), np.ones(size, np.float32), 1, "source"),
    )
    path = tmp_path_factory.mktemp("exported") / "toy.onnx"
    export(toy, path)
    return ehsaas.load(path)


@installed
@pytest.mark.parametrize("chunk", CHUNKS)
def test_any_chunks_with_a_model_file(chunk: int | None, exported: Judge) -> None:
    sound = np.concatenate([speech(), SOUNDS["chords"](1.0, 0), silence(1.3), speech("Come in.")])
    whole = events_of(exported, Clip(sound))
    assert any(e.kind == "onset" for e in whole)
    assert fed(Stream(exported), sound, chunk) == whole


def test_looks_are_the_windows_of_the_recording() -> None:
    """Found here from the whole recording, without a stream."""
    sound = steps((0.15, 2.3), (0.0, 2.9), (0.05, 2.13))
    judge, settings = by_loudness(), StreamSettings(half_life=0)
    looks = [e.estimate for e in streamed(sound, StreamSettings(half_life=0)) if e.kind == "look"]
    frames = [np.sqrt(np.mean(f**2)) > 0.005 for f in np.split(sound, range(512, len(sound), 512))]
    windows = judge.windows(Clip(sound), settings.window, settings.hop)
    assert [(one.start, one.end) for one in looks] == [(one.start, one.end) for one in windows]
    for one, window in zip(looks, windows, strict=True):
        first, last = -(-seconds(one.start) // 512), seconds(one.end) // 512
        share = float(np.mean(frames[first:last]))
        assert one.extra[SPEECH] == pytest.approx(share)
        if share >= settings.speech:
            assert one.probabilities == window.probabilities
        else:
            assert (one.emotion, one.probabilities) == (NO_SPEECH, {})


def test_segments_begin_and_end_where_the_sound_does() -> None:
    """To within a frame of 32 ms; from one emotion to the other within half a hop."""
    sound = steps((0.0, 2.0), (0.13, 4.0), (0.02, 4.0), (0.0, 3.0), (0.13, 3.0), (0.0, 2.0))
    found = changes(streamed(sound, StreamSettings(half_life=0)))
    kinds = ["onset anger", "end anger", "onset sadness", "end sadness", "onset anger", "end anger"]
    assert [f"{kind} {emotion}" for kind, emotion, _ in found] == kinds
    whens = [when for _, _, when in found]
    assert [whens[i] for i in (0, 3, 4, 5)] == pytest.approx([2, 10, 13, 16], abs=0.033)
    assert whens[1] == whens[2] == pytest.approx(6.0, abs=0.26)


def test_times_are_exact_after_days() -> None:
    stream = Stream(by_loudness(), voice=Ear())
    days = 5 * 24 * 3600 * RATE
    stream._heard += days
    stream._judged_until += days
    stream._framed += days // 512 * 512
    stream._window = stream._window * 0
    stream._needed = stream._hop
    (look,) = (e.estimate for e in stream.feed(noise(0.5, 0.1)) if e.kind == "look")
    assert look.end == days / RATE + 0.5 and look.end - look.start == 1.5


@installed
@pytest.mark.parametrize("name", SOUNDS)
def test_music_noise_and_silence_are_no_speech(name: str) -> None:
    events = events_of(by_loudness(), Clip(SOUNDS[name](8.0, 2)))
    assert {e.kind for e in events} == {"look"} and len(events) == 14
    assert {e.estimate.emotion for e in events} == {NO_SPEECH}


@installed
def test_speech_between_music_is_found() -> None:
    said = speech()
    lead = np.concatenate([SOUNDS[name](2.0, 1) for name in MUSIC])
    sound = np.concatenate([lead, silence(0.5), said, silence(0.5), lead])
    (onset, end) = changes(events_of(by_loudness(), Clip(sound)))
    begins, ends = len(lead) / RATE + 0.5, (len(lead) + len(said)) / RATE + 0.5
    assert onset[2] == pytest.approx(begins, abs=0.2) and end[2] == pytest.approx(ends, abs=0.3)


@installed
def test_a_person_is_heard(shared: Path) -> None:
    folder = shared / "corpora" / "emodb" / "wav"
    if not folder.is_dir():
        pytest.skip("EMO-DB is not on this machine")
    for path in sorted(folder.iterdir())[::60]:
        looks = [
            e.estimate.emotion
            for e in events_of(by_loudness(), audio.read(path))
            if e.kind == "look"
        ]
        assert NO_SPEECH not in looks, path.name


def kept(thing: object, seen: set[int]) -> int:
    """Bytes of arrays and entries of containers that a stream's own objects hold."""
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return max(thing.nbytes, 0 if thing.base is None else kept(thing.base, seen))
    if isinstance(thing, dict):
        return len(thing) + sum(kept(value, seen) for value in thing.values())
    if isinstance(thing, list | tuple | deque):
        return len(thing) + sum(kept(value, seen) for value in thing)
    inner = getattr(thing, "__dict__", None)
    return 0 if inner is None else kept(inner, seen)


@pytest.mark.parametrize("chunk", [997, 48_000])
def test_it_keeps_no_more_after_ten_minutes_than_after_ten_seconds(chunk: int) -> None:
    judge = by_loudness()
    stream = Stream(judge, voice=Ear(), baseline=judge.running())
    sound = steps((0.15, 4.0), (0.0, 3.0), (0.03, 3.0))
    sizes = []
    for _ in range(60):
        for at in range(0, len(sound), chunk):
            stream.feed(sound[at : at + chunk])
        sizes.append(kept({k: v for k, v in vars(stream).items() if k != "_judge"}, set()))
    assert max(sizes) <= sizes[0] + 64 and max(sizes) < 4 * 5 * len(stream._window)
    assert stream.seconds == pytest.approx(600)


def test_a_running_baseline_hears_every_second_once() -> None:
    judge = by_loudness()
    running = judge.running()
    sound = steps((0.15, 4.0), (0.0, 4.0), (0.1, 3.3))
    events = fed(Stream(judge, baseline=running, voice=Ear()), sound, 48_000)
    judged = [
        (e.estimate.start, e.estimate.end)
        for e in events
        if e.kind == "look" and e.estimate.emotion != NO_SPEECH
    ]
    heard = np.zeros(len(sound), bool)
    for start, end in judged:
        heard[seconds(start) : seconds(end)] = True
    assert running.statistics is not None
    assert running.statistics.seconds == pytest.approx(heard.mean() * len(sound) / RATE)
    assert events[0].estimate.statistics == "source"
    assert events[1].estimate.statistics == "given: running (1 clip, 1.5 s)"


def test_coverage_gives_sets_and_what_is_not_sure() -> None:
    judge = by_loudness(SCORES)
    events = fed(Stream(judge, coverage=0.9, voice=Ear()), noise(4.0, 0.1), 1000)
    assert {e.estimate.emotion for e in events} == {NOT_SURE}
    assert {*events[0].estimate.prediction_set} == {"anger", "sadness"}
    with pytest.raises(RecogniserError, match="was not calibrated"):
        Stream(by_loudness(), coverage=0.9, voice=Ear())


@pytest.mark.parametrize("length,looks", [(0, 0), (0.05, 1), (0.9, 1), (1.5, 1), (1.6, 2), (2, 2)])
def test_short_streams(length: float, looks: int) -> None:
    events = [e.estimate for e in streamed(noise(length)) if e.kind == "look"] if length else []
    assert len(events) == looks
    if looks:
        assert events[-1].end == length
        assert events[-1].start == pytest.approx(max(0, length - 1.5))
        assert (events[-1].emotion == NO_SPEECH) == (length < 0.1)


def test_no_samples_are_no_events() -> None:
    stream = Stream(by_loudness(), voice=Ear())
    assert stream.feed(np.zeros(0, np.float32)) == stream.flush() == []


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.array([0.1, np.nan], np.float32), "expected finite numbers"),
        (np.full(RATE, np.nan, np.float32), "expected finite numbers"),
        (np.array([0.1, np.inf], np.float32), "expected finite numbers"),
        (np.array([300.0], np.float32), "reach 300"),
        (np.zeros(8, np.int16), "divide int16 by"),
        (np.zeros((8, 2), np.float32), "average the channels"),
    ],
)
def test_what_is_no_sound_is_refused_and_changes_nothing(samples: Signal, said: str) -> None:
    stream, sound = Stream(by_loudness(), voice=Ear()), noise(3.0)
    events = stream.feed(sound[:9000])
    with pytest.raises(AudioError, match=said):
        stream.feed(samples)
    assert events + stream.feed(sound[9000:]) + stream.flush() == streamed(sound)


def test_double_precision_is_taken() -> None:
    sound = noise(3.0)
    assert streamed(sound.astype(np.float64).astype(np.float32)) == fed(
        Stream(by_loudness(), voice=Ear()),
        sound.astype(np.float64),
        700,
    )


def test_a_stream_that_is_over_takes_nothing_more() -> None:
    stream = Stream(by_loudness(), voice=Ear())
    stream.feed(noise(2.0))
    assert stream.flush() and stream.flush() == []
    with pytest.raises(StreamError, match="begin a new one"):
        stream.feed(noise(0.1))


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("window", 0.9, "greater than or equal to 1"),
        ("window", 2.1, "less than or equal to 2"),
        ("hop", 0.2, "greater than or equal to 0.25"),
        ("hop", 0.6, "less than or equal to 0.5"),
        ("hold", 0, "greater than or equal to 1"),
        ("speech", 0, "greater than 0"),
        ("half_life", -1, "greater than or equal to 0"),
        ("windw", 1.5, "Extra inputs are not permitted"),
        ("window", float("nan"), "Input should be"),
    ],
)
def test_settings_that_there_are_not_are_refused(setting: str, value: float, said: str) -> None:
    with pytest.raises(ValidationError, match=f"(?s){setting}.*{said}"):
        StreamSettings.model_validate({setting: value})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        StreamSettings().window = 2.0


def test_a_clip_at_another_rate_is_refused() -> None:
    with pytest.raises(RecogniserError, match="a clip at 8000 Hz; expected 16000 Hz"):
        events_of(by_loudness(), Clip(noise(1.0), rate=8000))
