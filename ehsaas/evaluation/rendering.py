"""A template of this folder and its values → one self-contained HTML file."""

import os
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape
except ImportError as error:  # pragma: no cover
    raise ImportError("reports need jinja2: pip install 'ehsaas[train]'") from error

from ehsaas.evaluation.drawing import inline

_FIGURE = re.compile(r"^(\d\.\d{3})((?: \[[^\]]*\]†?)?)((?: \{[^}]*\})?)$")


def render(template: str, values: Mapping[str, Any], out: Path) -> Path:
    """Fill `template` and write it to `out`, beside it first and then renamed."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": _cell, "words": _words, "drawing": _drawing}
    text = environment.get_template(template).render(version=metadata.version("ehsaas"), **values)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_suffix(f".{os.getpid()}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(out)
    return out


def _cell(text: str) -> Markup:
    """A table cell: the figure strong, its interval and spread small."""
    found = _FIGURE.match(text)
    if not found:
        return escape(text)
    value, low_high, spread = found.groups()
    below = f"{low_high}{spread}".strip()
    return Markup("<b>{}</b><small>{}</small>").format(value, below) if below else escape(text)


def _words(text: str) -> Markup:
    """A sentence in which `code` stands between backticks."""
    parts = re.split(r"`([^`]*)`", text)
    marked = (Markup("<code>{}</code>") if i % 2 else Markup("{}") for i in range(len(parts)))
    return Markup("").join(one.format(part) for one, part in zip(marked, parts, strict=True))


def _drawing(svg: str) -> Markup:
    return Markup(inline(svg))
