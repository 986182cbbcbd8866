"""Results → pictures of cells: transfer matrix, confusion matrix, attention over a spectrogram."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ehsaas.evaluation.drawing import INK, MUTED, ON_DARK, ON_PALE, SERIES, drawn, to_svg
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.views import OTHERS, Matrix

_PALE = np.array([0xF1, 0xF6, 0xFA]) / 255
_DEEP = np.array([0x0B, 0x4F, 0x7E]) / 255
_BELOW = "#e3e3e3"
_CELL = 0.5


def transfer_matrix(matrix: Matrix, name: str) -> str:
    """UAR heat map: rows are sources, columns targets; within the corpus on the diagonal, framed.

    Colour runs from chance (pale) to 1 (deep); grey is at or below chance.
    """
    rows, columns = len(matrix.sources), len(matrix.targets)
    with drawn(height=min(0.95 + _CELL * rows, 6)) as (figure, axes):
        for i, source in enumerate(matrix.sources):
            for j, target in enumerate(matrix.targets):
                cell = matrix.cells.get((source, target))
                if cell is None or cell.uar is None:
                    axes.text(j + 0.5, i + 0.5, "–", ha="center", va="center", color=MUTED)
                    continue
                level = (cell.uar.value - matrix.chance) / (1 - matrix.chance)
                _cell(axes, i, j, level, f"{cell.uar.value:.2f}")
                if source == target:
                    frame = Rectangle((j + 0.04, i + 0.04), 0.92, 0.92, fill=False)
                    frame.set(edgecolor=SERIES[1], linewidth=1.6)
                    axes.add_patch(frame)
        _frame(axes, list(matrix.sources), list(matrix.targets))
        if OTHERS in matrix.sources:
            axes.axhline(rows - 1, color=INK, linewidth=0.8)
        axes.set_xlabel("tested on")
        axes.set_ylabel("trained on")
        axes.set_xlim(0, columns)
        description = (
            f"Transfer matrix of {matrix.system}, {matrix.normalisation} statistics:"
            " UAR by training and test corpus"
        )
        return to_svg(figure, name, description)


def confusion_matrix(result: Result, name: str) -> str:
    """Rows are the truth in percent, with counts (summed over seeds) below where there is room."""
    counts = result.confusion
    C, K = counts.shape
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with drawn(height=min(1.1 + 0.38 * C, 5)) as (figure, axes):
        for i in range(C):
            for j in range(K):
                text = f"{100 * shares[i, j]:.0f}"
                _cell(axes, i, j, float(shares[i, j]), text, str(counts[i, j]) if K < 10 else "")
        _frame(axes, list(result.classes), list(result.names))
        axes.set_xlabel("recognised as")
        axes.set_ylabel("said as")
        seeds = f" over {len(result.seeds)} seeds" if len(result.seeds) > 1 else ""
        axes.set_title(f"% of row, counts{seeds}", fontweight="normal", color=MUTED)
        description = f"Confusion matrix of {result.system} on {result.corpus}"
        return to_svg(figure, name, description)


def attention(example: Mapping[str, Any], name: str) -> str:
    """One utterance: log-mel spectrogram above, the attention weight of each frame below.

    Args:
        example: `logmel` (frames × mels), `weights` (frames), `hop_ms`, `truth`, `predicted`.
        name: id of the figure.
    """
    logmel = np.asarray(example["logmel"], dtype=np.float64).T
    weights = np.asarray(example["weights"], dtype=np.float64)
    hop = float(example["hop_ms"]) / 1000
    seconds = max(logmel.shape[1], 1) * hop
    with drawn(height=2.7) as (figure, first):
        first.remove()
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.6, 1])
        low, high = np.percentile(logmel, [3, 99.5])
        above.imshow(
            logmel,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, logmel.shape[0]),
            cmap="magma",
            vmin=float(low),
            vmax=float(max(high, low + 1e-6)),
            interpolation="nearest",
        )
        above.set_ylabel("mel band")
        above.set_title(f"said as {example['truth']}, recognised as {example['predicted']}")
        at = (np.arange(weights.size) + 0.5) * hop
        below.fill_between(at, weights * weights.size, color=SERIES[0], alpha=0.25, linewidth=0)
        below.plot(at, weights * weights.size, color=SERIES[0])
        below.axhline(1, color=MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        below.set_ylabel("× even share")
        below.set_xlabel("time (s)")
        below.set_xlim(0, seconds)
        below.set_ylim(bottom=0)
        return to_svg(figure, name, "Attention of each frame below the log-mel spectrogram")


def _cell(axes: Axes, i: int, j: int, level: float, text: str, below: str = "") -> None:
    colour: Any = _BELOW
    if level > 0:
        colour = tuple(_PALE + (_DEEP - _PALE) * min(level, 1.0) ** 0.9)
    axes.add_patch(Rectangle((j + 0.02, i + 0.02), 0.96, 0.96, facecolor=colour, linewidth=0))
    ink = ON_DARK if level > 0.6 else ON_PALE
    shift = 0.14 if below else 0.0
    axes.text(j + 0.5, i + 0.5 - shift, text, ha="center", va="center", color=ink, fontsize=8.5)
    if below:
        axes.text(
            j + 0.5, i + 0.76, below, ha="center", va="center", color=ink, fontsize=6.3, alpha=0.85
        )


def _frame(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    axes.set_xticks(np.arange(len(columns)) + 0.5, list(columns))
    axes.set_yticks(np.arange(len(rows)) + 0.5, list(rows))
    axes.tick_params(axis="x", labelrotation=32, pad=1)
    for label in axes.get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")
    for spine in axes.spines.values():
        spine.set_visible(False)
