import pytest

from ehsaas.judging.stretches import LONGEST, SHORTEST, WINDOW, Stretch, as_judged, stretches
from tests.judging.toys import silence, tone


def test_shares_of_overlapping_windows_make_the_clip() -> None:
    found = list(stretches(tone(200, 4.2), 1.5, 0.5))
    assert found[0].share == 1.0
    assert all(one.share == pytest.approx(1 / 3) for one in found[1:-1])
    assert sum(one.share * one.clip.duration for one in found) == pytest.approx(4.2)
    assert found[-1].end == pytest.approx(4.2)


def test_a_clip_is_judged_whole_up_to_15_s() -> None:
    (whole,) = as_judged(tone(200, LONGEST))
    assert (whole.start, whole.share, whole.end) == (0.0, 1.0, LONGEST)
    parts = list(as_judged(tone(200, 17)))
    assert [one.start for one in parts] == [0.0, WINDOW, 2 * WINDOW, 17 - WINDOW]
    assert parts[-1].share == pytest.approx(2 / WINDOW)


def test_what_sounds_is_long_and_loud_enough() -> None:
    assert Stretch(tone(200, SHORTEST)).sounds
    assert not Stretch(tone(200, 0.9 * SHORTEST)).sounds
    assert not Stretch(silence(1)).sounds
