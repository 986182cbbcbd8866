"""Linear probes of vectors: min Σ w_i CE(W (x_i − m) + b, y_i) + tr(W S Wᵀ) / (2 C) by L-BFGS.

S is the identity, or S_w + λ τ I: S_w is the covariance within the classes, which is mostly what
speakers and sentences do, and τ the mean of its diagonal. L-BFGS runs in B⁻¹ x then, S = B Bᵀ
(Hatch et al. 2006, within-class covariance normalisation), and its first step goes where linear
discriminant analysis points. It is cut after some steps, which are a regulariser of their own.

W lies in the span of the training vectors, so with fewer of them than columns L-BFGS runs in their
coordinates L, K = L Lᵀ the matrix of their products: ‖W‖ and every step are the same there. The
products are taken once for each block of columns, with other versions of the utterances and without
them, and serve all candidates and all folds.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.losses import balance

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

JITTERS = (1e-6, 1e-5, 1e-4, 1e-3)
"""Shares of the mean energy, the first that gives K a Cholesky factor is added to its diagonal."""

SMALL = 1_000_000
"""Numbers in X below which threads of BLAS wait for one another longer than they compute."""


@dataclass(frozen=True)
class Candidate:
    """What may be chosen; `name` says it in words.

    `blocks` are numbers of the blocks of columns that are seen, `steps` those of L-BFGS, `copies`
    whether other versions of an utterance train along, `whiten` is λ, 0 for S = I. `at` is its
    place on each axis of what is chosen one after the other; candidates with the same place are
    compared in every turn.
    """

    name: str
    blocks: tuple[int, ...]
    C: float
    steps: int = 300
    copies: bool = True
    whiten: float = 0.0
    at: tuple[int, ...] = ()


def one_fit_each(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Candidates that differ in their steps alone, and so are found on the way of one fit."""
    found: dict[Candidate, list[Candidate]] = {}
    for one in candidates:
        found.setdefault(replace(one, steps=1, name=""), []).append(one)
    return list(found.values())


@dataclass(frozen=True)
class Fit:
    """A probe of some rows: logits of z are (z − mean) Wᵀ + b, for the classes `present`.

    W (K, D) over the columns that are seen, b (K,), mean (D,), present (K,).
    """

    W: Floats
    b: Floats
    mean: Floats
    present: IntArray
    loss: float

    def said(self, z: Floats) -> IntArray:
        """The class index of each vector (N, D)."""
        classes: IntArray = self.present[((z - self.mean) @ self.W.T + self.b).argmax(axis=1)]
        return classes


