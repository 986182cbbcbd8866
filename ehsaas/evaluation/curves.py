"""Results and histories → pictures of lines: adaptation curve, training curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ehsaas.evaluation.drawing import INK, MARKS, MUTED, SERIES, drawn, to_svg
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.views import Curve

_DASHED = (0, (4, 2.5))
_DOTTED = (0, (1, 2))


def adaptation_curve(curve: Curve, name: str) -> str:
    """UAR against the share of target labels, with interval bands; zero-shot and chance lines."""
    with drawn(height=3.0) as (figure, axes):
        for i, (label, points) in enumerate(curve.series.items()):
            _series(axes, curve.title(label), [one for one in points if one.uar], i)
        zero = curve.zero_shot.uar if curve.zero_shot else None
        if zero:
            axes.axhline(zero.value, color=INK, linestyle=_DASHED, linewidth=1.1, label="zero-shot")
        axes.axhline(curve.chance, color=MUTED, linestyle=_DOTTED, linewidth=1.3, label="chance")
        shares = sorted({one.share for points in curve.series.values() for one in points})
        axes.set_xticks(
            [100 * share for share in shares], [f"{100 * share:.0f}" for share in shares]
        )
        axes.set_xlabel(f"% of {curve.corpus}'s labelled training utterances")
        axes.set_ylabel("UAR")
        axes.set_ylim(0, 1)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2, columnspacing=1.2, handlelength=1.8)
        return to_svg(figure, name, f"UAR on {curve.corpus} by share of target labels used")


def training_curves(entries: Sequence[Mapping[str, Any]], name: str, title: str) -> str:
    """Training loss above, UAR on the validation part below, one faint line a training.

    Args:
        entries: items of `history.json` that belong in one picture; each has `epochs`.
        name: id of the figure.
        title: what was trained.
    """
    with drawn(height=3.1) as (figure, first):
        first.remove()
        above, below = figure.subplots(2, 1, sharex=True)
        _trainings(above, entries, "loss", "training loss", SERIES[3])
        _trainings(below, entries, "validation_uar", "validation", SERIES[0])
        for axes, label in ((above, "training loss"), (below, "UAR, validation")):
            axes.set_ylabel(label)
            axes.grid(axis="y")
            axes.spines["left"].set_visible(False)
        above.set_title(title)
        above.set_ylim(bottom=0)
        below.set_ylim(0, 1)
        below.set_xlabel("epoch")
        below.xaxis.get_major_locator().set_params(integer=True)
        return to_svg(figure, name, f"Training loss and validation UAR by epoch: {title}")


def _series(axes: Axes, label: str, points: Sequence[Result], i: int) -> None:
    """One line with its marks and the band of its intervals."""
    measures = [(100 * one.share, one.uar) for one in points if one.uar]
    if not measures:
        return
    colour = SERIES[i % len(SERIES)]
    at = [share for share, _ in measures]
    line: dict[str, Any] = {
        "color": colour,
        "marker": MARKS[i % len(MARKS)],
        "label": label,
        "zorder": 3 - i / 10,
    }
    axes.plot(at, [one.value for _, one in measures], **line)
    bands = [(share, one.low, one.high) for share, one in measures if one.low is not None]
    if bands:
        where, low, high = zip(*bands, strict=True)
        axes.fill_between(where, low, high, color=colour, alpha=0.13, linewidth=0)


def _trainings(
    axes: Axes, entries: Sequence[Mapping[str, Any]], key: str, label: str, colour: str
) -> None:
    """Each training as a faint line; the mean of those that reached an epoch as a strong one."""
    by_epoch: dict[int, list[float]] = {}
    for entry in entries:
        points = [(one["epoch"], one[key]) for one in entry["epochs"] if one.get(key) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, alpha=0.22, linewidth=0.8)
        for epoch, value in points:
            by_epoch.setdefault(epoch, []).append(value)
    if by_epoch:
        epochs = sorted(by_epoch)
        axes.plot(epochs, [np.mean(by_epoch[epoch]) for epoch in epochs], color=colour, label=label)
