from dataclasses import replace

import pytest

from ehsaas.emotions import NO_SPEECH, NOT_SURE, Estimate
from ehsaas.timeline import merge


def window(start: float, end: float, anger: float | None) -> Estimate:
    if anger is None:
        return Estimate(NO_SPEECH, {}, start=start, end=end)
    odds = {"anger": anger, "sadness": 1 - anger}
    return Estimate(max(odds, key=lambda name: odds[name]), odds, start=start, end=end)


def test_neighbours_of_one_emotion_are_one_segment() -> None:
    found = merge([window(0, 1, 0.9), window(1, 2, 0.7), window(2, 3, 0.2)])
    assert [(one.emotion, one.start, one.end) for one in found] == [
        ("anger", 0, 2),
        ("sadness", 2, 3),
    ]
    assert found[0].probabilities["anger"] == pytest.approx(0.8)


def test_overlapping_windows_are_averaged_where_they_overlap() -> None:
    found = merge([window(0, 2, 1.0), window(1, 3, 0.2)])
    # 0–1: 1.0; 1–2: 0.6; 2–3: 0.2
    assert [(one.emotion, one.start, one.end) for one in found] == [
        ("anger", 0, 2),
        ("sadness", 2, 3),
    ]
    assert found[0].probabilities["anger"] == pytest.approx(0.8)


def test_silence_is_a_segment_of_its_own() -> None:
    found = merge([window(0, 1, 0.9), window(1, 2, None), window(2, 3, 0.9)])
    assert [one.emotion for one in found] == ["anger", NO_SPEECH, "anger"]
    assert found[1].probabilities == {}


def test_half_of_the_windows_are_enough_to_be_heard() -> None:
    (one,) = merge([window(0, 1, 0.9), window(0, 1, None)])
    assert one.emotion == "anger"
    (one,) = merge([window(0, 1, 0.9), window(0, 1, None), window(0, 1, None)])
    assert one.emotion == NO_SPEECH


def test_segments_cover_the_windows_without_overlap() -> None:
    windows = [window(0.5 * i, 0.5 * i + 1.5, (i % 4) / 3) for i in range(9)]
    found = merge(windows)
    assert found[0].start == 0 and found[-1].end == 5.5
    for one, following in zip(found, found[1:], strict=False):
        assert one.end == following.start and one.emotion != following.emotion


def test_what_a_window_has_of_its_own_is_in_no_segment() -> None:
    windows = [
        replace(window(0.5 * i, 0.5 * i + 1.5, heard), attention=(1.0,), extra={"distance": 2.0})
        for i, heard in enumerate((0.9, 0.9, None, None, None, None))
    ]
    found = merge(windows)
    assert [one.emotion for one in found] == ["anger", NO_SPEECH]
    assert all(one.attention is None and dict(one.extra) == {} for one in found)


def placed(start: float, end: float, anger: float | None, arousal: float) -> Estimate:
    one = window(start, end, anger)
    return one if anger is None else replace(one, arousal=arousal, valence=-arousal / 2)


def test_arousal_and_valence_are_averaged_as_probabilities_are() -> None:
    windows = [placed(0, 2, 0.9, 0.8), placed(1, 3, 0.9, 0.4), placed(3, 4, None, 0.0)]
    heard, silent = merge(windows)  # 0–1: 0.8; 1–2: 0.6; 2–3: 0.4
    assert (heard.arousal, heard.valence) == pytest.approx((0.6, -0.3))
    assert (silent.arousal, silent.valence) == (None, None)


def test_where_most_heard_nothing_there_is_no_arousal() -> None:
    silent = window(0, 1, None)
    (one,) = merge([placed(0, 1, 0.9, 0.8), silent, silent])
    assert (one.emotion, one.arousal, one.valence) == (NO_SPEECH, None, None)


def test_where_one_window_says_none_there_is_none() -> None:
    (one,) = merge([placed(0, 1, 0.9, 0.8), window(1, 2, 0.9)])
    assert (one.end, one.arousal, one.valence) == (2, None, None)


def test_what_nobody_looked_at_is_in_no_segment() -> None:
    found = merge([window(0, 1, 0.9), window(3, 4, 0.9)])
    assert [(one.start, one.end) for one in found] == [(0, 1), (3, 4)]


def test_nothing_gives_nothing() -> None:
    assert merge([]) == []


def unsure(estimate: Estimate) -> Estimate:
    """Whatever has at least 0.35 is in the set."""
    kept = tuple(name for name, p in estimate.probabilities.items() if p >= 0.35)
    emotion = kept[0] if len(kept) == 1 else NOT_SURE
    return replace(estimate, emotion=emotion, prediction_set=kept)


def test_segments_are_settled_by_the_mean_of_their_windows() -> None:
    found = merge([window(0, 2, 0.9), window(1, 3, 0.3), window(3, 4, None)], unsure)
    # 0–1: 0.9; 1–2: 0.6 (both in the set); 2–3: 0.3
    assert [(one.emotion, one.prediction_set) for one in found] == [
        ("anger", ("anger",)),
        (NOT_SURE, ("anger", "sadness")),
        ("sadness", ("sadness",)),
        (NO_SPEECH, ()),
    ]


def test_neighbours_that_are_not_sure_of_the_same_are_one_segment() -> None:
    (one,) = merge([window(0, 1, 0.6), window(1, 2, 0.45)], unsure)
    assert one.emotion == NOT_SURE and one.prediction_set == ("anger", "sadness")
    assert (one.start, one.end) == (0, 2)
    assert one.probabilities["anger"] == pytest.approx(0.525)
