"""The emotion vocabulary, its label sets, and `Estimate`: the answer for a stretch of audio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

VOCABULARY: tuple[str, ...] = (
    "anger",
    "happiness",
    "sadness",
    "neutral",
    "fear",
    "disgust",
    "surprise",
    "boredom",
    "calm",
    "contempt",
    "sarcasm",
    "excitement",
    "frustration",
)

LABEL_SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "four": ("anger", "happiness", "neutral", "sadness"),
        "seven": ("anger", "happiness", "neutral", "sadness", "fear", "disgust", "surprise"),
        "valence": ("negative", "positive"),
    }
)
"""Fixed label sets; the two of `valence` are sides of the circumplex, see `side_of`. `native`, the
other choice, is whatever emotions a corpus carries."""

MERGED: Mapping[str, str] = MappingProxyType({"excitement": "happiness"})
"""Emotions that count as another one inside a fixed label set; `native` merges nothing."""


@dataclass(frozen=True)
class Place:
    """On which side of the circumplex an emotion lies: −1, 0 (the middle) or 1 on each axis."""

    arousal: int
    valence: int


CIRCUMPLEX: Mapping[str, Place] = MappingProxyType(
    {
        "anger": Place(1, -1),
        "happiness": Place(1, 1),
        "sadness": Place(-1, -1),
        "neutral": Place(0, 0),
        "fear": Place(1, -1),
        "disgust": Place(0, -1),
        "surprise": Place(1, 1),
        "boredom": Place(-1, -1),
        "calm": Place(-1, 1),
        "contempt": Place(0, -1),
        "sarcasm": Place(0, -1),
        "excitement": Place(1, 1),
        "frustration": Place(1, -1),
    }
)
"""Every emotion of the vocabulary, by the signs of its place in Russell (1980, J. Pers. Soc.
Psychol. 39(6)), who has no word for neutral, disgust, contempt and sarcasm: their arousal is taken
for the middle, **ours**. Surprise is his "astonished", a little on the pleasant side."""

SIDES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"arousal": ("high", "low"), "valence": ("negative", "positive")}
)
"""Both axes cut in two, the side that has to be *told* first."""

NOT_SURE = "not sure"
NO_SPEECH = "no speech"


def to_label_set(emotion: str | None, label_set: str) -> str | None:
    """The class of `emotion` in `label_set`, or None where the set has no such class.

    Raises:
        ValueError: the label set or the emotion is not in the vocabulary.
    """
    if emotion is None:
        return None
    if emotion not in VOCABULARY:
        raise ValueError(f"unknown emotion {emotion!r}; the vocabulary is {', '.join(VOCABULARY)}")
    if label_set == "native":
        return emotion
    if label_set == "valence":
        return side_of(emotion, "valence")
    if label_set not in LABEL_SETS:
        known = ", ".join([*LABEL_SETS, "native"])
        raise ValueError(f"unknown label set {label_set!r}; known sets are {known}")
    merged = MERGED.get(emotion, emotion)
    return merged if merged in LABEL_SETS[label_set] else None


def side_of(emotion: str, axis: str) -> str:
    """The side of an axis of the circumplex on which an emotion counts: one of `SIDES[axis]`.

    What is in the middle of an axis does not count as what has to be told: neutral is low in
    arousal and positive in valence, as in work across corpora (Schuller et al. 2009, ASRU,
    "Acoustic emotion recognition: a benchmark comparison of performances"). So the four classes
    of `four` are two by two on both axes, and none has to be left out.

    Raises:
        ValueError: the emotion is not in the vocabulary, or the axis is none.
    """
    if emotion not in CIRCUMPLEX:
        raise ValueError(f"unknown emotion {emotion!r}; the vocabulary is {', '.join(VOCABULARY)}")
    if axis not in SIDES:
        raise ValueError(f"unknown axis {axis!r}; the axes are {', '.join(SIDES)}")
    place = CIRCUMPLEX[emotion]
    told = place.arousal > 0 if axis == "arousal" else place.valence < 0
    return SIDES[axis][0 if told else 1]


def in_order(emotions: Sequence[str] | set[str]) -> tuple[str, ...]:
    """The given emotions once each, in the order of the vocabulary: the class order of a model.

    What is no word of the vocabulary is left out.
    """
    return tuple(name for name in VOCABULARY if name in set(emotions))


@dataclass(frozen=True)
class Estimate:
    """What was recognised in one stretch of audio.

    `emotion` is a class name, "not sure" or "no speech". `probabilities` sum to 1 over the
    model's classes (empty for "no speech"). `prediction_set` holds the classes that a conformal
    threshold keeps. `arousal` and `valence` lie in [-1, 1]; `start` and `end` are seconds.
    `attention` is one weight a frame, summing to 1, and 0 on quiet ends that were left out.
    `statistics` says whose feature statistics were used, and of how much speech: "source", "given:
    NAME (3 clips, 12.4 s)".
    `extra` may hold the `distance` from what the model was trained on, about 1 for that itself.
    """

    emotion: str
    probabilities: Mapping[str, float]
    prediction_set: tuple[str, ...] = ()
    arousal: float | None = None
    valence: float | None = None
    start: float = 0.0
    end: float = 0.0
    attention: tuple[float, ...] | None = None
    statistics: str = "source"
    warnings: tuple[str, ...] = ()
    model: str = ""
    version: str = ""
    path: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """A plain dictionary, ready for JSON."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {"probabilities": dict(self.probabilities), "extra": dict(self.extra)}
