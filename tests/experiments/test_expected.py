"""What `ehsaas adapt` may promise: the comparison's figures that the package carries."""

import json
from pathlib import Path

import pytest

from ehsaas.evaluation import predictions
from ehsaas.evaluation.expected import expected
from ehsaas.evaluation.pooled import pool
from ehsaas.experiments.adapt import LABELLED, READY, UNLABELLED
from ehsaas.experiments.expected import FILE, gain

TABLE = Path(__file__).resolve().parents[2] / "docs" / "results" / "adaptation.parquet"


def test_what_is_carried_is_what_the_comparison_s_table_gives() -> None:
    rows = expected(pool(predictions.read(TABLE)))
    assert json.loads(FILE.read_text(encoding="utf-8")) == rows


@pytest.mark.parametrize("statistics", ("corpus", "speaker"))
def test_every_method_that_can_be_had_has_its_figure(statistics: str) -> None:
    for method in READY:
        found = gain(method, statistics, "embeddings", 10)
        assert found is not None and found.labels_per_class in (0, 10)
        assert found.over_same is not None and "the statistics" in str(found)
    assert gain(UNLABELLED, statistics, "embeddings", 0) is not None
    assert gain(LABELLED, statistics, "embeddings", 0) is None  # it needs labels


def test_fewer_labels_than_were_measured_promise_what_fewer_gained() -> None:
    found = gain(LABELLED, "speaker", "embeddings", 7.5)
    assert found is not None and found.labels_per_class == 5
    assert gain(LABELLED, "speaker", "embeddings", 3) is None
    more = gain(LABELLED, "speaker", "embeddings", 1000)
    assert more is not None and more.labels_per_class == 10


def test_what_was_not_measured_promises_nothing() -> None:
    assert gain("self-training", "speaker", "frames", 0) is None
    assert gain("hope", "speaker", "embeddings", 0) is None
