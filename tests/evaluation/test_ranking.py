from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from ehsaas.evaluation.by_language import cells
from ehsaas.evaluation.entries import About, Entry
from ehsaas.evaluation.ranking import Board, boards
from tests.evaluation.builders import FOUR
from tests.evaluation.test_by_language import answers

Shown = list[tuple[tuple[str, ...], list[tuple[int, str]]]]


def entry(
    name: str,
    wrong: Mapping[str, int],
    protocols: Mapping[str, str] | None = None,
    items: str = "a",
    kinds: tuple[str, ...] = ("source",),
) -> Entry:
    """One that takes the sadness of so many of 8 speakers for anger, by language."""
    tables = [
        answers(
            n,
            8,
            language=language,
            corpus=f"corpus_{language}",
            normalisation=kind,
            system=name,
            protocol=(protocols or {}).get(language, "zero-shot"),
        )
        for language, n in wrong.items()
        for kind in kinds
    ]
    standings: list[dict[str, Any]] = [
        {"language": code, "items": 32, "trained_on": 0, "why": "", "protocol": "zero-shot"}
        for code in ("de", "ur")
    ]
    about = About(
        name=name,
        kind="toy",
        system=name,
        digest=name,
        classes=FOUR,
        trained_on={},
        items={"sha256": items, "count": 64, "corpora": ["x"], "neutral": {}},
        standings=standings,
    )
    return Entry(name, about, cells(pl.concat(tables)))


def shown(board: Board) -> Shown:
    return [
        (one.languages, [(line.rank, line.entry.folder) for line in one.lines])
        for one in board.rankings
    ]


def test_the_highest_mean_is_first_and_the_same_mean_the_same_rank() -> None:
    (board,) = boards(
        [
            entry("low", {"de": 8, "ur": 8}),
            entry("even", {"de": 4, "ur": 0}),
            entry("also", {"de": 0, "ur": 4}),
            entry("best", {"de": 0, "ur": 0}),
        ]
    )
    ranks = [(1, "best"), (2, "also"), (2, "even"), (4, "low")]
    assert shown(board) == [(("de", "ur"), ranks)]
    assert board.chance == 0.25 and board.languages == ("de", "ur")


def test_only_the_same_items_are_ranked_together() -> None:
    found = boards([entry("one", {"de": 0}, items="a"), entry("two", {"de": 0}, items="b")])
    assert [(board.items["sha256"], shown(board)[0][1]) for board in found] == [
        ("a", [(1, "one")]),
        ("b", [(1, "two")]),
    ]


def test_who_judged_other_recordings_of_a_language_is_ranked_apart() -> None:
    whole, part = entry("whole", {"de": 0, "ur": 0}), entry("part", {"de": 0, "ur": 0})
    fewer = answers(0, 7, language="de", corpus="corpus_de", system="part")
    urdu = [cell for cell in part.cells if cell.language == "ur"]
    part = replace(part, cells=[*cells(fewer.with_columns(normalisation=pl.lit("source"))), *urdu])
    (board,) = boards([whole, part])
    assert sorted(shown(board)) == [
        (("de", "ur"), [(1, "part")]),
        (("de", "ur"), [(1, "whole")]),
    ]


def test_kinds_of_statistics_are_apart_and_none_stands_beside_source() -> None:
    both = entry("both", {"de": 4, "ur": 4}, kinds=("source", "corpus"))
    bare = entry("bare", {"de": 0, "ur": 0}, kinds=("none",))
    alone, beside = boards([both, bare])
    assert (alone.statistics, beside.statistics) == ("alone", "corpus")
    assert shown(alone) == [(("de", "ur"), [(1, "bare"), (2, "both")])]
    assert shown(beside) == [(("de", "ur"), [(1, "both")])]


def test_means_are_compared_over_languages_that_count_for_all() -> None:
    """Who was trained on German is ranked over Urdu alone, and the other once more, too."""
    seen = entry("seen", {"de": 0, "ur": 0}, {"de": "same language"})
    unseen = entry("unseen", {"de": 0, "ur": 8})
    (board,) = boards([seen, unseen])
    assert shown(board) == [
        (("de", "ur"), [(1, "unseen")]),
        (("ur",), [(1, "seen"), (2, "unseen")]),
    ]
    assert [line.mean for line in board.rankings[1].lines] == [1.0, 0.75]
    assert set(board.rankings[1].lines[0].cells) == {"de", "ur"}  # shown all the same


def test_who_has_no_language_that_counts_is_not_ranked() -> None:
    everywhere = {"de": "contaminated", "ur": "same language"}
    (board,) = boards([entry("seen", {"de": 0, "ur": 0}, everywhere), entry("other", {"de": 1})])
    assert shown(board) == [(("de",), [(1, "other")])]
    assert [one.folder for one, _ in board.unranked] == ["seen"]
