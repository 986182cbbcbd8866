"""Truth and predictions → UAR, accuracy, F1, confusion; and whether a system has collapsed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = Sequence[str] | Sequence[int] | NDArray[Any]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class MetricError(ValueError):
    """A figure cannot be computed from these items; the message says why."""


@dataclass(frozen=True)
class Counts:
    """How often each class was there, called, and called rightly; the last axis is the class.

    `support` (..., C): items of the class. `called` (..., C): items predicted as the class.
    `hits` (..., C): items of the class predicted as it. Every metric of this module follows from
    these three, and they add up over speakers, which is what makes resampling cheap.
    """

    support: Floats
    called: Floats
    hits: Floats


@dataclass(frozen=True)
class ClassDetail:
    """One class: recall in 0–1, precision (None when it was never predicted), F1, and support."""

    name: str
    precision: float | None
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Collapse:
    """A system that has given up on classes.

    `kind` is "one class" (everything is called `classes[0]`) or "never predicted" (`classes` are
    in the truth and never in the predictions). `text` says so in words.
    """

    kind: str
    classes: tuple[str, ...]
    text: str


def counts(truth: Labels, predicted: Labels, classes: Labels) -> Counts:
    """Support, calls and hits of each of `classes`, shape (C,).

    A prediction outside `classes` is a wrong answer; a truth outside them is refused.

    Raises:
        MetricError: no items, unequal lengths, or a truth that `classes` does not hold.
    """
    truth, predicted, known = np.asarray(truth), np.asarray(predicted), np.asarray(classes)
    if truth.shape != predicted.shape or truth.ndim != 1:
        raise MetricError(f"{truth.shape} true labels came with {predicted.shape} predictions")
    if not truth.size:
        raise MetricError("there are no items to judge")
    of_class = truth[None, :] == known[:, None]
    strange = np.unique(truth[~of_class.any(axis=0)])
    if strange.size:
        raise MetricError(
            f"the truth holds {_listed(strange)}, which is not among the classes {_listed(known)}"
        )
    as_class = predicted[None, :] == known[:, None]
    return Counts(
        support=of_class.sum(axis=1).astype(np.float64),
        called=as_class.sum(axis=1).astype(np.float64),
        hits=(of_class & as_class).sum(axis=1).astype(np.float64),
    )


def recalls(given: Counts) -> Floats:
    """Recall of each class, (..., C); NaN where a class has no support."""
    return _ratio(given.hits, given.support)


def uar_of(given: Counts) -> Floats:
    """UAR over the last axis; NaN where a class has no support."""
    return np.asarray(recalls(given).mean(axis=-1))


def accuracy_of(given: Counts) -> Floats:
    """Accuracy over the last axis."""
    return np.asarray(_ratio(given.hits.sum(axis=-1), given.support.sum(axis=-1)))


def f1_of(given: Counts) -> Floats:
    """F1 = 2 hits / (support + called) of each class, (..., C); NaN where both are 0."""
    return _ratio(2 * given.hits, given.support + given.called)


def macro_f1_of(given: Counts) -> Floats:
    """Mean F1 over classes; NaN where a class has no support."""
    return np.asarray(np.where(given.support > 0, f1_of(given), np.nan).mean(axis=-1))


def weighted_f1_of(given: Counts) -> Floats:
    """F1 weighted by support; a class without support has no weight."""
    part = np.where(given.support > 0, f1_of(given), 0.0) * given.support
    return np.asarray(_ratio(part.sum(axis=-1), given.support.sum(axis=-1)))


def uar(truth: Labels, predicted: Labels, classes: Labels) -> float:
    """Unweighted average recall: the mean over `classes` of each one's recall, in 0–1.

    Raises:
        MetricError: a class has no item, so that its recall does not exist.
    """
    given = counts(truth, predicted, classes)
    _require_support(given, classes, "UAR")
    return float(uar_of(given))


def accuracy(truth: Labels, predicted: Labels) -> float:
    """Share of items that are right, in 0–1: what the field calls weighted accuracy (WA).

    Raises:
        MetricError: there are no items.
    """
    return float(accuracy_of(counts(truth, predicted, np.unique(np.asarray(truth)))))


def weighted_f1(truth: Labels, predicted: Labels, classes: Labels) -> float:
    """Mean F1 weighted by support, in 0–1."""
    return float(weighted_f1_of(counts(truth, predicted, classes)))


def macro_f1(truth: Labels, predicted: Labels, classes: Labels) -> float:
    """Mean F1 over `classes`, in 0–1.

    Raises:
        MetricError: a class has no item.
    """
    given = counts(truth, predicted, classes)
    _require_support(given, classes, "macro F1")
    return float(macro_f1_of(given))


def per_class(truth: Labels, predicted: Labels, classes: Labels) -> tuple[ClassDetail, ...]:
    """Precision, recall, F1 and support of each of `classes`, in their order.

    Raises:
        MetricError: a class has no item.
    """
    given = counts(truth, predicted, classes)
    _require_support(given, classes, "per-class recall")
    recall, f1 = recalls(given), f1_of(given)
    return tuple(
        ClassDetail(
            name=str(name),
            precision=float(given.hits[i] / given.called[i]) if given.called[i] else None,
            recall=float(recall[i]),
            f1=float(f1[i]),
            support=int(given.support[i]),
        )
        for i, name in enumerate(classes)
    )


def confusion(truth: Labels, predicted: Labels, classes: Labels) -> Integers:
    """Counts (C, C): rows are the truth, columns the prediction, both in the order of `classes`.

    Raises:
        MetricError: a label is not among `classes`.
    """
    truth, predicted, known = np.asarray(truth), np.asarray(predicted), np.asarray(classes)
    if truth.shape != predicted.shape:
        raise MetricError(f"{truth.shape} true labels came with {predicted.shape} predictions")
    of_class = truth[None, :] == known[:, None]
    as_class = predicted[None, :] == known[:, None]
    for name, found, labels in (("truth", of_class, truth), ("predictions", as_class, predicted)):
        strange = np.unique(labels[~found.any(axis=0)])
        if strange.size:
            raise MetricError(
                f"the {name} hold {_listed(strange)}, which is not among the classes"
                f" {_listed(known)}"
            )
    return np.asarray(of_class.astype(np.int64) @ as_class.astype(np.int64).T)


def collapse(truth: Labels, predicted: Labels, classes: Labels) -> Collapse | None:
    """How the system has collapsed, or None where every class of the truth is predicted at times.

    With only one class in the truth, predicting it is no collapse.
    """
    true, called = set(np.asarray(truth).tolist()), set(np.asarray(predicted).tolist())
    if len(called) == 1 and len(true) > 1:
        (only,) = called
        return Collapse("one class", (str(only),), f"every item is predicted as {only}")
    never = tuple(str(name) for name in classes if name in true and name not in called)
    if never:
        verb = "is" if len(never) == 1 else "are"
        return Collapse("never predicted", never, f"{', '.join(never)} {verb} never predicted")
    return None


def _require_support(given: Counts, classes: Labels, figure: str) -> None:
    absent = [str(name) for name, n in zip(classes, given.support, strict=True) if n == 0]
    if absent:
        raise MetricError(
            f"no {figure}: no item of {', '.join(absent)} among {int(given.support.sum())};"
            " pool more folds, or leave the class out of the label set"
        )


def _ratio(above: Floats, below: Floats) -> Floats:
    result = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def _listed(names: NDArray[Any]) -> str:
    return ", ".join(str(name) for name in names)
