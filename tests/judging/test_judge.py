import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from ehsaas.audio import Clip
from ehsaas.emotions import NO_SPEECH, NOT_SURE
from ehsaas.judging import AT_ONCE, RecogniserError
from tests.judging.toys import joined, judge, silence, tone

HIGH, MIDDLE, LOW = 400.0, 250.0, 100.0


def test_a_clip_is_what_is_heard_in_it() -> None:
    ear = judge()
    told = {hertz: ear(tone(hertz)) for hertz in (HIGH, MIDDLE, LOW)}
    assert [one.emotion for one in told.values()] == ["anger", "neutral", "sadness"]
    one = told[MIDDLE]
    share = np.exp(-(1.5**2))
    expected = {"anger": share, "neutral": 1.0, "sadness": share}
    total = sum(expected.values())
    assert one.probabilities == pytest.approx({k: v / total for k, v in expected.items()}, abs=0.01)
    assert (one.start, one.end, one.statistics, one.model) == (0.0, 1.0, "source", "ear")
    assert one.extra == {} and one.attention is None and one.prediction_set == ()


def test_silence_and_what_is_too_short_are_never_heard() -> None:
    ear = judge()
    assert ear(silence()).emotion == NO_SPEECH
    short = ear(tone(HIGH, 0.05))
    assert short.emotion == NO_SPEECH and "50 ms is too short" in short.warnings[0]
    assert ear.heard == []


def test_arousal_and_valence_are_told_where_they_are_heard() -> None:
    plain = judge()(tone(HIGH))
    assert (plain.arousal, plain.valence) == (None, None)
    ear = judge(placed=True)
    told = ear(tone(HIGH))
    assert (told.arousal, told.valence) == pytest.approx((1.0, -0.5), abs=0.01)
    nothing = ear(silence())
    assert (nothing.arousal, nothing.valence) == (None, None)


def test_those_of_a_long_clip_are_the_mean_of_its_windows_by_what_each_adds() -> None:
    clip = joined(tone(HIGH, 10), tone(LOW, 5), silence(5), tone(LOW, 7.5))
    estimate = judge(placed=True)(clip)
    # of 400 Hz 10 s, of 100 Hz 5, 5 and what the last window adds: 2.5 s; silence says nothing
    mean = (10 * 1.0 + 12.5 * 0.25) / 22.5
    assert estimate.arousal == pytest.approx(mean, abs=0.01)
    assert estimate.valence == pytest.approx(-mean / 2, abs=0.01)


def test_a_long_clip_is_heard_in_windows_some_at_once() -> None:
    ear = judge(at_once=3)
    clip = joined(tone(HIGH, 10), tone(LOW, 10), silence(5), tone(LOW, 5))
    estimate = ear(clip)
    assert ear.heard == [(400, 400, 100), (100, 100)]  # a silent one is among the second three
    assert "the mean of 5 windows" in estimate.warnings[0]
    high, low = (judge()(tone(hertz, 5)).probabilities for hertz in (HIGH, LOW))
    for name in ear.classes:
        assert estimate.probabilities[name] == pytest.approx(
            (2 * high[name] + 3 * low[name]) / 5, abs=1e-5
        )
    assert (estimate.emotion, estimate.end) == ("sadness", 30.0)


def test_15_s_are_heard_in_one_piece() -> None:
    ear = judge()
    assert ear(tone(HIGH, 15)).warnings == () and len(ear.heard[0]) == 1
    ear(tone(HIGH, 15.1))
    assert len(ear.heard[1]) == 4


def test_no_window_is_longer_than_what_is_heard_in_one_piece() -> None:
    ear, clip = judge(), tone(HIGH, 16)
    assert [one.end for one in ear.windows(clip, 15.0, 15.0)] == [15.0, 16.0]
    for ask in (ear.windows, ear.timeline):
        with pytest.raises(RecogniserError, match="windows of 15.5 s; at most 15 s are heard"):
            ask(clip, 15.5, 15.0)


def test_as_many_at_once_as_is_said() -> None:
    clip = tone(HIGH, 12.5)
    for at_once in (1, 4, AT_ONCE):
        ear = judge(at_once=at_once)
        windows = ear.windows(clip, 1.0, 0.5)
        assert len(windows) == 24
        assert {len(some) for some in ear.heard[:-1]} <= {at_once}
        assert sum(map(len, ear.heard)) == 24


