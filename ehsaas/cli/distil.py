"""`ehsaas distil MODEL FOLDER -o STUDENT`: what a recogniser says of recordings → a small one."""

from pathlib import Path
from typing import Annotated

import typer

from ehsaas.cli import terminal
from ehsaas.cli.model import Given, opened


def distil(
    model: Given,
    folder: Annotated[
        Path, typer.Argument(help="Recordings of the kind that the student is for, without labels.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="STUDENT", help="Where to: a new folder.")
    ] = Path("student"),
    seed: Annotated[int, typer.Option(help="Of the student's first weights and its lessons.")] = 0,
) -> None:
    """A small recogniser that answers as a large one does; `ehsaas export` makes a file of it."""
    from ehsaas.cli.clips import clips_of
    from ehsaas.export import distil as lessons
    from ehsaas.recogniser import save

    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise terminal.UsageError(f"-o {output}: there is something already; give a new folder")
    teacher = opened(model)
    clips, left_out = clips_of(folder, "the recordings in")
    with terminal.progress() as tell:
        student = lessons.distil(teacher, clips, seed, tell=tell)
    save(student, output)
    learned = student.facts["teacher"]
    terminal.say(
        f"{student.name}: learned what {teacher.name} says of {learned['recordings']} recordings"
        f" ({learned['seconds']:.0f} s); it gives no prediction sets: what can be calibrated is a"
        " recogniser trained by `ehsaas run`"
    )
    typer.echo(output)
    if left_out:
        raise typer.Exit(terminal.SOME_FAILED)
