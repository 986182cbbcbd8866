"""Results → `metrics.json`: the twin's rows, and the seeds, classes and tests behind them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ehsaas.evaluation.families import Family
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.results import rows
from ehsaas.evaluation.views import Headline


def content(
    results: Sequence[Result], tests: Sequence[Family], headline: Headline
) -> dict[str, Any]:
    """`rows` as in a results page's twin; `details`, one a result; `tests`, one a pair."""
    return {
        "rows": rows(results, headline),
        "details": [_detail(one) for one in results],
        "tests": [test for family in tests for test in _tests(family)],
    }


def key(one: Result) -> tuple[str, ...]:
    """What tells one result from another, as text, in the order of `RESULT_KEY`."""
    return (
        one.system,
        one.protocol,
        json.dumps(dict(one.condition), sort_keys=True),
        one.features,
        one.normalisation,
        "+".join(one.train),
        one.corpus,
        one.label_set,
    )


def _named(one: Result) -> dict[str, Any]:
    return {
        "system": one.system,
        "protocol": one.protocol,
        "condition": dict(one.condition),
        "features": one.features,
        "normalisation": one.normalisation,
        "train": list(one.train),
        "test": one.corpus,
        "label_set": one.label_set,
    }


def _detail(one: Result) -> dict[str, Any]:
    return _named(one) | {
        "classes": list(one.classes),
        "predicted_classes": list(one.names),
        "confusion": one.confusion.tolist(),
        "per_class": [asdict(detail) for detail in one.details],
        "seeds": list(one.seeds),
        "per_seed": {name: list(found.per_seed) for name, found in one.measures.items()},
        "speakers": one.speakers,
        "interval": one.unit,
        "redrawn": one.redrawn,
        "collapsed": list(one.collapses),
        "refused": dict(one.refused),
    }


def _tests(family: Family) -> list[dict[str, Any]]:
    return [
        {
            "question": family.question,
            "first": _named(test.first),
            "second": _named(test.second),
            "difference": test.difference,
            "low": test.low,
            "high": test.high,
            "p": test.p,
            "p_holm": test.adjusted,
            "over": test.unit,
            "items": test.items,
        }
        for test in family.tests
    ]
