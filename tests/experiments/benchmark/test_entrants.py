from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import ehsaas
from ehsaas.experiments.benchmark.entrants import digest_of, enter, of_judge
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.judging import Judge
from tests.conftest import Pair
from tests.experiments.benchmark.test_checkpoint import write as write_checkpoint
from tests.experiments.benchmark.test_graph import write as write_graph
from tests.judging import toys


def never(path: Path) -> Judge:
    pytest.fail(f"{path} was loaded as one of ours")


def test_each_kind_of_model_is_known_by_its_looks(
    pair: Callable[[str], Pair], tmp_path: Path
) -> None:
    ours = enter(str(pair("attention-bilstm").path), ehsaas.load)
    assert ours.kind == "ehsaas recogniser" and ours.judge is not None
    assert ours.name == pair("attention-bilstm").path.stem  # two files of one recogniser differ
    other = enter(str(write_graph(tmp_path / "toy.onnx")), never, "anger,sadness")
    assert other.kind == "ONNX file"
    assert enter(str(write_checkpoint(tmp_path / "tiny")), never).kind == "transformers checkpoint"
    right = enter("tests.experiments.benchmark.tables:right", never)
    assert right.kind == "Python callable"


def test_a_recogniser_answers_as_it_does_by_itself_and_keeps_its_facts() -> None:
    judge = toys.judge(facts={"languages": ["de"]})
    found = of_judge(judge, "d")
    clip = toys.tone(250)
    heard = found.hear(clip, None)
    assert heard is not None
    np.testing.assert_allclose(heard, [judge(clip).probabilities[c] for c in judge.classes])
    assert found.hear(toys.silence(), None) is None
    assert found.facts == {"languages": ["de"]} and found.classes == toys.CLASSES


def test_one_that_hears_samples_takes_no_statistics() -> None:
    assert of_judge(toys.judge(scaled=False), "d").judge is None
    assert of_judge(toys.judge(), "d").judge is not None


@pytest.mark.parametrize("model", ["nowhere", "nowhere.onnx", "nowhere.yaml", "a folder/x:y"])
def test_what_is_nothing_is_told_with_what_may_be(model: str) -> None:
    with pytest.raises(BenchmarkError, match="no such model; expected a recogniser's folder"):
        enter(model, never)


def test_our_own_say_what_their_outputs_are(pair: Callable[[str], Pair]) -> None:
    with pytest.raises(BenchmarkError, match="leave --labels out"):
        enter(str(pair("attention-bilstm").path), ehsaas.load, "anger,sadness")


def test_the_digest_is_of_what_a_model_is_made_of(tmp_path: Path) -> None:
    for name, text in (("a.json", "1"), ("b.safetensors", "2"), ("notes.txt", "3")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    before = digest_of(tmp_path)
    (tmp_path / "notes.txt").write_text("changed", encoding="utf-8")
    assert digest_of(tmp_path) == before
    (tmp_path / "b.safetensors").write_text("changed", encoding="utf-8")
    assert digest_of(tmp_path) != before
    assert digest_of(tmp_path / "a.json") != digest_of(tmp_path / "a.json", "labels")
