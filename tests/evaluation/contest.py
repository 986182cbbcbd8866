"""A made-up comparison of adaptation methods, with figures that are known to the digit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tests.evaluation.builders import FOUR, LANGUAGES, SPEAKERS, judged

TARGETS = ("emodb", "kashmiri_rasa", "ravdess", "urdu")

ZERO: Mapping[tuple[str, str], tuple[int, ...]] = {
    ("source-only", "source"): (4, 4, 4, 4),
    ("source-only", "corpus"): (5, 5, 5, 5),
    ("source-only", "speaker"): (6, 5, 6, 5),
    ("coral", "corpus"): (5, 4, 5, 5),
    ("self-training", "corpus"): (6, 6, 6, 6),
    ("self-training", "speaker"): (7, 6, 7, 8),
    ("bbse", "corpus"): (3, 9, 3, 3),
}
"""Of ten items of a class and speaker, how many are right, by target in the order of `TARGETS`."""

FIVE: Mapping[tuple[str, str], tuple[int, ...]] = {
    ("source-only", "corpus"): (6, 6, 6, 6),
    ("fine-tuning", "corpus"): (7, 7, 7, 6),
    ("linear-probe", "corpus"): (6, 6, 6, 8),
    ("target-only", "corpus"): (5, 5, 5, 7),
}


def rated(
    system: str,
    normalisation: str,
    right: Sequence[int],
    labels: int = 0,
    targets: Sequence[str] = TARGETS,
    classes: Sequence[str] = FOUR,
    **key: Any,
) -> pl.DataFrame:
    """A method on several targets: of ten items of each class and speaker `right[i]` are right.

    Every speaker is as hard as any other, so every resample gives the same figure. What is wrong
    is called the next class.
    """
    tables = []
    for target, n in zip(targets, right, strict=True):
        items = [
            (label, f"{target}_{voice}", k)
            for voice in range(SPEAKERS.get(target, 2))
            for label in classes
            for k in range(10)
        ]
        others = "+".join(sorted(set(targets) - {target}))
        alone = system in ("target-only", "oracle")
        given = {
            "protocol": "lolo",
            "features": "embeddings",
            "train": target if alone else others,
            "condition": json.dumps({"labels_per_class": labels} if labels else {}),
            "language": LANGUAGES.get(target, "und"),
        }
        tables.append(
            judged(
                [label for label, _, _ in items],
                [
                    label if k < n else classes[(classes.index(label) + 1) % len(classes)]
                    for label, _, k in items
                ],
                [voice for _, voice, _ in items],
                system=system,
                normalisation=normalisation,
                corpus=target,
                **(given | key),
            )
        )
    return pl.concat(tables)


def comparison(**key: Any) -> pl.DataFrame:
    """Methods without labels and with five, target-only, an oracle and chance."""
    return pl.concat(
        [
            *(rated(*how, right, **key) for how, right in ZERO.items()),
            *(rated(*how, right, labels=5, **key) for how, right in FIVE.items()),
            rated("oracle", "corpus", (9, 9, 9, 9), **key),
            rated("chance", "none", (2, 3, 2, 3), **(key | {"features": "none"})),
        ]
    )
