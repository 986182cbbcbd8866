import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from ehsaas.audio import Clip
from ehsaas.export.sensitivity import SHARE, costliest


def stack(sizes: dict[str, float]) -> ModelProto:
    """Matrices beside each other, each of another size, on samples in eights; their sum is kept."""
    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("Reshape", ["samples", "shape"], ["rows"]),
        helper.make_node("Identity", ["lengths"], ["unread"]),
        *(helper.make_node("MatMul", ["rows", name], [f"after {name}"]) for name in sizes),
        helper.make_node("Sum", [f"after {name}" for name in sizes], ["all"]),
        helper.make_node("ReduceMean", ["all", "axis"], ["embedding"], keepdims=0),
    ]
    constants = [
        numpy_helper.from_array((size * rng.standard_normal((8, 8))).astype(np.float32), name)
        for name, size in sizes.items()
    ]
    constants.append(numpy_helper.from_array(np.array([1, -1, 8]), "shape"))
    constants.append(numpy_helper.from_array(np.array([1]), "axis"))
    graph = helper.make_graph(
        nodes,
        "stack",
        [
            helper.make_tensor_value_info("samples", TensorProto.FLOAT, ["B", "N"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["B"]),
        ],
        [
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["B", 8]),
            helper.make_tensor_value_info("unread", TensorProto.INT64, ["B"]),
        ],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.fixture()
def clips() -> list[Clip]:
    rng = np.random.default_rng(1)
    return [Clip((rng.standard_normal(800) / 4).astype(np.float32)) for _ in range(3)]


def test_the_matrix_that_rounding_hurts_most_is_named(clips: list[Clip]) -> None:
    sizes = {f"m{i}": 1.0 for i in range(round(1 / SHARE) + 1)} | {"m9": 30.0}
    model = stack(sizes)
    assert costliest(model, sizes, clips) == {"m9"}
    assert costliest(model, sizes, clips) == costliest(model, list(reversed(sizes)), clips)


def test_no_more_than_their_share_is_named(clips: list[Clip]) -> None:
    few = {f"m{i}": 1.0 for i in range(5)}
    assert costliest(stack(few), few, clips) == set()
    many = {f"m{i}": 1.0 for i in range(round(3 / SHARE))}
    assert len(costliest(stack(many), many, clips)) == 3


def test_only_what_may_be_rounded_is_named(clips: list[Clip]) -> None:
    sizes = {f"m{i}": 1.0 for i in range(30)} | {"m9": 30.0}
    assert "m9" not in costliest(stack(sizes), set(sizes) - {"m9"}, clips)
    assert costliest(stack(sizes), set(), clips) == set()
