"""`ehsaas corpora [NAME]`: what is known of each corpus, and its traps."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ehsaas.corpora import Card


def corpora(
    name: Annotated[str | None, typer.Argument(help="One corpus; all of them if left out.")] = None,
) -> None:
    """What is known of each corpus, and its traps."""
    from ehsaas.cli.terminal import UsageError
    from ehsaas.corpora import CORPORA

    if name is None:
        _list([corpus.card for corpus in CORPORA.values()])
    elif name in CORPORA:
        _show(CORPORA[name].card)
    else:
        raise UsageError(f"no corpus {name!r}; known are {', '.join(CORPORA)}")


def _list(cards: "list[Card]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Name", "Language", "Utterances", "Speakers", "Title")
    for card in cards:
        counts = [str(n) if n is not None else "" for n in (card.utterances, card.speakers)]
        table.add_row(card.name, card.language, *counts, card.title)
    Console().print(table)
    typer.echo("Your own recordings come in with `ehsaas prepare manifest`; see its --help.")


def _show(card: "Card") -> None:
    emotions = sorted({emotion for emotion in card.labels.values() if emotion})
    facts = {
        "language": card.language,
        "utterances": card.utterances,
        "speakers": card.speakers,
        "emotions": ", ".join(emotions),
        "files": card.layout,
        "licence": card.licence,
        "home": card.home,
        "cite": card.citation,
    }
    typer.echo(f"{card.name}: {card.title}\n")
    for what, value in facts.items():
        typer.echo(f"  {what:<11} {'not known' if value is None else value}")
    for trap in card.traps:
        typer.echo(f"\n  Trap: {trap.what}\n    {trap.measured}\n    {trap.advice}")
