from collections.abc import Sequence

import polars as pl

from ehsaas.evaluation.answers import answers
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.recommendation import QUESTION, recommendation
from tests.evaluation.contest import TARGETS, comparison, rated


def said(table: pl.DataFrame) -> tuple[str, tuple[str, ...]]:
    found = recommendation(pool(table))
    assert found is not None
    return found


def test_every_case_has_its_sentence() -> None:
    short, detail = said(comparison())
    assert short == (
        "On embeddings, the method that was best on the other languages reaches, on average over"
        " 4 languages, with no labels a UAR of 0.70, 20 points above source-only (corpus"
        " statistics) without labels; with 5 labels a class a UAR of 0.67, 27 points above"
        " source-only (source statistics) without labels."
    )
    known, unknown, few, useless = detail
    assert known.startswith("No labels, speakers known (embeddings, four): self-training (speaker")
    assert known.endswith("It uses who of the target's speakers is speaking, without their labels.")
    assert unknown.startswith("No labels, speakers not known")
    assert "10 points above" in unknown and "is speaking" not in unknown
    assert few.startswith("5 labels a class, speakers not known")
    assert "the same labels alone give 0.55, and the difference is +0.125" in few
    assert "told for bbse, coral, and bbse, coral lose against it; ahead of it: self" in useless


def test_where_nothing_is_ahead_of_the_baseline_that_is_said() -> None:
    table = pl.concat(
        [
            rated("source-only", "source", (4,) * 4),
            rated("source-only", "corpus", (5,) * 4),
            rated("coral", "corpus", (4, 4, 4, 5)),
        ]
    )
    short, (case, useless) = said(table)
    assert "level with source-only" in short and "not told from no difference" in short
    assert case.startswith("No labels, speakers not known (embeddings, four): source-only (corpus")
    assert "nothing is ahead of the plain baseline here, and the baseline will do" in case
    assert useless.endswith("told for coral, and coral loses against it; nothing is ahead of it.")


def test_the_short_answer_is_of_the_best_features() -> None:
    worse = [rated(n, "corpus", (3,) * 4, features="frames") for n in ("source-only", "mmd")]
    short, detail = said(pl.concat([comparison(), *worse]))
    assert short.startswith("On embeddings,")
    assert any("(frames, four)" in sentence for sentence in detail)


def test_it_is_the_answer_of_a_comparison() -> None:
    first, *rest = answers(pool(comparison()))
    assert first.question == QUESTION
    assert [one.question for one in rest] == ["Does transfer keep arousal and lose valence?"]


def test_other_experiments_recommend_nothing(results: Sequence[Result]) -> None:
    assert recommendation(results) is None
    assert QUESTION not in [one.question for one in answers(results)]


def test_targets_without_the_chosen_speakers_are_named() -> None:
    table = pl.concat(
        [
            rated("source-only", "corpus", (5, 5, 5, 5)),
            rated("source-only", "speaker", (9, 4, 4, 4)),
        ]
        + [rated("coral", "corpus", (1,) * 4)]
    )
    _, (known, *_) = said(table)
    assert f"speaking for {' and '.join(TARGETS[1:])}, without" in known
