"""A small comparison of adaptation methods for tests: its question, its corpora, others like it."""

from pathlib import Path
from typing import Any

import polars as pl

from ehsaas import utterances
from ehsaas.experiments import pretrained
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.material import Setup
from ehsaas.utterances import UtteranceTable
from tests.experiments import encoded

ASKED: dict[str, Any] = {
    "features": ("network",),
    "methods": ("source-only", "running-statistics", "self-training", "nnpm", "target-only"),
    "statistics": ("source", "corpus", "speaker"),
    "labels_per_class": (0, 2),
    "folds": 2,
    "network": {"hidden": 8, "width": 4, "epochs": 2, "least_steps": 0, "batch_size": 16},
}

FRAMES: dict[str, Any] = {
    "system": "attention-bilstm",
    "called": None,
    "features": {"parts": ("mfcc", "logmel"), "hop_ms": 20, "n_mfcc": 6, "n_mels": 12},
    "model": {"hidden": 4, "layers": 1, "dense": 6},
    "training": {"epochs": 2, "rate": 1e-2, "batch_size": 16, "keep": "last", "max_frames": 20},
}


def config(part: dict[str, Any] = ASKED, **changes: Any) -> ExperimentConfig:
    model = {"layers": ((1, 2),), "thirds": (False,), "copies": (False,), "steps": (20,)}
    given = {"seeds": (3, 4), "training": {"keep": "last"}, "never_by_speaker": ("first",)}
    return encoded.config(**{**given, "model": model, "methods": part, **changes})


def change(path: Path, rows: pl.DataFrame) -> None:
    utterances.write(UtteranceTable(rows, utterances.read(path).roots), path)


def tables(folder: Path) -> Path:
    """The third corpus has two speakers, the second a voice with none of the classes."""
    encoded.encoded(folder)
    third = utterances.read(folder / "third.parquet").rows
    change(folder / "third.parquet", third.filter(pl.col("speaker").str.contains("s0|s1")))
    rows = utterances.read(folder / "second.parquet").rows
    last, ends = pl.col("id").str.ends_with("_3"), pl.col("speaker").str.ends_with
    another = last & (ends("s3") | (ends("s0") & (pl.col("emotion") == "anger")))
    rows = rows.with_columns(
        emotion=pl.when(another).then(pl.lit("fear")).otherwise("emotion"),
        speaker=pl.when(another & ends("s3")).then(pl.lit("second:s9")).otherwise("speaker"),
    )
    change(folder / "second.parquet", rows)
    return folder


def like(whole: Setup, part: dict[str, Any], **changes: Any) -> Setup:
    """The same tables and features with another question."""
    given = pretrained.found(config(ASKED | part, **changes), whole.root)
    return Setup(given, whole.run, whole.store, whole.root)
