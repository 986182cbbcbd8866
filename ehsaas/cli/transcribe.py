"""`ehsaas transcribe TABLE --model M`: recordings → the texts and languages that a table lacks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehsaas.cli import terminal

if TYPE_CHECKING:
    from ehsaas.corpora.transcripts import Transcribed


def transcribe(
    table: Annotated[Path, typer.Argument(help="A table that `ehsaas prepare` wrote.")],
    model: Annotated[
        str,
        typer.Option(
            metavar="FOLDER|NAME",
            help="A Whisper in CTranslate2's format: a folder with model.bin, config.json,"
            " tokenizer.json and vocabulary.*, or a name such as base, which is downloaded.",
        ),
    ],
    language: Annotated[
        str,
        typer.Option(
            metavar="CODE|table|detect",
            help="What is spoken, e.g. ur; table: what the table says; detect: let the model hear.",
        ),
    ] = "detect",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Another table; default TABLE itself, in which only missing texts and languages"
            " are filled.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Clips at once, each on one processor core.")
    ] = 1,
) -> None:
    """Recordings → the texts and languages that a table lacks."""
    from ehsaas import utterances
    from ehsaas.corpora.transcripts import transcribe

    with terminal.progress() as tell:
        done = transcribe(
            utterances.read(table),
            model,
            home=terminal.home(),
            language=language,
            workers=workers,
            progress=lambda count, total: tell("transcribing", count, total),
        )
    path = output or table
    utterances.write(done.table, path)
    _tell(done)
    typer.echo(
        f"{path}: {done.filled} texts filled, {done.left_alone} were there,"
        f" {done.silent.height + done.failed.height} rows have none"
    )
    if done.failed.height:
        raise typer.Exit(terminal.SOME_FAILED)


def _tell(done: "Transcribed") -> None:
    """The rows without a text and why, and languages that are not the table's, to stderr."""
    for (known, heard), count in done.disagreements.items():
        terminal.say(
            f"note: {count} texts were heard as {heard} where the table says {known}, which stays"
        )
    if not done.silent.height and not done.failed.height:
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    listed = Table(Column("No text", overflow="fold"), Column("Reason", overflow="fold"))
    for corpus, name, reason in (*done.failed.iter_rows(), *done.silent.iter_rows()):
        listed.add_row(Text(f"{corpus}/{name}"), Text(reason))
    Console(stderr=True).print(listed)
    if done.failed.height:
        terminal.say(f"{done.failed.height} recordings could not be transcribed")
