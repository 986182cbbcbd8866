"""Results pages that carry those of other experiments behind their own."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ehsaas.evaluation.pooled import REFERENCES

META = "ehsaas.page"
"""Key of a prediction table's metadata under which its page's title, notes and so on lie."""

RUN = "run"
"""Key in the condition of a gathered row that says which experiment it is of."""

CARRIED = ("uar", "weighted_f1")
"""Metrics that the twin has of what hears on a gathered page; that page's own has the rest."""

_METHOD = re.compile(r"^## How the figures are made\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#", re.MULTILINE)


def rows(folder: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of the twins of some pages, each with its experiment; none is headline.

    All that was published; of what hears two metrics, and of chance its UAR: the twin of a page
    that gathers grids would be megabytes otherwise.
    """
    return [
        {**row, "headline": False, "condition": {**row["condition"], RUN: name}}
        for name in names
        if (folder / f"{name}.json").is_file()
        for row in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if _carried(row)
    ]


def _carried(row: Mapping[str, Any]) -> bool:
    if row["source"] != "ours":
        return True
    kept = CARRIED[:1] if row["system"] == "chance" else CARRIED
    return row["metric"] in kept and row["system"] not in {*REFERENCES} - {"chance"}


def check(folder: Path, name: str, gathers: Sequence[str]) -> None:
    """See that no page would carry itself, or one that carries others.

    Raises:
        ValueError: it would.
    """
    if name in gathers:
        raise ValueError(f"the page {name} gathers itself; leave it out of `gathers`")
    if gathers and (above := [*gatherers(folder, name)]):
        raise ValueError(
            f"the page {name} is gathered by {above[0].stem}; let one of the two gather nothing"
        )
    for one in gathers:
        path = folder / f"{one}.parquet"
        about = meta(path) if path.is_file() else None
        if about is not None and about.get("gathers"):
            raise ValueError(f"the page {one} gathers others; {name} cannot gather it")


def chapters(folder: Path, names: Sequence[str]) -> Iterator[str]:
    """The pages of some experiments as chapters, their headings a level lower.

    How figures are made is said once, by the page that they join.
    """
    for name in names:
        path = folder / f"{name}.md"
        if path.is_file():
            text = _METHOD.sub("", path.read_text(encoding="utf-8"))
            yield _HEADING.sub("##", text).strip() + "\n"
        else:
            yield f"## Results: {name}\n\nNot run yet: there is no `{name}.md` beside this page.\n"


def gatherers(folder: Path, name: str) -> Iterator[Path]:
    """The prediction tables of the pages in a folder that carry the page `name`."""
    for path in sorted(folder.glob("*.parquet")):
        about = meta(path)
        if about is not None and name in about.get("gathers", ()):
            yield path


def meta(parquet: Path) -> Mapping[str, Any] | None:
    """What a prediction table says of its page, or None where it has none."""
    told = pl.read_parquet_metadata(parquet).get(META)
    return None if told is None else json.loads(told)
