from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ehsaas.emotions import NO_SPEECH, NOT_SURE, Estimate
from ehsaas.serving.segments import Event, Segments

HOP, WINDOW = 0.5, 1.5


def look(number: int, angry: float | None) -> Estimate:
    """The look of this number with p(anger) = `angry`, or without speech."""
    start, end = number * HOP, number * HOP + WINDOW
    if angry is None:
        return Estimate(NO_SPEECH, {}, start=start, end=end)
    emotion, said = "anger" if angry > 0.5 else "sadness", {"anger": angry, "sadness": 1 - angry}
    return Estimate(emotion, said, start=start, end=end, attention=(1.0,))


def told(
    looks: Sequence[float | None], hold: int = 2, kept: float = 0.0, flush: bool = True
) -> list[Event]:
    """All events of such looks; the voice fills the windows that have speech."""
    segments, events = Segments(hold, kept, HOP, lambda estimate: estimate), []
    for number, angry in enumerate(looks):
        one = look(number, angry)
        events += segments.take(one, None if angry is None else (one.start, one.end))
    return events + (segments.flush() if flush else [])


def changes(events: Sequence[Event]) -> list[tuple[str, str, float]]:
    """(kind, emotion, when) of onsets and ends."""
    return [
        (e.kind, e.estimate.emotion, e.estimate.start if e.kind == "onset" else e.estimate.end)
        for e in events
        if e.kind != "look"
    ]


