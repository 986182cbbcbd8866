"""What an entrant knows and what corpora carry → the classes that are told apart."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas.emotions import LABEL_SETS, in_order, to_label_set
from ehsaas.experiments.benchmark.entrants import Entrant
from ehsaas.experiments.benchmark.items import Items

Array = NDArray[np.float64]

ASKED = ("four", "native")
"""Label sets of a benchmark."""


def asked(entrant: Entrant, items: Items) -> Items:
    """The items that have a class in a label set that the entrant is asked for."""
    rows = items.rows
    own: set[tuple[str, str]] = set()
    for label_set in ASKED:
        for language in items.languages:
            classes = classes_in(entrant.classes, items, language, label_set)
            part = items.classed(label_set).filter(pl.col("emotion").is_in(classes))
            own |= set(part.filter(language=language).select("corpus", "id").iter_rows())
    keep = [pair in own for pair in rows.select("corpus", "id").iter_rows()]
    return items.only(rows.filter(pl.Series(keep, dtype=pl.Boolean)))


def classes_in(
    known: Sequence[str], items: Items, language: str, label_set: str
) -> tuple[str, ...]:
    """The classes that are told apart in a language; none where too few are known.

    In `native` those of the language's corpora that the entrant knows, too; in a fixed label set
    all of it, if the entrant knows all.
    """
    if label_set == "native":
        both = in_order(set(known) & items.native(language))
        return both if len(both) > 1 else ()
    reached = {to_label_set(name, label_set) for name in known}
    wanted = in_order(LABEL_SETS[label_set])
    return wanted if set(wanted) <= reached else ()


def restricted(said: Array, known: Sequence[str], classes: Sequence[str], label_set: str) -> Array:
    """Probabilities (N, C) of the entrant's classes → (N, K) of those of a label set.

    An emotion counts as the class that the label set makes of it; the others are left out of the
    whole. Where nothing is left, every class is as probable.
    """
    into = [to_label_set(name, label_set) for name in known]
    own = np.array([[one == name for one in into] for name in classes], dtype=np.float64)
    kept = said @ own.T
    total = kept.sum(axis=1, keepdims=True)
    even = np.full_like(kept, 1 / len(classes))
    shares: Array = np.divide(kept, total, out=even, where=total > 0)
    return shares
