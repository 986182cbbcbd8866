"""Entries of the benchmark → boards: who is ahead, on the same items and by the same statistics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ehsaas.emotions import LABEL_SETS
from ehsaas.evaluation.by_language import Cell, mean
from ehsaas.evaluation.entries import Entry

RANKED = "four"
"""The label set of the ranking."""

STATISTICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"alone": ("source", "none"), "corpus": ("corpus",), "speaker": ("speaker",)}
)
"""What a board may have of the tested language, and the kinds of statistics that are so: one clip
alone, unlabelled recordings of the corpus, or of the speaker."""

DIGITS = 3
"""Means that are the same to so many digits share a rank."""


@dataclass(frozen=True)
class Line:
    """An entry in a ranking: its mean UAR with interval, and a cell for each language it has."""

    rank: int
    entry: Entry
    mean: float
    low: float | None
    high: float | None
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Ranking:
    """Entries by their mean UAR over the same languages."""

    languages: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Board:
    """All entries that judged the same items by the same statistics.

    `items` is what the entries say of them; `languages` are all that they are in. `unranked` have
    no language that counts.
    """

    items: Mapping[str, Any]
    statistics: str
    languages: tuple[str, ...]
    rankings: tuple[Ranking, ...]
    unranked: tuple[tuple[Entry, Mapping[str, Cell]], ...]

    @property
    def chance(self) -> float:
        """UAR of a guess."""
        return 1 / len(LABEL_SETS[RANKED])


def boards(entries: Sequence[Entry]) -> list[Board]:
    """One for each list of items and kind of statistics, the longest list first."""
    by_items: dict[str, list[Entry]] = {}
    for entry in entries:
        by_items.setdefault(str(entry.about.items["sha256"]), []).append(entry)
    ordered = sorted(by_items.values(), key=lambda own: (-own[0].about.items["count"], _sha(own)))
    return [board for own in ordered for board in _boards(own)]


def _sha(own: Sequence[Entry]) -> str:
    return str(own[0].about.items["sha256"])


def _boards(entries: Sequence[Entry]) -> Iterator[Board]:
    languages = tuple(sorted({str(s["language"]) for e in entries for s in e.about.standings}))
    for name, kinds in STATISTICS.items():
        found = [(entry, _cells(entry, kinds)) for entry in entries]
        there = [(entry, own) for entry, own in found if own or name == "alone"]
        if not there:
            continue
        unranked = tuple((entry, own) for entry, own in there if not _counted(own))
        yield Board(entries[0].about.items, name, languages, tuple(_rankings(there)), unranked)


def _cells(entry: Entry, kinds: Sequence[str]) -> dict[str, Cell]:
    return {
        cell.language: cell
        for cell in entry.cells
        if cell.result.label_set == RANKED and cell.result.normalisation in kinds
    }


def _counted(cells: Mapping[str, Cell]) -> tuple[str, ...]:
    return tuple(sorted(language for language, cell in cells.items() if cell.counts))


def _rankings(found: Sequence[tuple[Entry, Mapping[str, Cell]]]) -> Iterator[Ranking]:
    """One for each choice of languages that counts for an entry, the widest first.

    An entry for which more languages count is in it, too, by its mean over these; one that judged
    other recordings of them is in a ranking of its own.
    """
    asked = {_judged(own, counted) for _, own in found if (counted := _counted(own))}
    for judged in sorted(asked, key=lambda one: (-len(one), one)):
        languages = tuple(name for name, _ in judged)
        lines = [
            Line(0, entry, *mean([own[name] for name in languages]), own)
            for entry, own in found
            if set(languages) <= set(_counted(own)) and _judged(own, languages) == judged
        ]
        yield Ranking(languages, tuple(_ranked(lines)))


def _judged(
    cells: Mapping[str, Cell], languages: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Some languages, each with the names of its recordings that were judged."""
    return tuple((name, tuple(map(str, cells[name].result.items.ids))) for name in languages)


def _ranked(lines: Sequence[Line]) -> Iterator[Line]:
    ordered = sorted(lines, key=lambda one: (-round(one.mean, DIGITS), one.entry.folder))
    rank = 0
    for place, line in enumerate(ordered, 1):
        before = ordered[place - 2] if place > 1 else None
        if before is None or round(before.mean, DIGITS) != round(line.mean, DIGITS):
            rank = place
        yield Line(rank, line.entry, line.mean, line.low, line.high, line.cells)
