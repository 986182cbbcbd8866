"""Hand-made samples, and what a toy judge says of them: JSON, for `judging.test.mjs`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip, is_silent
from ehsaas.calibration import Statistics
from ehsaas.judging import Heard, Judge
from ehsaas.reach import Limits
from ehsaas.serving.model_file import packed

CLASSES = ("anger", "neutral", "sadness")
LIMITS = Limits(0.6, 0.5)
FACTS = {"corpora": ["one"], "languages": ["de"]}
SCORES = np.linspace(0.02, 0.9, 40, dtype=np.float32)

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Toy(Judge):
    """Hears anger in what is loud."""

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        """By the mean magnitude alone."""
        return tuple(_heard(clip.samples) for clip in clips)

    @property
    def standardises(self) -> bool:
        """There are no features."""
        return False

    @property
    def limits(self) -> Limits:
        """Loud is far."""
        return LIMITS


def _heard(samples: Array) -> Heard:
    loud = min(1.0, 4 * float(np.abs(samples.astype(np.float64)).mean()))
    probabilities = np.array([loud, (1 - loud) * 0.7, (1 - loud) * 0.3])
    return Heard(probabilities, samples[:1, None], samples[:1], None, 2 * loud)


def sounds() -> Iterator[tuple[str, Array]]:
    """Samples of many lengths and levels, with silence between."""
    rng = np.random.default_rng(0)
    for seconds in (0.02, 0.09, 0.1, 0.6, 1.5, 1.6, 3.25, 15.0, 15.1, 23.7):
        levels = np.repeat(rng.choice([0.0, 4e-4, 0.02, 0.1, 0.4], 60), RATE // 2)
        count = round(seconds * RATE)
        noise = rng.standard_normal(count).clip(-2, 2) / 2
        yield f"noise of {seconds:g} s", (levels[:count] * noise).astype(np.float32)
    yield "silence", np.zeros(2 * RATE, np.float32)
    yield "an offset", np.full(2 * RATE, 0.2, np.float32)
    yield "long silence", np.zeros(17 * RATE, np.float32)


def case(name: str, samples: Array, coverage: float | None) -> Mapping[str, Any]:
    """What the toy says of samples, and its card."""
    plain = Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "none")
    judge = Toy(model="toy", classes=CLASSES, statistics=plain, facts=FACTS, scores=SCORES)
    clip = Clip(samples)
    card = {"name": judge.name, "version": judge.version, "classes": CLASSES, "facts": FACTS}
    return {
        "name": name,
        "samples": packed(samples),
        "coverage": coverage,
        "silent": is_silent(clip),
        "card": card | {"scores": packed(SCORES), "limits": {"limit": 0.6, "together": 0.5}},
        "expected": {
            "whole": judge(clip, None, coverage).to_dict(),
            "segments": [one.to_dict() for one in judge.timeline(clip, coverage=coverage)],
        },
    }


if __name__ == "__main__":
    print(json.dumps([case(n, s, c) for n, s in sounds() for c in (None, 0.5, 0.9)]))
