from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from ehsaas.audio import Clip
from ehsaas.experiments.benchmark import graph
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.serving import model_file
from tests.conftest import Pair

Sizes = Sequence[int | str]


def write(
    path: Path, shape: Sizes = ("B", "N"), kind: int = TensorProto.FLOAT, outputs: int = 1
) -> Path:
    """A graph that gives the mean and the maximum of a waveform as two logits."""
    axis = len(shape) - 1
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[axis], keepdims=1),
        helper.make_node("ReduceMax", ["x"], ["top"], axes=[axis], keepdims=1),
        helper.make_node("Concat", ["mean", "top"], ["y"], axis=axis),
    ]
    given = [helper.make_tensor_value_info("y", kind, [*shape[:-1], 2])]
    given += [helper.make_tensor_value_info("top", kind, [*shape[:-1], 1])] * (outputs - 1)
    taken = [helper.make_tensor_value_info("x", kind, list(shape))]
    made = helper.make_model(
        helper.make_graph(nodes, "toy", taken, given),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    onnx.save(made, str(path))
    return path


@pytest.mark.parametrize("shape", [("B", "N"), (1, "N"), ("N",)])
def test_a_waveform_goes_in_and_probabilities_come_out(shape: Sizes, tmp_path: Path) -> None:
    found = graph.entrant(write(tmp_path / "toy.onnx", shape), "sadness,anger")
    samples = np.array([0.0, 0.5, 0.1, 0.2] * 100, np.float32)
    heard = found.hear(Clip(samples), None)
    assert heard is not None
    share = 1 / (1 + np.exp(-(0.5 - 0.2)))  # of the second output, anger
    np.testing.assert_allclose(heard, [share, 1 - share], rtol=1e-5)
    assert found.classes == ("anger", "sadness") and found.name == "toy"


def test_the_entry_of_our_own_files_is_known(pair: Callable[[str], Pair], tmp_path: Path) -> None:
    assert graph.OURS == model_file.KEY
    assert graph.is_ours(pair("attention-bilstm").path)
    assert not graph.is_ours(write(tmp_path / "toy.onnx"))


def test_labels_are_needed_and_must_be_as_many_as_outputs(tmp_path: Path) -> None:
    path = write(tmp_path / "toy.onnx")
    with pytest.raises(BenchmarkError, match="give --labels anger,happiness,…"):
        graph.entrant(path, None)
    with pytest.raises(BenchmarkError, match="has 2 outputs and --labels 3"):
        graph.entrant(path, "anger,sadness,fear")


def test_other_inputs_and_outputs_are_refused(tmp_path: Path) -> None:
    wide = write(tmp_path / "wide.onnx", ("B", "T", "D"))
    with pytest.raises(BenchmarkError, match=r"takes x tensor\(float\) \['B', 'T', 'D'\]"):
        graph.entrant(wide, "anger,sadness")
    double = write(tmp_path / "double.onnx", kind=TensorProto.DOUBLE)
    with pytest.raises(BenchmarkError, match=r"expected one waveform, \(N,\) or \(B, N\) float32"):
        graph.entrant(double, "anger,sadness")
    two = write(tmp_path / "two.onnx", outputs=2)
    with pytest.raises(BenchmarkError, match="expected one output"):
        graph.entrant(two, "anger,sadness")


def test_a_file_that_is_no_model_and_a_clip_that_does_not_fit_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"no graph")
    with pytest.raises(BenchmarkError, match=r"x\.onnx: no model that can be run"):
        graph.is_ours(tmp_path / "x.onnx")
    fixed = graph.entrant(write(tmp_path / "fixed.onnx", (1, 16000)), "anger,sadness")
    with pytest.raises(BenchmarkError, match=r"cannot hear a clip of 0\.01 s"):
        fixed.hear(Clip(np.full(160, 0.1, np.float32)), None)
