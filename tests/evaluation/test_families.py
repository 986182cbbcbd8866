from collections.abc import Sequence

import polars as pl

from ehsaas.evaluation.families import families
from ehsaas.evaluation.pooled import Result, pool
from tests.evaluation.builders import FOUR, simulated


def test_families_ask_one_question_each(results: Sequence[Result]) -> None:
    found = families(results)
    assert {family.question: len(family.tests) for family in found} == {
        "attention-bilstm against functionals-svm, new speakers of the same corpus": 3,
        "attention-bilstm against functionals-svm, new speakers of the same corpus, both by the"
        " statistics of their training part alone": 3,
        "attention-bilstm: a random split against new speakers of the same corpus": 3,
        "attention-bilstm from other languages against attention-bilstm from the same corpus,"
        " new speakers": 9,
        "attention-bilstm against functionals-svm, across languages": 3,
        "attention-bilstm: corpus statistics against source statistics, from all other corpora": 3,
        "progressive adaptation against no labels of the target": 12,
        "progressive adaptation against target only at the same share": 12,
        "progressive adaptation against functionals-svm at the same share": 12,
    }
    for family in found:
        for test in family.tests:
            assert test.adjusted is not None and test.adjusted >= test.p
            assert test.first.corpus == test.second.corpus
    assert all(test.second.system.endswith("target-only") for test in found[7].tests)


def test_systems_that_judged_other_items_are_not_paired() -> None:
    table = pl.concat(
        [simulated(0.6), simulated(0.5, items=80, system="functionals-svm", classes=FOUR)]
    )
    assert families(pool(table)) == []


def test_the_baseline_is_paired_under_the_same_statistics() -> None:
    """Corpus against corpus, source against source: what each is fitted and judged under."""
    table = pl.concat(
        [
            simulated(skill, system=system, normalisation=normalisation)
            for system, skill in (("attention-bilstm", 0.6), ("functionals-svm", 0.5))
            for normalisation in ("source", "corpus")
        ]
    )
    found = families(pool(table))
    used = [
        (test.first.normalisation, test.second.normalisation)
        for family in found
        for test in family.tests
    ]
    assert used == [("corpus", "corpus"), ("source", "source")]
