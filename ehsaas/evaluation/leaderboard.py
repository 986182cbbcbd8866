"""The entries in a folder → `leaderboard.json`, `leaderboard.md`, one self-contained page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ehsaas.evaluation import by_language, entries
from ehsaas.evaluation.board_tables import (
    about_table,
    described,
    detail_tables,
    heading,
    mean_text,
    tables,
)
from ehsaas.evaluation.bootstrap import FEWEST_SPEAKERS, RESAMPLES
from ehsaas.evaluation.by_language import Cell
from ehsaas.evaluation.entries import Entry
from ehsaas.evaluation.markdown import laid_out
from ehsaas.evaluation.ranking import RANKED, Board, Line, Ranking, boards
from ehsaas.evaluation.rendering import render
from ehsaas.evaluation.tables import figure
from ehsaas.evaluation.tongues import tongue

TITLE = "Leaderboard: emotion in speech across languages"

METHOD: tuple[str, ...] = (
    "Ranked by the mean over languages of the UAR (mean of the classes' recalls) on anger,"
    " happiness, neutral and sadness; a guess has 0.25. A model that knows more emotions chooses"
    " among these four.",
    "Only entries with the same list of items (`items.csv` in an entry's folder, by its sha256) are"
    " ranked together, and only over languages that count for all of them. A language counts where"
    " it was not trained on (`zero-shot`, or `lolo`: trained anew without it), and where that is"
    " not known (`unknown`); the reason stands beside the entry's name.",
    "`same language`: trained on other recordings in the language. `contaminated`: trained on"
    " recordings that are judged; they are left out where the model says which. `adapted`: changed"
    " after its training, by recordings whose language is not known. No such figure counts."
    " Recordings are told by their digests, so a copy at another level or rate is not seen; nor is"
    " what a pretrained encoder heard before.",
    "Statistics of a corpus or a speaker are those of all its items that the model was not trained"
    " on, the judged one included, without their labels; those of a speaker are shrunk towards the"
    " model's own as always, and a speaker of fewer than five recordings has those of the corpus. A"
    " recipe takes them by its own rules.",
    f"Intervals [low, high] are 95 %, from {RESAMPLES} bootstrap resamples of test speakers, those"
    " of a mean with each language's speakers resampled on their own."
    f" † fewer than {FEWEST_SPEAKERS} speakers, or unknown ones: resampled over utterances, so it"
    " speaks for these speakers only. Overlapping intervals of two entries are not a test.",
    "Sex gap: UAR of women minus UAR of men. ECE: expected calibration error of the probabilities"
    " among the classes of the label set (0 is best). A clip in which a model hears no speech is"
    " wrong.",
)


@dataclass(frozen=True)
class Leaderboard:
    """The three files, and what they tell."""

    json: Path
    markdown: Path
    html: Path
    boards: Sequence[Board]
    content: Mapping[str, Any]


def rebuild(folder: Path) -> Leaderboard:
    """Write the three files from the folders of all finished entries.

    Raises:
        EntryError: an entry cannot be read.
        ImportError: jinja2 is not installed.
    """
    found = entries.every(folder)
    made = boards(found)
    content = {"boards": [_board(one) for one in made], "entries": [_entry(one) for one in found]}
    plain, text, page = (folder / f"leaderboard.{ending}" for ending in ("json", "md", "html"))
    entries.write_aside(plain, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    entries.write_aside(text, _markdown(made, found))
    values = {
        "title": TITLE,
        "boards": [_shown(one) for one in made],
        "entries": [about_table(found), *detail_tables(found)],
        "method": METHOD,
    }
    render("leaderboard.html", values, page)
    return Leaderboard(plain, text, page, made, content)


def _markdown(made: Sequence[Board], found: Sequence[Entry]) -> str:
    blocks = [f"# {TITLE}"]
    for table in (table for board in made for table in tables(board)):
        blocks += laid_out(table)
    for table in (about_table(found), *detail_tables(found)):
        blocks += laid_out(table)
    blocks += ["## How the figures are made", "\n".join(f"- {line}" for line in METHOD)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _board(board: Board) -> dict[str, Any]:
    return {
        "items": dict(board.items),
        "statistics": board.statistics,
        "label_set": RANKED,
        "languages": list(board.languages),
        "chance": board.chance,
        "rankings": [
            {"languages": list(one.languages), "lines": [_line(line) for line in one.lines]}
            for one in board.rankings
        ],
        "unranked": [
            {"name": entry.about.name, "folder": entry.folder, "cells": _plain(cells)}
            for entry, cells in board.unranked
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "rank": line.rank,
        "name": line.entry.about.name,
        "kind": line.entry.about.kind,
        "folder": line.entry.folder,
        "mean": round(line.mean, 4),
        "low": None if line.low is None else round(line.low, 4),
        "high": None if line.high is None else round(line.high, 4),
        "cells": _plain(line.cells),
    }


def _plain(cells: Mapping[str, Cell]) -> dict[str, Any]:
    return {language: by_language.told(cell) for language, cell in sorted(cells.items())}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "folder": entry.folder,
        **asdict(entry.about),
        "cells": [by_language.told(cell) for cell in entry.cells],
    }


def _shown(board: Board) -> dict[str, Any]:
    """A board as the page's template reads it."""
    return {
        "title": heading(board),
        "described": described(board),
        "languages": [tongue(name) for name in board.languages],
        "chance": board.chance,
        "rankings": [
            {
                "over": ", ".join(map(tongue, one.languages)),
                "lines": [_shown_line(board, one, line) for line in one.lines],
            }
            for one in board.rankings
        ],
        "unranked": [
            {"name": e.about.name, "kind": _kind(e), "cells": _shown_cells(board, e, cells, ())}
            for e, cells in board.unranked
        ],
    }


def _shown_line(board: Board, ranking: Ranking, line: Line) -> dict[str, Any]:
    return {
        "rank": line.rank,
        "name": line.entry.about.name,
        "kind": _kind(line.entry),
        "mean": line.mean,
        "low": line.low,
        "high": line.high,
        "limits": mean_text(line).partition(" ")[2],
        "cells": _shown_cells(board, line.entry, line.cells, ranking.languages),
    }


def _kind(entry: Entry) -> str:
    """What an entry is; where it is not known whether languages are new to it, that too."""
    return "; ".join(part for part in (entry.about.kind, entry.silent) if part)


def _shown_cells(
    board: Board, entry: Entry, cells: Mapping[str, Cell], counted: Sequence[str]
) -> list[dict[str, Any]]:
    found = []
    for language in board.languages:
        cell = cells.get(language)
        if cell is None or cell.result.uar is None:
            found.append({"value": "", "below": entry.why_not(language), "counts": False})
            continue
        value, _, limits = figure(cell.result).partition(" ")
        below = [limits, cell.result.protocol]
        found.append(
            {
                "value": value,
                "below": " · ".join(part for part in below if part),
                "counts": language in counted,
            }
        )
    return found
