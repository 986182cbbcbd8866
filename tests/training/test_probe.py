"""The linear probe: an exact fit, beside scikit-learn's, of what was chosen."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training import batches, probe
from ehsaas.training.batches import Examples
from ehsaas.training.loop import History
from ehsaas.training.vectors import Candidate, solve
from tests.training.builders import CLASSES, COLUMNS, seeing, vectors


def logits(network: LinearProbe, given: Examples) -> torch.Tensor:
    network.eval()
    with torch.no_grad():
        result: torch.Tensor = network(batches.collate(given, np.arange(len(given)))).logits
    return result


def fitted(
    given: Examples, *candidates: Candidate, dims: int = COLUMNS, classes: int = CLASSES
) -> tuple[LinearProbe, History]:
    """A probe whose blocks are the single columns."""
    network = LinearProbe(dims, classes)
    blocks = [np.array([i]) for i in range(dims)]
    history = probe.train(network, given, blocks, candidates, classes=classes)
    return network, history


def everything(dims: int = COLUMNS, C: float = 0.1) -> Candidate:
    return seeing(*range(dims), C=C)


@pytest.mark.parametrize("dims", (COLUMNS, 200))
def test_it_is_the_logistic_regression_of_scikit_learn(dims: int) -> None:
    """Of ill-conditioned vectors, with fewer and with more rows than columns."""
    given = vectors(dims=dims)
    scale = np.geomspace(1, 1e-3, dims).astype(np.float32)
    given = replace(given, features=[x * scale + 2 for x in given.features])
    network, _ = fitted(given, everything(dims), dims=dims)
    X = np.concatenate(given.features)
    theirs = LogisticRegression(C=0.1, max_iter=5000, tol=1e-9)
    theirs.fit(X - X.mean(axis=0), given.labels)
    ours = logits(network, given).softmax(dim=1).numpy()
    np.testing.assert_allclose(ours, theirs.predict_proba(X - X.mean(axis=0)), atol=2e-3)


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


def test_columns_that_are_not_chosen_have_no_weight() -> None:
    network, _ = fitted(vectors(), seeing(0, 3))
    used = network.head.weight.detach().abs().sum(dim=0) > 0
    assert used.tolist() == [True, False, False, True, False, False]


def test_a_class_that_was_not_there_is_never_said() -> None:
    given = vectors()
    network, _ = fitted(given, everything(), classes=CLASSES + 1)
    assert int(logits(network, given).argmax(dim=1).max()) < CLASSES


@pytest.mark.parametrize(
    ("languages", "word"), [(1, "speakers"), (3, "languages")], ids=["speakers", "languages"]
)
def test_the_candidate_is_chosen_on_what_is_left_out(languages: int, word: str) -> None:
    given = vectors(90, languages=languages)
    _, history = fitted(given, seeing(4, 5, name="noise"), seeing(0, 1, name="told"))
    assert history.chosen == f"left-out {word} of the training part; taken: told"
    assert history.best_uar > 0.6


def test_with_one_speaker_the_first_candidate_is_taken() -> None:
    given = vectors(speakers=1)
    _, history = fitted(given, seeing(4, name="first"), seeing(0, 1, name="told"))
    assert history.chosen.startswith("none, too few speakers")
    assert history.chosen.endswith("taken: first")


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


def test_what_is_no_vector_is_refused() -> None:
    given = vectors(9)
    frames = replace(given, features=[np.zeros((i % 3, COLUMNS), np.float32) for i in range(9)])
    with pytest.raises(ValueError, match="6 of 9 utterances are not one vector each"):
        fitted(frames, everything())


def test_vectors_that_are_much_alike_are_told_apart_all_the_same() -> None:
    """Far from 0, twice over: products in float32 alone would not tell them."""
    given = vectors(60, dims=200)
    alike = [1000 + 0.01 * x for x in given.features]
    twice = replace(given, features=alike, copies=[(x,) for x in alike])
    network, history = fitted(twice, seeing(*range(200), C=1e4), dims=200)
    assert history.epochs[0].accuracy == 1


def test_two_classes_have_two_rows() -> None:
    given = vectors(40)
    two = given.take(np.flatnonzero(given.labels < 2))
    network, _ = fitted(two, everything(C=10.0), classes=2)
    said = logits(network, two).argmax(dim=1).numpy()
    assert (said == two.labels).mean() > 0.7
