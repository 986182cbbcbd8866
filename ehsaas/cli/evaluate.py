"""`ehsaas evaluate MODEL TABLE`: a saved recogniser on a prepared table → predictions, report."""

from pathlib import Path
from typing import Annotated

import typer

from ehsaas.cli import terminal
from ehsaas.cli.model import Given, Neutral, opened

MOST = 300


def evaluate(
    model: Given,
    table: Annotated[Path, typer.Argument(help="A table that `ehsaas prepare` wrote.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="A folder; default runs/MODEL-on-TABLE, and -disturbed behind it where they are.",
        ),
    ] = None,
    neutral: Neutral = None,
    disturbed: Annotated[
        bool,
        typer.Option(
            "--disturbed",
            help="Judge the same clips clean, in noise, over a line, through a codec, in a room, at"
            " other levels and speeds.",
        ),
    ] = False,
    most: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="With --disturbed: utterances of a corpus at most, drawn at random with a fixed"
            f" seed; default {MOST}.",
        ),
    ] = None,
    babble: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="TABLE",
            help="With --disturbed: a prepared table of other speakers, who babble in the"
            " background. Repeatable.",
        ),
    ] = None,
) -> None:
    """A saved recogniser on a prepared table: predictions and a report."""
    from ehsaas import utterances
    from ehsaas.experiments.disturbed import evaluate_disturbed
    from ehsaas.experiments.evaluate import evaluate

    if not disturbed and (most is not None or babble):
        raise terminal.UsageError(
            f"{'--babble' if babble else '--most'} says how clips are disturbed; add --disturbed"
        )
    rows = utterances.read(table)
    others = utterances.concat([utterances.read(path) for path in babble]) if babble else None
    recogniser = opened(model)
    name = f"{recogniser.name}-on-{table.stem}" + "-disturbed" * disturbed
    out, styles = output or Path("runs") / name, neutral or ()
    with terminal.progress() as tell:
        if disturbed:
            report = evaluate_disturbed(
                recogniser,
                rows,
                out,
                babblers=others,
                most=most or MOST,
                neutral_styles=styles,
                say=terminal.say,
                progress=tell,
            )
        else:
            report = evaluate(recogniser, rows, out, neutral_styles=styles, progress=tell)
    typer.echo(f"{out / 'predictions.parquet'}\n{report}")
