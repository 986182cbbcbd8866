"""Multinomial regression: min Σ w_i CE(W x_i + b, y_i) + ‖W‖² / (2 C) by L-BFGS.

And the covariance within classes, by which W may be measured instead.
"""

from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from ehsaas.training.batches import IntArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

SMALL = 1_000_000
"""Numbers in X below which threads of BLAS wait for one another longer than they compute."""

IMPOSSIBLE = -1e4
"""Logit of a class that an utterance cannot have."""


def within_classes(T: Floats, labels: IntArray, strength: float, dims: int) -> Floats:
    """B (D, D), lower triangular, with B Bᵀ = S_w + λ τ I.

    Args:
        T: centred vectors (N, D).
        labels: (N,) class indices.
        strength: λ.
        dims: columns that the vectors have, of which D may be a rotation, for τ.
    """
    present, place = np.unique(labels, return_inverse=True)
    means = np.stack([T[place == k].mean(axis=0) for k in range(len(present))])
    away = T - means[place]
    within = away.T @ away / len(T)
    ridge = strength * max(float(np.trace(within)) / dims, 1e-12)
    within[np.diag_indices_from(within)] += ridge
    B: Floats = np.linalg.cholesky(within)
    return B


def solve(
    X: Floats,
    labels: IntArray,
    weights: NDArray[np.floating],
    C: float,
    steps: Sequence[int],
    possible: NDArray[np.bool_] | None = None,
) -> tuple[IntArray, list[tuple[Doubles, Doubles, float]]]:
    """The K classes that occur, and W (K, D), b (K,) and the loss after each number of steps.

    What has converged before is given as it is then.

    Args:
        X: vectors (N, D).
        labels: (N,) class indices.
        weights: (N,) of each vector.
        C: inverse regularisation, in the scale of scikit-learn.
        steps: of L-BFGS, at which W and b are wanted, each at least 1.
        possible: (N, classes) which classes a vector may have; None for all that occur.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    N, D = X.shape
    present, place = np.unique(labels, return_inverse=True)
    K = len(present)
    share = np.asarray(weights, dtype=np.float64) / weights.sum()
    truth = np.eye(K)[place]
    strength = 1.0 / (C * float(weights.sum()))
    never = np.zeros((1, K)) if possible is None else np.where(possible[:, present], 0, IMPOSSIBLE)

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        W, b = flat[: K * D].reshape(K, D), flat[K * D :]
        logits = (X @ W.T.astype(np.float32)).astype(np.float64) + b + never
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1, keepdims=True)
        value = -(share * ((logits - np.log(total)) * truth).sum(axis=1)).sum()
        away = share[:, None] * (odds / total - truth)
        pull = (away.T.astype(np.float32) @ X).astype(np.float64)
        slope = np.concatenate([(pull + strength * W).ravel(), away.sum(axis=0)])
        return float(value + strength / 2 * (W**2).sum()), slope

    kept: dict[int, Doubles] = {}
    done = 0

    def keep(flat: Doubles) -> None:
        nonlocal done
        done += 1
        if done in steps:
            kept[done] = flat.copy()

    with threadpool_limits(1, "blas") if X.size < SMALL else nullcontext():
        last = minimize(
            loss,
            np.zeros(K * (D + 1)),
            jac=True,
            method="L-BFGS-B",
            callback=keep,
            options={"maxiter": max(steps), "gtol": 1e-5, "ftol": 1e-12, "maxls": 50},
        ).x
    found = []
    for step in steps:
        flat = kept.get(step, last)
        found.append((flat[: K * D].reshape(K, D), flat[K * D :], loss(flat)[0]))
    return present.astype(np.int64), found
