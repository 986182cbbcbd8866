"""Hand-made samples and looks, and what is made of them here: JSON, for `judging.test.mjs`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip, is_silent
from ehsaas.calibration import Statistics
from ehsaas.emotions import NO_SPEECH, Estimate
from ehsaas.judging import Heard, Judge
from ehsaas.reach import Limits
from ehsaas.serving.model_file import packed
from ehsaas.serving.segments import Segments, Span
from ehsaas.serving.stream import StreamSettings

CLASSES = ("anger", "neutral", "sadness")
LIMITS = Limits(0.6, 0.5)
FACTS = {"corpora": ["one"], "languages": ["de"]}
SCORES = np.linspace(0.02, 0.9, 40, dtype=np.float32)

USUAL = StreamSettings()
HOLD, KEPT = USUAL.hold, 0.5 ** (USUAL.hop / USUAL.half_life)

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
    places = np.array([2 * loud - 1, -loud])
    return Heard(probabilities, samples[:1, None], samples[:1], None, 2 * loud, places)


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


def toy() -> Toy:
    """A toy that was calibrated."""
    plain = Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "none")
    return Toy(model="toy", classes=CLASSES, statistics=plain, facts=FACTS, scores=SCORES)


def card(judge: Toy) -> dict[str, Any]:
    """What the page is told of the toy."""
    told = {"name": judge.name, "version": judge.version, "classes": CLASSES, "facts": FACTS}
    return told | {"scores": packed(SCORES), "limits": {"limit": 0.6, "together": 0.5}}


def case(name: str, samples: Array, coverage: float | None) -> Mapping[str, Any]:
    """What the toy says of samples, and its card."""
    judge, clip = toy(), Clip(samples)
    return {
        "name": name,
        "samples": packed(samples),
        "coverage": coverage,
        "silent": is_silent(clip),
        "card": card(judge),
        "expected": {
            "whole": judge(clip, None, coverage).to_dict(),
            "segments": [one.to_dict() for one in judge.timeline(clip, coverage=coverage)],
        },
    }


def looks(seed: int, window: float, hop: float) -> Iterator[tuple[Estimate, Span | None]]:
    """Looks at a stream whose mood and voice come and go, each with the voice in its window."""
    rng = np.random.default_rng(seed)
    turns = np.cumsum(rng.choice([0.3, 0.6, 1.2, 2.5], 60))  # somebody begins, or ends
    mood = 0
    for k in range(60):
        end = window + k * hop
        start = end - window
        spans = zip(turns[::2].clip(start, end), turns[1::2].clip(start, end), strict=True)
        parts = [(float(a), float(b)) for a, b in spans if a < b]
        speaks = sum(b - a for a, b in parts) >= window / 10
        mood = (mood + int(rng.choice([0, 0, 1, 2]))) % len(CLASSES)
        shares = rng.dirichlet(1 + 20 * (np.arange(len(CLASSES)) == mood)).tolist()
        said = dict(zip(CLASSES, shares, strict=True)) if speaks else {}
        emotion = max(said, key=lambda name: said[name]) if said else NO_SPEECH
        voice = (parts[0][0], parts[-1][1]) if parts else None
        arousal, valence = rng.uniform(-1, 1, 2).tolist() if speaks else (None, None)
        yield Estimate(emotion, said, (), arousal, valence, start, end), voice


def stream(seed: int, window: float, hop: float, coverage: float | None) -> Mapping[str, Any]:
    """What segments are made of such looks, as a stream is looked at if nothing else is asked."""
    judge = toy()
    seen = list(looks(seed, window, hop))
    segments = Segments(HOLD, KEPT, hop, judge.settles(coverage))
    events = [event for look, voice in seen for event in segments.take(look, voice)]
    return {
        "name": f"looks {seed} at {window:g} s every {hop:g} s",
        "hop": hop,
        "coverage": coverage,
        "card": card(judge),
        "looks": [[look.to_dict(), voice] for look, voice in seen],
        "expected": [event.to_dict() for event in [*events, *segments.flush()]],
    }


def main() -> None:
    """Print all of it."""
    grids = ((1.5, 0.5), (1.0, 0.25), (2.0, 0.5), (2.0, 0.25))
    told = {
        "clips": [case(n, s, c) for n, s in sounds() for c in (None, 0.5, 0.9)],
        "hold": HOLD,
        "kept": KEPT,
        "streams": [
            stream(seed, *grid, c) for seed in range(10) for grid in grids for c in (None, 0.5)
        ],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
