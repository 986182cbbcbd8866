import pytest

from ehsaas.evaluation.expected import Expected, expected
from ehsaas.evaluation.pooled import pool
from tests.evaluation.contest import TARGETS, comparison


def test_every_method_of_the_comparison_has_its_gain_over_the_model_as_it_was() -> None:
    results = pool(comparison())
    rows = expected(results)
    assert rows
    for row in rows:
        one = Expected(**row)
        assert one.languages == len(TARGETS) and one.low <= one.gain <= one.high
        own = [
            r
            for r in results
            if (r.system, r.normalisation, r.protocol) == (one.method, one.statistics, "lolo")
            and r.features == one.features
            and r.condition.get("labels_per_class", 0) == one.labels_per_class
        ]
        values = [r.uar.value for r in own if r.uar is not None]
        assert one.uar == pytest.approx(sum(values) / len(values), abs=6e-4)
    bare = [
        row
        for row in rows
        if (row["method"], row["statistics"], row["labels_per_class"])
        == ("source-only", "source", 0)
    ]
    assert [row["gain"] for row in bare] == [0] * len(bare)
    assert ("target-only", 5) in {(row["method"], row["labels_per_class"]) for row in rows}


def test_a_gain_is_told_in_a_sentence() -> None:
    one = Expected("self-training", "speaker", "embeddings", 0, 5, 0.681, 0.15, 0.12, 0.18)
    assert str(one) == (
        "on 5 languages that were left out, self-training on embeddings (speaker statistics;"
        " labels: none) reached a UAR of 0.68, +0.15 [+0.12, +0.18] over the model as it was."
    )
