from collections.abc import Sequence

import polars as pl
import pytest

from ehsaas.evaluation.answers import answers
from ehsaas.evaluation.pooled import Result, pool
from tests.evaluation.builders import FOUR, judged, simulated


def half_right(n: int, of: int, **key: object) -> pl.DataFrame:
    """Items of two speakers of which `n` in `of` of each class are right."""
    truth = [label for label in FOUR for _ in range(of)]
    called = [
        label if i % of < n else FOUR[(FOUR.index(label) + 1) % 4] for i, label in enumerate(truth)
    ]
    return judged(truth, called, [f"s{i % 2}" for i in range(len(truth))], **key)  # type: ignore[arg-type]


def test_all_four_questions_are_answered(results: Sequence[Result]) -> None:
    within, transfer, adaptation, kept = answers(results)
    assert "within one language" in within.question
    assert len(within.detail) == len(transfer.detail) == len(adaptation.detail) == 3
    assert "(emodb, 4 emotions)" in within.detail[0]
    assert kept.question == "Does transfer keep arousal and lose valence?"
    assert "With 20% of German's training utterances (emodb)" in adaptation.detail[0]


def test_corpora_trained_on_together_are_no_language() -> None:
    (within,) = answers(pool(simulated(0.6).with_columns(corpus=pl.lit("emodb+tess"))))
    assert within.question == "How well does it work on the corpora that trained it?"
    assert within.detail[0].startswith("Together (emodb+tess, ")


def test_every_figure_is_the_results_own() -> None:
    table = pl.concat(
        [
            half_right(6, 10),
            half_right(8, 10, protocol="random"),
            half_right(4, 10, protocol="pair", train="urdu"),
            half_right(3, 10, protocol="pair", train="tess"),
            half_right(5, 10, protocol="lolo", train="tess+urdu"),
        ]
    )
    within, transfer = answers(pool(table))
    assert within.short.startswith("attention-bilstm reaches a UAR of 0.60 on new speakers")
    assert "changes that by +20 points" in within.short
    assert "UAR 0.60 (" in within.detail[0]
    assert "A random split prints 0.80: 20 points more" in within.detail[0]
    # Losses of 20 and 30 points from one corpus each, of 10 from both together.
    assert "another corpus costs 25 points of UAR on average (from 20 to 30; by paired" in (
        transfer.short
    )
    assert "on all others together, it costs 10 points of UAR on average (by paired" in (
        transfer.short
    )
    own, best, worst, together = transfer.detail[0].split("; ")
    assert own == "German (emodb, 4 emotions, chance 0.25): 0.60 from its own corpus"
    assert best.startswith("0.40 from urdu, the best single source")
    assert worst == "0.30 from tess, the worst"
    assert together.startswith("0.50 (") and "from all others together" in together
    assert "a paired test does not tell the two apart" in together


def test_another_corpus_can_be_better() -> None:
    table = pl.concat(
        [half_right(6, 10), half_right(8, 10, protocol="pair", train="urdu", corpus="emodb")]
    )
    transfer = answers(pool(table))[1]
    assert "training on another corpus gains 20 points of UAR on average" in transfer.short
    worse = half_right(5, 10, protocol="pair", train="tess")
    transfer = answers(pool(pl.concat([table, worse])))[1]
    assert "gains 5 points of UAR on average (from -20 to 10, below zero a gain" in transfer.short


def test_the_baseline_stands_beside() -> None:
    def on(corpus: str, n: int, system: str) -> pl.DataFrame:
        return half_right(n, 10, corpus=corpus, train=corpus, system=system)

    table = pl.concat(
        [
            on("emodb", 9, "attention-bilstm"),
            on("emodb", 3, "functionals-svm"),
            on("tess", 5, "attention-bilstm"),
            on("tess", 6, "functionals-svm"),
            on("tess", 8, "functionals-svm").with_columns(normalisation=pl.lit("source")),
        ]
    )
    (answer,) = answers(pool(table))
    assert "It is at or above functionals-svm on 1 of 2 corpora" in answer.short
    assert "by paired tests above in 1, below in 0 of 2." in answer.short
    assert answer.detail[0].endswith("functionals-svm: 0.30.")
    assert "functionals-svm: 0.60 (a paired test does not tell the two apart" in answer.detail[1]


def test_an_interval_that_holds_chance_is_said_to() -> None:
    (answer,) = answers(pool(half_right(3, 10)))
    assert "these speakers only, which holds chance) on speakers whose" in answer.detail[0]


def test_a_refused_result_keeps_its_line() -> None:
    refused = half_right(6, 10).filter(pl.col("truth") != "sadness")
    (answer,) = answers(pool(refused))
    assert answer.detail == ("German (emodb, 4 emotions): no UAR: no item of sadness in the pool.",)
    assert answer.short.startswith("attention-bilstm has no UAR on new speakers")
    (answer,) = answers(pool(refused.with_columns(protocol=pl.lit("random"))))
    assert "It has no UAR: no item of sadness in the pool." in answer.detail[0]


@pytest.mark.parametrize(
    ("random", "words"),
    [
        (6, "no more"),
        (5, "10 points fewer"),
        (7, "10 points more"),
    ],
)
def test_what_the_random_split_adds_is_said_in_words(random: int, words: str) -> None:
    table = pl.concat([half_right(6, 10), half_right(random, 10, protocol="random")])
    (answer,) = answers(pool(table))
    assert words in answer.detail[0]


def test_a_random_split_alone_says_nothing_of_new_speakers() -> None:
    (answer,) = answers(pool(half_right(6, 10, protocol="random")))
    assert answer.short == "attention-bilstm was not tested on new speakers."
    assert "nothing is known of new speakers" in answer.detail[0]


def test_without_a_diagonal_the_loss_is_taken_on_the_held_out_speakers() -> None:
    alone = half_right(
        7,
        10,
        protocol="heldout",
        system="attention-bilstm target-only",
        condition='{"share": 0.8}',
    )
    zero = half_right(4, 10, protocol="heldout", train="tess+urdu", condition='{"share": 0.0}')
    pair = half_right(4, 10, protocol="lolo", train="tess+urdu")
    (transfer,) = answers(pool(pl.concat([alone, zero, pair])))
    assert "30 points of UAR below one trained only on 80%" in transfer.short
    (transfer,) = answers(pool(pair))
    assert transfer.short.startswith("No model of the same language was run")


def test_no_results_no_answers() -> None:
    assert answers([]) == []
    assert answers(pool(simulated(0.5, protocol="emobox"))) == []
