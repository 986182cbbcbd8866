from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

from ehsaas.export.rows import PIECE, TALL, by_rows, tall

Array = NDArray[np.float32]


def product(*matrices: Array, times: int = 1, read: bool = False) -> ModelProto:
    """A graph in which "x" is multiplied by each matrix ("m0", …); their sum is "y".

    Each matrix is multiplied with `times` times; with `read`, "m0" is added to the sum as well.
    """
    names = [f"m{i}" for i in range(len(matrices))]
    pairs = [(name, f"{name} x {time}") for name in names for time in range(times)]
    nodes = [helper.make_node("MatMul", ["x", name], [made]) for name, made in pairs]
    parts = [made for _, made in pairs] + ["m0"] * read
    nodes.append(helper.make_node("Sum", parts, ["y"]))
    K, N = matrices[0].shape
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", "T", K])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["B", "T", N])],
        [numpy_helper.from_array(m, name) for name, m in zip(names, matrices, strict=True)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(model: ModelProto, x: Array) -> Array:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    found: Array = session.run(["y"], {"x": x})[0]
    return found


@pytest.fixture()
def drawn() -> Callable[..., Any]:
    rng = np.random.default_rng(0)
    return lambda *shape: rng.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("K", [24, TALL, TALL + 1, 3 * TALL + 7])
def test_a_product_is_near_the_exact_one(drawn: Callable[..., Array], K: int) -> None:
    x, matrix = drawn(2, 9, K), drawn(K, 12)
    found = run(by_rows(product(matrix), {"m0"}), x)
    assert found.shape == (2, 9, 12)
    assert np.abs(found - x @ matrix).std() < 0.02 * (x @ matrix).std()
    assert np.abs(found - x @ matrix).max() > 0


def test_whole_numbers_are_multiplied_exactly() -> None:
    x = np.array([[[127, -3, 5], [-127, 0, 64]]], np.float32)
    matrix = np.array([[127, -127], [1, 2], [-8, 40]], np.float32)
    assert run(by_rows(product(matrix), {"m0"}), x) == pytest.approx(x @ matrix, rel=1e-6)


def test_a_loud_row_takes_nothing_from_the_others(drawn: Callable[..., Array]) -> None:
    x, matrix = drawn(1, 6, 32), drawn(32, 8)
    model = by_rows(product(matrix), {"m0"})
    louder = x.copy()
    louder[0, 2] *= 1e5
    np.testing.assert_array_equal(
        np.delete(run(model, x), 2, axis=1), np.delete(run(model, louder), 2, axis=1)
    )


def test_a_large_column_takes_little_from_other_pieces(drawn: Callable[..., Array]) -> None:
    x, matrix = drawn(1, 6, TALL + PIECE), drawn(TALL + PIECE, 8)
    x[..., 3] = 1000
    matrix[3] = 0
    found = run(by_rows(product(matrix), {"m0"}), x)
    away = np.abs(found - x @ matrix).std() / (x @ matrix).std()
    assert away < 0.35  # one scale for all would leave the others a seventh of a step


def test_rows_of_zeros_stay_zero(drawn: Callable[..., Array]) -> None:
    found = run(by_rows(product(drawn(16, 4)), {"m0"}), np.zeros((1, 3, 16), np.float32))
    np.testing.assert_array_equal(found, 0)


def test_columns_of_zeros_stay_zero(drawn: Callable[..., Array]) -> None:
    matrix = drawn(16, 4)
    matrix[:, 1] = 0
    found = run(by_rows(product(matrix), {"m0"}), drawn(1, 3, 16))
    np.testing.assert_array_equal(found[..., 1], 0)


def test_what_several_multiply_is_rounded_once(drawn: Callable[..., Array]) -> None:
    model = by_rows(product(drawn(16, 4), drawn(16, 4), drawn(16, 4)), {"m0", "m1", "m2"})
    operations = [node.op_type for node in model.graph.node]
    assert operations.count("Round") == 1
    assert operations.count("MatMulInteger") == 3


@pytest.mark.parametrize("K", [16, TALL + 1])
def test_a_matrix_of_several_products_is_stored_once(drawn: Callable[..., Array], K: int) -> None:
    x, matrix = drawn(1, 3, K), drawn(K, 4)
    once, twice = (by_rows(product(matrix, times=times), {"m0"}) for times in (1, 2))
    np.testing.assert_allclose(run(twice, x), 2 * run(once, x), rtol=1e-6)
    assert [one.name for one in twice.graph.initializer] == [
        one.name for one in once.graph.initializer
    ]
    operations = [node.op_type for node in twice.graph.node]
    assert operations.count("Split") == (K > TALL)
    assert 2 * operations.count("Round") == operations.count("MatMulInteger")


def test_a_matrix_that_something_else_reads_stays(drawn: Callable[..., Array]) -> None:
    x, matrix = drawn(1, 4, 4), drawn(4, 4)
    made = by_rows(product(matrix, read=True), {"m0"})
    assert "m0" in {one.name for one in made.graph.initializer}
    np.testing.assert_allclose(run(made, x), x @ matrix + matrix, atol=0.2)


def test_only_what_is_named_changes(drawn: Callable[..., Array]) -> None:
    model = product(drawn(16, 4), drawn(16, 4))
    before = model.SerializeToString(deterministic=True)
    made = by_rows(model, {"m1"})
    assert [node.op_type for node in made.graph.node].count("MatMul") == 1
    assert {"m0"} == {one.name for one in made.graph.initializer if one.name.startswith("m0")}
    assert "m1" not in {one.name for one in made.graph.initializer}
    onnx.checker.check_model(made)
    assert by_rows(model, set()) == model
    assert model.SerializeToString(deterministic=True) == before


def test_the_tall_are_those_that_are_cut(drawn: Callable[..., Array]) -> None:
    for K in (TALL, TALL + 1):
        model = product(drawn(K, 4))
        cut = [n for n in by_rows(model, {"m0"}).graph.node if n.op_type == "Split"]
        assert bool(cut) == (tall(model) == {"m0"}) == (K > TALL)
