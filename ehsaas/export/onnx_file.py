"""A program → a model file: its graph, optional statistics, and the card in its metadata."""

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import ModelProto, numpy_helper
from torch.export import ExportedProgram

from ehsaas.calibration import Statistics
from ehsaas.export import operators
from ehsaas.export.advice import without_advice
from ehsaas.export.program import INPUTS
from ehsaas.features import FeatureConfig, SamplesConfig
from ehsaas.features.pretrained import HELD, NOT_HELD
from ehsaas.recogniser import Recogniser
from ehsaas.serving.model_file import FORMAT, KEY, OUTPUTS, digest_of, packed

OPSET = 20


def graph_of(program: ExportedProgram, names: Sequence[str], statistics: Statistics) -> ModelProto:
    """The program as an ONNX model whose `mean` and `std` are the given ones where none are fed."""
    with warnings.catch_warnings(), without_advice("torch.onnx", "onnxscript", "onnx_ir"):
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        exported = torch.onnx.export(
            program,
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=list(INPUTS),
            custom_translation_table=operators.translations(),
        )
    assert exported is not None, "a program gives one"
    _name_outputs(exported.model.graph, names)
    model: ModelProto = exported.model_proto
    _undress(model)
    for name, values in (("mean", statistics.mean), ("std", statistics.std)):
        if any(given.name == name for given in model.graph.input):
            model.graph.initializer.append(numpy_helper.from_array(values, name))
    return model


def _name_outputs(graph: Any, names: Sequence[str]) -> None:
    """Call the outputs by their names, and what was called so before something else."""
    outputs = list(graph.outputs)
    for node in graph.all_nodes():
        for value in node.outputs:
            if value.name in OUTPUTS:
                value.name = f"{value.name}_inside"
    for value, name in zip(outputs, names, strict=True):
        value.name = name


def _undress(model: ModelProto) -> None:
    """Take off what the exporter notes for itself: where in the source a node comes from."""
    graph = model.graph
    del model.metadata_props[:], graph.value_info[:], graph.metadata_props[:]
    for part in (*graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""


def card_for(
    recogniser: Recogniser, licence: str | None, about: str | None, precision: str, at_once: int
) -> dict[str, Any]:
    """What a file of this recogniser says of itself, but for its digest and how it was checked."""
    features = recogniser.features
    scaled = not isinstance(features, SamplesConfig)
    statistics, limits = recogniser.statistics, recogniser.limits
    return {
        "format": FORMAT,
        "name": recogniser.name,
        "version": recogniser.version,
        "model": recogniser.model,
        "classes": list(recogniser.classes),
        "facts": _facts(recogniser),
        "licence": licence,
        "about": about,
        "precision": precision,
        "pruned": recogniser.facts.get("pruned", 0.0),
        "at_once": at_once,
        "statistics": {
            "count": statistics.count,
            "name": statistics.name,
            "hidden": statistics.hidden,
        }
        if scaled
        else None,
        "mean": packed(statistics.mean) if scaled else None,
        "std": packed(statistics.std) if scaled else None,
        "scores": None if recogniser.scores is None else packed(recogniser.scores),
        "limits": None if limits is None else {"limit": limits.limit, "together": limits.together},
        "hop_ms": features.hop_ms if isinstance(features, FeatureConfig) else None,
    }


def _facts(recogniser: Recogniser) -> dict[str, Any]:
    """The recogniser's; its folder has no weights of a frozen encoder, but its file has them."""
    facts = dict(recogniser.facts)
    if "encoder" in facts:
        facts["encoder"] = facts["encoder"].replace(NOT_HELD, HELD)
    return facts


def write(model: ModelProto, card: Mapping[str, Any], path: Path) -> None:
    """Write the model with the card, and the digest of its graph on it, as one file."""
    del model.metadata_props[:]
    data = model.SerializeToString(deterministic=True)
    said = json.dumps({**card, "sha256": digest_of(data)}, ensure_ascii=False)
    onnx.helper.set_model_props(model, {KEY: said})
    aside = path.with_name(path.name + ".part")
    try:
        aside.write_bytes(model.SerializeToString(deterministic=True))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
