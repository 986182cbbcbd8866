"""Budgets and what a task shows of its target."""

from dataclasses import replace

import numpy as np
import pytest

from ehsaas.training.adaptation import AdaptationError, Budget, Ground, adapt, hidden
from ehsaas.training.adaptation.task import UNKNOWN, matrix
from tests.training.adaptation.builders import asked, corpus, frames, settings, source, target

LABELS = np.repeat([0, 1, 2, UNKNOWN], [50, 20, 3, 10])


@pytest.mark.parametrize("count", (0, 1, 5, 20))
def test_a_budget_shows_so_many_labels_of_each_class_and_no_others(count: int) -> None:
    seen = Budget(count).reveal(LABELS, 0)
    own = seen != UNKNOWN
    assert [int((seen == k).sum()) for k in range(3)] == [min(count, n) for n in (50, 20, 3)]
    np.testing.assert_array_equal(seen[own], LABELS[own])


def test_a_share_is_one_of_every_class() -> None:
    seen = Budget(share=0.1).reveal(LABELS, 0)
    assert [int((seen == k).sum()) for k in range(3)] == [5, 2, 0]
    np.testing.assert_array_equal(Budget(share=1).reveal(LABELS, 0), LABELS)


@pytest.mark.parametrize(
    "budgets", ([Budget(n) for n in (0, 1, 5, 10)], [Budget(share=s) for s in (0, 0.1, 0.3, 1)])
)
def test_a_smaller_budget_is_a_part_of_a_larger_one(budgets: list[Budget]) -> None:
    drawn = [set(np.flatnonzero(one.reveal(LABELS, 3) != UNKNOWN)) for one in budgets]
    assert all(few < many for few, many in zip(drawn, drawn[1:], strict=False))


def test_another_seed_draws_others() -> None:
    one, same, other = (Budget(5).reveal(LABELS, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("count", "share"), [(-1, 0.0), (0, 1.1), (0, -0.1), (5, 0.1)])
def test_a_budget_is_a_number_or_a_share(count: int, share: float) -> None:
    with pytest.raises(AdaptationError, match=f"{count} labels a class and a share of {share}"):
        Budget(count, share)


def test_a_target_s_own_labels_stay_what_they_are() -> None:
    given = target()
    before = given.labels.copy()
    assert (hidden(given, Budget(), 0).labels == UNKNOWN).all()
    np.testing.assert_array_equal(given.labels, before)


def test_what_is_given_is_the_source_and_what_may_be_seen() -> None:
    of = source()
    task = asked(of, target(), 2)
    assert len(task.seen) == 6
    assert task.given.corpus.tolist() == [*of.corpus, *[9] * 6]
    np.testing.assert_array_equal(task.given.labels[-6:], target().labels[task.seen])
    assert set(asked(of, target(), 0).given.corpus) == {0, 1}


def test_a_ground_knows_nothing_of_the_target() -> None:
    """Its statistics and axes are the source's, whatever is adapted to from there."""
    one, other = (asked(source(), to) for to in (target(), target(shift=20)))
    np.testing.assert_array_equal(one.ground.vectors, other.ground.vectors)
    np.testing.assert_array_equal(one.ground.axes.axes, other.ground.axes.axes)


def test_what_cannot_be_adapted_is_refused() -> None:
    nothing = target().take(np.array([], dtype=np.int64))
    with pytest.raises(AdaptationError, match="the target has no recordings"):
        asked(source(), nothing)
    with pytest.raises(AdaptationError, match="corpus index is one of the source's"):
        asked(source(), corpus(index=1))
    with pytest.raises(AdaptationError, match="of several corpora; adapt to each"):
        asked(source(), target().joined(corpus(index=7)))
    with pytest.raises(AdaptationError, match="no utterance of the source has a label"):
        Ground(replace(source(), labels=np.full(120, UNKNOWN)), settings())
    with pytest.raises(AdaptationError, match="one vector an utterance, not frames"):
        matrix(frames())


def test_a_target_of_frames_beside_a_source_of_vectors_is_refused() -> None:
    mixed = replace(target(), features=[np.repeat(x, 3, axis=0) for x in target().features])
    with pytest.raises(AdaptationError, match="one vector an utterance, not frames"):
        adapt("source-network", source(), mixed, Budget(), settings())
    with pytest.raises(AdaptationError, match="have 4 numbers and the source's 8"):
        adapt("source-only", source(), frames(index=9), Budget(), settings())
