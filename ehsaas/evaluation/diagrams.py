"""Rankings → the critical-difference diagram of Demšar (2006), upright so that names stay legible.

Each method is a line of its own, the best on top; a bar on the right joins methods that are not
told from each other.
"""

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ehsaas.evaluation.drawing import INK, MUTED, SERIES, drawn, to_svg
from ehsaas.evaluation.ranks import Ranking, title

_LINE = 0.165
"""Inches a method."""


def critical_difference(ranking: Ranking, name: str) -> str:
    """Average ranks as marks, the critical difference as a bar above, and what it does not tell."""
    k = len(ranking.systems)
    with drawn(height=1.0 + _LINE * k) as (figure, axes):
        axes.plot(ranking.ranks, range(k), color=SERIES[0], marker="o", linestyle="none")
        for place, rank in enumerate(ranking.ranks):
            axes.plot([1, rank], [place, place], color=SERIES[0], alpha=0.25, linewidth=0.8)
        _bar(axes, ranking)
        _joined(axes, ranking)
        axes.set_yticks(range(k), ranking.systems)
        axes.set_ylim(k - 0.5, -2.4)
        axes.set_xlim(1 - 0.02 * k, k + 0.06 * k * (1 + len(ranking.groups)))
        axes.set_xlabel("average rank, 1 is best")
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", labelsize=6.5)
        ticks = MaxNLocator(integer=True).tick_values(1, k)
        axes.set_xticks([rank for rank in ticks if 1 <= rank <= k])  # beyond there is no rank
        return to_svg(figure, name, f"Average ranks of methods: {title(ranking)}")


def _bar(axes: Axes, ranking: Ranking) -> None:
    """The critical difference from rank 1 on, cut where the ranks end."""
    k = len(ranking.systems)
    end = min(1 + ranking.critical, k)
    axes.plot([1, end], [-1.1, -1.1], color=INK, linewidth=1.6, marker="|", markersize=6)
    more = ", more than there are ranks" if 1 + ranking.critical > k else ""
    text = f"critical difference {ranking.critical:.1f}{more}"
    axes.text(1, -1.5, text, ha="left", va="bottom", color=MUTED, fontsize=6.5)


def _joined(axes: Axes, ranking: Ranking) -> None:
    k = len(ranking.systems)
    for i, (first, last) in enumerate(ranking.groups):
        at = k + 0.06 * k * (1 + i)
        axes.plot([at, at], [first - 0.25, last + 0.25], color=INK, linewidth=2.2, clip_on=False)
