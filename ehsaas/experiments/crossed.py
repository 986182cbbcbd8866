"""What a recogniser says in a language new to it: judged among all its emotions, and calibrated.

The networks are those of the `pooled` cells, each trained without the language that it is asked
about here; the recogniser itself is trained the same way on all of them. An utterance with an
emotion that a network was not trained on is no question to it, and left out. So is rendered speech,
which says nothing about people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from ehsaas.calibration import softmax
from ehsaas.corpora import rendered
from ehsaas.corpora.splits import IntArray
from ehsaas.evaluation import predictions
from ehsaas.experiments import networks, stored
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.protocols import MIXED
from ehsaas.training import loop
from ehsaas.training.calibrating import Calibrated, calibrate

AMONG = "among"
"""Before the label set that is learned, in that of answers among all of its emotions; the classes
that are judged are those that the tested utterances have."""

ALONE = "source"


@dataclass(frozen=True)
class Asked:
    """A network, and the rows of a language that it was trained without, of emotions it knows."""

    corpus: str
    network: nn.Module
    trained: IntArray
    rows: IntArray


def asked(setup: Setup, data: Material) -> list[Asked]:
    """Every corpus that was left out, by the network of the first seed; none where none was.

    Args:
        setup: of a run whose `pooled` cells are done.
        data: all corpora, in the label set that is learned.
    """
    config = setup.config
    if not config.mixed or config.transfer is None or not config.transfer.pooled:
        return []
    found = []
    for corpus in data.corpora:
        others = [] if corpus in rendered.CORPORA else data.foreign(corpus)
        if others:
            trained, rows = data.rows_of(*others), data.rows_of(corpus)
            known = rows[np.isin(data.labels[rows], data.labels[trained])]
            network = networks.pooled_network(setup, data, corpus, config.seeds[0], MIXED)
            found.append(Asked(corpus, network, trained, known))
    return found


def judged_among_all(setup: Setup, data: Material, languages: Sequence[Asked]) -> pl.DataFrame:
    """What the networks say among all emotions that are learned, by every kind of statistics."""
    config = setup.config
    assert config.transfer is not None, "there are languages that were left out"
    tables = []
    for one in languages:
        for by in config.transfer.statistics:
            trial = Trial(
                config.name,
                config.name_of_system,
                "lolo",
                stored.kind_of(config),
                by,
                data.foreign(one.corpus),
                f"{AMONG} {config.learned_labels}",
                config.seeds[0],
            )
            probabilities = softmax(_logits(data, one, one.rows, by))
            said = [data.classes[i] for i in probabilities.argmax(axis=1)]
            tables.append(judged(trial, data.rows[one.rows], said, data.classes, probabilities))
    return predictions.concat(tables)


def by_languages(data: Material, languages: Sequence[Asked]) -> tuple[Calibrated, dict[str, Any]]:
    """The calibration, one clip judged alone, and what is to be said of it.

    Every corpus gives as many utterances as the smallest.
    """
    least = min(len(one.rows) for one in languages)
    rows = [_spread(one.rows, least) for one in languages]
    logits = [_logits(data, one, some, ALONE) for one, some in zip(languages, rows, strict=True)]
    taken = np.concatenate(rows)
    told = data.rows[taken]
    facts = {
        "data": "languages",
        "utterances": told.height,
        "corpora": sorted(told["corpus"].unique().to_list()),
        "speakers": told.select("corpus", "speaker").n_unique(),
        "statistics": ALONE,
        "how": "each language by a network that was trained without it",
    }
    return calibrate(np.concatenate(logits), data.labels[taken]), facts


def _logits(data: Material, one: Asked, rows: IntArray, by: str) -> NDArray[np.float32]:
    return loop.predict(one.network, data.examples(rows, data.standardised_by(one.trained, by)))


def _spread(rows: IntArray, count: int) -> IntArray:
    """`count` of some rows, evenly spread."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, count).astype(np.int64))]
