"""Small tables and splits with known faults."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from ehsaas import utterances
from ehsaas.corpora.splits import Fold, Split
from ehsaas.utterances import UtteranceTable


def table(
    mix: Mapping[str, Mapping[str, int]], corpus: str = "mini", **columns: Sequence[object] | None
) -> UtteranceTable:
    """Speaker → emotion → how many utterances; every utterance has samples of its own.

    A keyword replaces a whole column; None makes it unknown throughout.
    """
    said = [
        (speaker, emotion)
        for speaker, emotions in mix.items()
        for emotion, count in emotions.items()
        for _ in range(count)
    ]
    rows = utterances.from_rows(
        [
            {
                "id": f"u{i}",
                "corpus": corpus,
                "speaker": f"{corpus}:{speaker}",
                "emotion": emotion,
                "digest": f"{corpus}{i}",
            }
            for i, (speaker, emotion) in enumerate(said)
        ]
    )
    for name, values in columns.items():
        rows = rows.with_columns(pl.Series(name, values or [None] * rows.height, pl.String))
    return UtteranceTable(rows)


def together(*tables: UtteranceTable) -> UtteranceTable:
    return utterances.concat(tables)


def split(*folds: tuple[Sequence[int], Sequence[int]]) -> Split:
    """Folds from (training rows, test rows)."""
    return Split(
        "strict",
        tuple(
            Fold(str(i + 1), np.array(train, dtype=np.int64), np.array(test, dtype=np.int64))
            for i, (train, test) in enumerate(folds)
        ),
    )


def by_speaker(table: UtteranceTable) -> Split:
    """One fold a speaker."""
    speakers = table.rows["speaker"]
    return split(
        *(
            ((speakers != name).arg_true().to_list(), (speakers == name).arg_true().to_list())
            for name in speakers.unique(maintain_order=True)
        )
    )


EVEN: Mapping[str, Mapping[str, int]] = {f"s{i}": {"anger": 12, "sadness": 12} for i in range(6)}
"""Six speakers, two emotions, nothing wrong."""
