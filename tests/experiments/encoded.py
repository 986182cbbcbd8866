"""Corpora with tiny pretrained encoders beside them, and a configuration of a probe."""

from pathlib import Path
from typing import Any

import polars as pl

from ehsaas import utterances
from ehsaas.evaluation import predictions
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.run import run
from tests.experiments import builders
from tests.models import checkpoints, text_checkpoints

PROBE: dict[str, Any] = {
    "system": "linear-probe",
    "called": "tiny",
    "features": {
        "kind": "embeddings",
        "encoder": "encoders/tiny",
        "layers": (0, 1, 2),
        "pooling": "mean-std-thirds",
    },
    "model": {
        "layers": ((1, 2), (0,)),
        "thirds": (True, False),
        "copies": (True, False),
        "steps": (20, 5),
    },
    "training": {"keep": "last", "speeds": (1.0, 0.9)},
    "within": None,
    "adaptation": None,
    "transfer": None,
    "recogniser": False,
}


def encoded(folder: Path) -> Path:
    """Rendered corpora with a speech and a text encoder beside them, and words that tell."""
    made = builders.corpora(folder)
    checkpoints.write(made / "encoders" / "tiny", "whisper")
    text_checkpoints.write(made / "encoders" / "words")
    for name in builders.LANGUAGES:  # what is said depends on the emotion
        table = utterances.read(made / f"{name}.parquet")
        said = {"anger": "oh no", "happiness": "we won", "neutral": "my cat", "sadness": "what"}
        rows = table.rows.with_columns(pl.col("emotion").replace_strict(said).alias("text"))
        parts = pl.when(pl.col("speaker").str.ends_with("3")).then(pl.lit("test"))
        rows = rows.with_columns(parts.otherwise(pl.lit("train")).alias("split"))
        utterances.write(utterances.UtteranceTable(rows, table.roots), made / f"{name}.parquet")
    return made


def config(**changes: Any) -> ExperimentConfig:
    return builders.config(**(PROBE | changes))


def judged(given: ExperimentConfig, folder: Path, out: Path) -> pl.DataFrame:
    run(given, folder, out, store=folder / "store")
    return predictions.read(out / "predictions.parquet")
