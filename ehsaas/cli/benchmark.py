"""`ehsaas benchmark MODEL [TABLE…]`: any model on prepared corpora → its place on a leaderboard."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehsaas import shipped
from ehsaas.cli import terminal
from ehsaas.cli.model import SHIPPED, Neutral, opened, see_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import rich.table

    from ehsaas.audio import Clip
    from ehsaas.evaluation.leaderboard import Leaderboard
    from ehsaas.evaluation.tables import Table
    from ehsaas.utterances import UtteranceTable


class Format(StrEnum):
    """How the leaderboard is printed."""

    TABLE = "table"
    JSON = "json"


def benchmark(
    model: Annotated[
        str,
        typer.Argument(
            help=f"A recogniser: one that comes with the package ({SHIPPED}) or its folder; an ONNX"
            " file, the folder of a transformers checkpoint, package.module:name of a Python"
            " callable, or a recipe CONFIG.yaml."
        ),
    ],
    tables: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[TABLE]...",
            help="Tables that `ehsaas prepare` wrote; default is all in --corpora, for a recipe"
            " those that it names.",
        ),
    ] = None,
    corpora: Annotated[
        Path,
        typer.Option(help="Where tables lie; a recipe's encoders are relative to it, too."),
    ] = Path("corpora"),
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="anger,happiness,…",
            help="The emotion of each output, - for none, where a model does not say it itself.",
        ),
    ] = None,
    neutral: Neutral = None,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="The leaderboard's folder; a folder in it an entry."),
    ] = Path("runs/benchmark"),
    form: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TABLE,
) -> None:
    """Any model on prepared corpora: UAR by language, and its place on a leaderboard."""
    from ehsaas.experiments.benchmark import function
    from ehsaas.experiments.benchmark.entering import enter_model
    from ehsaas.experiments.benchmark.entrants import RECIPES, enter
    from ehsaas.experiments.benchmark.items import CHANGED, UNREAD, items

    see_named(model)
    is_recipe = Path(model).suffix in RECIPES
    if is_recipe and labels is not None:
        raise terminal.UsageError("--labels says what a model's outputs are; a recipe has none")
    given = _read(tables or [], corpora, is_recipe)
    with terminal.progress(lines=is_recipe) as tell:
        if is_recipe:
            from ehsaas.experiments.benchmark.entering_recipe import enter_recipe
            from ehsaas.experiments.benchmark.recipe import items_for
            from ehsaas.experiments.config import load

            config = load(Path(model))
            wanted = items_for(config, given, corpora, tuple(neutral or ()), tell)
            made = enter_recipe(config, wanted, corpora, output, terminal.home(), tell)
        else:
            if function.is_named(model):
                sys.path.append(str(Path.cwd()))  # it may lie here
            where = str(shipped.file_of(model)) if model in shipped.MODELS else model
            entrant = enter(where, lambda path: opened(model), labels, lambda: _clips(given))
            made = enter_model(entrant, items(given, neutral or (), tell), output, tell)
    _print(made.board, form)
    if made.taken:
        whole = output / made.entry.folder
        terminal.say(
            f"taken from an earlier run: {', '.join(made.taken)} (remove {whole} to begin)"
        )
    left_out = made.entry.about.left_out
    if left_out:
        counted = ", ".join(f"{n} ({why})" for why, n in left_out.items())
        terminal.say(f"left out: {counted}; {output / made.entry.folder / 'left_out.csv'}")
    if {UNREAD, CHANGED} & set(left_out):
        raise typer.Exit(terminal.SOME_FAILED)


def _read(paths: list[Path], corpora: Path, is_recipe: bool) -> "list[UtteranceTable]":
    """The tables that were given, or those in the folder of tables.

    Raises:
        UsageError: there is none, and no recipe that would name some.
    """
    from ehsaas import utterances

    found = paths or ([] if is_recipe else sorted(corpora.glob("*.parquet")))
    if not found and not is_recipe:
        raise terminal.UsageError(
            f"no TABLE, and none in {corpora}: make some with `ehsaas prepare NAME FOLDER -o"
            f" {corpora}/NAME.parquet`"
        )
    return [utterances.read(path) for path in found]


def _clips(tables: "Sequence[UtteranceTable]") -> "Iterator[Clip]":
    """The recordings of tables that can be read, one by one."""
    from ehsaas.experiments.evaluate import clips_of

    for table in tables:
        yield from (clip for clip in clips_of(table, table.rows) if not isinstance(clip, str))


def _print(board: "Leaderboard", form: Format) -> None:
    if form == Format.JSON:
        typer.echo(json.dumps(board.content, ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.text import Text

    from ehsaas.evaluation.board_tables import described, tables

    console = Console()
    for part in board.boards:
        for one in tables(part):
            console.print(_laid_out(one))
        console.print(Text(described(part)), "", soft_wrap=True, sep="\n")
    typer.echo(str(board.html))


def _laid_out(table: "Table") -> "rich.table.Table":
    """A table with a line for every figure, so that any number of languages fits a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Column
    from rich.table import Table as Shown
    from rich.text import Text

    first = table.head.index("entry") + 1
    entry = (Column(name, overflow="fold") for name in table.head[:first])
    shown = Shown(*entry, "", "UAR", title=table.title, box=SIMPLE_HEAD, title_justify="left")
    for line in table.body:
        named = line[:first]
        for name, cell in zip(table.head[first:], line[first:], strict=True):
            shown.add_row(*map(Text, (*named, name, cell)))
            named = ("",) * first
        shown.add_section()
    return shown
