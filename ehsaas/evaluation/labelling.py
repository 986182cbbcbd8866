"""What pseudo-labels came to, epoch by epoch: entries of a run's history → a table, and sentences.

An entry with `labelling` tells of one fit: of each epoch (or round) the share of the target's
recordings that had a label (`labelled`), the mean purity of their vote where there is one
(`purity`), the share of those with a class that were right (`right`), and the share of them that
have none of the classes (`outside`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ehsaas.evaluation.tables import Table

Entry = Mapping[str, Any]
FIGURES = ("labelled", "purity", "right", "outside")


@dataclass(frozen=True)
class Labelled:
    """One method on one target, over its folds and seeds: of each epoch the mean of `FIGURES`.

    A figure is None where no fit has it.
    """

    system: str
    features: str
    normalisation: str
    train: str
    corpus: str
    epochs: tuple[Mapping[str, float | None], ...]


def labellings(history: Sequence[Entry]) -> list[Labelled]:
    """Every method and target whose fits gave pseudo-labels, without labels of the target."""
    groups: dict[tuple[str, str, str, str, str], list[Entry]] = {}
    for entry in history:
        if entry.get("labelling") and not entry.get("condition"):
            system, features, by = (
                str(entry[key]) for key in ("system", "features", "normalisation")
            )
            key = (system, features, by, "+".join(entry["train"]), str(entry["corpus"]))
            groups.setdefault(key, []).append(entry)
    return [
        Labelled(*key, tuple(_means([entry["labelling"] for entry in own])))
        for key, own in sorted(groups.items())
    ]


def _means(fits: Sequence[Sequence[Entry]]) -> Iterator[Mapping[str, float | None]]:
    for number in range(max(map(len, fits))):
        there = [fit[number] for fit in fits if number < len(fit)]
        found: dict[str, float | None] = {}
        for name in FIGURES:
            known = [one[name] for one in there if one.get(name) is not None]
            found[name] = fmean(known) if known else None
        yield found


def labelling_table(history: Sequence[Entry]) -> Table | None:
    """A line for each epoch of each method and target; None where nothing was labelled so."""
    found = labellings(history)
    if not found:
        return None
    body = tuple(
        (one.system, one.features, one.normalisation, f"{one.train} → {one.corpus}", str(number))
        + tuple("" if epoch[name] is None else f"{epoch[name]:.2f}" for name in FIGURES)
        for one in found
        for number, epoch in enumerate(one.epochs, 1)
    )
    return Table(
        "Pseudo-labels, epoch by epoch",
        "Of the target's recordings that were adapted on, without a label of theirs: the share that"
        " had a pseudo-label, the mean purity of its vote, the share of those with a class that"
        " were right, and the share of them that have none of the classes. Epochs are counted from"
        " the first in which there are such labels. Means over parts of the target and seeds.",
        ("method", "features", "statistics", "trained on → target", "epoch", *FIGURES),
        body,
    )


def labelling_notes(history: Sequence[Entry]) -> list[str]:
    """A sentence for each method and kind of features and statistics: the last epoch, by target."""
    groups: dict[tuple[str, str, str], list[Labelled]] = {}
    for one in labellings(history):
        groups.setdefault((one.system, one.features, one.normalisation), []).append(one)
    return [_note(*key, own) for key, own in groups.items()]


def _note(system: str, features: str, normalisation: str, own: Sequence[Labelled]) -> str:
    def mean(name: str, of: Sequence[Labelled]) -> float | None:
        known = [one.epochs[-1][name] for one in of]
        there = [value for value in known if value is not None]
        return fmean(there) if there else None

    targets = dict.fromkeys(one.corpus for one in own)
    right = {name: mean("right", [one for one in own if one.corpus == name]) for name in targets}
    each = ", ".join(f"{name} {value:.0%}" for name, value in right.items() if value is not None)
    return (
        f"Pseudo-labels of {system} ({features}, {normalisation} statistics) at last:"
        f" {mean('labelled', own) or 0:.0%} of the recordings had one,"
        f" {mean('outside', own) or 0:.0%} of these of recordings that have none of the classes;"
        f" of the others were right: {each}."
    )
