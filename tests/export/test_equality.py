from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.export import ExportError
from ehsaas.export.equality import TOLERANCE, compare
from ehsaas.judging import Heard
from tests.judging.toys import ByPitch, judge, tone

CLIPS = (tone(400, 0.5), tone(200, 2.0), tone(100, 1.0))


class Off(ByPitch):
    """A judge whose answers are off by a known amount, or of another shape."""

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        return tuple(self.off(one, len(clips)) for one in super().hear(clips, statistics))

    def off(self, one: Heard, together: int) -> Heard:
        raise AssertionError("each judge here is off in its own way")


def test_the_same_judge_is_equal() -> None:
    found = compare(judge(), judge(), CLIPS, "tones")
    assert found.holds() and found.worst == {"probabilities": 0.0, "embedding": 0.0}
    assert (found.clips, found.shortest, found.longest, found.source) == (3, 0.5, 2.0, "tones")
    assert found.told()["worst"] == {"probabilities": 0.0, "embedding": 0.0}


def test_each_is_heard_alone_and_with_others() -> None:
    other = judge(at_once=2)
    compare(judge(), other, CLIPS, "tones")
    assert other.heard == [(400,), (200,), (100,), (400, 200), (100,)]
    alone = judge(at_once=1)
    compare(judge(), alone, CLIPS, "tones")
    assert alone.heard == [(400,), (200,), (100,)]


def test_the_largest_difference_counts_and_of_an_embedding_its_share() -> None:
    class Worse(Off):
        def off(self, one: Heard, together: int) -> Heard:
            more = 1e-3 if together > 1 else 0.0  # in company only
            moved = one.probabilities + np.array([more, 0, 0], np.float32)
            return replace(one, probabilities=moved, embedding=1.0001 * one.embedding)

    made = judge()
    found = compare(made, Worse(**vars(made)), CLIPS, "tones")
    assert found.worst["probabilities"] == pytest.approx(1e-3, rel=1e-2)
    assert found.worst["embedding"] == pytest.approx(1e-4, rel=1e-2)  # of 4, 2 and 1
    assert not found.holds() and TOLERANCE == 1e-4


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
            compare(made, other, CLIPS, "tones")
    for name in ("the recogniser", "the file"):
        pair = (made, Nan(**vars(made))) if name == "the file" else (Nan(**vars(made)), made)
        with pytest.raises(ExportError, match=f"{name} gives embedding that are not finite"):
            compare(*pair, CLIPS, "tones")
    with pytest.raises(ExportError, match="no clips to compare"):
        compare(made, made, (), "tones")
