"""The linear probe: an exact fit, beside scikit-learn's, and what it is chosen from."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training import batches, probe
from ehsaas.training.batches import Examples
from ehsaas.training.loop import History
from ehsaas.training.probe import Candidate

D, C = 6, 3


def examples(
    count: int = 60, *, dims: int = D, seed: int = 0, speakers: int = 5, languages: int = 1
) -> Examples:
    """Column 0 and 1 tell the class; all others are noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % C
    X = rng.standard_normal((count, dims)).astype(np.float32)
    X[:, 0] += 2.0 * (labels == 1)
    X[:, 1] += 2.0 * (labels == 2)
    return Examples(
        [x[None] for x in X],
        labels,
        np.zeros(count, dtype=np.int64),
        tuple(f"u{i}" for i in range(count)),
        language=np.arange(count) // C % languages,
        speaker=np.arange(count) // C % speakers,
    )


def logits(network: LinearProbe, given: Examples) -> torch.Tensor:
    network.eval()
    with torch.no_grad():
        result: torch.Tensor = network(batches.collate(given, np.arange(len(given)))).logits
    return result


def fitted(
    given: Examples, *candidates: Candidate, dims: int = D, classes: int = C
) -> tuple[LinearProbe, History]:
    """A probe whose blocks are the single columns."""
    network = LinearProbe(dims, classes)
    blocks = [np.array([i]) for i in range(dims)]
    history = probe.train(network, given, blocks, candidates, classes=classes)
    return network, history


def seeing(*columns: int, name: str = "", C: float = 0.1, **more: Any) -> Candidate:
    return Candidate(name, columns, C, **more)


def everything(dims: int = D, C: float = 0.1) -> Candidate:
    return seeing(*range(dims), C=C)


@pytest.mark.parametrize("dims", (D, 200))
def test_it_is_the_logistic_regression_of_scikit_learn(dims: int) -> None:
    """Of ill-conditioned vectors, with fewer and with more rows than columns."""
    given = examples(dims=dims)
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
    given = examples(dims=200)
    X = np.concatenate(given.features)
    X = X - X.mean(axis=0)
    if whiten:
        S = covariance_within(X, given.labels)
        S += whiten * np.trace(S) / 200 * np.eye(200)
        X = np.linalg.solve(np.linalg.cholesky(S), X.T).T.astype(np.float32)
    _, ((W, b, _),) = probe.solve(X, given.labels, np.ones(len(X)), 0.1, [steps])
    network, _ = fitted(given, seeing(*range(200), steps=steps, whiten=whiten), dims=200)
    np.testing.assert_allclose(logits(network, given).numpy(), X @ W.T + b, atol=5e-3)


def covariance_within(X: np.ndarray, labels: np.ndarray) -> np.ndarray:
    away = np.concatenate([X[labels == c] - X[labels == c].mean(axis=0) for c in range(C)])
    result: np.ndarray = away.T @ away / len(X)
    return result


def test_whitened_the_scale_of_a_column_is_of_no_account() -> None:
    """With little added to the covariance; without it the scale decides what few steps reach."""
    given = examples(150)
    scale = np.geomspace(0.1, 10, D).astype(np.float32)
    other = replace(given, features=[x * scale for x in given.features])
    said = {
        whiten: [
            logits(fitted(one, seeing(*range(D), steps=2, whiten=whiten))[0], one).numpy()
            for one in (given, other)
        ]
        for whiten in (0.0, 1e-6)
    }
    plain, scaled = said[1e-6]
    np.testing.assert_allclose(plain, scaled, atol=1e-2)
    assert np.abs(said[0.0][0] - said[0.0][1]).max() > 0.1


def test_fewer_steps_are_further_from_the_minimum() -> None:
    given = examples()
    X = np.concatenate(given.features)
    _, fits = probe.solve(X, given.labels, np.ones(len(X)), 1.0, [1, 4, 300])
    losses = [loss for _, _, loss in fits]
    assert losses[0] > losses[1] > losses[2]


def test_columns_that_are_not_chosen_have_no_weight() -> None:
    network, _ = fitted(examples(), seeing(0, 3))
    used = network.head.weight.detach().abs().sum(dim=0) > 0
    assert used.tolist() == [True, False, False, True, False, False]


def test_a_class_that_was_not_there_is_never_said() -> None:
    given = examples()
    network, _ = fitted(given, everything(), classes=C + 1)
    assert int(logits(network, given).argmax(dim=1).max()) < C


@pytest.mark.parametrize(
    ("languages", "word"), [(1, "speakers"), (3, "languages")], ids=["speakers", "languages"]
)
def test_the_candidate_is_chosen_on_what_is_left_out(languages: int, word: str) -> None:
    given = examples(90, languages=languages)
    _, history = fitted(given, seeing(4, 5, name="noise"), seeing(0, 1, name="told"))
    assert history.chosen == f"left-out {word} of the training part; taken: told"
    assert history.best_uar > 0.6


