"""Probes of vectors: what each utterance weighs, and how far L-BFGS goes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ehsaas.training.vectors import Vectors, solve
from tests.training.builders import CLASSES, COLUMNS, everything, fitted, logits, seeing, vectors


def test_fewer_steps_are_further_from_the_minimum() -> None:
    given = vectors()
    X = np.concatenate(given.features)
    _, fits = solve(X, given.labels, np.ones(len(X)), 1.0, [1, 4, 300])
    losses = [loss for _, _, loss in fits]
    assert losses[0] > losses[1] > losses[2]


def test_every_corpus_weighs_the_same() -> None:
    given = vectors(90)
    both = replace(given, corpus=(np.arange(90) >= 60).astype(np.int64))
    weights = Vectors(both, [np.arange(COLUMNS)], CLASSES).weights(np.arange(90))
    assert weights[:60].sum() == pytest.approx(weights[60:].sum())
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("whiten", (0.0, 0.5))
@pytest.mark.parametrize("steps", (1, 3, 7))
def test_steps_in_the_span_are_those_in_the_columns(steps: int, whiten: float) -> None:
    """L-BFGS goes the same way in the coordinates of the rows as in those of the columns."""
    given = vectors(dims=200)
    X = np.concatenate(given.features)
    X = X - X.mean(axis=0)
    if whiten:
        S = covariance_within(X, given.labels)
        S += whiten * np.trace(S) / 200 * np.eye(200)
        X = np.linalg.solve(np.linalg.cholesky(S), X.T).T.astype(np.float32)
    _, ((W, b, _),) = solve(X, given.labels, np.ones(len(X)), 0.1, [steps])
    network, _ = fitted(given, seeing(*range(200), steps=steps, whiten=whiten), dims=200)
    np.testing.assert_allclose(logits(network, given).numpy(), X @ W.T + b, atol=5e-3)


def covariance_within(X: np.ndarray, labels: np.ndarray) -> np.ndarray:
    away = np.concatenate([X[labels == c] - X[labels == c].mean(axis=0) for c in range(CLASSES)])
    result: np.ndarray = away.T @ away / len(X)
    return result


def test_whitened_the_scale_of_a_column_is_of_no_account() -> None:
    """With little added to the covariance; without it the scale decides what few steps reach."""
    given = vectors(150)
    scale = np.geomspace(0.1, 10, COLUMNS).astype(np.float32)
    other = replace(given, features=[x * scale for x in given.features])
    said = {
        whiten: [
            logits(fitted(one, seeing(*range(COLUMNS), steps=2, whiten=whiten))[0], one).numpy()
            for one in (given, other)
        ]
        for whiten in (0.0, 1e-6)
    }
    plain, scaled = said[1e-6]
    np.testing.assert_allclose(plain, scaled, atol=1e-2)
    assert np.abs(said[0.0][0] - said[0.0][1]).max() > 0.1


def test_versions_of_an_utterance_share_its_weight() -> None:
    plain = vectors(30)
    twice = replace(plain, copies=[(x,) for x in plain.features])
    one, two = fitted(plain, everything())[0], fitted(twice, everything())[0]
    torch.testing.assert_close(logits(one, plain), logits(two, plain), atol=2e-3, rtol=0)


def test_without_copies_they_are_not_seen() -> None:
    plain = vectors(30)
    astray = replace(plain, copies=[(-x,) for x in plain.features])
    without = fitted(astray, seeing(*range(COLUMNS), copies=False))[0]
    torch.testing.assert_close(
        logits(without, plain), logits(fitted(plain, everything())[0], plain), atol=1e-4, rtol=0
    )


def test_vectors_that_are_much_alike_are_told_apart_all_the_same() -> None:
    """Far from 0, twice over: products in float32 alone would not tell them."""
    given = vectors(60, dims=200)
    alike = [1000 + 0.01 * x for x in given.features]
    twice = replace(given, features=alike, copies=[(x,) for x in alike])
    network, history = fitted(twice, seeing(*range(200), C=1e4), dims=200)
    assert history.epochs[0].accuracy == 1


def test_what_is_no_vector_is_refused() -> None:
    given = vectors(9)
    frames = replace(given, features=[np.zeros((i % 3, COLUMNS), np.float32) for i in range(9)])
    with pytest.raises(ValueError, match="6 of 9 utterances are not one vector each"):
        fitted(frames, everything())
