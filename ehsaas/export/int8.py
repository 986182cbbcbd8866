"""A model of float32 → one with weights of 8 bits, dynamic or static.

Dynamic: each row of what a matrix is multiplied with is scaled by itself (`export.rows`); an LSTM
is onnxruntime's, whose input is scaled by all that is heard at once, so its clips are heard one by
one. Static: the scale of what enters an operation is taken from some clips beforehand, but for tall
matrices, whose rows are scaled as they come. What turns samples into features stays in float32, and
so do the last layer and the few matrices whose rounding costs the most (`export.sensitivity`).
"""

import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import ModelProto, numpy_helper

from ehsaas.audio import Clip
from ehsaas.export.advice import without_advice
from ehsaas.export.mistakes import ExportError
from ehsaas.export.rows import by_rows, tall
from ehsaas.export.sensitivity import HEARD, costliest
from ehsaas.export.sounds import voices

Way = Literal["int8", "int8-static"]

OPTIONAL = ("mean", "std")
"""Inputs of a model file that have a default."""

LARGE = 16_384
"""Numbers from which a constant that stays float32 is stored in halves."""

AXES = "reach.axes"
"""The one constant beside the weights that is rounded: the axes that distances are taken on."""

_BY_ALL = ("DynamicQuantizeLinear", "DynamicQuantizeLSTM", "DynamicQuantizeMatMul")
"""Operations that have one scale for all clips that are heard together."""

_WITH_WEIGHTS = {"int8": ("Gemm", "LSTM"), "int8-static": ("MatMul", "Gemm", "Conv")}
"""Operations that onnxruntime quantises; the static way knows no LSTM."""


def quantised(
    model: ModelProto, way: Way, buffers: Sequence[str], clips: Sequence[Clip] = ()
) -> ModelProto:
    """The model with weights of 8 bits.

    Args:
        model: of float32, as `onnx_file.graph_of` gives it.
        way: dynamic (`int8`) or static.
        buffers: names of constants that are not weights: matrices of the features.
        clips: that the static way measures activations on.

    Raises:
        ExportError: the static way without clips.
    """
    from onnxruntime import quantization

    see_clips(way, clips)
    exact = {*buffers} - {AXES}
    matrices = _matrices(model, exact)
    exact |= costliest(model, matrices, clips or voices(HEARD))
    rounded = matrices - exact
    if way == "int8-static":
        rounded &= tall(model)
    kept = list(_kept(model, way, exact))
    optional = [given for given in model.graph.input if given.name in OPTIONAL]
    with tempfile.TemporaryDirectory() as folder, without_advice(""):
        given, made = Path(folder) / "given.onnx", Path(folder) / "made.onnx"
        onnx.save(_with_inputs(by_rows(model, rounded), []), given)
        common: dict[str, Any] = {
            "op_types_to_quantize": list(_WITH_WEIGHTS[way]),
            "nodes_to_exclude": kept,
            "per_channel": True,
            "weight_type": quantization.QuantType.QInt8,
        }
        if way == "int8":
            quantization.quantize_dynamic(given, made, **common)
        else:
            quantization.quantize_static(
                given,
                made,
                _Reader(clips),
                quant_format=quantization.QuantFormat.QDQ,
                activation_type=quantization.QuantType.QUInt8,
                **common,
            )
        found: ModelProto = onnx.load(made)
    return _in_halves(_with_inputs(found, optional), {*buffers})


def _matrices(model: ModelProto, exact: Collection[str]) -> set[str]:
    """Names of constants (K, N) that something is multiplied by and that may be rounded."""
    last = _last_layer(model)
    products = [n for n in model.graph.node if n.op_type == "MatMul" and n.name != last]
    constants = {one.name for one in model.graph.initializer if len(one.dims) == 2}
    return (constants & {str(node.input[1]) for node in products}) - {*exact}


def see_clips(way: str, clips: Sequence[Clip] | None) -> None:
    """See that there is what activations can be measured on.

    Raises:
        ExportError: there is not, and the way is static.
    """
    if way == "int8-static" and not clips:
        raise ExportError("static int8 measures activations on recordings: give some (--clips)")


def scaled_together(model: ModelProto) -> bool:
    """Whether a clip's answer hangs on what it is heard with: such clips are heard one by one."""
    return any(node.op_type in _BY_ALL for node in model.graph.node)


def _with_inputs(model: ModelProto, optional: Sequence[Any]) -> ModelProto:
    """A copy with these for its optional inputs: what has a default is no constant to tools."""
    copy = ModelProto()
    copy.CopyFrom(model)
    needed = [given for given in model.graph.input if given.name not in OPTIONAL]
    del copy.graph.input[:]
    copy.graph.input.extend([*needed, *optional])
    return copy


def _in_halves(model: ModelProto, exact: set[str]) -> ModelProto:
    """The model with large constants that are still float32 stored as float16.

    They are turned back when the file is loaded, so only their last digits are lost.

    Args:
        model: changed in place.
        exact: names of constants that stay as they are.
    """
    for constant in list(model.graph.initializer):
        values = numpy_helper.to_array(constant)
        if constant.name in exact or values.dtype != np.float32 or values.size < LARGE:
            continue
        if not np.abs(values).max() < np.finfo(np.float16).max:
            continue
        name = f"{constant.name}_half"
        model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), name))
        model.graph.initializer.remove(constant)
        node = onnx.helper.make_node("Cast", [name], [constant.name], to=onnx.TensorProto.FLOAT)
        model.graph.node.insert(0, node)
    return model


def _kept(model: ModelProto, way: Way, exact: Collection[str]) -> Iterator[str]:
    """Nodes that stay in float32: without weights, with exact ones, or the last layer.

    The dynamic way makes a MatMul and a sum of every Gemm first, so that one goes by another name.
    """
    constants = {one.name for one in model.graph.initializer} - {*OPTIONAL}
    last = _last_layer(model)
    for node in model.graph.node:
        if node.op_type not in _WITH_WEIGHTS[way] or node.op_type == "LSTM":
            continue
        given = set(node.input)
        if node.name == last or not given & constants or given & {*exact}:
            yield from (node.name, f"{node.name}_MatMul")


def _last_layer(model: ModelProto) -> str:
    """The node whose output becomes the probabilities."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    node = made_by["probabilities"]
    while node.op_type not in ("MatMul", "Gemm"):
        node = next(made_by[name] for name in node.input if name in made_by)
    return str(node.name)


class _Reader:
    """Clips one by one, as onnxruntime's calibration asks for them."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        self.left = iter(clips)

    def get_next(self) -> dict[str, Any] | None:
        """The next clip as inputs, None behind the last."""
        clip = next(self.left, None)
        if clip is None:
            return None
        samples = np.asarray(clip.samples, np.float32)[None]
        return {"samples": samples, "lengths": np.array([samples.shape[1]])}
