import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ehsaas.training.adaptation import linear
from ehsaas.training.adaptation.task import ProbeSettings, matrix
from ehsaas.training.batches import Examples
from ehsaas.training.losses import balanced
from tests.training.adaptation.builders import asked, corpus, source, target

EXACT = ProbeSettings(C=0.5, steps=500, whiten=0.0)


def fitted(of: Examples, settings: ProbeSettings = EXACT, classes: int = 3) -> linear.Probe:
    return linear.fit(matrix(of), of.labels, of.corpus, classes, settings)


def test_without_whitening_it_is_the_weighted_logistic_regression() -> None:
    of = source(apart=1.0)
    weights = balanced(of.labels, of.corpus, 3)[of.corpus, of.labels]
    X = matrix(of)
    theirs = LogisticRegression(C=0.5, tol=1e-8, max_iter=5000).fit(X, of.labels, weights)
    ours = fitted(of)
    np.testing.assert_allclose(ours.shares(X), theirs.predict_proba(X), atol=2e-3)


def test_shares_are_those_of_the_logits() -> None:
    probe = fitted(source())
    X = 100 * matrix(source())
    shares = probe.shares(X)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert np.isfinite(shares).all()
    small = probe.logits(matrix(source()))
    odds = np.exp(small)
    np.testing.assert_allclose(
        probe.shares(matrix(source())), odds / odds.sum(axis=1, keepdims=True), atol=1e-9
    )


def test_a_corpus_weighs_the_same_however_many_utterances_it_has() -> None:
    """Four times the same second corpus is no other source."""
    first, second = corpus(index=0, apart=1.0), corpus(index=1, apart=1.0, shift=3)
    many = second
    for _ in range(3):
        many = many.joined(second)
    once = fitted(first.joined(second), ProbeSettings(C=0.5, steps=500, whiten=0.0))
    often = fitted(first.joined(many), ProbeSettings(C=0.5 * 120 / 300, steps=500, whiten=0.0))
    X = matrix(source())
    np.testing.assert_allclose(once.shares(X), often.shares(X), atol=2e-3)


@pytest.mark.parametrize("whiten", (0.0, 1.0))
def test_a_class_without_a_label_is_never_said(whiten: float) -> None:
    of = source()
    two = of.take(np.flatnonzero(of.labels != 1))
    probe = fitted(two, ProbeSettings(C=0.5, whiten=whiten))
    shares = probe.shares(matrix(of))
    assert shares.shape == (120, 3)
    np.testing.assert_array_equal(shares[:, 1], 0)


def test_as_a_model_it_says_what_it_says_on_the_axes() -> None:
    task = asked(source(), target(), 2)
    probe = linear.on_source(task)
    made = linear.adapted(task, probe, "tried")
    assert made.model == "linear-probe" and made.said == "tried"
    np.testing.assert_allclose(made.logits(target()), probe.logits(task.vectors), atol=1e-4)


def test_what_is_labelled_is_the_source_then_the_target() -> None:
    task = asked(source(), target(), 2)
    X, labels, of = linear.labelled(task)
    np.testing.assert_array_equal(X[:120], task.ground.vectors)
    np.testing.assert_array_equal(X[120:], task.vectors[task.seen])
    assert len(X) == len(labels) == len(of) == 126
    assert set(of[120:]) == {9} and len(linear.labelled(asked(source(), target()))[0]) == 120
