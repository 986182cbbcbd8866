from collections.abc import Sequence

import polars as pl

from ehsaas.evaluation.method_pairs import gains_in_pairs, pairs_table
from ehsaas.evaluation.pooled import Result, pool
from tests.evaluation.contest import rated

THREE = ("emodb", "ravdess", "urdu")


def pairs(system: str, right: int, labels: int = 0) -> list[pl.DataFrame]:
    """All six ordered pairs; on the second source one more of ten is right."""
    return [
        rated(
            system,
            "corpus",
            (right + place,),
            targets=(target,),
            protocol="pair",
            train=source,
            labels=labels,
        )
        for target in THREE
        for place, source in enumerate(one for one in THREE if one != target)
    ]


def test_gains_are_paired_by_what_was_trained_on_and_tested() -> None:
    table = pl.concat([*pairs("source-only", 4), *pairs("nnpm", 6), *pairs("mmd", 3)[:4]])
    shown = pairs_table(pool(table))
    lines = {line[3]: line[4:] for line in shown.body}
    assert lines == {
        "source-only": ("corpus", "6", "0.450 [0.45, 0.45]", "0.450", "", ""),
        "nnpm": ("corpus", "6", "0.650 [0.65, 0.65]", "0.650", "+0.200 [+0.20, +0.20]", "6 of 6"),
        "mmd": ("corpus", "4", "0.350 [0.35, 0.35]", "0.350", "-0.100 [-0.10, -0.10]", "0 of 4"),
    }
    assert {len(line) for line in shown.body} == {len(shown.head)}


def test_what_is_gained_is_said_in_a_sentence_for_each_kind_of_statistics() -> None:
    table = pl.concat([*pairs("source-only", 4), *pairs("nnpm", 6), *pairs("mmd", 3)[:4]])
    assert gains_in_pairs(pool(table)) == (
        "Ahead of source-only by the same statistics: nnpm (embeddings, four, no"
        " labels, corpus statistics)."
        " These are 2 single comparisons, not corrected.",
        (
            "embeddings, four, no labels, corpus statistics, over source-only:"
            " mmd -0.100 [-0.10, -0.10], nnpm +0.200 [+0.20, +0.20].",
        ),
    )
    assert gains_in_pairs(pool(pl.concat(pairs("source-only", 4)))) is None


def test_with_labels_and_no_source_only_the_gain_is_over_none() -> None:
    few = pairs("fine-tuning", 7, labels=5) + pairs("linear-probe", 5, labels=5)
    lines = pairs_table(pool(pl.concat([*pairs("source-only", 4), *pairs("mmd", 4), *few]))).body
    assert [line[-2:] for line in lines if line[2] == "5 labels a class"] == [
        ("+0.300 [+0.30, +0.30]", "6 of 6"),
        ("+0.100 [+0.10, +0.10]", "6 of 6"),
    ]


def test_pairs_of_other_experiments_are_no_comparison(results: Sequence[Result]) -> None:
    assert pairs_table(results).body == ()
    assert pairs_table(pool(pl.concat(pairs("source-only", 4)))).body == ()
