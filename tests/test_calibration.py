"""Statistics, temperature and prediction sets."""

import numpy as np
import pytest

from ehsaas.calibration import (
    HIDING,
    TEMPERATURES,
    Statistics,
    best_temperature,
    conformal_scores,
    conformal_threshold,
    prediction_set,
    softmax,
)

CLASSES = ("anger", "happiness", "sadness")


def test_statistics_standardise_over_any_leading_axes() -> None:
    features = np.random.default_rng(0).normal([5, -3], [2, 0.5], (4, 100, 2)).astype(np.float32)
    flat = features.reshape(-1, 2)
    scaled = Statistics(flat.mean(0), flat.std(0), len(flat), "source")(features)
    assert (scaled.shape, str(scaled.dtype)) == ((4, 100, 2), "float32")
    np.testing.assert_allclose(scaled.reshape(-1, 2).mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.reshape(-1, 2).std(0), 1, atol=1e-5)


def test_a_dimension_that_never_moves_stays_finite() -> None:
    still = Statistics(np.ones(1, np.float32), np.zeros(1, np.float32), 10, "source")
    assert still(np.ones((3, 1), np.float32)).tolist() == [[0], [0], [0]]


def test_of_some_dimensions_the_hidden_ones_are_told_by_their_new_numbers() -> None:
    whole = Statistics(np.arange(4, dtype=np.float32), np.ones(4, np.float32), 10, "source")
    some = whole.hiding((0, 3)).on(np.array([1, 3]))
    assert some.mean.tolist() == [1, 3] and some.hidden == (1,)
    assert some.std.tolist() == [1, HIDING]


def test_softmax_sums_to_one_and_large_logits_do_not_overflow() -> None:
    shares = softmax(np.array([[1000.0, 999.0, -1000.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-6)
    np.testing.assert_allclose(shares[0], [1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0], atol=1e-6)
    np.testing.assert_allclose(shares[1], 1 / 3, rtol=1e-6)


def test_temperature_flattens_and_sharpens() -> None:
    logits = np.array([2.0, 1.0, 0.0])
    assert softmax(logits, 2.0).max() < softmax(logits).max() < softmax(logits, 0.5).max()
    np.testing.assert_allclose(softmax(logits, 2.0), softmax(logits / 2), rtol=1e-6)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_not_above_zero_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        softmax(np.zeros(3), temperature)


def test_a_prediction_set_keeps_what_reaches_the_threshold() -> None:
    probabilities = np.array([0.2, 0.5, 0.3], np.float32)
    assert prediction_set(probabilities, CLASSES, 0.25) == ("happiness", "sadness")
    assert prediction_set(probabilities, CLASSES, 0.0) == ("happiness", "sadness", "anger")
    assert prediction_set(probabilities, CLASSES, 0.9) == ("happiness",)


def test_equal_probabilities_come_in_class_order() -> None:
    assert prediction_set(np.full(3, 1 / 3, np.float32), CLASSES, 0.3) == CLASSES


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of three classes that are calibrated as they are, and classes drawn by them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 3))
    return logits, np.array([rng.choice(3, p=softmax(row) / softmax(row).sum()) for row in logits])


@pytest.mark.parametrize("factor", [0.2, 1.0, 4.0])
def test_the_best_temperature_undoes_what_made_logits_wrong(factor: float) -> None:
    logits, labels = drawn(6000)
    assert best_temperature(factor * logits, labels) == pytest.approx(factor, rel=0.1)


def test_the_search_by_halves_finds_the_best_of_all_candidates() -> None:
    logits, labels = drawn(80, 1)
    own = np.arange(80)
    said = [softmax(logits / 3, t)[own, labels] for t in TEMPERATURES]
    losses = [-np.log(np.maximum(one, 1e-30)).mean() for one in said]
    assert best_temperature(logits / 3, labels) == TEMPERATURES[int(np.argmin(losses))]


def test_weights_stand_for_utterances_that_come_more_than_once() -> None:
    logits, labels = drawn(80, 1)
    times = np.arange(80) % 5
    often = best_temperature(np.repeat(logits, times, axis=0), np.repeat(labels, times))
    assert best_temperature(logits, labels, 1.0 * times) == often
    assert best_temperature(logits, labels) != often


def test_logits_that_are_always_right_take_the_sharpest() -> None:
    assert best_temperature(np.eye(3), np.arange(3)) == TEMPERATURES[0]


def test_scores_are_sorted_and_the_threshold_is_the_right_one_of_them() -> None:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8]])
    scores = conformal_scores(probabilities, np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(scores, [0.1, 0.2, 0.3, 0.6])
    # ceil(5 · 0.5) = 3: the third smallest score
    assert conformal_threshold(scores, 0.5) == pytest.approx(0.7)
    assert conformal_threshold(scores, 0.8) == pytest.approx(0.4)
    assert conformal_threshold(scores, 0.81) == 0.0  # four utterances promise no more


def test_no_threshold_without_utterances_or_for_a_promise_that_is_none() -> None:
    with pytest.raises(ValueError, match="no calibration utterances"):
        conformal_threshold(np.array([]), 0.9)
    with pytest.raises(ValueError, match="expected a share between 0 and 1"):
        conformal_threshold(np.array([0.5]), 0.0)
