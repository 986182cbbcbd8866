"""Rows without ids → an id each: the file's stem, or as much more as tells them apart."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ehsaas.corpora.card import CorpusError
from ehsaas.corpora.measure import Found


def give_ids(source: Path, rows: Sequence[Found]) -> None:
    """Give ids: the file stem; where stems repeat, the path; where files repeat, the start too."""
    own = [row["id"] for row in rows if row.get("id")]
    if own and (len(own) < len(rows) or len(set(own)) < len(own)):
        twice = [name for name, count in Counter(own).items() if count > 1]
        raise CorpusError(
            f"{source}: give every row an id of its own, or none;"
            f" {len(rows) - len(own)} are empty, {len(twice)} repeat ({', '.join(twice[:3])})"
        )
    if own:
        return
    paths = Counter(row["path"] for row in rows)
    names = _names(list(paths))
    for row in rows:
        stretch = f"@{row.get('start') or 0:.3f}" if paths[row["path"]] > 1 else ""
        row["id"] = names[row["path"]] + stretch
    twice = [name for name, count in Counter(row["id"] for row in rows).items() if count > 1]
    if twice:
        raise CorpusError(
            f"{source}: {len(twice)} recordings are listed more than once from one start, first"
            f" {twice[0]}; list each once, or give every row an id"
        )


def _names(paths: Sequence[str]) -> dict[str, str]:
    """The shortest of stem, path without ending and path that no other path shares."""
    ways = [
        {path: PurePosixPath(path).stem for path in paths},
        {path: str(PurePosixPath(path).with_suffix("")) for path in paths},
    ]
    names = {path: path for path in paths}
    for way in reversed(ways):
        count = Counter(way.values())
        names |= {path: name for path, name in way.items() if count[name] == 1}
    return names
