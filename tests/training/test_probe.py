"""The linear probe: an exact fit, beside scikit-learn's, of what was chosen."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training import probe
from tests.training.builders import CLASSES, COLUMNS, everything, fitted, logits, seeing, vectors


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
    network = LinearProbe(COLUMNS, CLASSES)
    each = [seeing(4, name="first"), seeing(0, 1, name="told")]
    blocks = [np.array([i]) for i in range(COLUMNS)]
    alone = seeing(3, name="alone")
    told = probe.train(network, given, blocks, each, classes=CLASSES, alone=alone)
    assert told.chosen.endswith("taken: alone")
    assert network.head.weight.detach().abs().sum(dim=0).nonzero().ravel().tolist() == [3]


@pytest.mark.parametrize(
    ("languages", "speakers", "taken"), [(1, 6, "here"), (3, 6, "there"), (1, 1, "here")]
)
def test_where_speakers_are_left_out_there_is_another_choice(
    languages: int, speakers: int, taken: str
) -> None:
    given = vectors(90, languages=languages, speakers=speakers)
    network = LinearProbe(COLUMNS, CLASSES)
    blocks = [np.array([i]) for i in range(COLUMNS)]
    terms = probe.Terms(within=[seeing(0, 1, name="here")])
    told = probe.train(
        network, given, blocks, [seeing(2, 3, name="there")], classes=CLASSES, terms=terms
    )
    assert told.chosen.endswith(f"taken: {taken}")


def test_two_classes_have_two_rows() -> None:
    given = vectors(40)
    two = given.take(np.flatnonzero(given.labels < 2))
    network, _ = fitted(two, everything(C=10.0), classes=2)
    said = logits(network, two).argmax(dim=1).numpy()
    assert (said == two.labels).mean() > 0.7
