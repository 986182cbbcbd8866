"""Model files that a benchmark is run with → what its page says they are."""

from collections.abc import Sequence
from pathlib import Path

from ehsaas.serving import runtime


def described(paths: Sequence[Path]) -> dict[str, str]:
    """For each file's name the kind of network, its size and precision, and what trained it."""
    return {path.name: _described(path) for path in paths}


def _described(path: Path) -> str:
    card = runtime.read(path).card
    corpora = ", ".join(card.facts.get("corpora", ())) or "corpora that it does not name"
    size = path.stat().st_size / 1e6
    return f"{card.model}, {card.precision}, {size:.1f} MB, trained on {corpora}"


def listed(files: dict[str, str]) -> str:
    """The same as lines of a page."""
    return "\n".join(f"- `{name}`: {said}" for name, said in files.items())
