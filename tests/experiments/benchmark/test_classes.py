from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ehsaas.experiments.benchmark.classes import asked, classes_in, restricted
from ehsaas.experiments.benchmark.entrants import of_judge
from ehsaas.experiments.benchmark.items import items
from tests.experiments.benchmark.tables import FOUR, table
from tests.judging import toys

KNOWN = ("anger", "happiness", "sadness", "neutral", "fear", "excitement")


def test_native_is_what_corpus_and_model_share_and_four_is_all_or_nothing(tmp_path: Path) -> None:
    made = items([table(tmp_path, emotions=("anger", "sadness", "fear"))])
    assert classes_in(KNOWN, made, "de", "native") == ("anger", "sadness", "fear")
    assert classes_in(("anger", "calm"), made, "de", "native") == ()
    assert set(classes_in(KNOWN, made, "de", "four")) == set(FOUR)
    assert classes_in(("anger", "sadness"), made, "de", "four") == ()


def test_items_of_no_class_are_not_asked_for(tmp_path: Path) -> None:
    made = items([table(tmp_path, emotions=("anger", "sadness", "fear"), speakers=1)])
    ear = of_judge(toys.judge(), "d")  # anger, neutral, sadness
    assert asked(ear, made).rows["emotion"].to_list() == ["anger", "sadness"]
    everything = replace(ear, classes=KNOWN)
    assert len(asked(everything, made).table) == 3


def test_probabilities_are_held_to_the_classes_and_sum_to_one_again() -> None:
    said = np.array([[0.1, 0.2, 0.1, 0.1, 0.3, 0.2], [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]])
    found = restricted(said, KNOWN, FOUR, "four")
    np.testing.assert_allclose(found[0], np.array([0.1, 0.4, 0.1, 0.1]) / 0.7)  # excitement is joy
    np.testing.assert_allclose(found[1], [0.25] * 4)
    native = restricted(said, KNOWN, ("anger", "excitement"), "native")
    np.testing.assert_allclose(native[0], [1 / 3, 2 / 3])


@pytest.mark.parametrize("label_set", ["four", "native"])
def test_what_is_known_in_full_stays_as_it_is(label_set: str) -> None:
    said = np.array([[0.4, 0.3, 0.2, 0.1]])
    np.testing.assert_allclose(restricted(said, FOUR, FOUR, label_set), said)
