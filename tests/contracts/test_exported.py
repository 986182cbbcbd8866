"""What every kind that can be exported keeps: the file gives what the recogniser gives."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.export import KINDS
from ehsaas.export.equality import COMPARED
from ehsaas.export.sounds import voices
from ehsaas.judging import AT_ONCE, Heard
from tests.conftest import Pair
from tests.export import toys

EQUAL = 1e-4

Made = Callable[[str], Pair]


@pytest.fixture(scope="module")
def clips() -> tuple[Clip, ...]:
    """Of 0.3 to 15 s, the longest between short ones; others than those of the export."""
    found = voices(6, seed=11)
    return (found[2], found[5], found[0], found[3], found[1], found[4])


def test_every_kind_has_a_toy() -> None:
    assert {name.split()[0] for name in toys.TOYS} == {*KINDS}


@pytest.fixture(params=toys.TOYS)
def both(request: pytest.FixtureRequest, pair: Made) -> Pair:
    return pair(request.param)


def see_equal(one: Sequence[Heard], other: Sequence[Heard]) -> None:
    """Every answer within 1e-4 of the largest number in it, or of 1."""
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        for name in COMPARED:
            x, y = getattr(a, name), getattr(b, name)
            assert (x is None) == (y is None), name
            if x is not None:
                unit = max(1.0, float(np.abs(x).max()))
                np.testing.assert_allclose(y, x, atol=EQUAL * unit, rtol=0, err_msg=name)
        assert (a.distance is None) == (b.distance is None)
        if a.distance is not None:
            assert b.distance == pytest.approx(a.distance, rel=1e-3)


def test_each_clip_alone(both: Pair, clips: Sequence[Clip]) -> None:
    expected = [both.recogniser.hear([clip])[0] for clip in clips]
    see_equal(expected, [both.file.hear([clip])[0] for clip in clips])
    told = np.stack([one.probabilities for one in expected])
    assert np.ptp(told, axis=0).max() > 10 * EQUAL  # else nothing would be compared


def test_clips_of_all_lengths_together(both: Pair, clips: Sequence[Clip]) -> None:
    if both.file.at_once == 1:
        pytest.skip("such a file hears clips one by one")
    expected = [both.recogniser.hear([clip])[0] for clip in clips]
    see_equal(expected, both.file.hear(clips))
    see_equal(expected[3:5], both.file.hear(clips[3:5]))


def test_with_statistics_that_are_given(both: Pair, clips: Sequence[Clip]) -> None:
    if not both.recogniser.standardises:
        assert not both.file.standardises
        pytest.skip("it hears samples")
    own = both.recogniser.statistics
    given = Statistics(own.mean + 0.3 * own.std, 0.8 * own.std, 10, "given")
    expected = [both.recogniser.hear([clip], given)[0] for clip in clips]
    size = both.file.at_once
    parts = [clips[i : i + size] for i in range(0, len(clips), size)]
    found = [one for part in parts for one in both.file.hear(part, given)]
    see_equal(expected, found)
    plain = both.file.hear(clips[:1])[0]
    assert np.abs(plain.embedding - found[0].embedding).max() > 10 * EQUAL


def test_what_is_measured(both: Pair, clips: Sequence[Clip]) -> None:
    """Features before any statistics; of frames, as many as the recogniser has."""
    for clip in clips[:3]:
        one, other = both.recogniser.measure(clip), both.file.measure(clip)
        if not both.recogniser.standardises:
            np.testing.assert_array_equal(one, other)
        elif both.recogniser.model == "linear-probe":  # of the columns that it reads
            assert other.shape[0] == one.shape[0]
        else:
            np.testing.assert_allclose(other, one, atol=2e-3, rtol=1e-4)


def test_the_card_says_what_was_compared(both: Pair, request: pytest.FixtureRequest) -> None:
    told = both.file.card.equality
    assert told["clips"] == len(toys.clips()) and told["source"] == "recordings"
    assert (told["shortest"], told["longest"]) == (0.3, 15.0)
    asked = [name for name in COMPARED if name in told["worst"]]
    assert ("attention" in asked) == (
        both.recogniser.hear(toys.clips()[:1])[0].attention is not None
    )
    assert ("dimensions" in asked) == (request.node.callspec.params["both"] == toys.PLACED)
    assert 0 <= max(told["worst"].values()) <= EQUAL


def test_how_many_clips_it_hears_at_once(both: Pair, request: pytest.FixtureRequest) -> None:
    alone = request.node.callspec.params["both"] == toys.WAV2VEC
    assert both.file.at_once == both.file.card.at_once == (1 if alone else AT_ONCE)


def test_judging_a_long_clip_and_a_timeline(both: Pair) -> None:
    """The same segments: where the emotion changes, and which it is."""
    parts = [clip.samples for clip in voices(3, seed=2)]
    clip = Clip(np.concatenate([parts[1], parts[2], parts[1]]))
    assert clip.duration > 15
    whole, other = both.recogniser(clip), both.file(clip)
    assert whole.probabilities == pytest.approx(other.probabilities, abs=EQUAL)
    assert whole.warnings == other.warnings
    one, two = both.recogniser.timeline(clip, 3.0, 2.0), both.file.timeline(clip, 3.0, 2.0)
    assert [(x.start, x.end, x.emotion) for x in one] == [(x.start, x.end, x.emotion) for x in two]
    assert all(a.end == b.start for a, b in pairwise(two))
    for a, b in zip((whole, *one), (other, *two), strict=True):
        assert a.probabilities == pytest.approx(b.probabilities, abs=EQUAL)
        assert a.arousal == pytest.approx(b.arousal, abs=EQUAL)
        assert a.valence == pytest.approx(b.valence, abs=EQUAL)
