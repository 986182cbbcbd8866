from collections.abc import Sequence

import polars as pl
import pytest

from ehsaas.evaluation.choice import choices
from ehsaas.evaluation.method_tables import (
    choice_table,
    chosen_table,
    contest_table,
    gained,
    method_tables,
)
from ehsaas.evaluation.methods import Contest, contests
from ehsaas.evaluation.pooled import Result, pool
from tests.evaluation.contest import TARGETS, comparison, rated


@pytest.fixture(scope="module")
def found() -> list[Contest]:
    return contests(pool(comparison()))


def test_every_line_has_as_many_cells_as_its_head() -> None:
    tables = method_tables(pool(comparison()))
    assert len(tables) == 7  # two of choices, a curve, two contests, two rankings
    for table in tables:
        assert {len(line) for line in table.body} == {len(table.head)}, table.title


def test_a_choice_says_what_it_gains_over_what(found: list[Contest]) -> None:
    known, unknown, few = choice_table(choices(found), found).body
    assert known[:5] == ("embeddings", "four", "no labels", "known", "0.700 [0.67, 0.73]†")
    assert known[5] == "source-only (corpus statistics), no labels"
    assert known[7].startswith("+0.200 [+0.18") and known[9:] == ("", "")
    # Speaker statistics by themselves gave 0.55, 0.05 of the 0.2.
    assert known[8].startswith("+0.150 [") and unknown[8].startswith("+0.100")
    assert unknown[3] == "not known" and unknown[7].startswith("+0.100")
    assert few[2] == "5 labels a class"
    assert few[5] == "source-only (source statistics), no labels"
    assert few[7].startswith("+0.275") and few[8].startswith("+0.175")
    assert few[9].startswith("0.550") and few[10].startswith("+0.125")


def test_it_is_said_what_the_choice_saw_of_the_tested_language(found: list[Contest]) -> None:
    intro = choice_table(choices(found), found).intro
    assert "nothing of the language" not in intro
    assert "None of the tested language's results goes into the choice; but the models" in intro


def test_hindsight_stands_beside_the_choice(found: list[Contest]) -> None:
    lines = {line[0]: line for line in chosen_table(choices(found)[:1]).body}
    assert lines["kashmiri_rasa"][5:7] == ("self-training", "speaker")
    assert lines["kashmiri_rasa"][8:] == ("yes", "0.900", "bbse (corpus statistics)")


def test_methods_are_in_order_and_references_in_brackets() -> None:
    table = pl.concat([comparison(), rated("mmd", "corpus", (9, 9), targets=TARGETS[:2])])
    zero, few = contests(pool(table))
    shown = contest_table(zero, [zero, few])
    assert [line[0] for line in shown.body[:2]] == ["self-training", "self-training"]
    assert [line[0] for line in shown.body[-3:]] == ["mmd", "(oracle)", "(chance)"]
    mmd = shown.body[-3]
    assert mmd[4:6] == ("", "") and mmd[-2:] == ("", "")
    assert {line[0] for line in contest_table(few, [zero, few]).body[-3:]} == {
        "(chance)",
        "(oracle)",
        "(target-only)",
    }


def test_what_was_told_the_truth_has_a_gain_and_is_never_chosen() -> None:
    told = rated("oracle: coral, right labels", "corpus", (8, 8, 8, 8))
    results = pool(pl.concat([comparison(), told]))
    zero, few = contests(results)
    line = next(one for one in contest_table(zero, [zero, few]).body if "coral, right" in one[0])
    assert line[0] == "(oracle: coral, right labels)"
    assert line[-1].startswith("+0.300")
    assert not any("coral, right" in one.counted() for one in choices([zero, few]))


def test_gains_are_over_source_only_by_the_same_statistics(found: list[Contest]) -> None:
    gains = {str(one.method): round(one.gain.value, 4) for one in gained(found[0], found)}
    assert gains == {
        "bbse (corpus statistics)": -0.05,
        "coral (corpus statistics)": -0.025,
        "self-training (corpus statistics)": 0.1,
        "self-training (speaker statistics)": 0.15,
    }


def test_with_labels_the_gain_is_over_source_only_that_has_none(found: list[Contest]) -> None:
    zero, five = found
    gains = {one.method.system: round(one.gain.value, 4) for one in gained(five, found)}
    assert gains == {"fine-tuning": 0.175, "linear-probe": 0.15}
    assert gained(five, [five]) == []
    intro = contest_table(five, found).intro
    assert "over `source-only` without labels, by the same statistics" in intro


def test_other_experiments_have_no_such_tables(results: Sequence[Result]) -> None:
    assert method_tables(results) == []
