"""Probes of vectors: what each utterance weighs, and how far L-BFGS goes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training import probe
from ehsaas.training.multinomial import solve
from ehsaas.training.vectors import Vectors
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


def test_copies_together_weigh_as_one_view() -> None:
    """Rows: the utterances, then of each two copies and, last, the one other view."""
    plain = vectors(30)
    given = replace(plain, copies=[(x, -x, x) for x in plain.features])
    rows = np.arange(4 * 30)
    mixed = Vectors(given, [np.arange(COLUMNS)], CLASSES, views=1).weights(rows)
    of_copies = mixed[30:].reshape(30, 3)
    np.testing.assert_allclose(of_copies[:, 2], mixed[:30])
    np.testing.assert_allclose(of_copies[:, :2].sum(axis=1), mixed[:30])
    np.testing.assert_allclose(of_copies[:, 0], of_copies[:, 1])
    alike = Vectors(given, [np.arange(COLUMNS)], CLASSES).weights(rows)
    np.testing.assert_allclose(alike[30:].reshape(30, 3), np.tile(alike[:30, None], 3))
    assert mixed.sum() == pytest.approx(alike.sum())


def test_without_copies_the_views_are_seen_all_the_same() -> None:
    plain = vectors(4)
    given = replace(plain, copies=[(x, -x, x) for x in plain.features])
    table = Vectors(given, [np.arange(COLUMNS)], CLASSES, views=1)
    # rows 0–3 are the utterances, then three versions of each, the last of which is a view
    assert table.rows(np.array([1, 3]), copies=False).tolist() == [1, 3, 9, 15]
    assert table.rows(np.array([1, 3]), copies=True).tolist() == [1, 3, 7, 8, 9, 13, 14, 15]
    weights = table.weights(table.rows(np.arange(4), copies=False))
    np.testing.assert_allclose(weights[4:], weights[:4])


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


@pytest.mark.parametrize(("share", "times"), [(0.0, 1.0), (0.5, 2**0.5), (1.0, 2.0)])
def test_a_corpus_weighs_by_its_size_as_far_as_is_asked(share: float, times: float) -> None:
    given = vectors(90)
    both = replace(given, corpus=(np.arange(90) >= 60).astype(np.int64))
    weights = Vectors(both, [np.arange(COLUMNS)], CLASSES).weights(np.arange(90), share)
    assert weights[:60].sum() / weights[60:].sum() == pytest.approx(times)


def test_what_a_corpus_cannot_have_is_not_held_against_it() -> None:
    """Where the second corpus has no class 2, its utterances say nothing of that class's row."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 4)).astype(np.float32)
    labels = np.concatenate([np.arange(30) % 3, np.arange(30) % 2])
    possible = np.ones((60, 3), dtype=bool)
    possible[30:, 2] = False
    _, ((W, b, _),) = solve(X, labels, np.ones(60), 1.0, [300], possible)
    odds = np.exp(X @ W.T + b) * possible
    away = odds / odds.sum(axis=1, keepdims=True) - np.eye(3)[labels]
    np.testing.assert_allclose(away[30:, 2], 0, atol=1e-9)
    np.testing.assert_allclose(away.T @ X + W, 0, atol=2e-2)  # the minimum, where the slope is 0


def test_each_row_may_have_the_classes_of_its_corpus() -> None:
    given = vectors(90)
    labels = np.where(np.arange(90) >= 60, given.labels % 2, given.labels)
    corpus = (np.arange(90) >= 60).astype(np.int64)
    both = Vectors(replace(given, labels=labels, corpus=corpus), [np.arange(COLUMNS)], CLASSES)
    assert (
        both.possible(np.array([0, 1, 2, 60, 61, 62])).tolist()
        == [[True] * 3] * 3 + [[True, True, False]] * 3
    )


def test_a_gain_frees_a_column_from_the_penalty_and_the_probe_sees_it_as_it_is() -> None:
    given = vectors(150)
    gains = np.ones(COLUMNS, dtype=np.float32)
    gains[0] = 30.0
    found = {}
    for name, terms in (("even", probe.Terms()), ("freed", probe.Terms(gains=gains))):
        network = LinearProbe(COLUMNS, CLASSES)
        blocks = [np.array([i]) for i in range(COLUMNS)]
        one = seeing(*range(COLUMNS), C=1e-3)
        probe.train(network, given, blocks, [one], classes=CLASSES, terms=terms)
        found[name] = network.head.weight.detach().abs().sum(dim=0)
    assert found["freed"][0] > 5 * found["even"][0]
    torch.testing.assert_close(found["freed"][1:], found["even"][1:], atol=0.05, rtol=0.5)
