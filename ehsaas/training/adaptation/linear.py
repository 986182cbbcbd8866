"""Labelled vectors on principal axes → a linear probe: the classifier of what moves vectors.

Fitted as in `training/vectors.py`: L-BFGS, cut after some steps, in coordinates in which the
covariance within classes counts. Every corpus, and every class inside a corpus, weighs the same.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training.adaptation.task import Adapted, Floats, ProbeSettings, Task
from ehsaas.training.batches import IntArray
from ehsaas.training.losses import balanced
from ehsaas.training.multinomial import solve, within_classes

NEVER = -1e4
"""Bias of a class that no labelled utterance has."""


@dataclass(frozen=True)
class Probe:
    """Logits X Wᵀ + b of vectors X (N, P): W (K, P), b (K,)."""

    W: NDArray[np.float64]
    b: NDArray[np.float64]

    def logits(self, X: Floats) -> NDArray[np.float64]:
        """(N, K) of vectors (N, P)."""
        found: NDArray[np.float64] = X @ self.W.T + self.b
        return found

    def shares(self, X: Floats) -> NDArray[np.float64]:
        """Probabilities (N, K) of vectors (N, P)."""
        logits = self.logits(X)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        found: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return found


def fit(
    X: Floats, labels: IntArray, corpus: IntArray, classes: int, settings: ProbeSettings
) -> Probe:
    """A probe of labelled vectors (N, P) of some corpora."""
    from scipy.linalg import solve_triangular

    mean = X.mean(axis=0)
    T = np.ascontiguousarray(X - mean, dtype=np.float32)
    B = None
    if settings.whiten:
        B = within_classes(T, labels, settings.whiten, T.shape[1])
        T = np.ascontiguousarray(solve_triangular(B, T.T, lower=True).T, dtype=np.float32)
    weights = balanced(labels, corpus, classes)[corpus, labels]
    present, ((W, b, _),) = solve(T, labels, weights, settings.C, [settings.steps])
    if B is not None:
        W = solve_triangular(B, W.T, lower=True, trans=1).T
    every = Probe(np.zeros((classes, X.shape[1])), np.full(classes, NEVER))
    every.W[present], every.b[present] = W, b - W @ mean
    return every


def adapted(task: Task, probe: Probe, said: str) -> Adapted:
    """A probe on the source's axes as a model of standardised features."""
    axes = task.ground.axes
    W = probe.W @ axes.axes.T.astype(np.float64)
    network = LinearProbe(W.shape[1], task.settings.classes)
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(W))
        network.head.bias.copy_(torch.from_numpy(probe.b - W @ axes.mean))
    return Adapted("linear-probe", {}, network, task.standardise, said)


def on_source(task: Task) -> Probe:
    """The probe of everything that is labelled: the source, and what may be seen of the target."""
    return fit(*labelled(task), task.settings.classes, task.settings.probe)


def labelled(task: Task) -> tuple[Floats, IntArray, IntArray]:
    """Vectors (N, P), labels and corpora (N,) of all that is labelled."""
    X = task.ground.vectors
    if len(task.seen):
        X = np.concatenate([X, task.vectors[task.seen]])
    return X, task.given.labels, task.given.corpus
