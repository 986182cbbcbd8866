from collections.abc import Sequence

import polars as pl
import pytest

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
        "On embeddings, with speakers known, the method that was best on the other languages"
        " reaches, on average over 4 languages, with no labels a UAR of 0.70, 20 points above"
        " source-only (corpus statistics) without labels, of which the method itself, over"
        " source-only by the same statistics: +0.150, +0.134 to +0.169; with 5 labels a class a UAR"
        " of 0.67, 27 points above source-only (source statistics) without labels, of which the"
        " method itself +0.175, +0.154 to +0.199."
    )
    known, unknown, few, ahead, ahead_with_labels = detail
    assert known.startswith("No labels, speakers known (embeddings, four): self-training (speaker")
    assert known.endswith("It uses who of the target's speakers is speaking, without their labels.")
    assert unknown.startswith("No labels, speakers not known")
    assert "10 points above" in unknown and "is speaking" not in unknown
    assert few.startswith("5 labels a class, speakers not known")
    assert "the same labels alone give 0.55, and the difference is +0.125" in few
    assert ahead == (
        "No labels (embeddings, four), against source-only without labels by the same statistics:"
        " ahead by corpus statistics self-training; by speaker statistics self-training. Behind by"
        " all that were tried: bbse, coral. These are 4 single comparisons by 95 % intervals, not"
        " corrected for their number."
    )
    assert "ahead by corpus statistics fine-tuning, linear-probe. These" in ahead_with_labels


def test_what_the_statistics_give_is_not_the_method_s() -> None:
    table = [
        rated("source-only", "source", (3,) * 4),
        rated("source-only", "corpus", (5,) * 4),
        rated("source-only", "speaker", (7,) * 4),
        rated("coral", "speaker", (8, 8, 8, 8)),
    ]
    short, (known, unknown, _) = said(pl.concat(table))
    assert "30 points above source-only (corpus statistics) without labels, of which" in short
    assert "by the same statistics: +0.100, +0.084 to +0.119." in short
    assert "of which the method itself" in known
    assert "the method itself" not in unknown  # it is source-only that is chosen there


def test_a_method_by_poorer_statistics_than_the_baseline_s_is_no_part_of_its_gain() -> None:
    table = [
        rated("source-only", "source", (3,) * 4),
        rated("source-only", "corpus", (5,) * 4),
        rated("coral", "source", (6,) * 4),
    ]
    short, _ = said(pl.concat(table))
    assert "10 points above source-only (corpus statistics) without labels, the method itself," in (
        short
    )
    assert "same statistics: +0.300, +0.276" in short and "of which" not in short


def test_methods_are_ahead_by_the_statistics_that_are_named_only() -> None:
    table = [
        rated("source-only", "source", (3,) * 4),
        rated("source-only", "corpus", (5,) * 4),
        rated("coral", "source", (4,) * 4),
        rated("coral", "corpus", (4,) * 4),
        rated("mmd", "source", (2,) * 4),
        rated("mmd", "corpus", (5,) * 4),
    ]
    *_, ahead = said(pl.concat(table))[1]
    assert "statistics: ahead by source statistics coral. Ahead by none, but not" in ahead
    assert "behind by all: mmd. These are 4 single comparisons" in ahead


def test_where_nothing_is_ahead_of_the_baseline_that_is_said() -> None:
    table = pl.concat(
        [
            rated("source-only", "source", (4,) * 4),
            rated("source-only", "corpus", (5,) * 4),
            rated("coral", "corpus", (4, 4, 4, 5)),
        ]
    )
    short, (case, ahead) = said(table)
    assert "level with source-only" in short and "not told from no difference" in short
    assert case.startswith("No labels, speakers not known (embeddings, four): source-only (corpus")
    assert "nothing is ahead of the plain baseline here, and the baseline will do" in case
    assert ahead.endswith(
        "nothing is ahead. Behind by all that were tried: coral. This is one comparison by 95 %"
        " intervals."
    )


@pytest.mark.parametrize("right", (1, 9))
def test_no_result_says_which_features_the_short_answer_is_of(right: int) -> None:
    """Neither where the others are far worse nor where they are far better."""
    others = [
        rated(n, "corpus", (right,) * 4, features=features)
        for n in ("source-only", "mmd")
        for features in ("frames", "a-new-kind")
    ]
    short, detail = said(pl.concat([comparison(), *others]))
    assert short.startswith("On embeddings,")
    short, _ = said(pl.concat(others))
    assert short.startswith("On frames,")
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
