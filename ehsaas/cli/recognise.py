"""`ehsaas recognise PATH…`: recordings → Estimates on stdout, in input order."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehsaas.cli import estimates, terminal
from ehsaas.cli.estimates import Format
from ehsaas.cli.model import Coverage, Model, opened, see_coverage
from ehsaas.emotions import Estimate

if TYPE_CHECKING:
    from ehsaas.audio import Clip
    from ehsaas.judging import Baseline, Judge

STDIN = "-"
SELF = "self"
RUNNING = "running"


@dataclass(frozen=True)
class Source:
    """What is to be judged: a name to print, and a path or the bytes of a recording."""

    name: str
    audio: Path | bytes


def recognise(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Recordings, folders of them, or - for stdin."),
    ],
    model: Model = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Segments: who sounds how from when to when.")
    ] = False,
    window: Annotated[
        float, typer.Option(help="Seconds that the timeline looks at at once.", min=0.1)
    ] = 1.5,
    hop: Annotated[
        float, typer.Option(help="Seconds from one such look to the next.", min=0.05)
    ] = 0.5,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Also draw the timeline of the one recording."),
    ] = None,
    coverage: Coverage = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|self|running",
            help="Judge against the statistics of these recordings (same corpus, or same speaker),"
            " of the judged ones themselves, or of those before each one.",
        ),
    ] = None,
) -> None:
    """Recordings → emotions, in input order."""
    sources = list(_sources(paths))
    if picture is not None and not (timeline and len(sources) == 1):
        raise terminal.UsageError("--picture draws the --timeline of one recording; give both")
    if hop > window:
        raise terminal.UsageError(
            f"--hop {hop:g} is longer than --window {window:g}: what lies between would not be"
            " looked at"
        )
    look = (window, hop) if timeline else None
    drawn: list[Estimate] = []
    recogniser = opened(model)
    see_coverage(recogniser, coverage, baseline, "a timeline" if timeline else "")
    statistics = _statistics(recogniser, baseline, sources)
    told = _say_once(statistics, ())
    print_one, finish = estimates.printer(form, recogniser.classes)
    failed = 0
    with terminal.progress() as tell:
        for number, source in enumerate(sources, 1):
            try:
                for estimate in _judge(recogniser, source, statistics, look, coverage):
                    print_one(estimate)
                    drawn.append(estimate)
            except (_audio_error(), OSError) as error:
                terminal.say(_named(source, error))
                failed += 1
            tell("recognising", number, len(sources))
    finish()
    _say_once(statistics, told)
    if picture is not None and drawn:
        from ehsaas.evaluation.timeline import timeline_picture

        title = Path(sources[0].name).name
        picture.write_text(timeline_picture(drawn, recogniser.classes, title), encoding="utf-8")
        terminal.say(f"{picture}: the timeline")
    if far := _together(recogniser, drawn):
        terminal.say(far)
    if failed:
        raise typer.Exit(terminal.SOME_FAILED)


SEVERAL = 10
"""Recordings from which on something is said of them together."""


def _together(recogniser: "Judge", judged: Sequence[Estimate]) -> str:
    """What is to be said of many recordings that lie far from what was trained on; else nothing."""
    from ehsaas.judging import DISTANCE

    far = [one.extra[DISTANCE] for one in judged if DISTANCE in one.extra]
    limits = recogniser.limits
    if limits is None or len(far) < SEVERAL or sum(far) / len(far) <= limits.together:
        return ""
    beyond = sum(distance > limits.limit for distance in far)
    return (
        f"taken together these {len(far)} recordings sound unlike {recogniser.training}; {beyond}"
        " of them do so alone. Expect more mistakes than its report says; --baseline or"
        " `ehsaas adapt` may help"
    )


def _sources(paths: Sequence[str]) -> Iterator[Source]:
    """Each path's recordings: folders are searched, - is read."""
    from ehsaas.audio import recordings_in

    for path in paths:
        if path == STDIN:
            yield Source(STDIN, sys.stdin.buffer.read())
        elif Path(path).is_dir():
            found = [Path(path) / name for name in recordings_in(Path(path))]
            if not found:
                raise terminal.UsageError(f"{path}: no recordings in this folder")
            yield from (Source(str(p), p) for p in found)
        else:
            yield Source(path, Path(path))


def _audio_error() -> type[ValueError]:
    from ehsaas.audio import AudioError

    return AudioError


def _named(source: Source, error: Exception) -> str:
    """The error's message, with the name of the recording in front where it is not there yet."""
    message = str(error)
    return message if message.startswith(source.name) else f"{source.name}: {message}"


def _statistics(
    recogniser: "Judge", baseline: str | None, judged: Sequence[Source]
) -> "Baseline | None":
    if baseline is None:
        return None
    if baseline == RUNNING:
        return recogniser.running()
    if baseline == SELF:
        return _of_the_judged(recogniser, judged)
    if not Path(baseline).is_dir():
        raise terminal.UsageError(
            f"--baseline {baseline}: expected a folder of recordings, self or running"
        )
    from ehsaas.enrolment import Watched

    name = Path(baseline).resolve().name
    heard = _readable(list(_sources([baseline])), terminal.say)
    return Watched(recogniser.statistics_of(heard, name))


def _of_the_judged(recogniser: "Judge", judged: Sequence[Source]) -> "Baseline":
    """Statistics of what is judged; what cannot be read is named when it is, or here if nothing is.

    Raises:
        RecogniserError: nothing that is judged gives statistics.
    """
    from ehsaas.judging import RecogniserError

    unread: list[str] = []
    try:
        return recogniser.statistics_of(_readable(judged, unread.append), SELF)
    except RecogniserError:
        for line in unread:
            terminal.say(line)
        raise


def _say_once(statistics: "Baseline | None", told: tuple[str, ...]) -> tuple[str, ...]:
    """Say what is the matter with a baseline but for what was `told` before; all of it is given."""
    found = () if statistics is None else statistics.warnings
    for warning in found:
        if warning not in told:
            terminal.say(f"baseline: {warning}")
    return found


def _readable(sources: Sequence[Source], tell: Callable[[str], None]) -> "Iterator[Clip]":
    """The clips of a baseline that can be read; the others are told."""
    from ehsaas import audio

    for source in sources:
        try:
            yield audio.read(source.audio)
        except (audio.AudioError, OSError) as error:
            tell(f"baseline: {_named(source, error)}")


def _judge(
    recogniser: "Judge",
    source: Source,
    statistics: "Baseline | None",
    look: tuple[float, float] | None,
    coverage: float | None,
) -> Iterator[Estimate]:
    """The estimates of one recording: its segments where `look` gives window and hop in s."""
    from ehsaas import audio

    clip = audio.read(source.audio)
    if look is not None:
        judged = recogniser.timeline(clip, *look, statistics, coverage)
    else:
        judged = [recogniser(clip, statistics, coverage)]
    for estimate in judged:
        warnings = tuple(dict.fromkeys((*clip.warnings, *estimate.warnings)))
        yield replace(estimate, path=source.name, warnings=warnings)
