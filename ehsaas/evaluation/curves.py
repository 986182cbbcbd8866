"""Results and histories → pictures of lines: adaptation, labels a class, noise, training."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ehsaas.evaluation.across import Across
from ehsaas.evaluation.drawing import INK, MARKS, MUTED, SERIES, drawn, to_svg
from ehsaas.evaluation.enrolled import Mean
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.views import Curve

_Point = tuple[float, float, float | None, float | None]
"""Where, the value there, and its interval."""

_DASHED = (0, (4, 2.5))
_DOTTED = (0, (1, 2))


def adaptation_curve(curve: Curve, name: str) -> str:
    """UAR against the share of target labels, with interval bands; zero-shot and chance lines."""
    with drawn(height=3.0) as (figure, axes):
        for i, (label, points) in enumerate(curve.series.items()):
            _series(axes, curve.title(label), [(100 * one.share, one) for one in points], i)
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


def labels_curve(
    lines: Mapping[str, Sequence[tuple[int, Across]]], chance: float, name: str, title: str
) -> str:
    """UAR against labels a class, a line a system, with interval bands; chance is dotted.

    Args:
        lines: points by system, in order of the labels; one that was run with one number of
            labels only is a mark.
        chance: UAR of a guess.
        name: id of the figure.
        title: whose labels.
    """
    with drawn(height=3.2) as (figure, axes):
        for i, (label, points) in enumerate(lines.items()):
            _line(axes, label, [(at, one.value, one.low, one.high) for at, one in points], i)
        axes.axhline(chance, color=MUTED, linestyle=_DOTTED, linewidth=1.3, label="chance")
        steps = sorted({at for points in lines.values() for at, _ in points})
        axes.set_xticks(steps, [str(step) for step in steps])
        axes.set_xlabel(f"labels a class, {title}")
        axes.set_ylabel("UAR")
        axes.set_ylim(0, 1)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper left", ncols=1, handlelength=1.8)
        return to_svg(figure, name, f"UAR by labels a class: {title}")


def training_curves(entries: Sequence[Mapping[str, Any]], name: str, title: str) -> str:
    """Loss above, accuracy or UAR below, by epoch; one faint line a training, their mean strong.

    What was looked at after every epoch (a validation part, or the test part where the last epoch
    is kept) stands beside the training part.

    Args:
        entries: items of `history.json` that belong in one picture; each has `epochs`.
        name: id of the figure.
        title: what was trained.
    """
    watched = str(next((one["watched"] for one in entries if one.get("watched")), "validation"))
    both = any(epoch.get("validation_loss") is not None for e in entries for epoch in e["epochs"])
    with drawn(height=3.3) as (figure, first):
        first.remove()
        above, below = figure.subplots(2, 1, sharex=True)
        _trainings(above, entries, "loss", "training", SERIES[3])
        if both:
            _trainings(above, entries, "validation_loss", watched, SERIES[0])
            _trainings(below, entries, "accuracy", "training", SERIES[3])
            _trainings(below, entries, "validation_accuracy", watched, SERIES[0])
            figure.legend(
                *above.get_legend_handles_labels(),
                loc="outside upper right",
                ncols=2,
                columnspacing=1.2,
            )
        else:
            _trainings(below, entries, "validation_uar", watched, SERIES[0])
        quality = "accuracy" if both else f"UAR, {watched}"
        for axes, label in ((above, "loss" if both else "training loss"), (below, quality)):
            axes.set_ylabel(label)
            axes.grid(axis="y")
            axes.spines["left"].set_visible(False)
        above.set_title(title)
        above.set_ylim(bottom=0)
        below.set_ylim(0, 1)
        below.set_xlabel("epoch")
        below.xaxis.get_major_locator().set_params(integer=True)
        return to_svg(figure, name, f"Loss and {quality} by epoch: {title}")


def noise_curves(series: Mapping[str, Sequence[Result]], name: str, title: str) -> str:
    """UAR against the signal-to-noise ratio, a line a way of training, with interval bands.

    Args:
        series: results of one noise by way of training; each has its ratio as `level`. Those whose
            UAR was refused are left out.
        name: id of the figure.
        title: the noise.
    """
    with drawn(height=3.0) as (figure, axes):
        for i, (label, points) in enumerate(series.items()):
            _series(axes, label, [(_level(one), one) for one in points], i)
        chance = next(iter(series.values()))[0].chance
        axes.axhline(chance, color=MUTED, linestyle=_DOTTED, linewidth=1.3, label="chance")
        levels = sorted({_level(one) for points in series.values() for one in points})
        axes.set_xticks(levels, [f"{level:g}" for level in levels])
        axes.invert_xaxis()
        axes.set_xlabel(f"{title}, dB signal to noise")
        axes.set_ylabel("UAR")
        axes.set_ylim(0, 1)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2, columnspacing=1.2, handlelength=1.8)
        return to_svg(figure, name, f"UAR by signal-to-noise ratio: {title}")


def enrolment_curves(
    series: Mapping[str, Sequence[tuple[float, Mean]]], chance: float, name: str, title: str
) -> str:
    """UAR against seconds of enrolment, a line a kind of speech, with intervals as bars.

    Args:
        series: (seconds, mean UAR) by kind, of at least one kind.
        chance: UAR of a guess.
        name: id of the figure.
        title: of whom they are means.
    """
    seconds = sorted({at for points in series.values() for at, _ in points})
    with drawn(height=3.6) as (figure, axes):
        for i, (label, points) in enumerate(series.items()):
            shift = (i - len(series) / 2) * 0.04  # bars of one amount side by side
            where = [seconds.index(at) + shift for at, _ in points]
            values = np.array([mean.value for _, mean in points])
            low = [v if m.low is None else m.low for v, (_, m) in zip(values, points, strict=True)]
            high = [
                v if m.high is None else m.high for v, (_, m) in zip(values, points, strict=True)
            ]
            axes.errorbar(
                where,
                values,
                yerr=np.clip([values - low, high - values], 0, None),
                color=SERIES[i % len(SERIES)],
                marker=MARKS[i % len(MARKS)],
                linestyle="-" if i < len(SERIES) else _DASHED,
                elinewidth=0.6,
                label=label,
            )
        axes.axhline(chance, color=MUTED, linestyle=_DOTTED, linewidth=1.3, label="chance")
        axes.set_xticks(range(len(seconds)), [f"{at:g}" for at in seconds])
        axes.set_xlabel("seconds of speech given")
        axes.set_ylabel("UAR, mean of languages")
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2, columnspacing=1.2, handlelength=1.8)
        return to_svg(figure, name, f"UAR by seconds of enrolment: {title}")


def _level(one: Result) -> float:
    return float(str(one.condition["level"]))


def _series(axes: Axes, label: str, points: Sequence[tuple[float, Result]], i: int) -> None:
    """The line of results; those without a UAR are left out."""
    measures = [(at, one.uar) for at, one in points if one.uar]
    _line(axes, label, [(at, one.value, one.low, one.high) for at, one in measures], i)


def _line(axes: Axes, label: str, points: Sequence[_Point], i: int) -> None:
    """One line with its marks and the band of its intervals."""
    if not points:
        return
    colour = SERIES[i % len(SERIES)]
    axes.plot(
        [at for at, *_ in points],
        [value for _, value, *_ in points],
        color=colour,
        marker=MARKS[i % len(MARKS)],
        label=label,
        zorder=3 - i / 10,
    )
    bands = [(at, low, high) for at, _, low, high in points if low is not None]
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
