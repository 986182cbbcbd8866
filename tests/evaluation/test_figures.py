import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import polars as pl

from ehsaas.evaluation.drawing import ON_DARK, SERIES
from ehsaas.evaluation.figures import attention, confusion_matrix, transfer_matrix
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.views import matrices
from tests.evaluation.builders import FOUR, judged, simulated


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter() if node.tag.endswith("}text")]


def test_the_transfer_matrix_shows_every_cell(results: Sequence[Result]) -> None:
    matrix = matrices(results)[0]
    svg = transfer_matrix(matrix, "m")
    shown = [text for text in texts(svg) if re.fullmatch(r"\d\.\d\d", text)]
    assert sorted(shown) == sorted(
        f"{cell.uar.value:.2f}" for cell in matrix.cells.values() if cell.uar
    )
    assert {"trained on", "tested on", "all others", "kashmiri_rasa"} <= set(texts(svg))
    # One frame for each corpus on the diagonal.
    assert svg.count(f"stroke: {SERIES[1]}") == 3


def test_cells_that_were_not_run_are_dashes_and_below_chance_is_grey() -> None:
    table = pl.concat(
        [
            simulated(0.05, protocol="pair", train="urdu"),
            simulated(0.9, protocol="pair", corpus="urdu", train="tess"),
        ]
    )
    (matrix,) = matrices(pool(table))
    svg = transfer_matrix(matrix, "m")
    assert texts(svg).count("–") == 2
    assert "fill: #e3e3e3" in svg
    assert f"fill: {ON_DARK}" in svg


def test_the_confusion_matrix_shows_percent_and_counts() -> None:
    (result,) = pool(judged(FOUR * 5, ("calm", *FOUR[1:]) * 5))
    svg = confusion_matrix(result, "c")
    assert texts(svg).count("100") == 4
    assert texts(svg).count("5") == 4
    assert "calm" in texts(svg)


def test_attention_lies_below_its_spectrogram() -> None:
    example = {
        "truth": "anger",
        "predicted": "fear",
        "hop_ms": 20,
        "logmel": [[0.0, 1.0, 2.0]] * 50,
        "weights": [0.02] * 50,
    }
    svg = attention(example, "a")
    assert "said as anger, recognised as fear" in texts(svg)
    assert "data:image/png;base64," in svg
    assert "1.0" in texts(svg)
    assert svg == attention(example, "a")
