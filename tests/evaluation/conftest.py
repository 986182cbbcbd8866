"""Made-up experiments, pooled once for all tests that lay them out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.predictions import concat
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


KEY: dict[str, Any] = {"system": "claf-ser", "normalisation": "source"}


@pytest.fixture(scope="session")
def trials() -> Sequence[Result]:
    """One system under everything that a trial may put it through."""

    def made(
        skill: float, protocol: str = "strict", salt: int = 0, **condition: object
    ) -> pl.DataFrame:
        told = json.dumps(condition, sort_keys=True)
        return builders.simulated(skill, protocol=protocol, condition=told, salt=salt, **KEY)

    noise = {"disturbance": "white noise", "unit": "dB SNR"}
    tables = [
        made(0.6),
        made(0.8, "random"),
        made(0.95, "random", leak="copies"),
        made(0.4, "loco"),
        made(0.3, salt=1, variant="without attention"),
        made(0.6, salt=2, disturbance="clean", level=0),
        *(made(0.5 - 0.05 * i, salt=i, level=20 - 10 * i, **noise) for i in range(3)),
        *(
            made(0.6 - 0.02 * i, salt=i, level=20 - 10 * i, variant="noisy", **noise)
            for i in range(3)
        ),
        made(0.5, joined="switched", languages="de then en", gap_s=0.2),
        made(0.6, joined="one language", languages="de then de", gap_s=0.2),
    ]
    corpora = {"classes": ("emodb", "ravdess", "tess"), "label_set": "corpora"}
    for variant, skill in (({}, 0.5), ({"variant": "without attention"}, 0.9)):
        for normalisation, more in (("source", 0.0), ("corpus", -0.2)):
            for system, read in (
                ("corpus-probe", {"read": "f_attn"}),
                ("domain-classifier", {"read": "f_adapted", "part": "training"}),
                ("domain-classifier", {"read": "f_adapted", "part": "test"}),
            ):
                told = json.dumps({**read, **variant}, sort_keys=True)
                key = {**KEY, "system": system, "condition": told, "protocol": "strict", **corpora}
                tables.append(
                    builders.simulated(skill + more, **(key | {"normalisation": normalisation}))
                )
    return pool(concat(tables))
