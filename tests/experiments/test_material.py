import numpy as np
import polars as pl
import pytest

from ehsaas.calibration import Statistics
from ehsaas.experiments.material import Material
from ehsaas.experiments.protocols import crossing
from ehsaas.training.choosing import inner_folds
from tests.experiments.builders import config

TONGUES = {"first": "en", "second": "en-US", "third": "ur"}


@pytest.fixture
def three() -> Material:
    """One row a corpus: two in English, one of them of a region, and one in Urdu."""
    rows = pl.DataFrame({"corpus": list(TONGUES), "language": list(TONGUES.values())})
    features = [np.zeros((1, 1), np.float32)] * 3
    return Material(rows, features, ("anger",), tuple(TONGUES), own={})


@pytest.mark.parametrize(
    ("corpus", "others"),
    [("first", ["third"]), ("second", ["third"]), ("third", ["first", "second"])],
)
def test_a_corpus_of_another_region_is_not_foreign(
    three: Material, corpus: str, others: list[str]
) -> None:
    assert three.foreign(corpus) == others


def test_two_regions_of_one_language_do_not_cross(three: Material) -> None:
    tables = {str(name): part for (name,), part in three.rows.group_by("corpus")}
    assert crossing(config(corpora=tuple(TONGUES)), tables) == list(TONGUES)
    del tables["third"]
    assert crossing(config(corpora=("first", "second")), tables) == []


def test_regions_of_one_language_are_left_out_together_inside_the_training_part() -> None:
    tongues = ("en-GB", "en-US", "ur", None, "de")
    names = [f"{i}" for i in range(len(tongues))]
    rows = pl.DataFrame(
        {"id": names, "corpus": names, "speaker": names, "language": tongues, "emotion": "anger"}
    )
    features = [np.zeros((1, 1), np.float32)] * len(names)
    data = Material(rows, features, ("anger",), tuple(names), own={})
    same = Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "source")
    inner = inner_folds(data.examples(data.everything, same))
    assert inner.what == "languages"
    assert [out.tolist() for _, out in inner.folds] == [[0, 1], [2], [4]]
    assert [kept.tolist() for kept, _ in inner.folds] == [[2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 3]]
