from collections.abc import Sequence

import polars as pl
import pytest

from ehsaas.evaluation.answers import answers, spoken
from ehsaas.evaluation.pooled import Measure, Result, pool
from tests.evaluation.builders import FOUR, judged, simulated


def half_right(n: int, of: int, **key: object) -> pl.DataFrame:
    """Items of two speakers of which `n` in `of` of each class are right."""
    truth = [label for label in FOUR for _ in range(of)]
    called = [
        label if i % of < n else FOUR[(FOUR.index(label) + 1) % 4] for i, label in enumerate(truth)
    ]
    return judged(truth, called, [f"s{i % 2}" for i in range(len(truth))], **key)  # type: ignore[arg-type]


def test_all_three_questions_are_answered(results: Sequence[Result]) -> None:
    within, transfer, adaptation = answers(results)
    assert "within one language" in within.question
    assert len(within.detail) == len(transfer.detail) == len(adaptation.detail) == 3
    assert "(emodb, 4 emotions)" in within.detail[0]
    assert "With 20% of German's training utterances (emodb)" in adaptation.detail[0]


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
    assert "changes that by +20 to +20 points" in within.short
    assert "UAR 0.60 (" in within.detail[0]
    assert "A random split prints 0.80: 20 points more" in within.detail[0]
    # Losses of 20, 30 and 10 points.
    assert "costs 20 points of UAR on average (from 10 to 30)" in transfer.short
    assert transfer.detail[0].startswith(
        "German (emodb, 4 emotions, chance 0.25): 0.60 from its own corpus;"
        " 0.40 from urdu, the best single source; 0.30 from tess, the worst; 0.50 ("
    )


@pytest.mark.parametrize(
    ("random", "words"),
    [
        (6, "no more, so this split leaks little here"),
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


def test_adaptation_speaks_of_the_share_nearest_to_a_fifth() -> None:
    def held(n: int, share: float, system: str = "") -> pl.DataFrame:
        return half_right(
            n,
            10,
            protocol="heldout",
            system=f"attention-bilstm{system}",
            train="emodb" if system else "urdu",
            condition=f'{{"share": {share}}}',
        )

    table = pl.concat([held(4, 0), held(6, 0.1), held(8, 0.6), held(5, 0.1, " target-only")])
    answer = answers(pool(table))[-1]
    assert answer.short == (
        "With 10% of a language's training utterances labelled, adaptation gains 20 points of UAR"
        " over no labels, on average over 1 language; that is 10 points more than the same labels"
        " give alone."
    )
    assert answer.detail[0].endswith(
        "from 0.40 with none; the same utterances alone give 0.50. With 60%: 0.80."
    )


def test_no_results_no_answers() -> None:
    assert answers([]) == []
    assert answers(pool(simulated(0.5, protocol="emobox"))) == []


def test_spoken_measures() -> None:
    assert spoken(Measure(0.625, (0.625,), 0.5, 0.75)) == "0.62 (0.50 to 0.75)"
    few = Measure(0.625, (0.625,), 0.5, 0.75)
    assert spoken(few, these_only=True) == "0.62 (0.50 to 0.75, these speakers only)"
    assert spoken(Measure(0.5, (0.5,), None, None)) == "0.50"
