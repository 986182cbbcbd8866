import json
from dataclasses import replace
from pathlib import Path

from benchmarks.latency_page import page, result_of

PAGES = Path(__file__).resolve().parents[1] / "docs" / "results"


def test_the_page_says_what_its_twin_says() -> None:
    result = result_of(json.loads((PAGES / "latency.json").read_text(encoding="utf-8")))
    assert page(result) == (PAGES / "latency.md").read_text(encoding="utf-8")


def test_goals_that_are_missed_are_said() -> None:
    result = result_of(json.loads((PAGES / "latency.json").read_text(encoding="utf-8")))
    late = [replace(one, p50_ms=1000.0 if one.way == "onnx" else 999.0) for one in result.timings]
    told = page(replace(result, timings=tuple(late)))
    assert "1000.0 ms, **not met**; 1.0 times" in told
    assert "int8: 999.0 ms, **not met**;" in told
