from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.export import ExportError
from ehsaas.export.equality import DISTANCE_TOLERANCE, TOLERANCE, Equality, change, compare
from ehsaas.judging import Heard
from tests.judging.toys import ByPitch, judge, tone

CLIPS = (tone(400, 0.5), tone(200, 2.0), tone(100, 1.0))


def heard(one: ByPitch) -> list[Heard]:
    return [one.hear([clip])[0] for clip in CLIPS]


def between(one: ByPitch, other: ByPitch) -> Equality:
    return compare(heard(one), other, CLIPS, "tones")


class Off(ByPitch):
    """A judge whose answers are off by a known amount, or of another shape."""

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        return tuple(self.off(one, len(clips)) for one in super().hear(clips, statistics))

    def off(self, one: Heard, together: int) -> Heard:
        raise AssertionError("each judge here is off in its own way")


def test_the_same_judge_is_equal() -> None:
    found = between(judge(), judge())
    assert found.holds() and found.worst == {"probabilities": 0.0, "embedding": 0.0}
    assert (found.clips, found.shortest, found.longest, found.source) == (3, 0.5, 2.0, "tones")
    assert found.told()["worst"] == {"probabilities": 0.0, "embedding": 0.0}


def test_each_is_heard_alone_and_with_others() -> None:
    other = judge(at_once=2)
    between(judge(), other)
    assert other.heard == [(400,), (200,), (100,), (400, 200), (100,)]
    alone = judge(at_once=1)
    between(judge(), alone)
    assert alone.heard == [(400,), (200,), (100,)]


def test_the_largest_difference_counts_and_of_an_embedding_its_share() -> None:
    class Worse(Off):
        def off(self, one: Heard, together: int) -> Heard:
            more = 1e-3 if together > 1 else 0.0  # in company only
            moved = one.probabilities + np.array([more, 0, 0], np.float32)
            return replace(one, probabilities=moved, embedding=1.0001 * one.embedding)

    made = judge()
    found = between(made, Worse(**vars(made)))
    assert found.worst["probabilities"] == pytest.approx(1e-3, rel=1e-2)
    assert found.worst["embedding"] == pytest.approx(1e-4, rel=1e-2)  # of 4, 2 and 1
    assert not found.holds() and TOLERANCE == 1e-4


def test_a_distance_counts_in_units_of_itself() -> None:
    class Further(Off):
        def off(self, one: Heard, together: int) -> Heard:
            return replace(one, distance=(one.distance or 0.0) + 0.008)

    made = judge(far=9.0)
    found = between(made, Further(**vars(made)))
    assert found.distance == pytest.approx(8e-3, rel=1e-2)  # of 1.0, 2.0 and 4.0
    assert not found.holds() and DISTANCE_TOLERANCE == 1e-3
    assert between(made, made).distance == 0 and between(made, made).holds()
    assert between(judge(), judge()).distance is None
    assert found.told()["distance"] == 0.008


def test_arousal_and_valence_are_compared() -> None:
    class Colder(Off):
        def off(self, one: Heard, together: int) -> Heard:
            assert one.dimensions is not None
            return replace(one, dimensions=one.dimensions - np.array([0, 0.002], np.float32))

    made = judge(placed=True)
    found = between(made, Colder(**vars(made)))
    assert found.worst["dimensions"] == pytest.approx(2e-3, rel=1e-3) and not found.holds()
    assert between(made, made).holds()
    with pytest.raises(ExportError, match=r"dimensions of the shape None, not \(2,\)"):
        between(made, judge())


def test_a_change_is_of_probabilities_alone() -> None:
    class Narrower(Off):
        def off(self, one: Heard, together: int) -> Heard:
            moved = one.probabilities + np.array([0.25, 0, 0], np.float32)
            return replace(one, probabilities=moved, embedding=np.ones(4, np.float32))

    made = judge()
    assert change(heard(made), made, CLIPS) == 0
    assert change(heard(made), Narrower(**vars(made)), CLIPS) == pytest.approx(0.25)


def test_what_cannot_be_compared_is_said() -> None:
    class Nan(Off):
        def off(self, one: Heard, together: int) -> Heard:
            return replace(one, embedding=np.full_like(one.embedding, np.nan))

    class Attending(Off):
        def off(self, one: Heard, together: int) -> Heard:
            return replace(one, attention=np.ones(3, np.float32))

    class Longer(Off):
        def off(self, one: Heard, together: int) -> Heard:
            return replace(one, embedding=np.ones(4, np.float32))

    made = judge()
    for other, message in (
        (Nan(**vars(made)), "embedding that are not finite"),
        (Attending(**vars(made)), r"attention of the shape \(3,\), not None"),
        (Longer(**vars(made)), r"embedding of the shape \(4,\), not \(1,\)"),
    ):
        with pytest.raises(ExportError, match=message):
            between(made, other)
    for name in ("the recogniser", "the file"):
        pair = (made, Nan(**vars(made))) if name == "the file" else (Nan(**vars(made)), made)
        with pytest.raises(ExportError, match=f"{name} gives embedding that are not finite"):
            between(*pair)
    with pytest.raises(ExportError, match="no clips to compare"):
        compare((), made, (), "tones")
