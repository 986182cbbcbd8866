"""Conditions of the robustness bench: what each is called → the disturbance, and on which clips."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ehsaas import audio
from ehsaas.corpora.splits import IntArray
from ehsaas.disturbances import (
    Babble,
    Codec,
    Disturbance,
    Gain,
    MuLaw,
    Noise,
    Reverberation,
    Samples,
    Speed,
    Telephone,
    babble_of,
)
from ehsaas.evaluation.predictions import PLAIN
from ehsaas.experiments.heard import disturbed
from ehsaas.experiments.holdout import SPLIT_SEED
from ehsaas.experiments.parts import RobustnessConfig
from ehsaas.utterances import UtteranceTable

BABBLE = "babble"
BABBLE_S = 60.0
"""Length of the babble that stretches are drawn from."""


@dataclass(frozen=True)
class Condition:
    """One way in which the test clips are disturbed: what it is called, how much, and of what."""

    disturbance: str
    level: float
    unit: str

    @property
    def name(self) -> str:
        """What tells it from every other condition."""
        return f"{self.disturbance} {self.level:g}"

    @property
    def told(self) -> dict[str, float | str]:
        """What a prediction table's column `condition` says of it."""
        told: dict[str, float | str] = {"disturbance": self.disturbance, "level": self.level}
        return told | ({"unit": self.unit} if self.unit else {})


def conditions(config: RobustnessConfig) -> tuple[Condition, ...]:
    """Every condition of the bench, the clean one first."""
    noises = ["white noise", "pink noise", *([BABBLE] if config.babble else [])]
    return (
        Condition(PLAIN, 0, ""),
        *(Condition(noise, snr, "dB SNR") for noise in noises for snr in config.snr_db),
        Condition("telephone band", 0, ""),
        Condition("µ-law", 0, ""),
        *(Condition("Opus", quality, "compression") for quality in (0.5, 1.0)),
        *(Condition("MP3", quality, "compression") for quality in (0.5, 1.0)),
        *(Condition("reverberation", rt60, "s RT60") for rt60 in (0.3, 0.6, 1.0)),
        *(Condition("level", db, "dB") for db in (-20, -10, 10)),
        *(Condition("speed", factor, "times") for factor in (0.9, 0.95, 1.05, 1.1)),
    )


def made(condition: Condition, babble: bytes = b"") -> Disturbance | None:
    """The disturbance of a condition; None for clean clips."""
    level = condition.level
    found: Mapping[str, Disturbance | None] = {
        PLAIN: None,
        "telephone band": Telephone(),
        "µ-law": MuLaw(),
        "level": Gain(db=level),
    }
    if condition.disturbance in found:
        return found[condition.disturbance]
    if condition.disturbance == BABBLE:
        return Babble(snr_db=level, noise=babble)
    if condition.disturbance.endswith("noise"):
        colour: Any = condition.disturbance.split()[0]
        return Noise(colour=colour, snr_db=level)
    if condition.disturbance == "reverberation":
        return Reverberation(rt60_s=level)
    if condition.disturbance == "speed":
        return Speed(factor=level)
    form: Any = condition.disturbance.lower()
    return Codec(format=form, quality=level)


def under(samples: Samples, through: Disturbance | None) -> Samples:
    """A clip's samples (N,) after the disturbance that `made` gives, every time the same way."""
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    return samples if through is None else disturbed(samples, through)


def drawn(rows: IntArray, corpus: IntArray, most: int) -> IntArray:
    """At most `most` rows of each corpus, drawn at random by `SPLIT_SEED`, in order.

    Args:
        rows: numbers of the rows, (N,).
        corpus: the number of the corpus that each is of, (N,).
        most: how many are kept of a corpus.
    """
    generator = np.random.default_rng(SPLIT_SEED)
    kept = [
        generator.permutation(rows[corpus == index])[:most] for index in np.unique(corpus).tolist()
    ]
    return np.sort(np.concatenate(kept))


def babble(tables: Iterable[UtteranceTable], voices: int) -> bytes:
    """A minute of so many voices at once, a clip a speaker, as `made` takes it.

    Each voice strings together clips of speakers drawn at random, so with few speakers one of them
    may be heard twice at a time. Utterances of a corpus without speakers count as one speaker's.

    Raises:
        AudioError: a recording cannot be read.
        ValueError: none of them holds sound.
    """
    generator = np.random.default_rng(SPLIT_SEED)
    clips: list[Samples] = []
    for table in tables:
        heard = table.rows.unique(["corpus", "speaker"], keep="first", maintain_order=True)
        clips += [
            audio.read(table.location(corpus, path), start, end).samples
            for corpus, path, start, end in heard.select(
                "corpus", "path", "start", "end"
            ).iter_rows()
        ]
    return babble_of(clips, voices, BABBLE_S, generator)
