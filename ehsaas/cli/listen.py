"""`ehsaas listen [SOURCE]`: a microphone, or a recording played through → emotions as they come."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ehsaas.cli import terminal
from ehsaas.cli.model import Coverage, Model, opened, see_coverage

if TYPE_CHECKING:
    from ehsaas.serving.stream import Event

    Show = Callable[[Event], None]

STDIN = "-"
RUNNING = "running"
_BLOCK = 0.1  # seconds of a recording that are played at once


class Format(StrEnum):
    """How events are printed."""

    TABLE = "table"
    JSONL = "jsonl"


def listen(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="A recording, or - for stdin, played through as fast as it goes; default is the"
            " microphone.",
        ),
    ] = None,
    model: Model = None,
    device: Annotated[
        str | None, typer.Option(help="The microphone: its number, or a part of its name.")
    ] = None,
    list_devices: Annotated[
        bool, typer.Option("--list-devices", help="Name what can be listened to.")
    ] = False,
    pcm: Annotated[
        int | None,
        typer.Option(metavar="HZ", help="SOURCE is raw 16-bit mono PCM at this rate, e.g. a pipe."),
    ] = None,
    window: Annotated[
        float, typer.Option(help="Seconds that are looked at at once.", min=1.0, max=2.0)
    ] = 1.5,
    hop: Annotated[
        float, typer.Option(help="Seconds from one look to the next.", min=0.25, max=0.5)
    ] = 0.5,
    coverage: Coverage = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar=RUNNING, help="Judge against the statistics of what was heard before."
        ),
    ] = None,
    form: Annotated[
        Format,
        typer.Option("--format", help="A line for each segment, or every event as JSON."),
    ] = Format.TABLE,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="N", help="Stop after so many seconds.", min=0.1, max=1e6),
    ] = None,
) -> None:
    """Emotions live: from a microphone, or from a recording played through."""
    if list_devices:
        _list_devices()
        return
    if baseline not in (None, RUNNING):
        raise terminal.UsageError(f"--baseline {baseline}: a stream can only be given {RUNNING}")
    if pcm is not None and source is None:
        raise terminal.UsageError("--pcm says what SOURCE is; give a file, or - for stdin")
    from ehsaas.serving.stream import Stream, StreamSettings

    judge = opened(model)
    see_coverage(judge, coverage, baseline, looks="a stream")
    stream = Stream(
        judge,
        StreamSettings(window=window, hop=hop),
        baseline=judge.running() if baseline else None,
        coverage=coverage,
    )
    blocks = _microphone(device) if source is None else _played(source, pcm)
    with _shown(form, judge.classes, hop) as show:
        try:
            for block in _until(blocks, seconds):
                for event in stream.feed(block):
                    show(event)
        except KeyboardInterrupt:
            pass  # which ends the listening; what was heard is still told
        for event in stream.flush():
            show(event)


def _list_devices() -> None:
    from ehsaas.serving import microphone

    found = microphone.devices()
    for one in found:
        typer.echo(f"{one.number:3}  {one.name}  ({one.rate} Hz)")
    if not found:
        terminal.say("no microphone was found")


def _microphone(device: str | None) -> Iterator[Any]:
    from ehsaas.serving import microphone

    chosen = int(device) if device is not None and device.isdigit() else device
    if sys.stderr.isatty():
        terminal.say("listening; Ctrl-C ends it")
    return microphone.blocks(chosen, terminal.say)


def _played(source: str, pcm: int | None) -> Iterator[Any]:
    """Blocks (N,) at 16 kHz of a recording, or of raw PCM as it comes."""
    from ehsaas import audio

    if pcm is not None:
        yield from _raw(source, pcm)
        return
    clip = audio.read(sys.stdin.buffer.read() if source == STDIN else Path(source))
    for warning in clip.warnings:
        terminal.say(f"{source}: {warning}")
    size = round(_BLOCK * clip.rate)
    for at in range(0, len(clip.samples), size):
        yield clip.samples[at : at + size]


def _raw(source: str, rate: int) -> Iterator[Any]:
    from ehsaas.serving.pcm import PcmStream

    stream = PcmStream(rate)
    with nullcontext(sys.stdin.buffer) if source == STDIN else Path(source).open("rb") as file:
        while data := file.read(2 * round(_BLOCK * rate)):
            yield stream.feed(data)
    yield stream.flush()


def _until(blocks: Iterable[Any], seconds: float | None) -> Iterator[Any]:
    """The blocks, no more than so many seconds of them."""
    from ehsaas.audio import RATE

    left = None if seconds is None else round(seconds * RATE)
    for block in blocks:
        yield block if left is None else block[:left]
        if left is not None and (left := left - len(block)) <= 0:
            return


@contextmanager
def _shown(form: Format, classes: tuple[str, ...], hop: float) -> "Iterator[Show]":
    """What shows each event; the live view is for who watches a terminal."""
    if form is Format.JSONL:
        yield lambda event: typer.echo(json.dumps(event.to_dict(), ensure_ascii=False))
        return
    from ehsaas.cli.live_view import View, line

    def tell(event: "Event") -> None:
        if event.kind == "end":
            typer.echo(line(event.estimate))

    if not sys.stderr.isatty():
        yield tell
        return
    from rich.console import Console
    from rich.live import Live

    view, console = View(classes, hop), Console(stderr=True)
    # What goes to a file must not be sent to the terminal instead.
    with Live(view, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as live:

        def show(event: "Event") -> None:
            view.take(event)
            tell(event)
            live.refresh()

        yield show
