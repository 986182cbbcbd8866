import numpy as np
import pytest

from ehsaas.training.priors import by_confusion, by_em, corrected, floored

SOURCE = np.full(4, 0.25)
TARGET = np.array([0.55, 0.25, 0.15, 0.05])
CENTRES = 1.5 * np.eye(4)


def heard(shares: np.ndarray, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn by shares, and the true probabilities under equal ones: label shift only."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(4, n, p=shares)
    x = CENTRES[labels] + rng.normal(size=(n, 4))
    logits = -((x[:, None] - CENTRES[None]) ** 2).sum(axis=2) / 2
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return labels, odds / odds.sum(axis=1, keepdims=True)


def test_known_shares_are_recovered_under_label_shift() -> None:
    truth, source = heard(SOURCE, 20_000, 0)
    labels, target = heard(TARGET, 20_000, 1)
    actual = np.bincount(labels) / len(labels)
    said = by_confusion(truth, source.argmax(axis=1), target.argmax(axis=1), 4)
    np.testing.assert_allclose(said, actual, atol=0.03)
    np.testing.assert_allclose(by_em(target, SOURCE), actual, atol=0.03)
    assert said.sum() == pytest.approx(1)


def test_weights_stand_for_utterances_that_come_more_than_once() -> None:
    truth, said = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2])
    target = np.array([0, 1, 1, 2])
    times = np.array([1, 2, 1, 3, 1, 2])
    often = by_confusion(np.repeat(truth, times), np.repeat(said, times), target, 3)
    weighted = by_confusion(truth, said, target, 3, times)
    np.testing.assert_allclose(weighted, often)
    np.testing.assert_allclose(by_confusion(truth, said, target, 3, 7.0 * times), often)
    assert not np.allclose(by_confusion(truth, said, target, 3), often)


def test_known_shares_are_recovered_from_an_uneven_source_whose_classes_weigh_the_same() -> None:
    truth, source = heard(np.array([0.7, 0.1, 0.1, 0.1]), 20_000, 4)
    labels, target = heard(TARGET, 20_000, 5)
    weights = (1 / np.bincount(truth))[truth]
    told = by_confusion(truth, source.argmax(axis=1), target.argmax(axis=1), 4, weights)
    np.testing.assert_allclose(told, np.bincount(labels) / len(labels), atol=0.03)


def test_what_is_lifted_to_the_floor_the_others_pay_for() -> None:
    found = floored(np.array([0.0, 0.02, 0.49, 0.49]), 0.05)
    np.testing.assert_allclose(found, [0.05, 0.05, 0.45, 0.45])
    # 0.051 is above the floor until the others have paid for the 0
    found = floored(np.array([0.0, 0.051, 0.949]), 0.05)
    np.testing.assert_allclose(found, [0.05, 0.05, 0.9])
    np.testing.assert_allclose(floored(TARGET, 0.05), TARGET)


def test_corrected_probabilities_are_right_more_often() -> None:
    labels, target = heard(TARGET, 5000, 2)
    better = corrected(target, SOURCE, by_em(target, SOURCE))
    np.testing.assert_allclose(better.sum(axis=1), 1)
    right = [(each.argmax(axis=1) == labels).mean() for each in (target, better)]
    assert right[1] > right[0] + 0.01
    np.testing.assert_allclose(corrected(target, SOURCE, SOURCE), target)


@pytest.mark.parametrize("floor", (0.0, 0.05, 0.2))
def test_no_share_falls_below_the_floor(floor: float) -> None:
    """Two of four classes do not occur at all."""
    _, target = heard(np.array([0.9, 0.1, 0.0, 0.0]), 3000, 3)
    shares = by_em(target, SOURCE, floor)
    assert shares.sum() == pytest.approx(1)
    assert shares.min() >= floor - 1e-12
    assert (shares.min() < 0.02) == (floor < 0.02)


def test_what_cannot_be_estimated_is_said() -> None:
    zeros = np.zeros(8, dtype=np.int64)
    labels = np.arange(8) % 4
    with pytest.raises(ValueError, match="does not tell the classes apart"):
        by_confusion(labels, zeros, zeros, 4)
    with pytest.raises(ValueError, match="class 1 is in no source utterance"):
        by_confusion(zeros, zeros, zeros, 2)
    with pytest.raises(ValueError, match="a floor of 0.25 for 4 classes"):
        by_em(np.full((2, 4), 0.25), SOURCE, 0.25)
    with pytest.raises(ValueError, match="has to have a share"):
        by_em(np.full((2, 2), 0.5), np.array([1.0, 0.0]))
