"""How our pictures look, and Figure → SVG text: deterministic, text kept as text."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

try:
    import matplotlib as mpl
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ImportError as error:  # pragma: no cover
    raise ImportError("figures need matplotlib: pip install 'ehsaas[train]'") from error

WIDTH = 3.75
"""Inches. Small on purpose: on a 390 px wide screen the text is still 11 px high."""

INK = "#1f2328"
MUTED = "#5b6570"
GRID = "#d8dde3"
SERIES: tuple[str, ...] = ("#0072b2", "#d55e00", "#009e73", "#b0568f", "#b07d00", "#3f8fc4")
"""After Okabe and Ito (2008): told apart with any common colour blindness; marks differ too."""

MARKS: tuple[str, ...] = ("o", "s", "^", "D", "v", "P")
ON_PALE = "#10151b"
ON_DARK = "#fbfcfd"

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"

_VARIABLES: Mapping[str, str] = MappingProxyType(
    {INK: "--ink", MUTED: "--muted", GRID: "--line"}
    | {colour: f"--series-{i}" for i, colour in enumerate(SERIES)}
)

_STYLE: Any = MappingProxyType(
    {
        "svg.fonttype": "none",
        "font.family": ["DejaVu Sans"],
        "font.size": 8.0,
        "axes.titlesize": 8.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 8.0,
        "axes.labelcolor": MUTED,
        "axes.edgecolor": GRID,
        "axes.titlecolor": INK,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 8.0,
        "ytick.labelsize": 8.0,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "grid.color": GRID,
        "grid.linewidth": 0.7,
        "text.color": INK,
        "lines.linewidth": 1.7,
        "lines.markersize": 4.2,
        "legend.fontsize": 8.0,
        "legend.frameon": False,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
    }
)


@contextmanager
def drawn(height: float, width: float = WIDTH) -> Iterator[tuple[Figure, Axes]]:
    """A figure of `width` × `height` inches with one pair of axes, in our style.

    matplotlib's settings are ours only inside; no pyplot state is touched.
    """
    with mpl.rc_context(dict(_STYLE)):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, figure.subplots()


def to_svg(figure: Figure, name: str, description: str) -> str:
    """The figure as a stand-alone SVG document; the same figure gives the same text.

    Args:
        figure: drawn inside `drawn`.
        name: goes before every id, so that several figures can stand in one page.
        description: what a reader who cannot see the picture is told.
    """
    text = io.StringIO()
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure.savefig(
            text,
            format="svg",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    svg = text.getvalue()
    svg = re.sub(r"<!DOCTYPE[^>]*>\s*", "", svg)
    svg = re.sub(r"'DejaVu Sans'(, [\w' -]+)*", FONTS, svg)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    title = f"<title>{_escape(description)}</title>"
    svg = re.sub(r"(<svg [^>]*)>", rf'\1 role="img">\n {title}', svg, count=1)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def inline(svg: str) -> str:
    """A stand-alone SVG for use inside a page: its colours follow the page, light or dark."""
    body = svg[svg.index("<svg") :]
    head, rest = body.split(">", 1)
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)
    for colour, variable in _VARIABLES.items():
        rest = rest.replace(colour, f"var({variable})")
    return f"{head}>{rest}"


def standalone(svg: str) -> str:
    """The same with a white ground, for a file that is looked at alone."""
    return re.sub(r"(<svg [^>]*)>", r'\1 style="background: #ffffff">', svg, count=1)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
