"""Estimates → text on stdout: a table, JSON, JSON lines or CSV."""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import typer

from ehsaas.emotions import Estimate

Print = Callable[[Estimate], None]


class Format(StrEnum):
    """How estimates are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def printer(form: Format, classes: Sequence[str]) -> tuple[Print, Callable[[], None]]:
    """What takes the estimates one by one, and what ends the output; JSON lines and CSV stream."""
    makers: dict[Format, Callable[[], tuple[Print, Callable[[], None]]]] = {
        Format.TABLE: _table,
        Format.JSON: _json,
        Format.JSONL: _jsonl,
        Format.CSV: lambda: _csv(classes),
    }
    return makers[form]()


def _json() -> tuple[Print, Callable[[], None]]:
    found: list[dict[str, Any]] = []

    def finish() -> None:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))

    return lambda estimate: found.append(estimate.to_dict()), finish


def _jsonl() -> tuple[Print, Callable[[], None]]:
    def print_one(estimate: Estimate) -> None:
        typer.echo(json.dumps(estimate.to_dict(), ensure_ascii=False))

    return print_one, lambda: None


def _csv(classes: Sequence[str]) -> tuple[Print, Callable[[], None]]:
    columns = ["path", "start", "end", "emotion", "prediction_set", *classes]
    columns += ["arousal", "valence", "statistics", "warnings"]
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()

    def print_one(estimate: Estimate) -> None:
        probabilities = {name: f"{p:.4f}" for name, p in estimate.probabilities.items()}
        row = {
            "path": estimate.path,
            "start": f"{estimate.start:.2f}",
            "end": f"{estimate.end:.2f}",
            "emotion": estimate.emotion,
            "prediction_set": "; ".join(estimate.prediction_set),
            "arousal": _number(estimate.arousal),
            "valence": _number(estimate.valence),
            "statistics": estimate.statistics,
            "warnings": "; ".join(estimate.warnings),
        }
        writer.writerow(row | probabilities)

    return print_one, lambda: None


def _table() -> tuple[Print, Callable[[], None]]:
    """Arousal and valence have columns only where something is said of them."""
    told: list[Estimate] = []

    def finish() -> None:
        from rich.console import Console
        from rich.table import Column, Table
        from rich.text import Text

        placed = any(one.arousal is not None for one in told)
        table = Table(Column("Recording", overflow="fold"), Column("Seconds", justify="right"))
        for head in ("Emotion", "How sure"):
            table.add_column(head)
        for head in ("Arousal", "Valence") if placed else ():
            table.add_column(head, justify="right")
        table.add_column("Remarks", overflow="fold")
        for one in told:
            table.add_row(*(Text(cell) for cell in _cells(one, placed)))
        if told:
            Console().print(table)

    return told.append, finish


def _cells(estimate: Estimate, placed: bool) -> tuple[str, ...]:
    """A line of the table, with arousal and valence where they have columns."""
    ranked = sorted(estimate.probabilities.items(), key=lambda item: -item[1])
    places = (estimate.arousal, estimate.valence) if placed else ()
    return (
        estimate.path or "",
        f"{estimate.start:.1f}–{estimate.end:.1f}",
        _said(estimate),
        ", ".join(f"{name} {p:.2f}" for name, p in ranked[:2]),
        *("" if one is None else f"{one:+.2f}" for one in places),
        "; ".join(estimate.warnings),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _said(estimate: Estimate) -> str:
    """The emotion; where it is not sure, what it may be."""
    if len(estimate.prediction_set) < 2:
        return estimate.emotion
    return f"{estimate.emotion}: {' or '.join(estimate.prediction_set)}"
