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
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.models.linear_probe import softened
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.losses import balance
from ehsaas.training.multinomial import Doubles, Floats, solve, within_classes

JITTERS = (1e-6, 1e-5, 1e-4, 1e-3)
"""Shares of the mean energy, the first that gives K a Cholesky factor is added to its diagonal."""


@dataclass(frozen=True)
class Candidate:
    """What may be chosen; `name` says it in words.

    `blocks` are numbers of the blocks of columns that are seen, `steps` those of L-BFGS, `copies`
    whether versions of an utterance that are no views train along, `whiten` is λ, 0 for S = I. A
    corpus weighs as its number of utterances to the power of `share`. `at` is its place on each
    axis of what is chosen one after the other; candidates with the same place are compared in every
    turn.
    """

    name: str
    blocks: tuple[int, ...]
    C: float
    steps: int = 300
    copies: bool = True
    whiten: float = 0.0
    share: float = 0.0
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
    `place` (N,) counts the versions of an utterance from its last, 0; it is none of them itself, so
    its own place is beyond all.

    Args:
        examples: of one frame each.
        blocks: columns that are seen together or not at all.
        classes: number of classes.
        bound: numbers are kept within ± this, softly (`models.linear_probe`); None leaves them.
        own_classes: an utterance is told apart from the classes of its own corpus alone.
        gains: (D,) that columns are multiplied by, behind the bound; None leaves them.
        views: so many of an utterance's last versions are it by other statistics. Where there are
            any, each weighs as much as the utterance, and all its other versions together as one.

    Raises:
        ValueError: an utterance has no vector, or more than one.
    """

    def __init__(
        self,
        examples: Examples,
        blocks: Sequence[IntArray],
        classes: int,
        bound: float | None = None,
        own_classes: bool = False,
        gains: Floats | None = None,
        views: int = 0,
    ) -> None:
        if lacking := sum(len(x) != 1 for x in examples.features):
            raise ValueError(f"{lacking} of {len(examples)} utterances are not one vector each")
        self.examples, self.blocks, self.classes = examples, blocks, classes
        versions = [(x, i) for i, own in enumerate(examples.copies) for x in own]
        X = np.concatenate([*examples.features, *(x for x, _ in versions)])
        X = X if bound is None else softened(torch.from_numpy(X), bound).numpy()
        self.X: Floats = X if gains is None else X * gains
        self.own_classes = own_classes
        self.owner = np.concatenate(
            [np.arange(len(examples)), np.array([i for _, i in versions], dtype=np.int64)]
        )
        beyond = np.full(len(examples), len(self.owner), dtype=np.int64)
        from_last = [n for own in examples.copies for n in reversed(range(len(own)))]
        self.place = np.concatenate([beyond, np.array(from_last, dtype=np.int64)])
        self.views = views
        self.parts = self._parts()
        self._products: dict[tuple[int, bool], Floats] = {}

    @cached_property
    def labels(self) -> IntArray:
        """Class index of each row, (N,)."""
        labels: IntArray = self.examples.labels[self.owner]
        return labels

    def _parts(self) -> Doubles:
        """How much each row (N,) weighs beside the other versions of its utterance."""
        parts = np.ones(len(self.owner))
        if self.views:
            N = len(self.examples)
            copies = self._disturbed()
            parts[copies] = 1 / np.bincount(self.owner[copies], minlength=N)[self.owner[copies]]
        return parts

    def rows(self, utterances: IntArray, copies: bool) -> IntArray:
        """Row numbers of some utterances and their views, with their other versions if `copies`."""
        if not copies and not self.views:
            return utterances
        own = np.isin(self.owner, utterances)
        return np.flatnonzero(own if copies else own & ~self._disturbed())

    def _disturbed(self) -> NDArray[np.bool_]:
        """Which rows (N,) are neither an utterance nor a view of one."""
        return (np.arange(len(self.owner)) >= len(self.examples)) & (self.place >= self.views)

    def columns(self, candidate: Candidate) -> IntArray:
        """The columns that a candidate sees, (K,)."""
        return np.concatenate([self.blocks[i] for i in candidate.blocks])

    def weights(self, rows: IntArray, share: float = 0.0) -> Doubles:
        """Weight of each row (R,): versions share their utterance's by `views`; its mean is 1.

        Every class of a corpus weighs the same, and a corpus as `Candidate.share` says.
        """
        owners, place = np.unique(self.owner[rows], return_inverse=True)
        parts = self.parts[rows]
        own = self.examples.take(owners)
        table = balance(own, self.classes, int(own.corpus.max()) + 1).numpy()
        sizes = np.bincount(own.corpus).astype(np.float64) ** share
        each = table[own.corpus, own.labels].astype(np.float64) * sizes[own.corpus]
        weights: Doubles = (each / each.mean() / np.bincount(place, parts))[place] * parts
        return weights

    def possible(self, rows: IntArray) -> NDArray[np.bool_]:
        """Which classes (R, K) the corpus of each row has among these rows."""
        corpus, labels = self.examples.corpus[self.owner[rows]], self.labels[rows]
        has = np.zeros((int(corpus.max()) + 1, self.classes), dtype=bool)
        has[corpus, labels] = True
        found: NDArray[np.bool_] = has[corpus]
        return found

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
        labels, weights = self.labels[rows], self.weights(rows, candidate.share)
        B = None
        if candidate.whiten:
            B = within_classes(T, labels, candidate.whiten, len(columns))
            T = np.ascontiguousarray(solve_triangular(B, T.T, lower=True).T)
        possible = self.possible(rows) if self.own_classes else None
        present, found = solve(T, labels, weights, candidate.C, steps, possible)
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
