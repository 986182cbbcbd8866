"""Speakers of a corpus → which of their clips are judged, and what speech is given beside them."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas.corpora.splits import IntArray
from ehsaas.emotions import LABEL_SETS
from ehsaas.experiments import material
from ehsaas.experiments.holdout import SPLIT_SEED
from ehsaas.experiments.material import Setup
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.parts import EnrolmentConfig
from ehsaas.experiments.suspicion import Offer
from ehsaas.features.store import FeatureStore

CALM = ("neutral", "calm")
"""Emotions that are none: not in `emotional` speech."""

OTHERS = ("same sex", "other sex")
"""Kinds of speech that are another speaker's."""


@dataclass(frozen=True)
class Voices:
    """All utterances of a corpus.

    `rows` have the class of the label set as `emotion` where they are judged; X (N, D) are their
    vectors; `labels` (N,) the class index, −1 without one; `native` (N,) the corpus's own emotion,
    neutral where a style counts as that; `part` (N,) is −1 where an utterance is not judged.
    """

    name: str
    rows: pl.DataFrame
    X: NDArray[np.float32]
    labels: IntArray
    native: NDArray[np.str_]
    part: IntArray
    neutral: int

    @cached_property
    def judged(self) -> IntArray:
        """Row numbers of what is judged."""
        return np.flatnonzero(self.part >= 0)

    @cached_property
    def speaker(self) -> NDArray[np.str_]:
        """The speaker of each row, (N,)."""
        return self.rows["speaker"].fill_null("").to_numpy().astype(np.str_)

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """The duration of each row, (N,)."""
        return self.rows["duration"].to_numpy().astype(np.float64)

    @cached_property
    def digests(self) -> NDArray[np.str_]:
        """What tells a recording from every other but its copies, (N,)."""
        own = self.rows["digest"].fill_null(self.rows["id"])
        return own.to_numpy().astype(np.str_)

    @cached_property
    def speakers(self) -> list[str]:
        """Those of whom something is judged."""
        return sorted(set(self.speaker[self.judged].tolist()))

    def offers(self, kind: str, seconds: float, draw: int) -> list[Offer]:
        """For each speaker and part, what is judged and clips of one kind of so many seconds.

        Those of fewer seconds are the first of those of more. None where there is no such speech.
        """
        found = []
        for number, name in enumerate(self.speakers):
            for part in range(int(self.part.max()) + 1):
                generator = np.random.default_rng([draw, zlib.crc32(kind.encode()), number, part])
                judged = np.flatnonzero((self.part == part) & (self.speaker == name))
                pool = self._pool(kind, name, judged, generator)
                if len(pool) and len(judged):
                    found.append(Offer(judged, drawn(pool, self.seconds, seconds, generator)))
        return found

    def reached(self, kind: str, seconds: float) -> float:
        """Share of the seconds that there are on average; 0 where a speaker has none."""
        offers = self.offers(kind, seconds, 0)
        if sum(len(one.judged) for one in offers) < len(self.judged):
            return 0.0
        given = [min(seconds, float(self.seconds[one.given].sum())) for one in offers]
        return float(np.mean(given)) / seconds

    def everything(self) -> Iterator[Offer]:
        """For each speaker what is judged, and all that there is, judged or not."""
        for name in self.speakers:
            own = np.flatnonzero(self.speaker == name)
            yield Offer(own[self.part[own] >= 0], own)

    def _pool(
        self, kind: str, name: str, judged: IntArray, generator: np.random.Generator
    ) -> IntArray:
        """Clips to draw from: of the speaker, none of them judged or a copy, or of another one."""
        if kind in OTHERS:
            rivals = [one for one in self.speakers if one != name and self._fits(kind, name, one)]
            if not rivals:
                return np.array([], dtype=np.int64)
            return np.flatnonzero(self.speaker == rivals[generator.integers(len(rivals))])
        kept = (self.speaker == name) & ~np.isin(self.digests, self.digests[judged])
        if kind == "emotional":
            kept &= ~np.isin(self.native, ("", *CALM))
        elif kind != "mixed":
            kept &= self.native == kind
        return np.flatnonzero(kept)

    def _fits(self, kind: str, name: str, other: str) -> bool:
        sex = dict(zip(self.rows["speaker"], self.rows["sex"], strict=True))
        known = sex[name] is not None and sex[other] is not None
        return known and (sex[name] == sex[other]) == (kind == "same sex")


def voices(setup: Setup, corpus: str, asked: EnrolmentConfig) -> Voices:
    """All utterances of a corpus; judged are speakers with each emotion once a part at least.

    Raises:
        ConfigError: there is no such speaker.
    """
    table = setup.table(corpus)
    stored = FeatureStore(setup.store).get(table, setup.config.heard_by)
    X = np.concatenate([stored[i] for i in range(len(stored))])
    labelled = material.labelled(setup.config, table.rows, corpus, asked.label_set)
    known = dict(zip(labelled["id"], labelled["emotion"], strict=True))
    said = [known.get(name) for name in table.rows["id"]]
    classes = LABEL_SETS[asked.label_set]
    labels = np.array([-1 if one is None else classes.index(one) for one in said])
    own = zip(table.rows["emotion"], said, strict=True)
    native = np.array([emotion or one or "" for emotion, one in own])
    rows = table.rows.with_columns(emotion=pl.Series(said, dtype=pl.String))
    part = _dealt(rows["speaker"].to_list(), labels, len(classes), asked.parts)
    if part.max(initial=-1) < 0:
        raise ConfigError(
            f"enrolment: no speaker of {corpus} has {asked.parts} clips of each of"
            f" {', '.join(classes)}; write fewer parts, or leave it to never_by_speaker"
        )
    return Voices(corpus, rows, X, labels, native, part, classes.index("neutral"))


def _dealt(speakers: list[str | None], labels: IntArray, classes: int, parts: int) -> IntArray:
    """The part (N,) of each utterance, −1 where it is not judged."""
    generator = np.random.default_rng(SPLIT_SEED)
    names = np.array([name or "" for name in speakers])
    dealt = np.full(len(labels), -1)
    for name in sorted(set(names.tolist()) - {""}):
        own = [np.flatnonzero((names == name) & (labels == k)) for k in range(classes)]
        if min(len(rows) for rows in own) >= parts:
            for rows in own:
                dealt[generator.permutation(rows)] = np.arange(len(rows)) % parts
    return dealt


def drawn(
    pool: IntArray, length: NDArray[np.float64], seconds: float, generator: np.random.Generator
) -> IntArray:
    """Clips in an order drawn at random until they are so many seconds, or all."""
    order = generator.permutation(pool)
    enough: IntArray = order[: int(np.searchsorted(np.cumsum(length[order]), seconds)) + 1]
    return enough
