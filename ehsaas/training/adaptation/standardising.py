"""Whose statistics standardise features: the training part's, a corpus's, a voice's, or a stream's.

The statistics of a corpus or a voice need its recordings and no label. Those of a stream begin as
the training part's and take in every utterance when it has been judged (`ehsaas.enrolment`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import Statistics
from ehsaas.enrolment import Running
from ehsaas.features import scaling
from ehsaas.training.batches import Examples

By = Literal["source", "corpus", "speaker", "running", "none"]

VOICED = 5
"""Utterances below which a voice has no statistics of its own, but its corpus's."""


@dataclass(frozen=True)
class Standardiser:
    """Raw features → standardised ones, by the statistics `by`.

    `source` are those of the training part; `corpora` those of corpora by their index.
    """

    by: By
    source: Statistics
    corpora: Mapping[int, Statistics] = field(default_factory=dict)

    @classmethod
    def fit(cls, source: Examples, by: By, known: Mapping[int, Statistics]) -> "Standardiser":
        """Statistics of labelled source utterances, and of each corpus that is not known yet."""
        labelled = [x for x, y in zip(source.features, source.labels, strict=True) if y >= 0]
        return cls(by, scaling.fit(labelled, "source"), known).knowing(source)

    def knowing(self, heard: Examples) -> "Standardiser":
        """With the statistics of the corpora of these recordings, where they are not known yet."""
        new = {
            int(one): _of(heard, np.flatnonzero(heard.corpus == one), f"corpus {one}")
            for one in np.unique(heard.corpus)
            if int(one) not in self.corpora
        }
        return replace(self, corpora={**new, **self.corpora})

    def __call__(self, heard: Examples) -> Examples:
        """The recordings, standardised; labels are not looked at.

        By `none` they stay as they are, for what is standardised already.
        """
        if self.by == "none":
            return heard
        if self.by == "running":
            return replace(heard, features=_running(heard, self.source))
        scales = self._scales(heard)
        return replace(
            heard, features=[scale(x) for scale, x in zip(scales, heard.features, strict=True)]
        )

    def _scales(self, heard: Examples) -> list[Statistics]:
        if self.by == "source":
            return [self.source] * len(heard)
        known = self.knowing(heard).corpora
        scales = [known[int(one)] for one in heard.corpus]
        if self.by == "speaker" and heard.speaker is not None:
            for voice in np.unique(heard.speaker[heard.speaker >= 0]):
                rows = np.flatnonzero(heard.speaker == voice)
                if len(rows) >= VOICED:
                    own = _of(heard, rows, f"speaker {voice}")
                    for i in rows:
                        scales[i] = own
        return scales


def _of(heard: Examples, rows: NDArray[np.int64], name: str) -> Statistics:
    return scaling.fit([heard.features[i] for i in rows], name)


def _running(heard: Examples, before: Statistics) -> list[NDArray[np.float32]]:
    """Each utterance by what was known before the stream and by all of the stream before it.

    Raises:
        ValueError: nobody knows how long the utterances are.
    """
    if heard.seconds is None:
        raise ValueError("a stream's statistics go by seconds, and these utterances have none")
    stream = Running(before, "running")
    found = []
    for x, seconds in zip(heard.features, heard.seconds, strict=True):
        found.append((stream.statistics or before)(x))
        stream.hear(x, float(seconds))
    return found
