"""Small utterance tables for the tests of splits."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from ehsaas import utterances

FOUR = ("anger", "happiness", "neutral", "sadness")


def table(
    corpus: str = "mini",
    speakers: int = 4,
    emotions: Sequence[str] = FOUR,
    takes: int = 5,
    language: str | None = "de",
) -> pl.DataFrame:
    """Every speaker says every emotion `takes` times, each take being one sentence."""
    return utterances.from_rows(
        [
            {
                "id": f"s{speaker}_{emotion}_{take}",
                "corpus": corpus,
                "speaker": f"{corpus}:s{speaker}",
                "emotion": emotion,
                "sentence": f"{take}",
                "language": language,
            }
            for speaker in range(speakers)
            for emotion in emotions
            for take in range(takes)
        ]
    )


def random_table(seed: int) -> pl.DataFrame:
    """Unbalanced speakers and emotions, some of whom hardly say anything."""
    rng = np.random.default_rng(seed)
    speakers = int(rng.integers(3, 15))
    mixes = rng.dirichlet(np.full(len(FOUR), 0.6), size=speakers)
    weights = rng.dirichlet(np.full(speakers, 2.0))
    rows = []
    for i in range(int(rng.integers(60, 250))):
        speaker = int(rng.choice(speakers, p=weights))
        emotion = str(rng.choice(FOUR, p=mixes[speaker]))
        rows.append(
            {"id": f"{i}", "corpus": "mini", "speaker": f"mini:{speaker}", "emotion": emotion}
        )
    return utterances.from_rows(rows)
