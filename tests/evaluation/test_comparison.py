from pathlib import Path

import polars as pl
import pytest

from ehsaas.evaluation.predictions import write
from ehsaas.evaluation.report import ReportError, compare_reports
from tests.evaluation.builders import simulated


def run(folder: Path, *tables: pl.DataFrame) -> Path:
    write(pl.concat(tables), folder / "predictions.parquet")
    return folder


def test_runs_stand_side_by_side_with_paired_tests(tmp_path: Path) -> None:
    first = run(tmp_path / "first", simulated(0.8), simulated(0.3, system="chance"))
    second = run(tmp_path / "second", simulated(0.5, salt=1), simulated(0.5, corpus="urdu"))
    text = compare_reports([first, second], tmp_path / "out" / "c.html").read_text("utf-8")
    assert "<h1>first · second</h1>" in text
    assert text.count("<tr>") == 2 + 3 + 1
    assert "first minus second, the same system and items" in text
    assert "over 10 speakers" in text
    assert "http" not in text


def test_without_common_items_there_is_nothing_to_pair(tmp_path: Path) -> None:
    first = run(tmp_path / "first", simulated(0.8))
    second = run(tmp_path / "second", simulated(0.5, items=80))
    text = compare_reports([first, second], tmp_path / "c.html").read_text("utf-8")
    assert "nothing to pair" in text


def test_one_run_or_one_name_twice_is_refused(tmp_path: Path) -> None:
    first = run(tmp_path / "first", simulated(0.8))
    for runs in ([first], [first, first]):
        with pytest.raises(ReportError, match="two or more runs of different names; got first"):
            compare_reports(runs, tmp_path / "c.html")
