"""The comparison of sizes is a script of its own, and is built on this room alone."""

import json
import runpy
from pathlib import Path

import polars as pl
import pytest

from ehsaas.evaluation.predictions import write
from tests.evaluation.builders import simulated

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "sizing.py"


def run_folder(folder: Path, table: pl.DataFrame, hidden: int) -> Path:
    write(table, folder / "predictions.parquet")
    (folder / "config.yaml").write_text(
        f"name: {folder.name}\nfeatures: {{hop_ms: 10}}\nmodel: {{layers: 1, hidden: {hidden}}}\n"
    )
    (folder / "cells").mkdir()
    (folder / "cells" / "within__urdu__0__strict__1.json").write_text('{"seconds": 12.4}')
    return folder


def both(skill: float) -> pl.DataFrame:
    return pl.concat(
        simulated(skill, corpus="urdu", normalisation=name) for name in ("source", "corpus")
    )


def written(tmp_path: Path, sized: pl.DataFrame, full: pl.DataFrame) -> tuple[str, list[object]]:
    folders = [run_folder(tmp_path / "small", sized, 8), run_folder(tmp_path / "large", full, 64)]
    main = runpy.run_path(str(SCRIPT))["main"]
    main([*map(str, folders), "-o", str(tmp_path / "out")])
    text = (tmp_path / "out" / "large.md").read_text(encoding="utf-8")
    return text, json.loads((tmp_path / "out" / "large.json").read_text(encoding="utf-8"))


def test_both_normalisations_are_compared(tmp_path: Path) -> None:
    text, twin = written(tmp_path, both(0.5), both(0.8))
    assert text.count("| source | 10 ms | 1 × ") == text.count("| corpus | 10 ms | 1 × ") == 2
    assert text.count("(paired permutation, over 12 speakers, 240 items)") == 2
    assert "| 12 |" in text
    assert "was not tuned" in text and "under the load" in text
    assert "`python benchmarks/sizing.py runs/small runs/large`" in text
    assert str(tmp_path) not in text
    assert len(twin) == 16


def test_a_refused_metric_is_said_and_does_not_stop_it(tmp_path: Path) -> None:
    refused = both(0.5).filter(pl.col("truth") != "sadness")
    text, twin = written(tmp_path, refused, both(0.8))
    assert "no UAR: no item of sadness in the pool" in text
    assert "no difference, as a UAR was refused" in text
    assert 8 < len(twin) < 16


def test_runs_without_a_seed_in_common_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        written(tmp_path, both(0.5), both(0.8).with_columns(seed=pl.lit(5, pl.Int64)))
    assert "share no seed" in capsys.readouterr().err
