import json
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ehsaas.evaluation import entries, leaderboard, predictions
from ehsaas.evaluation.board_tables import cell_text, tables
from ehsaas.evaluation.leaderboard import Leaderboard
from ehsaas.evaluation.ranking import boards
from tests.evaluation.test_by_language import answers
from tests.evaluation.test_ranking import entry


@pytest.fixture
def made(tmp_path: Path) -> Leaderboard:
    """Two models, one of which was trained on German; one says nothing of its training."""
    for name, german, protocol in (("seen", 0, "same language"), ("silent", 4, "unknown")):
        about = entry(name, {"de": 0}).about
        why = "does not say what it was trained on" if protocol == "unknown" else ""
        told = {"protocol": protocol, "why": why}
        standings = [dict(one) | told for one in about.standings]
        table = pl.concat(
            [
                answers(german, 8, language="de", corpus="first", protocol=protocol),
                answers(8, 8, language="ur", corpus="second", protocol="zero-shot"),
            ]
        )
        table = table.with_columns(normalisation=pl.lit("none"), system=pl.lit(name))
        predictions.write(table, tmp_path / name / entries.PREDICTIONS)
        entries.write(tmp_path / name, replace(about, standings=standings))
    return leaderboard.rebuild(tmp_path)


def test_the_json_has_ranks_means_cells_and_entries(made: Leaderboard) -> None:
    told = json.loads(made.json.read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(made.content))
    (board,) = told["boards"]
    whole, urdu = board["rankings"]
    assert whole["languages"] == ["de", "ur"] and urdu["languages"] == ["ur"]
    (line,) = whole["lines"]
    assert (line["rank"], line["name"], line["mean"]) == (1, "silent", (0.875 + 0.75) / 2)
    assert [(one["rank"], one["mean"]) for one in urdu["lines"]] == [(1, 0.75), (1, 0.75)]
    seen = next(one for one in urdu["lines"] if one["name"] == "seen")
    assert seen["cells"]["de"]["uar"]["value"] == 1.0 and not seen["cells"]["de"]["counts"]
    assert {one["folder"] for one in told["entries"]} == {"seen", "silent"}


def test_the_markdown_has_the_same_figures(made: Leaderboard) -> None:
    text = made.markdown.read_text(encoding="utf-8")
    assert "## One clip alone: ranked over German, Urdu" in text
    line = next(row for row in text.splitlines() if row.startswith("| 1 | seen "))
    assert line == "| 1 | seen | 0.750 [0.75, 0.75] | 1.000 [1.00, 1.00] same language |" + (
        " 0.750 [0.75, 0.75] zero-shot |"
    )
    assert "| silent (does not say what it was trained on) |" in text
    assert "## How the figures are made" in text


def test_the_page_loads_nothing_and_says_who_keeps_silent(made: Leaderboard) -> None:
    text = made.html.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)\s*=|@import|url\(", text)
    assert text.count("<small>toy; does not say what it was trained on<") == 2  # both rankings
    assert "that a model was not trained on, as far as it says." in text
    assert "sha256 of the list a" in text and "Every figure" in text
    assert "<built-in" not in text and "None" not in text


def test_a_cell_says_what_kind_of_figure_it_is_or_why_there_is_none() -> None:
    one = entry("seen", {"de": 0}, {"de": "contaminated"})
    own = {cell.language: cell for cell in one.cells}
    assert cell_text(one, own, "de") == "1.000 [1.00, 1.00] contaminated"
    assert cell_text(one, own, "ur") == "refused: nothing could be judged"


def test_those_that_are_not_ranked_have_a_table() -> None:
    (board,) = boards([entry("seen", {"de": 0, "ur": 0}, {"de": "contaminated", "ur": "unknown"})])
    assert [table.title for table in tables(board)] == ["One clip alone: ranked over Urdu"]
    everywhere = {"de": "contaminated", "ur": "same language"}
    (board,) = boards([entry("seen", {"de": 0, "ur": 0}, everywhere)])
    (table,) = tables(board)
    assert table.title == "One clip alone: not ranked"
    assert table.body[0][0] == "seen"


def test_a_folder_without_entries_has_an_empty_leaderboard(tmp_path: Path) -> None:
    made = leaderboard.rebuild(tmp_path)
    assert made.content == {"boards": [], "entries": []}
    assert "No entry was finished." in made.html.read_text(encoding="utf-8")