class Vectors:
    """Vectors of labelled utterances and of their other versions, and probes of some of them.

    `X` (N, D): the utterances in their order, then all their versions; `owner` (N,) says whose.

    Args:
        examples: of one frame each.
        blocks: columns that are seen together or not at all.
        classes: number of classes.

    Raises:
        ValueError: an utterance has no vector, or more than one.
    """

    def __init__(self, examples: Examples, blocks: Sequence[IntArray], classes: int) -> None:
        if lacking := sum(len(x) != 1 for x in examples.features):
            raise ValueError(f"{lacking} of {len(examples)} utterances are not one vector each")
        self.examples, self.blocks, self.classes = examples, blocks, classes
        versions = [(x, i) for i, own in enumerate(examples.copies) for x in own]
        self.X: Floats = np.concatenate([*examples.features, *(x for x, _ in versions)])
        self.owner = np.concatenate(
            [np.arange(len(examples)), np.array([i for _, i in versions], dtype=np.int64)]
        )
        self._products: dict[tuple[int, bool], Floats] = {}

    @cached_property
    def labels(self) -> IntArray:
        """Class index of each row, (N,)."""
        labels: IntArray = self.examples.labels[self.owner]
        return labels

    def rows(self, utterances: IntArray, copies: bool) -> IntArray:
        """Row numbers of some utterances, with those of their versions where `copies`."""
        if not copies:
            return utterances
        return np.flatnonzero(np.isin(self.owner, utterances))

    def columns(self, candidate: Candidate) -> IntArray:
        """The columns that a candidate sees, (K,)."""
        return np.concatenate([self.blocks[i] for i in candidate.blocks])

    def weights(self, rows: IntArray) -> Doubles:
        """Weight of each row (R,): versions share their utterance's, whose mean is 1."""
        owners, place, counts = np.unique(self.owner[rows], return_inverse=True, return_counts=True)
        own = self.examples.take(owners)
        table = balance(own, self.classes, int(own.corpus.max()) + 1).numpy()
        each = table[own.corpus, own.labels].astype(np.float64)
        weights: Doubles = (each / each.mean() / counts)[place]
        return weights

    def fits(self, rows: IntArray, candidate: Candidate, steps: Sequence[int]) -> list[Fit]:
        """Probes of some rows after each number of steps; what has converged stays as it is."""
        from scipy.linalg import solve_triangular

        columns = self.columns(candidate)
        X = self.X[rows][:, columns]
        mean = X.mean(axis=0, dtype=np.float64).astype(np.float32)
        L = None
        if len(rows) < len(columns):
            L = _factor(self._between(candidate.blocks, rows))
        T = X - mean if L is None else L
        labels, weights = self.labels[rows], self.weights(rows)
        B = None
        if candidate.whiten:
            B = within_classes(T, labels, candidate.whiten, len(columns))
            T = np.ascontiguousarray(solve_triangular(B, T.T, lower=True).T)
        present, found = solve(T, labels, weights, candidate.C, steps)
        fits = []
        for W, b, loss in found:
            if B is not None:
                W = solve_triangular(B.T, W.T, lower=False).T
            if L is not None:
                W = solve_triangular(L.T, W.T, lower=False).T @ (X - mean)
            fits.append(Fit(W.astype(np.float32), b.astype(np.float32), mean, present, loss))
        return fits

    def _between(self, blocks: Sequence[int], rows: IntArray) -> Doubles:
        """Products (R, R) of rows in some blocks of columns, around the rows' mean."""
        K = np.zeros((len(rows), len(rows)))
        versions = bool(rows.max() >= len(self.examples))
        for block in blocks:
            if (block, versions) not in self._products:
                part = self.X[: None if versions else len(self.examples), self.blocks[block]]
                part = part - part.mean(axis=0)  # what all have in common would drown the rest
                self._products[block, versions] = part @ part.T
            K += self._products[block, versions][np.ix_(rows, rows)]
        means = K.mean(axis=0)
        centred: Doubles = K - means[None, :] - means[:, None] + means.mean()
        return centred


def _factor(K: Doubles) -> Floats | None:
    """L (R, R), lower triangular, with K ≈ L Lᵀ; None where the vectors are too far apart."""
    energy = np.trace(K) / len(K)
    for jitter in JITTERS:
        with suppress(np.linalg.LinAlgError):  # products in float32 are not quite those of vectors
            L = np.linalg.cholesky(K + (jitter * energy + 1e-12) * np.eye(len(K)))
            return np.asarray(L, dtype=np.float32)
    return None


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
    X: Floats, labels: IntArray, weights: NDArray[np.floating], C: float, steps: Sequence[int]
) -> tuple[IntArray, list[tuple[Doubles, Doubles, float]]]:
    """The K classes that occur, and W (K, D), b (K,) and the loss after each number of steps.

    What has converged before is given as it is then.

    Args:
        X: vectors (N, D).
        labels: (N,) class indices.
        weights: (N,) of each vector.
        C: inverse regularisation, in the scale of scikit-learn.
        steps: of L-BFGS, at which W and b are wanted, each at least 1.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    N, D = X.shape
    present, place = np.unique(labels, return_inverse=True)
    K = len(present)
    share = np.asarray(weights, dtype=np.float64) / weights.sum()
    truth = np.eye(K)[place]
    strength = 1.0 / (C * float(weights.sum()))

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        W, b = flat[: K * D].reshape(K, D), flat[K * D :]
        logits = (X @ W.T.astype(np.float32)).astype(np.float64) + b
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
