"""One made-up experiment, pooled once for all tests that lay it out."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.report import write_report
from tests.evaluation import builders


@pytest.fixture(scope="session")
def predictions() -> pl.DataFrame:
    return builders.experiment(("emodb", "kashmiri_rasa", "urdu"), seeds=(0, 1))


@pytest.fixture(scope="session")
def results(predictions: pl.DataFrame) -> Sequence[Result]:
    return pool(predictions)


@pytest.fixture(scope="session")
def reported(predictions: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with its report written."""
    run = builders.run_folder(tmp_path_factory.mktemp("runs") / "example", predictions)
    write_report(run)
    return run
