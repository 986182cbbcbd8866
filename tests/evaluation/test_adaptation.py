import polars as pl

from ehsaas.evaluation.answers import answers
from ehsaas.evaluation.pooled import pool
from tests.evaluation.test_answers import half_right


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
        " over no labels, on average over 1 language (by paired tests a gain in 1, a loss in"
        " 0 of 1); that is 10 points more than the same labels give alone (by paired tests above in"
        " 0, below in 0 of 1)."
    )
    assert "from 0.40 with none; the same utterances alone give 0.50 (a paired" in answer.detail[0]
    assert answer.detail[0].endswith(". With 60%: 0.80.")
    table = pl.concat([held(4, 0), held(3, 0.1), held(8, 0.1, " target-only")])
    answer = answers(pool(table))[-1]
    assert "adaptation loses 10 points of UAR against no labels" in answer.short
    assert "that is 50 points less than the same labels give alone" in answer.short
    assert answer.short.endswith("Target-only beats adaptation on 1 of 1: emodb (four).")
    assert answer.detail[0].endswith("alone give 0.80, so target-only beats adaptation here.")
