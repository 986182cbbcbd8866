import numpy as np
import pytest
from numpy.typing import NDArray

from ehsaas.evaluation.bootstrap import clusters, interval, pooled, resample
from ehsaas.evaluation.metrics import Integers, accuracy_of, uar_of

Names = NDArray[np.object_]


def names(n: int, items: int) -> Names:
    return np.array([f"s{i % n:02d}" for i in range(items)], dtype=object)


def answers(
    generator: np.random.Generator, speakers: int, items: int, spread: float, seeds: int = 1
) -> tuple[Integers, Integers, Names]:
    """Two classes, even, right with a probability of 0.7 ± spread that belongs to the speaker."""
    who = np.arange(items) % speakers
    truth = (np.arange(items) // speakers) % 2
    skill = np.clip(0.7 + spread * generator.standard_normal(speakers), 0.02, 0.98)
    right = generator.random((seeds, items)) < skill[who]
    return truth, np.where(right, truth, 1 - truth), names(speakers, items)


def width(truth: Integers, predicted: Integers, who: Names) -> float:
    drawn = resample(clusters(truth, predicted, who, 2))
    assert drawn is not None
    found = interval(drawn, uar_of)
    return found.high - found.low


def test_the_interval_covers_the_true_value_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    covered = 0
    for _ in range(120):
        # The mean skill of all speakers there could be is 0.7 (clipping is rare at 0.1).
        truth, predicted, who = answers(generator, speakers=30, items=600, spread=0.1)
        drawn = resample(clusters(truth, predicted, who, 2), resamples=300)
        assert drawn is not None
        found = interval(drawn, uar_of)
        covered += found.low <= 0.7 <= found.high
    # 95 % of 120 is 114; five binomial deviations below it is 102.
    assert covered >= 102


def test_correlated_speakers_widen_the_interval() -> None:
    truth, predicted, who = answers(np.random.default_rng(2), speakers=12, items=1200, spread=0.2)
    unknown = np.full(who.size, None, dtype=object)
    assert width(truth, predicted, who) > 2 * width(truth, predicted, unknown)


def test_more_seeds_of_the_same_answers_do_not_narrow_the_interval() -> None:
    truth, predicted, who = answers(np.random.default_rng(3), speakers=10, items=300, spread=0.1)
    once = width(truth, predicted, who)
    assert width(truth, np.repeat(predicted, 9, axis=0), who) == pytest.approx(once)


def test_fewer_than_five_speakers_are_resampled_over_utterances() -> None:
    truth, predicted, who = answers(np.random.default_rng(4), speakers=4, items=200, spread=0)
    found = clusters(truth, predicted, who, 2)
    assert (found.unit, found.known, found.label) == ("utterances", 4, "these speakers only")
    assert int(found.sizes.sum()) == 200


def test_unknown_speakers_are_said_to_be_unknown() -> None:
    truth, predicted, who = answers(np.random.default_rng(4), speakers=9, items=90, spread=0)
    assert clusters(truth, predicted, who, 2).label == "over 9 speakers"
    who[3] = None
    assert clusters(truth, predicted, who, 2).label == "speakers unknown, over utterances"


def test_lumping_equal_utterances_changes_no_count_and_no_spread() -> None:
    truth, predicted, _ = answers(
        np.random.default_rng(5), speakers=4, items=400, spread=0, seeds=2
    )
    lumped = clusters(truth, predicted, names(4, 400), 2)
    alone = clusters(truth, predicted, names(400, 400), 2)
    assert lumped.sizes.size <= 8 < alone.sizes.size
    np.testing.assert_array_equal(pooled(lumped).hits, pooled(alone).hits)
    widths = []
    for one in (lumped, alone):
        drawn = resample(one, resamples=4000)
        assert drawn is not None
        found = interval(drawn, accuracy_of)
        widths.append(found.high - found.low)
    # Two Monte-Carlo estimates of one width from 4000 draws each.
    assert widths[0] == pytest.approx(widths[1], rel=0.1)


def test_resamples_that_miss_a_class_are_drawn_again_and_counted() -> None:
    # One of six speakers says class 1: (5/6)^6 = 33 % of draws miss him.
    who = names(6, 60)
    truth = (who == "s00").astype(np.int64)
    drawn = resample(clusters(truth, truth[None], who, 2), resamples=1000)
    assert drawn is not None
    assert (drawn.counts.support > 0).all()
    assert drawn.counts.support.shape == (1, 1000, 2)
    assert drawn.redrawn / (1000 + drawn.redrawn) == pytest.approx((5 / 6) ** 6, abs=0.05)


def test_no_interval_where_hardly_a_resample_holds_every_class() -> None:
    truth = np.arange(12)
    who = names(12, 12)
    assert resample(clusters(truth, truth[None], who, 12), resamples=50) is None


def test_the_same_seed_gives_the_same_interval() -> None:
    truth, predicted, who = answers(np.random.default_rng(6), speakers=8, items=80, spread=0.1)
    assert width(truth, predicted, who) == width(truth, predicted, who)


def test_an_item_that_a_seed_did_not_judge_counts_in_the_others_only() -> None:
    truth = np.array([0, 0, 1, 1])
    predicted = np.array([[0, 0, 1, 1], [0, -1, 1, 5]])
    counted = pooled(clusters(truth, predicted, names(1, 4), 2))
    np.testing.assert_array_equal(counted.support, [[2, 2], [1, 2]])
    np.testing.assert_array_equal(counted.hits, [[2, 2], [1, 1]])
    np.testing.assert_array_equal(counted.called, [[2, 2], [1, 1]])
