"""The folder of an entry of the benchmark ↔ `Entry`: what was entered, and its figures."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ehsaas.emotions import LABEL_SETS, to_label_set
from ehsaas.evaluation import by_language, predictions
from ehsaas.evaluation.by_language import Cell
from ehsaas.evaluation.predictions import PredictionError
from ehsaas.evaluation.results import rows

FORMAT = 1
PREDICTIONS, RESULTS = "predictions.parquet", "results.json"


class EntryError(ValueError):
    """The folder of an entry cannot be read; the message says why."""


@dataclass(frozen=True)
class About:
    """What was entered, and what it was judged on.

    `trained_on` is what the model says of that; `items` are the list's `sha256`, how many there
    are, the corpora and the styles that count as neutral in them. `standings` are, by language,
    its protocol, why, and how many items there are and were trained on. `left_out` counts the
    utterances that no figure holds by why.
    """

    name: str
    kind: str
    system: str
    digest: str
    classes: Sequence[str]
    trained_on: Mapping[str, Any]
    items: Mapping[str, Any]
    standings: Sequence[Mapping[str, Any]]
    left_out: Mapping[str, int] = field(default_factory=dict)
    version: str = ""


@dataclass(frozen=True)
class Entry:
    """An entry, by the name of its folder, with a cell for each language that was judged."""

    folder: str
    about: About
    cells: Sequence[Cell]

    @cached_property
    def lacking(self) -> tuple[str, ...]:
        """Classes of `four` that the model does not know, so that it cannot be ranked."""
        reached = {to_label_set(name, "four") for name in self.about.classes}
        return tuple(name for name in LABEL_SETS["four"] if name not in reached)

    @property
    def silent(self) -> str:
        """Why of some languages it is not known whether they are new to the model; else nothing."""
        told = (one["why"] for one in self.about.standings if one["protocol"] == "unknown")
        return "; ".join(dict.fromkeys(map(str, told)))

    def why_not(self, language: str) -> str:
        """Why there is no UAR in `four` for a language that the items are in."""
        for one in self.about.standings:
            if one["language"] == language and one["trained_on"] >= one["items"]:
                return f"all {one['items']} recordings were trained on"
        if self.lacking:
            return f"the model does not know {', '.join(self.lacking)}"
        for cell in self.cells:
            if cell.language == language and cell.result.label_set == "four":
                return cell.result.refused.get("uar", "it was refused")
        return "nothing could be judged"


def write(folder: Path, about: About) -> Entry:
    """Write `results.json` beside the prediction table of an entry, from that table.

    Its `rows` are those of a results page's twin.

    Raises:
        PredictionError: there is no prediction table.
    """
    found = _entry(folder, about)
    content = {
        "format": FORMAT,
        "entry": asdict(about),
        "cells": [by_language.told(cell) for cell in found.cells],
        "rows": rows([cell.result for cell in found.cells], ({"system": about.system},)),
    }
    write_aside(folder / RESULTS, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return found


def read(folder: Path) -> Entry | None:
    """The entry in a folder; None where none was finished there.

    Raises:
        EntryError: what is there is no entry, or one of a newer version.
        PredictionError: its predictions are damaged.
    """
    path = folder / RESULTS
    if not path.is_file() or not (folder / PREDICTIONS).is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise EntryError(
                f"{path}: written in format {content['format']}; this version reads {FORMAT}"
            )
        return _entry(folder, About(**content["entry"]))
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, EntryError | PredictionError):
            raise
        raise EntryError(f"{path}: no results of the benchmark ({error}); remove it") from error


def every(folder: Path) -> list[Entry]:
    """The finished entries in the folders of a folder, by the names of these.

    Models of one name that were judged on the same items are told apart by their digests.

    Raises:
        EntryError: one cannot be read.
    """
    read_all = (read(one) for one in sorted(folder.iterdir()) if one.is_dir())
    found = [one for one in read_all if one is not None]
    names = Counter((one.about.name, one.about.items["sha256"]) for one in found)
    return [
        _told_apart(one) if names[one.about.name, one.about.items["sha256"]] > 1 else one
        for one in found
    ]


def _told_apart(entry: Entry) -> Entry:
    name = f"{entry.about.name} ({entry.about.digest[:6]})"
    return replace(entry, about=replace(entry.about, name=name))


def write_aside(path: Path, text: str) -> None:
    """Write a text beside its place first, then put it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def _entry(folder: Path, about: About) -> Entry:
    table = predictions.read(folder / PREDICTIONS)
    return Entry(folder.name, about, by_language.cells(table))
