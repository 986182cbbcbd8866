"""Run folder → its results page, JSON twin and prediction table in a folder of documentation."""

from pathlib import Path

from ehsaas.evaluation import predictions, results, run_folder
from ehsaas.evaluation.results import Page
from ehsaas.evaluation.views import Headline, headline_of


def publish(run: Path, folder: Path, headline: Headline | None = None) -> Page:
    """Write `NAME.md`, `NAME.json` and `NAME.parquet` of a finished run into `folder`.

    The headline is the run's own system where none is given.

    Raises:
        ReportError: the run folder holds no predictions, or a file is not what it should be.
    """
    files = run_folder.read(run)
    environment = files.environment
    notes = list(files.notes)
    if environment:
        minutes = max(1, round(environment.get("seconds", 0) / 60))
        took = f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
        machine = environment.get("processor") or environment.get("machine")
        notes.append(f"It took {took} on {environment.get('cores')} cores ({machine}).")
    return results.write_page(
        folder,
        files.name,
        predictions.read(run / "predictions.parquet"),
        title=f"Results: {files.name}",
        question=str(files.config.get("question") or ""),
        published=files.config.get("published") or (),
        notes=notes,
        command=str(environment.get("command") or f"ehsaas run experiments/{files.name}.yaml"),
        headline=headline or headline_of(files.config),
        gathers=files.config.get("gathers") or (),
    )
