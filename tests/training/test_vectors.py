"""Probes of vectors: what each utterance weighs, and how far L-BFGS goes."""

from dataclasses import replace

import numpy as np
import pytest

from ehsaas.training.vectors import Vectors, solve
from tests.training.builders import CLASSES, COLUMNS, vectors


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