def test_one_thing_is_chosen_after_the_other() -> None:
    """What differs from the best so far on two axes at once is not fitted."""
    given = examples(90)
    names = {(0, 0): "noise", (0, 1): "never", (1, 0): "told", (1, 1): "told, C 10"}
    each = [
        seeing(*((0, 1) if a else (4, 5)), name=name, C=10.0 if b else 0.1, at=(a, b))
        for (a, b), name in names.items()
    ]
    vectors = probe.Vectors(given, [np.array([i]) for i in range(D)], C)
    chosen = probe.choose(vectors, each)
    assert len(chosen.scores) == 3
    assert chosen.candidate.at[0] == 1


@pytest.mark.parametrize(
    ("ahead", "taken"), [((0.2, -0.1, 0.1, -0.1), "first"), ((0.2, 0.1, 0.15, 0.1), "rival")]
)
def test_the_first_is_left_for_what_is_ahead_by_a_standard_error(
    monkeypatch: pytest.MonkeyPatch, ahead: tuple[float, ...], taken: str
) -> None:
    """Both rivals have the higher mean; one of them in every fold."""
    each = [seeing(0, name="first"), seeing(1, name="rival")]
    given = iter([[0.5] * 4, [0.5 + more for more in ahead]])
    told = {id(one): iter(next(given)) for one in each}

    def scores(vectors: object, alike: list[Candidate], kept: object, out: object) -> list[float]:
        return [next(told[id(one)]) for one in alike]

    monkeypatch.setattr(probe, "_scores", scores)
    vectors = probe.Vectors(examples(90), [np.array([i]) for i in range(D)], C)
    assert probe.choose(vectors, each).candidate.name == taken


def test_with_one_speaker_the_first_candidate_is_taken() -> None:
    given = examples(speakers=1)
    _, history = fitted(given, seeing(4, name="first"), seeing(0, 1, name="told"))
    assert history.chosen.startswith("none, too few speakers")
    assert history.chosen.endswith("taken: first")


@pytest.mark.parametrize("languages", (1, 3))
def test_nobody_is_on_both_sides_inside(languages: int) -> None:
    given = examples(90, speakers=7, languages=languages)
    _, folds = probe.inner_folds(given)
    who = given.speaker if languages == 1 else given.language
    assert len(folds) == (probe.FOLDS if languages == 1 else 3) and who is not None
    for train, out in folds:
        assert not set(who[train]) & set(who[out])
    assert sorted(np.concatenate([out for _, out in folds])) == list(range(90))


def test_utterances_of_unknown_language_are_no_language() -> None:
    given = examples(90, languages=3)
    assert given.language is not None
    part = replace(given, language=np.where(given.language == 2, -1, given.language))
    assert probe.inner_folds(part)[0] == "speakers"


def test_versions_of_an_utterance_share_its_weight() -> None:
    plain = examples(30)
    twice = replace(plain, copies=[(x,) for x in plain.features])
    one, two = fitted(plain, everything())[0], fitted(twice, everything())[0]
    torch.testing.assert_close(logits(one, plain), logits(two, plain), atol=2e-3, rtol=0)


def test_without_copies_they_are_not_seen() -> None:
    plain = examples(30)
    astray = replace(plain, copies=[(-x,) for x in plain.features])
    without = fitted(astray, seeing(*range(D), copies=False))[0]
    torch.testing.assert_close(
        logits(without, plain), logits(fitted(plain, everything())[0], plain), atol=1e-4, rtol=0
    )


def test_every_corpus_weighs_the_same() -> None:
    given = examples(90)
    both = replace(given, corpus=(np.arange(90) >= 60).astype(np.int64))
    vectors = probe.Vectors(both, [np.arange(D)], C)
    weights = vectors.weights(np.arange(90))
    assert weights[:60].sum() == pytest.approx(weights[60:].sum())
    assert weights.mean() == pytest.approx(1)


def test_what_is_no_vector_is_refused() -> None:
    given = examples(9)
    frames = replace(given, features=[np.zeros((i % 3, D), np.float32) for i in range(9)])
    with pytest.raises(ValueError, match="6 of 9 utterances are not one vector each"):
        fitted(frames, everything())


def test_vectors_that_are_much_alike_are_told_apart_all_the_same() -> None:
    """Far from 0, twice over: products in float32 alone would not tell them."""
    given = examples(60, dims=200)
    alike = [1000 + 0.01 * x for x in given.features]
    twice = replace(given, features=alike, copies=[(x,) for x in alike])
    network, history = fitted(twice, seeing(*range(200), C=1e4), dims=200)
    assert history.epochs[0].accuracy == 1


def test_two_classes_have_two_rows() -> None:
    given = examples(40)
    two = given.take(np.flatnonzero(given.labels < 2))
    network, _ = fitted(two, everything(C=10.0), classes=2)
    said = logits(network, two).argmax(dim=1).numpy()
    assert (said == two.labels).mean() > 0.7
