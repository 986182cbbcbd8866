"""Events of a stream → what a terminal shows while it goes on, and a line for each segment."""

from collections import deque
from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ehsaas.emotions import NO_SPEECH, NOT_SURE, Estimate
from ehsaas.serving.stream import SPEECH, Event

MINUTE = 60.0
"""Seconds that the ribbon shows."""

_BAR = 30
_COLOURS = {
    "anger": "red",
    "happiness": "yellow",
    "sadness": "blue",
    "neutral": "white",
    "fear": "magenta",
    "disgust": "green",
    "surprise": "cyan",
    "boredom": "bright_black",
    "calm": "bright_green",
    "contempt": "bright_magenta",
    "sarcasm": "bright_yellow",
    "excitement": "bright_red",
    "frustration": "bright_blue",
}


class View:
    """What is heard now, a bar for each emotion, and a ribbon of the last minute.

    State: `take` changes it; rich draws it as it is. An emotion has a colour and its first letter,
    a pause a dot, what is not sure a question mark.

    Args:
        classes: the recogniser's, in the order of the bars.
        hop: seconds from one look to the next.
    """

    def __init__(self, classes: Sequence[str], hop: float) -> None:
        self._classes = tuple(classes)
        self._look = Estimate(NO_SPEECH, {})
        self._ribbon: deque[str] = deque(maxlen=round(MINUTE / hop))

    def take(self, event: Event) -> None:
        """Show this from now on."""
        if event.kind == "look":
            self._look = event.estimate
            self._ribbon.append(event.estimate.emotion)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, no wider than the terminal."""
        look = self._look
        share = look.extra.get(SPEECH, 0.0)
        yield Text.assemble(
            (f"{_clock(look.end)}  ", "dim"),
            (_said(look), f"bold {_COLOURS.get(look.emotion, 'bright_black')}"),
            (f"  speech in {share:.0%} of the window", "dim"),
        )
        for name in self._classes:
            p = look.probabilities.get(name, 0.0)
            filled = round(_BAR * p)
            yield Text.assemble(
                f"{name:>12} ",
                ("█" * filled, _COLOURS.get(name, "white")),
                ("·" * (_BAR - filled), "dim"),
                f" {p:.2f}" if look.probabilities else "",
            )
        yield Text.assemble(*map(_cell, list(self._ribbon)[-options.max_width :]))


def line(segment: Estimate) -> str:
    """One line that says from when to when a segment lasted, its two best emotions, its place."""
    ranked = sorted(segment.probabilities.items(), key=lambda item: -item[1])
    sure = ", ".join(f"{name} {p:.2f}" for name, p in ranked[:2])
    about = f"({sure}{_placed(segment)})"
    return f"{_clock(segment.start)} – {_clock(segment.end)}  {_said(segment)}  {about}"


def _placed(estimate: Estimate) -> str:
    """Arousal and valence, where they are said."""
    if estimate.arousal is None or estimate.valence is None:
        return ""
    return f"; arousal {estimate.arousal:+.2f}, valence {estimate.valence:+.2f}"


def _said(estimate: Estimate) -> str:
    """The emotion; where it is not sure, what it may be."""
    if len(estimate.prediction_set) < 2:
        return estimate.emotion
    return f"{estimate.emotion}: {' or '.join(estimate.prediction_set)}"


def _cell(emotion: str) -> tuple[str, str]:
    """A letter of the ribbon and its colour."""
    if emotion == NO_SPEECH:
        return "·", "dim"
    if emotion == NOT_SURE:
        return "?", "bright_black"
    return emotion[0].upper(), f"bold reverse {_COLOURS.get(emotion, 'white')}"


def _clock(seconds: float) -> str:
    """`1:02:03.4`; minutes and seconds alone within the first hour."""
    tenths = round(10 * seconds)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{minutes:02d}:{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{rest}" if hours else rest
