"""Pseudo-labels with as many of each class: probabilities of unlabelled recordings → labels.

A class that is said too often is not let grow (Zou et al. 2018, class-balanced self-training).
"""

import numpy as np
from numpy.typing import NDArray

from ehsaas.training.adaptation.task import UNKNOWN
from ehsaas.training.batches import IntArray

ROUNDS = 30
"""Rounds in which the mean probability of every class is made the same."""


def chosen(shares: NDArray[np.floating], share: float) -> IntArray:
    """The label of those that are surest, class by class, (M,); −1 for the others.

    Args:
        shares: probabilities (M, K).
        share: of all M that is labelled at most, the same number for each class, and one at least.
    """
    M, K = shares.shape
    count = max(1, int(share * M / K)) if share else 0
    first = shares.argmax(axis=1)
    found = np.full(M, UNKNOWN)
    for label in range(K):
        own = np.flatnonzero(first == label)
        surest = own[np.argsort(-shares[own, label], kind="stable")]
        found[surest[:count]] = label
    return found


def even(shares: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities (M, K) with the same mean for every class, each row a distribution again.

    A class that nothing is given any probability of, because no source has it, stays without.
    """
    given = np.asarray(shares, dtype=np.float64)
    there = given.any(axis=0)
    if not there.all():
        found = np.zeros_like(given)
        found[:, there] = even(given[:, there])
        return found
    found = given + 1e-9
    for _ in range(ROUNDS):
        found = found / found.mean(axis=0)
        found = found / found.sum(axis=1, keepdims=True)
    return found
