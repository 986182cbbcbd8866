"""What an adaptation may be expected to gain: the figures of the comparison that we carry along."""

import json
from pathlib import Path

from ehsaas.evaluation.expected import Expected

FILE = Path(__file__).with_name("expected.json")
"""Written by `benchmarks/expected.py` from the comparison's prediction table."""


def gain(method: str, statistics: str, features: str, labels_per_class: float) -> Expected | None:
    """What a method gained on languages left out with as many labels a class, or fewer.

    None where that was not measured: other features, another method, or fewer labels than any.
    """
    if not FILE.is_file():
        return None
    rows = [Expected(**row) for row in json.loads(FILE.read_text(encoding="utf-8"))]
    like = [
        one
        for one in rows
        if (one.method, one.statistics, one.features) == (method, statistics, features)
        and one.labels_per_class <= labels_per_class
    ]
    return max(like, key=lambda one: one.labels_per_class, default=None)
