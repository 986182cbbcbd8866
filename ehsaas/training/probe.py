"""Linear probe: min Σ w_i CE(W x_i + b, y_i) + ‖W‖² / (2 C) by L-BFGS, stopped after some steps.

Columns, C and steps are chosen inside the training utterances: each candidate is fitted with some
of them left out and judged on those, whole languages at a time where there are at least three, else
whole speakers. What the probe is tested on later takes no part in it. Few steps are a regulariser
of their own: where most speakers have one emotion, what is fitted last is the speaker.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.evaluation.metrics import uar
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.loop import Epoch, History
from ehsaas.training.losses import balance

Floats = NDArray[np.float32]

FOLDS = 4
"""Inner folds where whole speakers are left out."""

LEAST = 3
"""Languages, or speakers, below which nothing can be chosen by leaving them out."""

MANY = 1500
"""Rows from which on finding their span takes longer than it saves."""

SMALLEST = 1e-7
"""Directions whose share of the largest one's energy is below this are left out."""

SMALLEST_STD = 1e-5
"""A deviation is never taken to be smaller."""


@dataclass(frozen=True)
class Candidate:
    """What may be chosen: the columns (K,) of the vector that are seen, C, and steps of L-BFGS.

    `name` says so in words.
    """

    name: str
    columns: IntArray
    C: float
    steps: int = 300


@dataclass(frozen=True)
class Chosen:
    """The candidate that was taken, how it was chosen, and each one's UAR where it was."""

    candidate: Candidate
    how: str
    scores: tuple[float, ...] = ()


def train(
    probe: LinearProbe, examples: Examples, candidates: Sequence[Candidate], *, classes: int
) -> History:
    """Fit `probe` in place to labelled vectors; every class of every corpus weighs the same.

    Args:
        probe: its weights on columns that are not chosen become 0.
        examples: of one frame each, and other versions of it, which share its weight.
        candidates: the first is taken where nothing can be chosen.
        classes: number of classes of the probe.
    """
    chosen = choose(examples, candidates, classes)
    X, labels, weights = stacked(examples, classes)
    columns = chosen.candidate.columns
    steps = [chosen.candidate.steps]
    present, ((W, b),) = solve(X[:, columns], labels, weights, chosen.candidate.C, steps)
    with torch.no_grad():
        probe.head.weight.zero_()
        probe.head.bias.fill_(NEVER)
        rows = torch.from_numpy(present)
        probe.head.weight[rows[:, None], torch.from_numpy(columns)] = torch.from_numpy(W)
        probe.head.bias[rows] = torch.from_numpy(b)
    said = present[(X[:, columns] @ W.T + b).argmax(axis=1)]
    right = float((said == labels).mean())
    best = max(chosen.scores, default=None)
    told = Epoch(0, _loss(X[:, columns], labels, weights, W, b, present), best, right)
    how = f"{chosen.how}; taken: {chosen.candidate.name}"
    return History([told], 0, -1.0 if best is None else best, how)


NEVER = -1e4
"""Bias of a class that no training utterance has."""


def choose(examples: Examples, candidates: Sequence[Candidate], classes: int) -> Chosen:
    """The candidate with the highest mean UAR on what is left out in turn."""
    if len(candidates) == 1:
        return Chosen(candidates[0], "none, there was one candidate")
    how, folds = inner_folds(examples)
    if not folds:
        return Chosen(
            candidates[0], "none, too few speakers to leave some out: the first candidate is taken"
        )
    scores = np.zeros((len(folds), len(candidates)))
    for n, fold in enumerate(folds):
        for alike in _alike(candidates):
            scores[n, alike] = _scores(examples, [candidates[i] for i in alike], fold, classes)
    means = scores.mean(axis=0)
    best = candidates[int(means.argmax())]
    return Chosen(best, f"left-out {how} of the training part", tuple(means.tolist()))


def _alike(candidates: Sequence[Candidate]) -> list[list[int]]:
    """Numbers of the candidates that differ in their steps alone, which one fit goes through."""
    found: dict[tuple[bytes, float], list[int]] = {}
    for i, one in enumerate(candidates):
        found.setdefault((one.columns.tobytes(), one.C), []).append(i)
    return list(found.values())


def inner_folds(examples: Examples) -> tuple[str, list[tuple[IntArray, IntArray]]]:
    """What is left out (`languages` or `speakers`), and (training, left out) rows of each fold."""
    rows = np.arange(len(examples))
    tongues, voices = examples.language, examples.speaker
    known = np.unique(tongues[tongues >= 0]) if tongues is not None else ()
    if tongues is not None and len(known) >= LEAST:
        parts = [tongues == one for one in known]
        return "languages", [(rows[~part], rows[part]) for part in parts]
    if voices is None or len(np.unique(voices[voices >= 0])) < LEAST:
        return "speakers", []
    return "speakers", [*_by_speaker(examples, voices)]


