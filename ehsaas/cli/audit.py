"""`ehsaas audit TABLE…`: what a reader must know before believing a score on these utterances."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehsaas.cli import terminal

if TYPE_CHECKING:
    import polars as pl

    from ehsaas.corpora.splits import Split

EMOBOX = "emobox:"


def audit(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="Tables that `ehsaas prepare` wrote.")
    ],
    split: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Folds to audit: a CSV with the columns id and fold, and, where wanted, corpus and"
            " split (train or test). emobox:FILE = EmoBox's, where utterances may be missing.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where a finding is critical.")
    ] = False,
) -> None:
    """What a reader must know before believing a score on these utterances."""
    from ehsaas import utterances
    from ehsaas.audit import audit as look

    table = utterances.concat([utterances.read(path) for path in tables])
    found = look(table, _split(table.rows, split))
    if as_json:
        typer.echo(found.to_json())
    else:
        from rich.console import Console

        from ehsaas.audit import render

        Console().print(render.terminal(found))
    if strict and any(finding.severity == "critical" for finding in found.findings):
        raise typer.Exit(terminal.SOME_FAILED)


def _split(rows: "pl.DataFrame", source: str | None) -> "Split | None":
    if source is None:
        return None
    from ehsaas.corpora import splits

    path = Path(source.removeprefix(EMOBOX))
    if not path.is_file():
        raise terminal.UsageError(f"{path}: no such file of folds")
    return splits.from_file(rows, path, allow_missing=source.startswith(EMOBOX))