@pytest.mark.parametrize("seed", range(40))
def test_no_segment_is_empty_and_none_overlap(seed: int) -> None:
    """Windows and hops as they may be asked for, emotions at random, voice in parts of windows."""
    rng = np.random.default_rng(seed)
    window, hop, hold = rng.uniform(1, 2), rng.uniform(0.25, 0.5), int(rng.integers(1, 4))
    spoken = sorted(rng.uniform(0, 30, 24))  # from when to when there is voice
    segments, events = Segments(hold, 0.0, hop, lambda estimate: estimate), []
    for number in range(round(30 / hop)):
        start, end = number * hop, number * hop + window
        voice = [
            (max(start, a), min(end, b))
            for a, b in zip(spoken[::2], spoken[1::2], strict=True)
            if a < end and b > start
        ]
        angry = float(rng.integers(2))
        said = {"anger": angry, "sadness": 1 - angry} if voice else {}
        emotion = max(said, key=lambda name: said[name]) if said else NO_SPEECH
        one = Estimate(emotion, said, start=start, end=end)
        events += segments.take(one, (voice[0][0], voice[-1][1]) if voice else None)
    events += segments.flush()
    found = [e.estimate for e in events if e.kind == "end"]
    assert found
    assert all(one.start < one.end for one in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    onsets = [e.estimate.start for e in events if e.kind == "onset"]
    assert onsets == [one.start for one in found]


def test_every_look_is_told() -> None:
    looks = [e.estimate for e in told([0.9, None, 0.2, 0.4]) if e.kind == "look"]
    assert [one.start for one in looks] == [0.0, 0.5, 1.0, 1.5]
    assert [one.emotion for one in looks] == ["anger", NO_SPEECH, "sadness", "sadness"]


def test_an_emotion_that_holds_begins_where_the_voice_did() -> None:
    assert changes(told([None, None, 0.9, 0.9], flush=False)) == [("onset", "anger", 1.0)]


def test_one_that_does_not_hold_is_no_segment() -> None:
    assert changes(told([None, 0.9, None, None])) == []
    assert changes(told([0.9, 0.9, 0.1, 0.9])) == [("onset", "anger", 0), ("end", "anger", 3.0)]


def test_at_the_end_of_the_stream_one_look_is_enough() -> None:
    assert changes(told([None, 0.9])) == [("onset", "anger", 0.5), ("end", "anger", 2.0)]
    assert changes(told([0.9])) == [("onset", "anger", 0.0), ("end", "anger", 1.5)]
    assert changes(told([0.1, 0.1, 0.9]))[-1] == ("end", "sadness", 2.5)


def test_with_a_hold_of_one_every_look_counts() -> None:
    assert changes(told([0.9, None], hold=1)) == [("onset", "anger", 0), ("end", "anger", 1.5)]


def test_from_one_emotion_to_the_next_is_the_middle_of_the_window() -> None:
    found = changes(told([0.9, 0.9, 0.9, 0.1, 0.1]))
    assert found[1:3] == [("end", "anger", 2.25), ("onset", "sadness", 2.25)]
    assert found[3] == ("end", "sadness", 3.5)


def test_a_segment_ends_with_the_last_of_its_voice() -> None:
    found = changes(told([0.9, 0.9, 0.9, None, None, None]))
    assert found == [("onset", "anger", 0.0), ("end", "anger", 2.5)]


def test_a_pause_that_does_not_hold_ends_nothing() -> None:
    found = changes(told([0.9, 0.9, None, 0.9, 0.9]))
    assert found == [("onset", "anger", 0.0), ("end", "anger", 3.5)]


def test_what_comes_after_a_pause_is_a_segment_of_its_own() -> None:
    found = changes(told([0.9, 0.9, None, None, None, 0.9, 0.9]))
    assert [kind for kind, _, _ in found] == ["onset", "end", "onset", "end"]
    assert found[1][2] == 2.0 and found[2][2] == 2.5


def test_segments_do_not_overlap_and_are_no_points() -> None:
    pattern = [0.9, 0.1, None, 0.8, 0.3, 0.2, None, None, 0.7, 0.6, 0.1]
    for hold in (1, 2):
        events = [e for e in told(pattern * 4, hold=hold) if e.kind == "end"]
        assert len(events) > 3
        edges = [edge for e in events for edge in (e.estimate.start, e.estimate.end)]
        assert edges == sorted(edges)
        assert all(e.estimate.end > e.estimate.start for e in events)


def test_a_late_voice_gives_no_segment_that_ends_before_it_begins() -> None:
    """The voice begins at the very end of the first window; the second says something else."""
    segments = Segments(1, 0.0, HOP, lambda estimate: estimate)
    events = segments.take(look(0, 0.9), (1.4, 1.5)) + segments.take(look(1, 0.1), (1.4, 2.0))
    ends = [e.estimate for e in events if e.kind == "end"]
    assert (ends[0].start, ends[0].end) == (1.4, 1.9)


def test_probabilities_of_a_segment_are_the_mean_of_its_looks() -> None:
    (end,) = (e.estimate for e in told([0.9, 0.7, 0.1, 0.8]) if e.kind == "end")
    assert end.probabilities == pytest.approx({"anger": 0.8, "sadness": 0.2})
    assert (end.attention, dict(end.extra)) == (None, {})


def test_arousal_and_valence_go_with_the_probabilities() -> None:
    """Smoothed in a look, the mean of its looks in a segment, none in silence."""
    segments, events = Segments(2, 0.75, HOP, lambda estimate: estimate), []
    for number, arousal in enumerate([0.8, 0.4, None, None]):
        one = look(number, None if arousal is None else 0.9)
        if arousal is not None:
            one = replace(one, arousal=arousal, valence=-arousal)
        events += segments.take(one, None if arousal is None else (one.start, one.end))
    first, second, silent = (e.estimate for e in events[:4] if e.kind == "look")
    assert (first.arousal, first.valence) == (0.8, -0.8)
    smoothed = 0.75 * 0.8 + 0.25 * 0.4
    assert (second.arousal, second.valence) == pytest.approx((smoothed, -smoothed))
    assert (silent.arousal, silent.valence) == (None, None)
    (end,) = (e.estimate for e in events if e.kind == "end")
    assert end.arousal == pytest.approx((0.8 + smoothed) / 2)


def test_looks_are_smoothed() -> None:
    looks = [e.estimate for e in told([0.8, 0.4, 0.4], kept=0.75)]
    angry = [one.probabilities["anger"] for one in looks[:2]]
    assert angry == pytest.approx([0.8, 0.75 * 0.8 + 0.25 * 0.4])
    assert looks[1].emotion == "anger"


def test_nothing_is_kept_beyond_a_pause_that_was_held() -> None:
    events = told([0.9, 0.9, None, None, 0.2], kept=0.75, flush=False)
    assert events[-1].estimate.probabilities["anger"] == 0.2
    short = told([0.9, 0.9, None, 0.2], kept=0.75, flush=False)
    assert short[-1].estimate.probabilities["anger"] == pytest.approx(0.75 * 0.9 + 0.25 * 0.2)


def test_a_blip_in_silence_leaves_nothing_behind() -> None:
    events = told([None, 0.9, None, None, 0.2], kept=0.75, flush=False)
    assert events[-1].estimate.probabilities["anger"] == 0.2


def test_what_is_not_sure_is_a_segment() -> None:
    def settle(estimate: Estimate) -> Estimate:
        kept = tuple(name for name, p in estimate.probabilities.items() if p >= 0.3)
        emotion = kept[0] if len(kept) == 1 else NOT_SURE
        return replace(estimate, emotion=emotion, prediction_set=kept)

    segments, events = Segments(2, 0.0, HOP, settle), []
    for number, angry in enumerate([0.9, 0.9, 0.6, 0.4, 0.4]):
        one = look(number, angry)
        events += segments.take(one, (one.start, one.end))
    events += segments.flush()
    ends = [e.estimate for e in events if e.kind == "end"]
    assert [one.emotion for one in ends] == ["anger", NOT_SURE]
    assert [one.prediction_set for one in ends] == [("anger",), ("anger", "sadness")]


def test_an_onset_says_when_it_was_known() -> None:
    onset = next(e.estimate for e in told([0.9, 0.7]) if e.kind == "onset")
    assert (onset.start, onset.end) == (0.0, 2.0)
    assert onset.probabilities["anger"] == pytest.approx(0.8)


def test_an_event_is_a_plain_dictionary() -> None:
    plain = told([0.9])[0].to_dict()
    assert plain["kind"] == "look" and plain["emotion"] == "anger" and plain["end"] == 1.5
