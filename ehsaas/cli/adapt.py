"""`ehsaas adapt MODEL FOLDER`: a saved recogniser and a user's recordings → an adapted one."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehsaas.cli import terminal
from ehsaas.cli.model import folder_of

if TYPE_CHECKING:
    from ehsaas.experiments.given import Recording


class Speakers(StrEnum):
    """What tells the speakers of a folder apart."""

    ONE = "one"
    FOLDERS = "folders"


def adapt(
    model: Annotated[str, typer.Argument(help="A recogniser's folder; a file cannot be adapted.")],
    folder: Annotated[Path, typer.Argument(help="Recordings in the new language or place.")],
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Columns path (in the folder) and emotion, and speaker if you like; not every"
            " recording needs a line, nor a line an emotion.",
        ),
    ] = None,
    speakers: Annotated[
        Speakers | None,
        typer.Option(
            help="All recordings are one voice's (one), or each subfolder holds a voice (folders)."
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="Default: self-training; with labels, joint-training."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Default: MODEL-adapted beside MODEL.")
    ] = None,
) -> None:
    """A saved recogniser adapted to your recordings, with a few labels or none."""
    whole = folder_of(
        model,
        "judge by the statistics of your recordings (`ehsaas recognise --baseline FOLDER`)",
    ).resolve()
    from ehsaas.experiments.adapt import adapt

    out = output or whole.with_name(f"{whole.name}-adapted")
    if out.resolve() == whole:
        raise terminal.UsageError(f"-o {out}: that is the model itself; give another folder")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise terminal.UsageError(f"-o {out}: there is something already; give a new folder")
    recordings = list(_recordings(folder, labels, speakers))
    with terminal.progress() as tell:
        changed = adapt(
            Path(model), recordings, method=method, name=folder.resolve().name, progress=tell
        )
    for line in changed.unread:
        terminal.say(f"not used: {line}")
    changed.save(out)
    for line in changed.said:
        terminal.say(line)
    typer.echo(out)
    if changed.unread:
        raise typer.Exit(terminal.SOME_FAILED)


def _recordings(
    folder: Path, labels: Path | None, speakers: Speakers | None
) -> Iterator["Recording"]:
    """Every recording of the folder, with what the CSV and the folders say of it."""
    from ehsaas.audio import recordings_in
    from ehsaas.experiments.given import Recording

    if not folder.is_dir():
        raise terminal.UsageError(f"{folder}: expected a folder of recordings")
    names = [str(path) for path in recordings_in(folder)]
    if not names:
        raise terminal.UsageError(f"{folder}: no recordings in this folder")
    if speakers is Speakers.FOLDERS and not any("/" in name for name in names):
        raise terminal.UsageError(
            f"--speakers folders: {folder} has no subfolders with recordings in them"
        )
    told = {} if labels is None else _told(labels, names)
    if speakers is not None and any(speaker for _, speaker in told.values()):
        raise terminal.UsageError(
            f"--speakers {speakers}: {labels} says who speaks; leave one of the two out"
        )
    for name in names:
        emotion, speaker = told.get(name, (None, None))
        if speakers is Speakers.ONE:
            speaker = "one"
        elif speakers is Speakers.FOLDERS and "/" in name:
            speaker = name.split("/")[0]
        yield Recording(name, folder / name, emotion, speaker)


def _told(path: Path, names: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """Emotion and speaker of the recordings that a CSV names."""
    import polars as pl

    if not path.is_file():
        raise terminal.UsageError(f"--labels {path}: no such file")
    try:
        rows = pl.read_csv(path, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise terminal.UsageError(f"--labels {path}: not a CSV file ({error})") from error
    if lacking := [name for name in ("path", "emotion") if name not in rows.columns]:
        raise terminal.UsageError(
            f"--labels {path}: no column {', '.join(lacking)}; it has {', '.join(rows.columns)}"
        )
    if "speaker" not in rows.columns:
        rows = rows.with_columns(speaker=pl.lit(None, pl.String))
    found: dict[str, tuple[str | None, str | None]] = {}
    for name, emotion, speaker in rows.select("path", "emotion", "speaker").iter_rows():
        if name not in names:
            raise terminal.UsageError(
                f"--labels {path}: {name!r} is no recording of the folder; paths are relative to it"
            )
        if name in found:
            raise terminal.UsageError(f"--labels {path}: {name!r} comes twice")
        emotion, speaker = (emotion or "").strip().lower(), (speaker or "").strip()
        found[name] = (emotion or None, speaker or None)
    return found
