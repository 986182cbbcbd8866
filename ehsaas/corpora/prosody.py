"""Acted emotion as prosody: (language, speaker, emotion) → pitch, range, rate and loudness.

The figures are made up, after the tendencies that reviews of vocal emotion agree on (Juslin and
Laukka 2003): anger loud and fast, happiness high and wide, sadness low, slow, soft and flat. How
an emotion sounds also differs from language to language here, by an amount drawn once for
each language. So a model loses something on the way from one language to the next, and a few
utterances of the new language buy some of it back. That is built in, not found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zlib import crc32

import numpy as np


@dataclass(frozen=True)
class Prosody:
    """How something is said, relative to a plain reading by an average voice.

    `pitch` in semitones, `span` (pitch range) and `tempo` as natural logarithms of the factor,
    `loudness` in dB.
    """

    pitch: float = 0.0
    span: float = 0.0
    tempo: float = 0.0
    loudness: float = 0.0

    def __add__(self, other: "Prosody") -> "Prosody":
        """Both at once."""
        return Prosody(
            self.pitch + other.pitch,
            self.span + other.span,
            self.tempo + other.tempo,
            self.loudness + other.loudness,
        )

    def scaled(self, factor: float) -> "Prosody":
        """The same tendency, `factor` times as strong."""
        return Prosody(*(factor * value for value in self._values()))

    def varied(self, rng: np.random.Generator) -> "Prosody":
        """A draw around zero with these values as standard deviations."""
        return Prosody(*(float(rng.normal(0.0, value)) for value in self._values()))

    def _values(self) -> tuple[float, float, float, float]:
        return self.pitch, self.span, self.tempo, self.loudness


EMOTIONS: Mapping[str, Prosody] = MappingProxyType(
    {
        "anger": Prosody(pitch=3.0, span=0.3, tempo=0.3, loudness=10.0),
        "happiness": Prosody(pitch=7.0, span=0.65, tempo=0.1, loudness=3.0),
        "neutral": Prosody(),
        "sadness": Prosody(pitch=-4.0, span=-0.7, tempo=-0.3, loudness=-8.0),
        "fear": Prosody(pitch=6.0, span=-0.4, tempo=0.25, loudness=-3.0),
    }
)
"""The tendency of each emotion that can be rendered, common to all languages."""

_LANGUAGE = Prosody(pitch=3.0, span=0.35, tempo=0.18, loudness=5.0)
_SPEAKER = Prosody(pitch=0.8, span=0.1, tempo=0.04, loudness=0.8)
_UTTERANCE = Prosody(pitch=0.8, span=0.2, tempo=0.05, loudness=1.2)


def of_emotion(emotion: str, language: str, distance: float) -> Prosody:
    """The tendency of `emotion` in `language`: the common one plus `distance` × the language's own.

    The language's own part is the same in every run: it belongs to the language, not to the seed.
    """
    rng = np.random.default_rng([crc32(language.encode()), crc32(emotion.encode())])
    return EMOTIONS[emotion] + _LANGUAGE.varied(rng).scaled(distance)


def of_speaker(rng: np.random.Generator) -> Prosody:
    """How one speaker differs from the average voice in everything they say."""
    return _SPEAKER.varied(rng)


def of_utterance(rng: np.random.Generator) -> Prosody:
    """How one rendition differs from the next by the same speaker."""
    return _UTTERANCE.varied(rng)
