"""The ablation of NNPM: its oracle by hand, its variants, and that nothing is done twice."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

from benchmarks import nnpm_ablation
from benchmarks.nnpm_ablation import VARIANTS, right
from ehsaas.evaluation.methods import is_oracle
from ehsaas.training.adaptation import multilabels
from ehsaas.training.adaptation.multilabels import Multilabels
from ehsaas.training.adaptation.task import UNKNOWN
from tests.evaluation.contest import rated

VALUES = torch.tensor([0] * 12 + [1] * 12)
"""A memory of two classes; of a third there is nothing."""

SIMILARITY = torch.where(VALUES == 0, 0.9, 0.1).repeat(4, 1)
"""Four recordings, all of them near to the first class alone."""

AMONG = torch.ones(24, 24)


def nobody_but_the_first_two(*given: object) -> Multilabels:
    label = torch.tensor([0, 0, UNKNOWN, 0])
    return Multilabels(torch.zeros(4, 24, dtype=torch.bool), label, torch.full((4,), 0.7))


def test_right_labels_are_the_truth_wherever_there_is_a_class_and_a_memory_of_it() -> None:
    found = right(np.array([0, 1, UNKNOWN, 2]))(SIMILARITY, AMONG, VALUES, 3)
    assert found.label.tolist() == [0, 1, UNKNOWN, UNKNOWN]
    near = multilabels.candidates(SIMILARITY)
    assert torch.equal(found.positives[0], near[0] & (VALUES == 0))
    assert torch.equal(found.positives[1], VALUES == 1)  # no candidate is: all of it
    assert not found.positives[2:].any()


def test_right_labels_for_those_only_that_the_recipe_would_label() -> None:
    asked = right(np.array([1, UNKNOWN, 0, 0]), nobody_but_the_first_two)
    found = asked(SIMILARITY, AMONG, VALUES, 3)
    assert found.label.tolist() == [1, UNKNOWN, UNKNOWN, 0]
    assert found.positives.any(dim=1).tolist() == [True, False, False, True]
    assert found.purity.tolist() == torch.full((4,), 0.7).tolist()


def test_what_is_told_the_truth_is_called_an_oracle() -> None:
    truth = np.array([1, 1, 1, 1])
    for name, variant in VARIANTS.items():
        if variant.labeller is None:
            continue
        own = variant.labeller(truth)(SIMILARITY, AMONG, VALUES, 2)
        assert is_oracle(name) == (variant.classes_only or bool((own.label == 1).any())), name


def test_what_was_judged_is_not_judged_again(tmp_path: Path) -> None:
    calls = []

    def judge() -> tuple[pl.DataFrame, list[dict[str, object]]]:
        calls.append(1)
        return pl.DataFrame({"predicted": ["anger"]}), [{"labelled": 0.5}]

    about = ("network", "emodb", "0", "nnpm, purer labels")
    first = nnpm_ablation._once(tmp_path, about, judge)
    again = nnpm_ablation._once(tmp_path, about, judge)
    assert first[0].equals(again[0]) and first[1] == again[1] == [{"labelled": 0.5}]
    nnpm_ablation._once(tmp_path, (*about[:2], "1", about[3]), judge)
    assert len(calls) == 2
    for name in VARIANTS:  # no two of them share a file
        nnpm_ablation._once(tmp_path, ("network", "urdu", "0", name), judge)
    assert len(calls) == 2 + len(VARIANTS)


def test_variants_are_set_against_the_plain_one_by_hand() -> None:
    table = pl.concat(
        [
            rated("source-only", "corpus", (6, 6, 6, 6)),
            rated("nnpm", "corpus", (5, 5, 5, 5)),
            rated("nnpm memory", "corpus", (4, 5, 5, 4)),
            rated("oracle: nnpm, right labels", "corpus", (9, 7, 9, 7)),
        ]
    )
    (said,) = nnpm_ablation.against(table)
    assert said.startswith("Mean UAR against `nnpm` (embeddings), paired: `oracle: nnpm, right")
    figures = [part.split("` ")[1][:6] for part in said.split(", `")]
    assert figures[1:] == ["+0.100", "-0.050"] and "right labels` +0.300" in said
