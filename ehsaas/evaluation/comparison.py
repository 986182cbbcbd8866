"""Several run folders → one page that sets them side by side, with paired tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ehsaas.evaluation import run_folder
from ehsaas.evaluation.detail import key
from ehsaas.evaluation.families import Family
from ehsaas.evaluation.page import METHOD
from ehsaas.evaluation.pooled import REFERENCES, Result
from ehsaas.evaluation.rendering import render
from ehsaas.evaluation.run_folder import ReportError
from ehsaas.evaluation.significance import compare, holm_over, same_items
from ehsaas.evaluation.tables import Table, condition, family_table, figure, trained_on


def compare_reports(runs: Sequence[Path], out: Path) -> Path:
    """Write one page that sets several runs side by side; paired tests where the items match.

    Args:
        runs: run folders, two or more; tests compare each with the first.
        out: the HTML file to write.

    Raises:
        ReportError: fewer than two runs, two of one name, or one without predictions.
    """
    names = [run.resolve().name for run in runs]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ReportError(
            f"a comparison needs two or more runs of different names; got {', '.join(names)}"
        )
    pooled = {name: run_folder.read(run).results for name, run in zip(names, runs, strict=True)}
    first, *rest = names
    families = [_between(first, pooled[first], name, pooled[name]) for name in rest]
    values = {
        "names": names,
        "results": _side_by_side(pooled),
        "tests": [family_table(family) for family in families if family.tests],
        "method": METHOD,
    }
    return render("comparison.html", values, out)


def _between(first: str, ours: Sequence[Result], second: str, theirs: Sequence[Result]) -> Family:
    """Paired tests of what both runs tried in the same way."""
    others = {key(one): one for one in theirs if one.uar}
    pairs = [
        (one, others[key(one)])
        for one in ours
        if one.system not in REFERENCES and one.uar and key(one) in others
    ]
    tests = [compare(one, other) for one, other in pairs if same_items(one, other)]
    return Family(f"{first} minus {second}, the same system and items", tuple(holm_over(tests)))


def _side_by_side(pooled: Mapping[str, Sequence[Result]]) -> Table:
    found = {name: {key(one): one for one in results} for name, results in pooled.items()}
    kinds = {kind: one for results in found.values() for kind, one in results.items()}
    return Table(
        "UAR by run",
        "An empty cell was not run.",
        (
            "system",
            *pooled,
            "protocol",
            "condition",
            "trained on",
            "tested on",
            "statistics",
            "features",
            "label set",
        ),
        tuple(
            (
                one.system,
                *(figure(results.get(kind)) for results in found.values()),
                one.protocol,
                condition(one),
                trained_on(one),
                one.corpus,
                one.normalisation,
                one.features,
                one.label_set,
            )
            for kind, one in sorted(kinds.items())
        ),
    )
