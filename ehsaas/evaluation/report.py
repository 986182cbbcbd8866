"""Run folder → `report.html`, one self-contained page, with its figures and `metrics.json`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ehsaas.evaluation import detail, pictures, run_folder
from ehsaas.evaluation.answers import answers
from ehsaas.evaluation.choice import headline as chosen
from ehsaas.evaluation.comparison import compare_reports
from ehsaas.evaluation.dimension_tables import dimension_tables
from ehsaas.evaluation.drawing import standalone
from ehsaas.evaluation.families import families
from ehsaas.evaluation.grid import grid_tables
from ehsaas.evaluation.labelling import labelling_table
from ehsaas.evaluation.method_tables import method_tables
from ehsaas.evaluation.methods import apart
from ehsaas.evaluation.page import METHOD
from ehsaas.evaluation.pictures import Picture
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.promises import promise_tables
from ehsaas.evaluation.published import published_table
from ehsaas.evaluation.reliability import reliability_table
from ehsaas.evaluation.rendering import render
from ehsaas.evaluation.results import published_row
from ehsaas.evaluation.run_folder import ReportError, RunFiles
from ehsaas.evaluation.tables import (
    family_table,
    results_table,
    warnings,
    within_tables,
)
from ehsaas.evaluation.tongues import language
from ehsaas.evaluation.trials import trial_tables
from ehsaas.evaluation.views import Headline, headline_of, main, within

__all__ = ["ReportError", "compare_reports", "write_report"]

QUESTION = (
    "How well is emotion recognised within each language, how much is lost when the model comes"
    " from other languages, and how much of the language's own data buys how much back?"
)
SEVERITIES: tuple[str, ...] = ("critical", "warning", "note")


def write_report(run: Path, headline: Headline | None = None) -> Path:
    """Write `report.html`, `metrics.json` and `figures/*.svg` of a run, from its files only.

    Args:
        run: a run folder with `predictions.parquet`; the other files that a run writes
            (`config.yaml`, `environment.json`, `audit.json`, `history.json`, `attention.json`,
            `notes.json`) are used where they are there.
        headline: which results are the choice made without test data; the run's own system where
            None.

    Returns:
        The path of the report.

    Raises:
        ReportError: the folder holds no predictions, or a file is not what it should be.
    """
    files = run_folder.read(run)
    headline = chosen(files.results, headline or headline_of(files.config))
    rest = apart(files.results)
    tests = families(rest, headline)
    drawn = _draw(files, headline)
    _write_figures(run / "figures", [one for group in drawn.values() for one in group])
    metrics = detail.content(files.results, tests, headline)
    text = json.dumps(metrics, ensure_ascii=False) + "\n"
    (run / "metrics.json").write_text(text, encoding="utf-8")
    published = [published_row(row) for row in files.config.get("published") or ()]
    values = {
        "files": files,
        "question": files.config.get("question") or QUESTION,
        "answers": answers(files.results, headline),
        "facts": _facts(files.results),
        "warnings": warnings(files.results),
        "audits": _audits(files.audits),
        "methods": method_tables(files.results),
        "labelling": labelling_table(files.history),
        "grids": grid_tables(rest),
        "within": within_tables(within(rest)),
        "dimensions": dimension_tables(files.results, main(files.results, headline)[0]),
        "trials": trial_tables(rest),
        "believed": reliability_table(files.stated, headline),
        "promises": promise_tables(files.stated, headline),
        "tests": [family_table(family) for family in tests],
        "published": (published_table(published, files.results, headline) if published else None),
        "everything": results_table(files.results, "Every result, every metric"),
        "method": METHOD,
        "environment": _environment(files.environment),
        **drawn,
    }
    return render("report.html", values, run / "report.html")


def _draw(files: RunFiles, headline: Headline) -> dict[str, list[Picture]]:
    system, _ = main(files.results, headline)
    rest = apart(files.results)
    return {
        "labelled": pictures.labelled(files.results),
        "ranked": pictures.ranked(files.results),
        "transfer": pictures.transfer(rest, headline),
        "adaptation": pictures.adaptation(rest, headline),
        "disturbed": pictures.disturbed(files.results),
        "enrolments": pictures.enrolments(files.results),
        "compared": pictures.compared(files.results, headline),
        "confusions": pictures.confusions(files.results, headline),
        "by_class": pictures.by_class(files.results, headline),
        "reliability": pictures.reliability(files.stated, headline),
        "training": pictures.training(files.history, system),
        "attention": pictures.attended(files.attention),
    }


def _write_figures(folder: Path, found: Sequence[Picture]) -> None:
    """Write the figures, and remove those of an earlier report that are no longer drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for one in found:
        (folder / f"{one.name}.svg").write_text(standalone(one.svg), encoding="utf-8")


def _facts(results: Sequence[Result]) -> list[tuple[str, str]]:
    """What was run, in a line each."""
    tested = {one.corpus: language(one) for one in results}
    items: dict[str, int] = {}
    for one in results:
        items[one.corpus] = max(items.get(one.corpus, 0), len(one.items.ids))
    seeds = sorted({seed for one in results for seed in one.seeds})
    corpora = ", ".join(f"{name} ({tested[name]}, {items[name]} items)" for name in sorted(tested))
    return [
        ("Tested on", corpora),
        ("Systems", ", ".join(sorted({one.system for one in results}))),
        ("Seeds", ", ".join(map(str, seeds))),
        ("Results", _intervals(results)),
    ]


def _intervals(results: Sequence[Result]) -> str:
    """How many results there are, and how many have an interval, no interval, or no UAR."""
    measured = [one.uar for one in results if one.uar]
    whole = sum(one.low is not None for one in measured)
    counts = (
        (whole, "with an interval"),
        (len(measured) - whole, "without an interval, as too few resamples hold every class"),
        (len(results) - len(measured), "refused, as a class has no item"),
    )
    return f"{len(results)}: " + ", ".join(f"{n} {what}" for n, what in counts if n)


def _audits(audits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The findings by corpus, gravest first; one that several splits share is told once."""
    by_corpus: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {}
    for audit in audits:
        findings = by_corpus.setdefault(str(audit["corpus"]), {})
        for finding in audit["findings"]:
            same = tuple(str(finding[name]) for name in ("kind", "severity", "title", "effect"))
            known = findings.setdefault(same, {**finding, "splits": []})
            known["evidence"] = {
                name: _short(value) for name, value in dict(finding["evidence"]).items()
            }
            if audit.get("split") and audit["split"] not in known["splits"]:
                known["splits"].append(audit["split"])
    return [
        {
            "corpus": corpus,
            "findings": sorted(findings.values(), key=_gravity),
            "counts": [
                (name, n)
                for name in SEVERITIES
                if (n := sum(one["severity"] == name for one in findings.values()))
            ],
        }
        for corpus, findings in by_corpus.items()
    ]


def _gravity(finding: Mapping[str, Any]) -> int:
    severity = finding["severity"]
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _short(value: object) -> str:
    """Evidence as text; a long list or table is cut, and says so."""
    if isinstance(value, float):
        return f"{value:.3f}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 240 else f"{text[:240]} … ({len(text)} characters in audit.json)"


def _environment(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Machine and packages, a line each; the command has a place of its own."""
    lines = []
    for name, value in environment.items():
        if name == "seconds" and isinstance(value, int | float):
            lines.append(("time", f"{value / 60:.1f} minutes"))
        elif isinstance(value, Mapping):
            lines.append((name, ", ".join(f"{key} {one}" for key, one in value.items())))
        elif name != "command" and value not in (None, ""):
            lines.append((name, str(value)))
    return lines
