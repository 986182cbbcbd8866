"""Results → pictures of bars: recall by emotion, accuracy by corpus, reliability."""

from collections.abc import Sequence

import numpy as np

from ehsaas.evaluation.drawing import MUTED, SERIES, drawn, to_svg
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.reliability import Bins


def class_bars(result: Result, name: str) -> str:
    """The share of each emotion's items that was recognised, with the mean (UAR) as a line."""
    rows = result.details
    with drawn(height=0.9 + 0.24 * len(rows)) as (figure, axes):
        axes.barh(range(len(rows)), [one.recall for one in rows], color=SERIES[0], height=0.62)
        for i, one in enumerate(rows):
            axes.text(min(one.recall + 0.01, 0.94), i, f"{one.recall:.2f}", va="center", fontsize=7)
        if result.uar:
            axes.axvline(result.uar.value, color=MUTED, linewidth=1.1)
        axes.set_yticks(range(len(rows)), [one.name for one in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel("recognised, of each emotion's items")
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        spoken = ", ".join(f"{one.name} {one.recall:.2f}" for one in rows)
        return to_svg(figure, name, f"Recall by emotion on {result.corpus}: {spoken}")


def corpus_bars(lines: Sequence[tuple[str, Result | None, Result | None]], name: str) -> str:
    """Accuracy on each corpus, on new speakers and on a random split, with intervals.

    Args:
        lines: name, strict and random result of each corpus, in the order of the picture.
        name: id of the figure.
    """
    with drawn(height=1.1 + 0.42 * len(lines)) as (figure, axes):
        kinds = (("new speakers (strict)", SERIES[0]), ("random split", SERIES[1]))
        for k, (label, colour) in enumerate(kinds):
            for i, (_, strict, random) in enumerate(lines):
                result = random if k else strict
                measure = result.measures.get("accuracy") if result else None
                if measure is None:
                    continue
                low = measure.value if measure.low is None else measure.low
                high = measure.value if measure.high is None else measure.high
                reach = [[max(0.0, measure.value - low)], [max(0.0, high - measure.value)]]
                axes.barh(
                    i + 0.2 * (2 * k - 1),
                    measure.value,
                    height=0.36,
                    color=colour,
                    label=label if not axes.get_legend_handles_labels()[1].count(label) else None,
                    xerr=reach,
                    error_kw={"ecolor": MUTED, "elinewidth": 1},
                )
        axes.set_yticks(range(len(lines)), [line[0] for line in lines])
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel("accuracy")
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2, columnspacing=1.2)
        return to_svg(figure, name, "Accuracy by corpus, on new speakers and on a random split")


def reliability_diagram(found: Bins, name: str, title: str) -> str:
    """The share that was right in each bin of stated probability; on the dashes all is believable.

    Paler bars hold fewer answers.

    Args:
        found: of one result.
        name: id of the figure.
        title: what stated the probabilities.
    """
    B = len(found.share)
    with drawn(height=2.6) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle=(0, (4, 2.5)))
        for i in np.flatnonzero(found.share > 0):
            strength = 0.25 + 0.75 * float(found.share[i] / found.share.max())
            axes.bar(
                *((i + 0.5) / B, found.right[i], 0.9 / B), color=SERIES[0], alpha=strength, zorder=2
            )
            axes.plot(found.stated[i], found.right[i], "o", color=SERIES[1], markersize=3, zorder=3)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("stated probability of the answer")
        axes.set_ylabel("share that was right")
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        description = f"Reliability of {title}: expected calibration error {found.error:.3f}"
        return to_svg(figure, name, description)
