"""Segments of one recording → a picture: the emotion over time, and how sure it is."""

from collections.abc import Sequence

from ehsaas.emotions import NO_SPEECH, NOT_SURE, Estimate
from ehsaas.evaluation.drawing import GRID, SERIES, drawn, to_svg


def timeline_picture(segments: Sequence[Estimate], classes: Sequence[str], title: str) -> str:
    """An SVG: a row for each emotion that is found, a bar for each segment.

    A bar is the paler the less probable its emotion is; "not sure" and "no speech" have rows of
    their own.

    Args:
        segments: of one recording, in order.
        classes: the recogniser's classes, in the order of the rows.
        title: name of the recording.
    """
    found = {one.emotion for one in segments}
    rows = [name for name in (*classes, NOT_SURE, NO_SPEECH) if name in found]
    with drawn(height=0.9 + 0.28 * len(rows)) as (figure, axes):
        for one in segments:
            sure = one.probabilities.get(one.emotion, 1.0)
            plain = one.emotion in (NOT_SURE, NO_SPEECH)
            axes.barh(
                rows.index(one.emotion),
                one.end - one.start,
                left=one.start,
                height=0.62,
                color=GRID if plain else SERIES[rows.index(one.emotion) % len(SERIES)],
                alpha=1.0 if plain else 0.25 + 0.75 * sure,
            )
        axes.set_yticks(range(len(rows)), rows)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(segments[0].start, segments[-1].end)
        axes.set_xlabel("seconds")
        axes.set_title(title)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        spoken = ", ".join(f"{one.emotion} {one.start:.1f}–{one.end:.1f} s" for one in segments)
        return to_svg(figure, "timeline", f"Emotions in {title}: {spoken}")
