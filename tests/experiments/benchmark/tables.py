"""Tables of tones whose pitch is their emotion, and callables that hear it."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import soundfile as sf

from ehsaas import audio, utterances
from ehsaas.audio import Clip
from ehsaas.utterances import UtteranceTable
from tests import signals
from tests.judging.toys import pitch

PITCH = {
    "fear": 500.0,
    "anger": 400.0,
    "happiness": 320.0,
    "neutral": 240.0,
    "sadness": 160.0,
}
"""In Hz; a speaker is a few Hz higher than the one before."""

FOUR = ("anger", "happiness", "neutral", "sadness")


def table(
    folder: Path,
    corpus: str = "first",
    language: str | None = "de",
    emotions: Sequence[str | None] = FOUR,
    speakers: int = 6,
    higher: float = 0.0,
    **columns: Any,
) -> UtteranceTable:
    """One tone a speaker and emotion, half of the speakers women; written as `CORPUS.parquet`.

    An emotion that is None sounds neutral. `higher` Hz tell the recordings of one corpus from those
    of another. `columns` are put into every row.
    """
    where = folder / corpus
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    rows = []
    for speaker in range(speakers):
        for emotion in emotions:
            name = f"s{speaker}_{emotion}"
            hertz = PITCH[emotion or "neutral"] + 3 * speaker + higher
            sf.write(where / f"{name}.wav", signals.tone(hertz, 0.4), audio.RATE)
            clip = audio.read(where / f"{name}.wav")
            row = {
                "id": name,
                "corpus": corpus,
                "path": f"{name}.wav",
                "duration": clip.duration,
                "rate": audio.RATE,
                "speaker": f"{corpus}:s{speaker}",
                "sex": ("female", "male")[speaker % 2],
                "language": language,
                "emotion": emotion,
                "digest": audio.digest(clip),
            }
            rows.append(row | columns)
    made = UtteranceTable(utterances.from_rows(rows), {corpus: where})
    utterances.write(made, folder / f"{corpus}.parquet")
    return made


def nearest(clip: Clip, names: Sequence[str] = tuple(PITCH)) -> str:
    """The emotion that a tone stands for."""
    heard = pitch(clip)
    return min(names, key=lambda name: abs(PITCH[name] - heard))


def right(clip: Clip) -> dict[str, float]:
    """Always right on the four."""
    said = nearest(clip, FOUR)
    return {name: 0.7 if name == said else 0.1 for name in FOUR}


def never_sad(clip: Clip) -> dict[str, float]:
    """Right, but for sadness, which it calls neutral: its UAR is 0.75."""
    said = nearest(clip, FOUR)
    said = "neutral" if said == "sadness" else said
    return {name: 0.7 if name == said else 0.1 for name in FOUR}


def digests(given: UtteranceTable, where: pl.Expr | None = None) -> list[str]:
    """Of all recordings, or some."""
    rows = given.rows if where is None else given.rows.filter(where)
    return rows["digest"].to_list()


def logits(clip: Clip) -> np.ndarray:
    """One number for each of the five, highest for the right one."""
    return -np.abs(np.array(list(PITCH.values())) - pitch(clip)) / 10
