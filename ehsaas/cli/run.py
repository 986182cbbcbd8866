"""`ehsaas run CONFIG.yaml`: an experiment → its run folder with report and recogniser."""

from pathlib import Path
from typing import Annotated

import typer

from ehsaas.cli import terminal


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="See experiments/.")],
    corpora: Annotated[
        Path,
        typer.Option(
            help="Holds, for each corpus named, a table NAME.parquet, or a folder NAME of one that"
            " `ehsaas corpora` lists."
        ),
    ] = Path("corpora"),
    fast_dev_run: Annotated[
        bool, typer.Option("--fast-dev-run", help="One epoch, one seed: does everything work?")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The run folder; default runs/NAME.")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(help="Also write the results page, its JSON twin and the predictions there."),
    ] = None,
) -> None:
    """An experiment → its run folder. A run that was stopped continues where it stopped."""
    from ehsaas.evaluation.publish import publish
    from ehsaas.experiments.config import load
    from ehsaas.experiments.run import run

    if fast_dev_run and results is not None:
        raise terminal.UsageError(
            "--results would publish what --fast-dev-run only tries out; leave one of them away"
        )
    chosen = load(config)
    folder = output or Path("runs") / (chosen.name + "_dev" * fast_dev_run)
    with terminal.progress(lines=True) as tell:
        report = run(
            chosen,
            corpora,
            folder,
            store=terminal.home(),
            source=config,
            fast_dev_run=fast_dev_run,
            progress=tell,
        )
    typer.echo(str(report))
    if results is not None:
        typer.echo(str(publish(folder, results).markdown))
    if chosen.recogniser:
        model = folder / "model"
        terminal.say(f"recogniser: {model}; try `ehsaas recognise PATH --model …` with it")
