"""Shares of the classes in a target without labels, and probabilities corrected by them.

Both estimates hold where only the shares differ between source and target, and each class sounds
the same in both; under any other shift they can do harm.
"""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

ROUNDS = 1000
"""Rounds of EM at most; it stops when no share changes by more than `STILL`."""

STILL = 1e-8


def by_confusion(
    truth: NDArray[np.int64],
    said: NDArray[np.int64],
    target: NDArray[np.int64],
    classes: int,
    weights: NDArray[np.floating] | None = None,
) -> Doubles:
    """Shares (K,) of the classes in the target by black-box shift estimation (Lipton et al. 2018).

    Args:
        truth: classes of source utterances that the classifier was not fitted to, (N,).
        said: what the classifier says of them, (N,).
        target: what it says of the target, (M,).
        classes: K.
        weights: of the source utterances, (N,); all the same by default. The shares that the
            classes have by them are those that the target's are found from.

    Raises:
        ValueError: a class is in no source utterance, or the classifier cannot tell the classes
            apart, so that no shares follow from what it says.
    """
    joint = np.zeros((classes, classes))
    each = np.full(len(truth), 1.0) if weights is None else np.asarray(weights, np.float64)
    np.add.at(joint, (said, truth), each / each.sum())
    source = joint.sum(axis=0)
    if (source == 0).any():
        raise ValueError(f"class {int(source.argmin())} is in no source utterance")
    q = np.bincount(target, minlength=classes) / len(target)
    if np.linalg.cond(joint / source) > 1 / np.sqrt(np.finfo(np.float64).eps):
        raise ValueError("what the classifier says does not tell the classes apart")
    ratio = np.maximum(np.linalg.solve(joint, q), 0)
    return _shares(ratio * source)


def by_em(
    probabilities: NDArray[np.floating], source: NDArray[np.floating], floor: float = 0.0
) -> Doubles:
    """Shares (K,) of the classes in the target by expectation maximisation (Saerens et al. 2002).

    Args:
        probabilities: of the target's utterances under the source's shares, (M, K).
        source: shares of the classes in the source, (K,), each above 0.
        floor: no share is let fall below this; below 1 / K.

    Raises:
        ValueError: a share of the source is 0, or the floor leaves no room.
    """
    given, before = np.asarray(probabilities, np.float64), np.asarray(source, np.float64)
    K = given.shape[1]
    if (before <= 0).any():
        raise ValueError("every class has to have a share in the source")
    if not 0 <= floor < 1 / K:
        raise ValueError(f"a floor of {floor} for {K} classes; expected 0 to below 1 / {K}")
    shares = _shares(before)
    for _ in range(ROUNDS):
        found = floored(corrected(given, before, shares).mean(axis=0), floor)
        still = np.abs(found - shares).max() < STILL
        shares = found
        if still:
            break
    return shares


def corrected(
    probabilities: NDArray[np.floating], source: NDArray[np.floating], target: NDArray[np.floating]
) -> Doubles:
    """Probabilities (M, K) under the target's shares (K,) instead of the source's (K,)."""
    weighted = np.asarray(probabilities, np.float64) * (np.asarray(target) / np.asarray(source))
    shares: Doubles = weighted / np.maximum(weighted.sum(axis=1, keepdims=True), 1e-300)
    return shares


def floored(shares: Doubles, floor: float) -> Doubles:
    """The shares with none below the floor: what lies below is lifted, the others pay for it."""
    low = np.zeros(len(shares), dtype=bool)
    while ((shares < floor) & ~low).any():
        low |= shares < floor
        rest = np.where(low, 0, shares)
        shares = np.where(low, floor, rest / rest.sum() * (1 - floor * low.sum()))
    return shares


def _shares(x: Doubles) -> Doubles:
    shares: Doubles = x / x.sum()
    return shares
