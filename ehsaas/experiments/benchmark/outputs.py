"""What a foreign model gives, a number an output, → probabilities of our emotions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import softmax
from ehsaas.emotions import VOCABULARY, in_order
from ehsaas.experiments.benchmark.mistakes import BenchmarkError

Array = NDArray[np.float64]

NONE = "-"
"""Stands in `--labels` for an output that is no emotion of ours."""

SUM = 1e-3
"""How far from 1 the sum of probabilities may be."""

WORDS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in VOCABULARY},
        **{name: "anger" for name in ("ang", "angry", "a")},
        **{name: "happiness" for name in ("hap", "happy", "joy", "joyful", "h")},
        **{name: "sadness" for name in ("sad", "s")},
        **{name: "neutral" for name in ("neu", "neutrality", "n")},
        **{name: "fear" for name in ("fea", "fearful", "afraid", "scared", "f")},
        **{name: "disgust" for name in ("dis", "disgusted", "d")},
        **{name: "surprise" for name in ("sur", "surprised", "u")},
        **{name: "boredom" for name in ("bor", "bored", "b")},
        **{name: "calm" for name in ("cal", "calmness", "relaxed")},
        **{name: "contempt" for name in ("con", "contemptuous", "c")},
        **{name: "sarcasm" for name in ("sarcastic",)},
        **{name: "excitement" for name in ("exc", "excited")},
        **{name: "frustration" for name in ("fru", "frustrated")},
    }
)
"""How models call emotions, in lower case: our words, the short forms of IEMOCAP, the letters of
MSP-Podcast, adjectives."""


@dataclass(frozen=True)
class Outputs:
    """Which emotion each output of a model stands for, in order; None for none of ours."""

    emotions: tuple[str | None, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The emotions, each once, in the order of the vocabulary."""
        return in_order({one for one in self.emotions if one is not None})

    def __call__(self, given: Any, of: str) -> Array:
        """Probabilities (C,) of `classes` from logits or probabilities (O,) or (1, O).

        What is not negative and sums to 1 is taken for probabilities, anything else for logits.
        Outputs of one emotion are added; what has none is left out of the whole.

        Args:
            given: what the model gave for one clip.
            of: what to call the model in messages.

        Raises:
            BenchmarkError: it is another number of them, or they are no numbers.
        """
        try:
            values = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise BenchmarkError(f"{of}: gave {type(given).__name__}; expected numbers") from error
        O = len(self.emotions)  # noqa: E741
        if values.shape not in ((O,), (1, O)):
            raise BenchmarkError(
                f"{of}: gave outputs of shape {values.shape} for one clip; expected ({O},), one an"
                " emotion of --labels"
            )
        values = values.reshape(O)
        if not np.isfinite(values).all():
            raise BenchmarkError(f"{of}: gave {values.tolist()}; expected finite numbers")
        stated = (values >= 0).all() and abs(values.sum() - 1) <= SUM
        p = values if stated else softmax(values).astype(np.float64)
        own = [[one == name for one in self.emotions] for name in self.classes]
        kept: Array = np.array(own, dtype=np.float64) @ p
        total = kept.sum()
        return kept / total if total > 0 else np.full(len(kept), 1 / len(kept))


def labels(text: str, of: str) -> Outputs:
    """What `--labels anger,happiness,-` says: an emotion an output, `-` for none of ours.

    Raises:
        BenchmarkError: a word is no emotion, or fewer than two are.
    """
    words = [word.strip() for word in text.split(",")]
    return _outputs(words, f"--labels for {of}", lambda word: word == NONE)


def named(words: Sequence[str], of: str) -> Outputs:
    """What the names of a model's outputs say, each of which must be an emotion.

    Raises:
        BenchmarkError: one is none that is known here; the message names those.
    """
    return _outputs(list(words), of, lambda word: False)


def emotion_of(word: str) -> str | None:
    """The emotion that a model means by a word, or None."""
    return WORDS.get(word.strip().lower())


def _outputs(words: Sequence[str], of: str, is_none: Callable[[str], bool]) -> Outputs:
    emotions = tuple(None if is_none(word) else emotion_of(word) for word in words)
    unknown = [w for w, e in zip(words, emotions, strict=True) if e is None and not is_none(w)]
    if unknown:
        told = [e or NONE for e in emotions]
        raise BenchmarkError(
            f"{of}: {', '.join(map(repr, unknown))} cannot be told for an emotion; there are"
            f" {', '.join(VOCABULARY)}; give --labels {','.join(told)} with {NONE} where it is none"
            " of these"
        )
    found = Outputs(emotions)
    if len(found.classes) < 2:
        raise BenchmarkError(f"{of}: {', '.join(words)}; expected two emotions at least")
    return found
