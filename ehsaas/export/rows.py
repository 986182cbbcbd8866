"""Products with matrices in 8 bits, where each row of what is multiplied has its own scale.

Of an encoder some frames, and some columns, are far larger than the rest: one scale for a whole
clip leaves the others nearly none of its steps. By rows a frame is rounded as if it were alone, so
it does not matter what it is heard with; a tall matrix is cut into pieces, each with its own
scales, since what reaches it has a few large columns (Dettmers et al. 2022, LLM.int8()).

Rows are unsigned and weights signed, which onnxruntime multiplies fast. On x86 processors without
VNNI instructions it adds two such products in 16 bits, which may saturate. Its session option
`session.x64quantprecision` avoids that, and is not set: where there is VNNI the answer was the same
and an int8 Whisper took a good half longer.

Only operations of ONNX itself are used: y = s · t ⊙ (round(x / s) @ W), s a row's largest
magnitude / 127 and t that of a column of the weights.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

STEPS = 127
"""Of a scale, on either side of 0."""

TALL = 1024
"""Matrices with more rows than this are cut."""

PIECE = 128
"""Into pieces of so many rows."""

_SHARED: dict[str, NDArray[np.generic]] = {
    "rows.steps": np.array(STEPS, np.float32),
    "rows.middle": np.array(128, np.float32),
    "rows.zero": np.array(128, np.uint8),
    "rows.least": np.array(1e-9, np.float32),
    "rows.last_axis": np.array([-1], np.int64),
}
"""Constants of all products; `least` keeps a row of zeros from being divided by 0."""


def by_rows(model: ModelProto, names: Collection[str]) -> ModelProto:
    """A copy of a model in which products with the matrices of these names are of 8 bits.

    Args:
        model: of float32.
        names: of constants (K, N) that stand on the right of a MatMul.
    """
    made = ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    constants = {one.name: one for one in graph.initializer if one.name in names}
    if not constants:
        return made
    writer = _Writer()
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        if node.op_type == "MatMul" and node.input[1] in constants:
            matrix = numpy_helper.to_array(constants[node.input[1]])
            graph.node.extend(writer.product(node, matrix.astype(np.float64)))
        else:
            graph.node.append(node)
    left = {name for node in graph.node for name in node.input} | {one.name for one in graph.output}
    for name, one in constants.items():
        if name not in left:
            graph.initializer.remove(one)
    writer.constants |= _SHARED
    graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in writer.constants.items())
    return made


def tall(model: ModelProto) -> set[str]:
    """Names of the matrices that would be cut."""
    return {one.name for one in model.graph.initializer if one.dims and one.dims[0] > TALL}


@dataclass
class _Writer:
    """Nodes of products one after the other.

    What several multiply is cut and rounded once, and a matrix that several multiply with is stored
    once: constants go by its name, what is computed by that of a product's result.
    """

    constants: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    rounded: dict[str, tuple[str, str]] = field(default_factory=dict)
    cut: dict[str, list[str]] = field(default_factory=dict)

    def product(self, node: NodeProto, matrix: NDArray[np.float64]) -> Iterator[NodeProto]:
        """The nodes that stand for `node`, which multiplies its input by `matrix` (K, N)."""
        given, name, made = node.input[0], node.input[1], node.output[0]
        sizes = _pieces(len(matrix))
        if given not in self.cut:
            yield from self._cut(given, sizes)
        ends = [made] if len(sizes) == 1 else [f"{made}/{i}" for i in range(len(sizes))]
        pieces = np.split(matrix, np.cumsum(sizes)[:-1])
        for i, (part, rows, end) in enumerate(zip(self.cut[given], pieces, ends, strict=True)):
            yield from self._piece(part, f"{name}/{i}", rows, end)
        if len(sizes) > 1:
            yield helper.make_node("Sum", ends, [made])

    def _cut(self, given: str, sizes: list[int]) -> Iterator[NodeProto]:
        """What is multiplied (…, K), in as many pieces as a matrix of K rows has."""
        self.cut[given] = [given]
        if len(sizes) > 1:
            self.cut[given] = [f"{given}/{i}" for i in range(len(sizes))]
            lengths = self._constant(f"rows.sizes/{sum(sizes)}", np.array(sizes, np.int64))
            yield helper.make_node("Split", [given, lengths], self.cut[given], axis=-1)

    def _piece(
        self, part: str, name: str, rows: NDArray[np.float64], end: str
    ) -> Iterator[NodeProto]:
        """One product of 8 bits.

        Its two scales are multiplied in one after the other: onnxruntime takes a product of scales
        for that of one tensor and one column.
        """
        if part not in self.rounded:
            yield from self._round(part)
        whole, largest = self.rounded[part]
        unit = np.maximum(np.abs(rows).max(axis=0), 1e-30) / STEPS
        weights = self._constant(f"{name}/weights", np.round(rows / unit).astype(np.int8))
        scale = self._constant(f"{name}/scale", (unit / STEPS).astype(np.float32))
        sums, found, by_row = (f"{end}/{step}" for step in ("sums", "found", "by_row"))
        yield helper.make_node("MatMulInteger", [whole, weights, "rows.zero"], [sums])
        yield helper.make_node("Cast", [sums], [found], to=TensorProto.FLOAT)
        yield helper.make_node("Mul", [found, largest], [by_row])
        yield helper.make_node("Mul", [by_row, scale], [end])

    def _round(self, part: str) -> Iterator[NodeProto]:
        """Rows (…, K) as whole numbers around 128, and the largest magnitude of each (…, 1)."""
        steps = ("size", "most", "largest", "factor", "scaled", "near", "moved", "whole")
        size, most, largest, factor, scaled, near, moved, whole = (f"{part}/{s}" for s in steps)
        yield helper.make_node("Abs", [part], [size])
        yield helper.make_node("ReduceMax", [size, "rows.last_axis"], [most], keepdims=1)
        yield helper.make_node("Max", [most, "rows.least"], [largest])
        yield helper.make_node("Div", ["rows.steps", largest], [factor])
        yield helper.make_node("Mul", [part, factor], [scaled])
        yield helper.make_node("Round", [scaled], [near])
        yield helper.make_node("Add", [near, "rows.middle"], [moved])
        yield helper.make_node("Cast", [moved], [whole], to=TensorProto.UINT8)
        self.rounded[part] = whole, largest

    def _constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants[name] = values
        return name


def _pieces(rows: int) -> list[int]:
    """How many rows each piece of a matrix has."""
    if rows <= TALL:
        return [rows]
    whole, rest = divmod(rows, PIECE)
    return [PIECE] * whole + [rest] * bool(rest)
