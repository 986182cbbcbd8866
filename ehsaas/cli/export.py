"""`ehsaas export MODEL`: a saved recogniser → one ONNX file from waveform to emotion."""

from pathlib import Path
from typing import Annotated

import typer

from ehsaas.cli import terminal
from ehsaas.cli.model import folder_of

MOST = 120
"""Recordings of a folder that the file is compared on, and calibrated on, at most."""


def export(
    model: Annotated[str, typer.Argument(help="A recogniser's folder.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.onnx", help="Where to.")
    ] = Path("emotion.onnx"),
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="Weights of 8 bits: smaller and faster, not quite the same. An x86 processor"
            " without VNNI instructions may round worse than is told here.",
        ),
    ] = False,
    static: Annotated[
        bool,
        typer.Option("--int8-static", help="The same with scales taken from --clips beforehand."),
    ] = False,
    clips: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Recordings to compare the file with the recogniser on; sounds made for it where"
            " none are given.",
        ),
    ] = None,
    prune: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Leave out this share of every layer's units, those that say least on --clips;"
            " between 0 and 1.",
        ),
    ] = 0.0,
    licence: Annotated[
        str | None,
        typer.Option(help="Of the weights, to be said on the file; default is the recogniser's."),
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option(metavar="FILE.md", help="A model card, to be kept in the file."),
    ] = None,
    program: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pt2", help="Also write a torch.export program."),
    ] = None,
) -> None:
    """A saved recogniser → one ONNX file; refused where its answers are not the recogniser's."""
    whole = folder_of(model, "use the file as it is")
    from ehsaas.cli.clips import clips_of
    from ehsaas.export import exporting
    from ehsaas.judging import LONGEST

    if int8 and static:
        raise terminal.UsageError("--int8 and --int8-static are two ways of the same; give one")
    about = None if card is None else _read(card)
    precision: exporting.Precision = "int8" if int8 else "int8-static" if static else "float32"
    recogniser = exporting.opened(whole)
    sounds = None if clips is None else clips_of(clips, "--clips", MOST, LONGEST)[0]
    with terminal.progress() as tell:
        made = exporting.export(
            recogniser,
            output,
            sounds,
            licence,
            program,
            precision=precision,
            prune=prune,
            tell=lambda step: tell(step, 0, 0),
            about=about,
        )
    worst = ", ".join(f"{name} {gap:.1g}" for name, gap in made.equality.worst.items())
    typer.echo(str(made.path))
    terminal.say(
        f"{made.path}: {made.size / 1e6:.1f} MB; on {made.equality.clips} clips of"
        f" {made.equality.shortest:.1f} to {made.equality.longest:.1f} s"
        f" ({made.equality.source}) its graph differs from the {'pruned ' * bool(prune)}recogniser"
        f" by at most: {worst}"
    )
    if made.change is not None:
        parts = [f"pruned by {prune:.0%}"] * bool(prune) + ["of 8 bits"] * (int8 or static)
        terminal.say(
            f"{' and '.join(parts)}, it changes a probability there by at most {made.change:.2g}"
        )
    if prune and recogniser.scores is not None:
        terminal.say("it gives no prediction sets: what was calibrated is the recogniser as it was")


def _read(card: Path) -> str:
    try:
        return card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise terminal.UsageError(f"--card {card}: cannot be read as text ({error})") from error
