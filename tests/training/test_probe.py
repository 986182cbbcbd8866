"""The linear probe: an exact fit, beside scikit-learn's, and what it is chosen from."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training import batches, probe
from ehsaas.training.batches import Examples
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


def all_columns(dims: int = D, C: float = 0.1) -> Candidate:
    return Candidate("all", np.arange(dims), C)


@pytest.mark.parametrize("dims", (D, 200))
def test_it_is_the_logistic_regression_of_scikit_learn(dims: int) -> None:
    """More columns than rows go through the span of the rows, which changes nothing."""
    given = examples(dims=dims)
    network = LinearProbe(dims, C)
    probe.train(network, given, [all_columns(dims)], classes=C)
    X = np.concatenate(given.features)
    theirs = LogisticRegression(C=0.1, max_iter=2000, tol=1e-8).fit(X, given.labels)
    ours = logits(network, given).softmax(dim=1).numpy()
    np.testing.assert_allclose(ours, theirs.predict_proba(X), atol=5e-3)


def test_fewer_steps_are_further_from_the_minimum() -> None:
    given = examples()
    X, labels, weights = probe.stacked(given, C)
    _, fits = probe.solve(X, labels, weights, 1.0, [1, 4, 300])
    sizes = [float(np.abs(W).sum()) for W, _ in fits]
    assert sizes[0] < sizes[1] < sizes[2]


def test_columns_that_are_not_chosen_have_no_weight() -> None:
    network = LinearProbe(D, C)
    probe.train(network, examples(), [Candidate("two", np.array([0, 3]), 1.0)], classes=C)
    used = network.head.weight.detach().abs().sum(dim=0) > 0
    assert used.tolist() == [True, False, False, True, False, False]


def test_a_class_that_was_not_there_is_never_said() -> None:
    network = LinearProbe(D, C + 1)
    given = examples()
    probe.train(network, given, [all_columns()], classes=C + 1)
    assert int(logits(network, given).argmax(dim=1).max()) < C


@pytest.mark.parametrize(
    ("languages", "word"), [(1, "speakers"), (3, "languages")], ids=["speakers", "languages"]
)
def test_the_candidate_is_chosen_on_what_is_left_out(languages: int, word: str) -> None:
    candidates = [Candidate("noise", np.array([4, 5]), 1.0), Candidate("told", np.arange(2), 1.0)]
    network = LinearProbe(D, C)
    given = examples(90, languages=languages)
    history = probe.train(network, given, candidates, classes=C)
    assert history.chosen == f"left-out {word} of the training part; taken: told"
    assert history.best_uar > 0.6


def test_with_one_speaker_the_first_candidate_is_taken() -> None:
    candidates = [Candidate("first", np.array([4]), 1.0), Candidate("told", np.arange(2), 1.0)]
    chosen = probe.choose(examples(speakers=1), candidates, C)
    assert chosen.candidate.name == "first"
    assert "too few speakers" in chosen.how


def test_no_speaker_is_on_both_sides_inside() -> None:
    given = examples(speakers=7)
    _, folds = probe.inner_folds(given)
    assert len(folds) == probe.FOLDS and given.speaker is not None
    for train, out in folds:
        assert not set(given.speaker[train]) & set(given.speaker[out])


def test_versions_of_an_utterance_share_its_weight() -> None:
    plain = examples(30)
    twice = Examples(
        plain.features,
        plain.labels,
        plain.corpus,
        plain.ids,
        [(x,) for x in plain.features],
        plain.language,
        plain.speaker,
    )
    one, two = LinearProbe(D, C), LinearProbe(D, C)
    probe.train(one, plain, [all_columns(C=0.1)], classes=C)
    probe.train(two, twice, [all_columns(C=0.05)], classes=C)
    # twice the rows at the mean weight 1 are twice the loss, which half of C makes up for
    torch.testing.assert_close(logits(one, plain), logits(two, plain), atol=2e-2, rtol=0)


def test_two_classes_have_two_rows() -> None:
    given = examples(40)
    two = given.take(np.flatnonzero(given.labels < 2))
    network = LinearProbe(D, 2)
    probe.train(network, two, [all_columns(C=10.0)], classes=2)
    said = logits(network, two).argmax(dim=1).numpy()
    assert (said == two.labels).mean() > 0.7
