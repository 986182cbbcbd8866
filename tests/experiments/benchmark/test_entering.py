import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehsaas.audio import Clip
from ehsaas.digests import pack
from ehsaas.experiments.benchmark.entering import enter_model
from ehsaas.experiments.benchmark.entrants import Entrant
from ehsaas.experiments.benchmark.entry_folder import Entered
from ehsaas.experiments.benchmark.items import Items, items
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from tests.experiments.benchmark import tables
from tests.experiments.benchmark.tables import FOUR, digests, table
from tests.experiments.benchmark.test_judged import Listener, quiet

Answer = Callable[[Clip], dict[str, float] | None]


@pytest.fixture
def two(tmp_path: Path) -> Items:
    return items([table(tmp_path), table(tmp_path, "second", "ur", higher=1)])


def entered(
    given: Items, folder: Path, answer: Answer = tables.right, name: str = "toy", **facts: Any
) -> Entered:
    one = Entrant(
        name=name,
        kind="toy",
        system=name,
        digest=name,
        classes=FOUR,
        hear=Listener(answer),
        facts=facts,
    )
    return enter_model(one, given, folder, quiet)


def test_an_entry_lists_its_items_and_its_figures(two: Items, tmp_path: Path) -> None:
    made = entered(two, tmp_path / "runs", tables.never_sad, languages=["en"])
    folder = tmp_path / "runs" / made.entry.folder
    assert (folder / "items.csv").read_text() == two.listed
    told = json.loads((folder / "results.json").read_text())
    assert told["entry"]["items"]["sha256"] == two.sha256
    assert {row["value"] for row in told["rows"] if row["metric"] == "uar"} == {0.75}
    row = next(row for row in told["rows"] if row["metric"] == "uar" and row["test"] == "second")
    assert row["protocol"] == "zero-shot" and row["items"] == 24 and row["target_data"] == "none"
    for text in (made.board.json, made.board.markdown, made.board.html):
        assert two.sha256 in text.read_text()
        assert "0.75" in text.read_text()


def test_entries_are_ranked_by_their_means(two: Items, tmp_path: Path) -> None:
    entered(two, tmp_path, tables.never_sad, "worse", languages=["en"])
    made = entered(two, tmp_path, tables.right, "better", languages=["en"])
    (board,) = made.board.boards
    (ranking,) = board.rankings
    told = [(line.rank, line.entry.about.name, line.mean) for line in ranking.lines]
    assert told == [(1, "better", 1.0), (2, "worse", 0.75)]
    assert ranking.languages == ("de", "ur")


def test_an_adapted_model_does_not_rank_beside_those_that_never_heard_the_language(
    two: Items, tmp_path: Path
) -> None:
    """It may have been adapted to other recordings in the tested language: nobody knows."""
    entered(two, tmp_path, tables.never_sad, "new", languages=["en"])
    made = entered(two, tmp_path, name="changed", languages=["en"], adapted={"to": "own"})
    (board,) = made.board.boards
    assert [line.entry.about.name for one in board.rankings for line in one.lines] == ["new"]
    assert [one.about.name for one, _ in board.unranked] == ["changed"]
    text = made.board.markdown.read_text()
    assert "German: adapted to recordings whose language is not known" in text
    assert "changed (" not in text


def test_the_same_model_again_is_the_same_entry(two: Items, tmp_path: Path) -> None:
    first, again = (entered(two, tmp_path / "runs", languages=["en"]) for _ in range(2))
    assert first.entry.folder == again.entry.folder
    assert len(again.board.content["entries"]) == 1


def test_other_items_are_another_entry_on_another_board(two: Items, tmp_path: Path) -> None:
    entered(two, tmp_path / "runs", languages=["en"])
    fewer = items([two.table.keep(two.rows.filter(corpus="first"))])
    made = entered(fewer, tmp_path / "runs", languages=["en"])
    assert [board.items["sha256"] for board in made.board.boards] == [two.sha256, fewer.sha256]


def test_what_was_trained_on_is_left_out_counted_and_named(two: Items, tmp_path: Path) -> None:
    happy = pl.col("emotion") == "happiness", pl.col("speaker") == "second:s0"
    packed = pack(digests(two.table, happy[0] & happy[1]))
    made = entered(two, tmp_path / "runs", languages=["en"], digests=packed)
    about = made.entry.about
    assert about.left_out == {"trained on": 1} and about.trained_on["digests"] == 1
    assert about.items["sha256"] == two.sha256  # the list is the same for every model
    listed = pl.read_csv(tmp_path / "runs" / made.entry.folder / "left_out.csv")
    assert listed.rows()[0][:2] == ("second", "s0_happiness")
    cells = {c.language: c for c in made.entry.cells if c.result.label_set == "four"}
    assert len(cells["ur"].result.items.ids) == 23 and not cells["ur"].counts
    (ranking,) = made.board.boards[0].rankings
    assert ranking.languages == ("de",)


def test_a_language_of_which_nothing_is_left_is_refused(two: Items, tmp_path: Path) -> None:
    packed = pack(digests(two.table, pl.col("corpus") == "second"))
    made = entered(two, tmp_path, languages=["en"], digests=packed)
    assert {cell.language for cell in made.entry.cells} == {"de"}
    assert made.entry.why_not("ur") == "all 24 recordings were trained on"
    assert "refused: all 24 recordings were trained on" in made.board.markdown.read_text()


def test_a_model_that_was_trained_on_everything_is_told(two: Items, tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="trained on all 48 recordings of first, second"):
        entered(two, tmp_path, digests=pack(digests(two.table)))
    assert not (tmp_path / "leaderboard.json").exists()


def test_a_model_of_other_emotions_is_told(tmp_path: Path) -> None:
    given = items([table(tmp_path, emotions=("fear",))])
    with pytest.raises(BenchmarkError, match="no two of them are emotions of first"):
        entered(given, tmp_path)


def test_what_cannot_be_read_is_no_item(two: Items, tmp_path: Path) -> None:
    two.table.location("first", "s0_anger.wav").unlink()
    fewer = items([two.table])
    made = entered(fewer, tmp_path / "runs", languages=["en"])
    about = made.entry.about
    assert about.left_out == {"cannot be read": 1} and about.items["count"] == 47
    assert about.items["sha256"] == fewer.sha256 != two.sha256


def test_what_is_taken_from_an_earlier_run_is_told(two: Items, tmp_path: Path) -> None:
    first, again = (entered(two, tmp_path / "runs") for _ in range(2))
    assert first.taken == () and again.taken == ("first", "second")


def test_an_entry_whose_answers_may_have_changed_is_made_anew(two: Items, tmp_path: Path) -> None:
    one = Entrant(
        name="toy",
        kind="toy",
        system="toy",
        digest="toy",
        classes=FOUR,
        hear=Listener(tables.never_sad),
        settled=False,
    )
    enter_model(one, two, tmp_path, quiet)
    made = enter_model(replace(one, hear=Listener(tables.right)), two, tmp_path, quiet)
    assert made.taken == ()
    assert made.board.boards[0].rankings[0].lines[0].mean == 1.0


def test_a_name_makes_a_folder_whatever_it_holds(two: Items, tmp_path: Path) -> None:
    made = entered(two, tmp_path / "runs", name="../my model: best?")
    assert (tmp_path / "runs" / made.entry.folder).is_dir()
    assert made.entry.folder.startswith("my-model-best-")