def _by_speaker(examples: Examples, voices: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    from sklearn.model_selection import StratifiedGroupKFold

    count = min(FOLDS, len(np.unique(voices)))
    split = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    with warnings.catch_warnings():  # a class that few speakers have is in few folds
        warnings.filterwarnings("ignore", "The least populated class in y")
        yield from split.split(examples.labels, examples.labels, voices)


def _scores(
    examples: Examples,
    candidates: Sequence[Candidate],
    fold: tuple[IntArray, IntArray],
    classes: int,
) -> list[float]:
    """UAR over the classes that the left-out rows have, of candidates that differ in their steps.

    The vectors are standardised anew, by those that are fitted to.
    """
    X, labels, weights = stacked(examples.take(fold[0]), classes)
    columns = candidates[0].columns
    X = X[:, columns]
    mean, std = X.mean(axis=0), np.maximum(X.std(axis=0), SMALLEST_STD)
    steps = [one.steps for one in candidates]
    present, fits = solve((X - mean) / std, labels, weights, candidates[0].C, steps)
    tested = np.concatenate([examples.features[i] for i in fold[1]])[:, columns]
    truth = examples.labels[fold[1]]
    return [
        uar(truth, present[((tested - mean) / std @ W.T + b).argmax(axis=1)], np.unique(truth))
        for W, b in fits
    ]


def stacked(examples: Examples, classes: int) -> tuple[Floats, IntArray, Floats]:
    """Vectors (N, D) of all versions, their labels (N,), and weights (N,) with a mean of 1."""
    table = balance(examples, classes, int(examples.corpus.max()) + 1).numpy()
    own = table[examples.corpus, examples.labels]
    versions = [
        (x, *(examples.copies[i] if examples.copies else ()))
        for i, x in enumerate(examples.features)
    ]
    counts = np.array([len(one) for one in versions])
    X = np.concatenate([x for one in versions for x in one])
    labels, weights = np.repeat(examples.labels, counts), np.repeat(own / counts, counts)
    return X, labels, (weights / weights.mean()).astype(np.float32)


def solve(
    X: Floats, labels: IntArray, weights: Floats, C: float, steps: Sequence[int]
) -> tuple[IntArray, list[tuple[Floats, Floats]]]:
    """The K classes that occur, and W (K, D) and b (K,) after each number of steps.

    In the span of the rows where they are few, which is faster and changes nothing. What has
    converged before is given as it is then.

    Args:
        X: vectors (N, D).
        labels: (N,) class indices.
        weights: (N,) of each vector.
        C: inverse regularisation, in the scale of scikit-learn.
        steps: at which W and b are wanted, each at least 1.
    """
    from scipy.optimize import minimize

    N, D = X.shape
    basis = _span(X) if N < min(D, MANY) else None
    T = np.ascontiguousarray(X if basis is None else X @ basis)
    present, place = np.unique(labels, return_inverse=True)
    K, R = len(present), T.shape[1]
    share = weights.astype(np.float64) / weights.sum()
    truth = np.eye(K)[place]
    strength = 1.0 / (C * weights.sum())

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        W, b = flat[: K * R].reshape(K, R), flat[K * R :]
        logits = (T @ W.T.astype(np.float32)).astype(np.float64) + b
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1, keepdims=True)
        value = -(share * ((logits - np.log(total)) * truth).sum(axis=1)).sum()
        away = share[:, None] * (odds / total - truth)
        pull = (away.T.astype(np.float32) @ T).astype(np.float64)
        slope = np.concatenate([(pull + strength * W).ravel(), away.sum(axis=0)])
        return float(value + strength / 2 * (W**2).sum()), slope

    kept: dict[int, NDArray[np.float64]] = {}
    done = 0

    def keep(flat: NDArray[np.float64]) -> None:
        nonlocal done
        done += 1
        if done in steps or done == max(steps):
            kept[done] = flat.copy()

    last = minimize(
        loss,
        np.zeros(K * (R + 1)),
        jac=True,
        method="L-BFGS-B",
        callback=keep,
        options={"maxiter": max(steps), "gtol": 1e-5, "ftol": 1e-12, "maxls": 50},
    ).x
    fits = []
    for step in steps:
        flat = kept.get(step, last)
        W, b = flat[: K * R].reshape(K, R), flat[K * R :]
        whole = W if basis is None else W @ basis.T
        fits.append((whole.astype(np.float32), b.astype(np.float32)))
    return present.astype(np.int64), fits


def _span(X: Floats) -> Floats:
    """An orthonormal basis (D, R) of the span of the rows of X (N, D)."""
    energy, U = np.linalg.eigh(X @ X.T)
    kept = energy > energy[-1] * SMALLEST
    return np.asarray((X.T @ U[:, kept]) / np.sqrt(energy[kept]), dtype=np.float32)


def _loss(
    X: Floats, labels: IntArray, weights: Floats, W: Floats, b: Floats, present: IntArray
) -> float:
    logits = torch.from_numpy(X @ W.T + b)
    place = torch.from_numpy(np.searchsorted(present, labels))
    each = torch.nn.functional.cross_entropy(logits, place, reduction="none").numpy()
    return float((weights * each).sum() / weights.sum())
