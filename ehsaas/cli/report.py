"""`ehsaas report RUN…`: rebuild the report of one run, or set several side by side."""

from pathlib import Path
from typing import Annotated

import typer

from ehsaas.cli import terminal


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to write a comparison of several runs.")
    ] = Path("comparison.html"),
    results: Annotated[
        Path | None,
        typer.Option(help="Also write each run's page, JSON twin and prediction table there."),
    ] = None,
) -> None:
    """Rebuild the report of one run, or set several side by side."""
    from ehsaas.evaluation.publish import publish
    from ehsaas.evaluation.report import compare_reports, write_report

    with terminal.progress() as tell:
        tell("writing the report", 0, 0)
        path = write_report(runs[0]) if len(runs) == 1 else compare_reports(runs, output)
        pages = [publish(run, results) for run in runs] if results else []
    typer.echo(str(path))
    for page in pages:
        typer.echo(str(page.markdown))
