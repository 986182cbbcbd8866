"""What was entered, its items and standings → the files of an entry beside its predictions."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import polars as pl

from ehsaas.evaluation import entries
from ehsaas.evaluation.entries import About, Entry, write_aside
from ehsaas.evaluation.leaderboard import Leaderboard
from ehsaas.experiments.benchmark.items import Items, LeftOut
from ehsaas.experiments.benchmark.standing import Standing


@dataclass(frozen=True)
class Entered:
    """The entry that was made, or made again, and the leaderboard that it is on.

    `taken` says what of it an earlier run had finished.
    """

    entry: Entry
    board: Leaderboard
    taken: tuple[str, ...] = ()


def folder_name(name: str, digest: str, items: Items) -> str:
    """The name of an entry's folder: its own, and what tells it and its items from all others."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "model"
    return f"{plain}-{sha(f'{digest} {items.sha256}')[:12]}"


def sha(text: str) -> str:
    """Sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def about(name: str, kind: str, system: str, digest: str, classes: Sequence[str]) -> dict[str, Any]:
    """What an entry says of itself, but for what it was trained and judged on."""
    own = {"name": name, "kind": kind, "system": system, "digest": digest}
    return {**own, "classes": list(classes), "version": metadata.version("ehsaas")}


def write(
    folder: Path,
    told_about: Mapping[str, Any],
    items: Items,
    standings: Sequence[Standing],
    left_out: Sequence[LeftOut],
) -> Entry:
    """Everything of an entry's folder but the predictions, which are there."""
    write_aside(folder / "items.csv", items.listed)
    schema = dict.fromkeys(("corpus", "id", "digest", "kind", "why"), pl.String)
    listed = pl.DataFrame([asdict(one) for one in left_out], schema=schema)
    write_aside(folder / "left_out.csv", listed.write_csv())
    told = {
        "sha256": items.sha256,
        "count": len(items.table),
        "corpora": list(items.corpora),
        "neutral": {name: list(styles) for name, styles in sorted(items.neutral.items())},
    }
    counts = dict(sorted(Counter(one.kind for one in left_out).items()))
    languages = [asdict(one) for one in standings]
    return entries.write(
        folder, About(**told_about, items=told, standings=languages, left_out=counts)
    )