def test_one_at_a_time_or_many_it_says_the_same() -> None:
    clip = joined(tone(HIGH, 3), silence(2), tone(LOW, 4))
    assert judge(at_once=1).timeline(clip) == judge(at_once=8).timeline(clip)


def test_a_timeline_says_who_sounds_how_from_when_to_when() -> None:
    clip = joined(tone(HIGH, 3), silence(3), tone(LOW, 3))
    segments = judge().timeline(clip, window=1.0, hop=1.0)
    assert [(one.start, one.end, one.emotion) for one in segments] == [
        (0.0, 3.0, "anger"),
        (3.0, 6.0, NO_SPEECH),
        (6.0, 9.0, "sadness"),
    ]


def test_statistics_change_what_is_heard_and_are_named() -> None:
    ear = judge()
    own = ear.statistics_of([tone(HIGH, 3), tone(HIGH, 3)], "zoya", strength=0)
    assert own.mean[0] == pytest.approx(4.0, abs=0.01)
    wide = replace(own, std=np.ones(1, np.float32))
    given = ear(tone(650), wide)  # 6.5 − 4 = 2.5
    assert given.emotion == "neutral" and given.statistics == "given: zoya (2 clips, 6.0 s)"
    assert ear(tone(650)).emotion == "anger"


def test_with_a_running_baseline_clips_are_judged_one_by_one() -> None:
    """Each by those before it, also where the judge could hear many at once."""
    ear = judge()
    clip = joined(tone(HIGH, 2), tone(LOW, 2), tone(MIDDLE, 2))
    running = ear.running("call")
    windows = ear.windows(clip, 2.0, 2.0, running)
    assert ear.heard == [(400,), (100,), (250,)]
    assert [one.statistics for one in windows] == [
        "source",
        "given: call (1 clip, 2.0 s)",
        "given: call (2 clips, 4.0 s)",
    ]
    other = judge()
    before = other.statistics_of([tone(HIGH, 2)], "call")
    assert windows[1].probabilities == pytest.approx(
        other(tone(LOW, 2), before).probabilities, abs=1e-5
    )


def test_windows_that_overlap_count_once_in_a_running_baseline() -> None:
    ear = judge()
    running = ear.running()
    ear.windows(tone(HIGH, 4), 2.0, 0.5, running)
    assert running.statistics is not None
    assert running.statistics.seconds == pytest.approx(4.0)


def test_who_hears_samples_has_no_baseline() -> None:
    ear = judge(scaled=False)
    for ask in (ear.running, lambda: ear.statistics_of([tone(HIGH)], "zoya")):
        with pytest.raises(RecogniserError, match="hears samples.*leave --baseline out"):
            ask()


def test_statistics_need_sound() -> None:
    with pytest.raises(RecogniserError, match="zoya: no clip of at least 0.1 s with sound"):
        judge().statistics_of([silence()], "zoya")


def test_a_distance_is_kept_and_a_far_one_is_said() -> None:
    facts = {"corpora": ["emodb"], "languages": ["de"]}
    ear = judge(far=3.0, facts=facts)
    assert ear(tone(MIDDLE)).warnings == ()
    far = ear(tone(HIGH))
    assert far.warnings == ("sounds unlike what the model was trained on (emodb; languages de)",)
    assert far.extra["distance"] == pytest.approx(4.0, abs=0.01)
    both = ear(joined(tone(HIGH, 10), tone(LOW, 10)))
    assert both.extra["distance"] == pytest.approx(2.5, abs=0.02)


def test_sets_are_given_where_they_were_calibrated() -> None:
    with pytest.raises(RecogniserError, match="ear was not calibrated"):
        judge()(tone(HIGH), coverage=0.9)
    ear = judge(scores=np.full(19, 0.95, np.float32))  # a class of 0.05 is in the set
    assert ear(tone(HIGH), coverage=0.9).prediction_set == ("anger", "neutral")
    assert ear(tone(HIGH), coverage=0.9).emotion == NOT_SURE
    assert ear(silence(), coverage=0.9).emotion == NO_SPEECH
    (segment,) = ear.timeline(tone(HIGH, 3), coverage=0.9)
    assert segment.emotion == NOT_SURE and segment.prediction_set == ("anger", "neutral")


def test_a_clip_at_another_rate_is_refused() -> None:
    with pytest.raises(RecogniserError, match="another rate"):
        judge()(Clip(tone(HIGH).samples, rate=8000))


def test_judging_brings_in_no_torch() -> None:
    code = "import sys; from ehsaas.judging import Judge; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
