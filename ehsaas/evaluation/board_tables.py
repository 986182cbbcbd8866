"""Boards and entries of the benchmark → tables of text, the same on page and terminal."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ehsaas.evaluation.by_language import DURATIONS, Cell, gap_text
from ehsaas.evaluation.entries import Entry
from ehsaas.evaluation.ranking import Board, Line, Ranking
from ehsaas.evaluation.tables import Table, figure
from ehsaas.evaluation.tongues import tongue

STATISTICS: Mapping[str, str] = MappingProxyType(
    {
        "alone": "One clip alone",
        "corpus": "Beside unlabelled recordings of its corpus",
        "speaker": "Beside unlabelled recordings of its speaker",
    }
)


def heading(board: Board) -> str:
    """Whose statistics a board is by."""
    return STATISTICS[board.statistics]


def described(board: Board) -> str:
    """The items of a board, in a sentence."""
    items = board.items
    neutral = sorted({style for styles in items["neutral"].values() for style in styles})
    styled = f"; unlabelled {' and '.join(neutral)} counts as neutral" if neutral else ""
    return (
        f"{items['count']} recordings of {', '.join(items['corpora'])}{styled};"
        f" sha256 of the list {items['sha256']}"
    )


def ranking_table(board: Board, ranking: Ranking) -> Table:
    """A ranking as text."""
    over = ", ".join(map(tongue, ranking.languages))
    return Table(
        f"{heading(board)}: ranked over {over}",
        described(board),
        ("rank", "entry", "mean UAR", *map(tongue, board.languages)),
        tuple(
            (
                str(line.rank),
                _named(line.entry),
                mean_text(line),
                *(cell_text(line.entry, line.cells, name) for name in board.languages),
            )
            for line in ranking.lines
        ),
    )


def unranked_table(board: Board) -> Table:
    """Entries for which no language counts, as text."""
    return Table(
        f"{heading(board)}: not ranked",
        f"No language counts. {described(board)}",
        ("entry", *map(tongue, board.languages)),
        tuple(
            (_named(entry), *(cell_text(entry, cells, name) for name in board.languages))
            for entry, cells in board.unranked
        ),
    )


def tables(board: Board) -> list[Table]:
    """A board as tables of text."""
    ranked = [ranking_table(board, one) for one in board.rankings]
    return [*ranked, *([unranked_table(board)] if board.unranked else [])]


def cell_text(entry: Entry, cells: Mapping[str, Cell], language: str) -> str:
    """`0.612 [0.55, 0.67] same language`; why there is no figure where there is none."""
    cell = cells.get(language)
    if cell is None or cell.result.uar is None:
        return f"refused: {entry.why_not(language)}"
    return f"{figure(cell.result)} {cell.result.protocol}"


def about_table(found: Sequence[Entry]) -> Table:
    """What was entered."""
    return Table(
        "Entries",
        "`trained on` is what a model says of itself. Left out: of what no figure holds.",
        ("entry", "what it is", "emotions", "trained on", "left out", "folder", "model sha256"),
        tuple(
            (
                one.about.name,
                one.about.kind,
                ", ".join(one.about.classes),
                _trained(one.about.trained_on),
                "; ".join(f"{n}: {why}" for why, n in one.about.left_out.items()) or "nothing",
                one.folder,
                one.about.digest[:16],
            )
            for one in found
        ),
    )


def detail_tables(found: Sequence[Entry]) -> list[Table]:
    """Every figure of every entry, a table each."""
    head = (
        *("language", "tested on", "label set", "statistics", "protocol", "UAR", "chance"),
        *("accuracy", "sex gap", "ECE", *(f"UAR, {name}" for name in DURATIONS)),
        "items (speakers)",
    )
    return [
        Table(
            one.about.name,
            "; ".join(f"{tongue(s['language'])}: {s['why']}" for s in one.about.standings) + ".",
            head,
            tuple(_detail(cell) for cell in one.cells),
        )
        for one in found
    ]


def _detail(cell: Cell) -> tuple[str, ...]:
    one = cell.result
    parts = [cell.by_duration.get(name) for name in DURATIONS]
    uar = figure(one) if one.uar else f"refused: {one.refused.get('uar', '')}"
    return (
        tongue(cell.language),
        one.corpus,
        f"{one.label_set} ({len(one.classes)})",
        one.normalisation,
        one.protocol,
        uar,
        f"{one.chance:.3f}",
        figure(one, "accuracy"),
        gap_text(cell.gap),
        "" if cell.error is None else f"{cell.error:.3f}",
        *("" if part is None else f"{part[0]:.3f} ({part[1]})" for part in parts),
        f"{len(one.items.ids)} ({one.speakers or 'unknown'})",
    )


def _named(entry: Entry) -> str:
    """Its name; where it is not known whether languages are new to it that is said, too."""
    return f"{entry.about.name} ({entry.silent})" if entry.silent else entry.about.name


def mean_text(line: Line) -> str:
    """`0.612 [0.55, 0.67]`: a mean with its interval."""
    limits = "" if line.low is None else f" [{line.low:.2f}, {line.high:.2f}]"
    only = any(cell.result.these_speakers_only for cell in line.cells.values() if cell.counts)
    return f"{line.mean:.3f}{limits}{'†' if only and limits else ''}"


def _trained(facts: Mapping[str, Any]) -> str:
    told = [", ".join(facts.get("corpora") or ()), ", ".join(facts.get("languages") or ())]
    if facts.get("digests"):
        told.append(f"{facts['digests']} digests")
    return "; ".join(one for one in told if one) or "not said"
