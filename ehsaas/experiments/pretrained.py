"""Pretrained encoders of a configuration, found when a run starts: beside the corpora, or by name.

The configuration, and what is written of it, keeps the name as it was given, so that a run folder
says nothing of the machine; what computes knows the folder, and the digest of the weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from torch import nn

from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.systems import (
    Choices,
    FineTunedConfig,
    Frames,
    ProbeConfig,
    TextClassifierConfig,
)
from ehsaas.features import EmbeddingConfig, HeardBy, TokensConfig, Told
from ehsaas.features.pretrained import NOT_HELD, PretrainedConfig
from ehsaas.models.encoders import Checkpoint, EncoderError, located
from ehsaas.models.finetuned import FineTuned
from ehsaas.models.text_classifier import TextClassifier
from ehsaas.models.text_encoders import TextCheckpoint
from ehsaas.training.vectors import Candidate

_APART: Mapping[str, Mapping[bool | Frames, tuple[int, ...]]] = MappingProxyType(
    {
        "mean-std-thirds": {True: (0, 1), False: (0,)},
        "mean-std-loud": {"loud": (1,), "all": (0,), "both": (0, 1)},
    }
)
"""Poolings in which a layer has two blocks of columns, and which of them are seen."""


def found(config: ExperimentConfig, root: Path) -> ExperimentConfig:
    """The configuration with its encoders as they lie on this machine.

    Args:
        config: as it was written.
        root: the corpora's folder, which an encoder's folder may be relative to.

    Raises:
        EncoderError: an encoder cannot be found, or has not the layers asked for.
        ConfigError: a probe is to choose among layers that the features do not hold.
    """
    changes: dict[str, Any] = {}
    if isinstance(config.features, EmbeddingConfig | Told):
        changes["features"] = config.features.found(root)
    if config.words is not None:
        changes["words"] = config.words.found(root)
    if isinstance(config.model, FineTunedConfig):
        where = located(config.model.encoder, root)
        _see_trainable(config.model, Checkpoint.find(where))
        changes["model"] = config.model.model_copy(update={"encoder": where})
    config = config.model_copy(update=changes)
    if isinstance(config.model, ProbeConfig):
        candidates(config.features, config.model)
        alone(config.features, config.model)
    return config


def _see_trainable(model: FineTunedConfig, checkpoint: Checkpoint) -> None:
    """See that the encoder can be trained on as asked, before anything is computed."""
    if model.layers > checkpoint.depth or model.frozen > model.layers:
        raise EncoderError(
            f"model: {model.layers} layers, {model.frozen} of them frozen; {checkpoint.name} has"
            f" {checkpoint.depth}"
        )
    if model.lora and find_spec("peft") is None:
        raise EncoderError("LoRA needs peft: pip install 'ehsaas[encoders]'")


def digests(config: ExperimentConfig, root: Path) -> dict[str, str]:
    """The digests of the encoders' weights, by the encoders' names as they were given.

    Args:
        config: as it was written; the encoders of its variants are told of, too.
        root: the corpora's folder, which an encoder's folder may be relative to.

    Raises:
        EncoderError: an encoder cannot be found, or has not the layers asked for.
    """
    named: dict[str, str] = {}
    for variant in ("", *config.variants):
        given = config.of(variant)
        there = found(given, root)
        told = [one for one in (there.features, there.words) if isinstance(one, PretrainedConfig)]
        named |= {one.encoder: one.sha256 or "" for one in told}
        if isinstance(given.model, FineTunedConfig) and isinstance(there.model, FineTunedConfig):
            named[given.model.encoder] = Checkpoint.find(there.model.encoder).sha256
    return named


def network(config: ExperimentConfig, classes: int) -> FineTuned | TextClassifier:
    """A pretrained encoder with a head whose weights are fresh.

    Raises:
        EncoderError: the encoder is gone, or cannot be trained as the configuration asks.
    """
    if isinstance(config.model, FineTunedConfig):
        speech = Checkpoint.find(config.model.encoder)
        heard = FineTuned(1, classes, **sizes(config))
        heard.start_from(speech)
        return heard
    assert isinstance(config.features, TokensConfig), "what else is trained on reads tokens"
    read = TextClassifier(1, classes, **sizes(config))
    read.start_from(TextCheckpoint.find(config.features.where))
    return read


def sizes(config: ExperimentConfig) -> dict[str, Any]:
    """What such a model is built with beside the number of classes."""
    own = config.model.model_dump(exclude={"encoder", "head_rate"})
    if isinstance(config.model, FineTunedConfig):
        return {**own, "architecture": _architecture(Checkpoint.find(config.model.encoder).config)}
    assert isinstance(config.features, TokensConfig), "what else is trained on reads tokens"
    found = TextCheckpoint.find(config.features.where)
    return {**own, "architecture": _architecture(found.config)}


def _architecture(config: Mapping[str, Any]) -> dict[str, Any]:
    """What `config.json` says, but for where its publisher kept it."""
    return {key: value for key, value in config.items() if key != "_name_or_path"}


def facts(config: ExperimentConfig) -> dict[str, str]:
    """What a saved recogniser says of its pretrained encoder: whether it holds the weights."""
    if isinstance(config.model, FineTunedConfig):
        return {"encoder": f"{Path(config.model.encoder).name}, trained on; its weights are held"}
    if isinstance(config.features, EmbeddingConfig):
        name, digest = Path(config.features.where).name, config.features.sha256
        return {"encoder": f"{name}, sha256 {digest}; {NOT_HELD}"}
    return {}


def groups(config: ExperimentConfig, model: nn.Module) -> list[dict[str, object]] | None:
    """Parts of a model that learn at rates of their own; None where all learn alike."""
    if not isinstance(model, FineTuned | TextClassifier):
        return None
    assert isinstance(config.model, FineTunedConfig | TextClassifierConfig), "of such a system"
    return model.groups(config.training.rate, config.model.head_rate)


def alone(features: HeardBy | Told, probe: ProbeConfig) -> Candidate | None:
    """What is taken where too few speakers train; None for the first of all candidates.

    Raises:
        ConfigError: it has layers that the features do not hold.
    """
    return None if probe.alone is None else candidates(features, probe.alone, probe)[0]


def candidates(
    features: HeardBy | Told, probe: Choices, named: Choices | None = None
) -> list[Candidate]:
    """What a probe is chosen from: each list of layers with each of everything else.

    Args:
        features: that it sees.
        probe: what there is to choose from.
        named: by whose choices their names tell them apart, if not by these.

    Raises:
        ConfigError: there are lists of layers, and the features do not hold them.
    """
    layers = probe.layers or (None,)
    parts: Sequence[bool | Frames] = probe.frames if _loud_apart(features) else probe.thirds
    axes = (layers, parts, probe.whiten, probe.copies, probe.share, probe.C)
    found = []
    for at in product(*(range(len(axis)) for axis in axes)):
        a, b, c, d, e, f = at
        one = Candidate(
            "",
            _seen(features, layers[a], parts[b]),
            probe.C[f],
            copies=probe.copies[d],
            whiten=probe.whiten[c],
            share=probe.share[e],
            at=at,
        )
        name = _named(features, named or probe, layers[a], parts[b], one)
        found += [replace(one, steps=n, name=f"{name}, {n} steps") for n in probe.steps]
    return found


def blocks(features: HeardBy | Told) -> list[np.ndarray]:
    """Columns that are seen together or not: of each layer mean and deviation, and what is beside.

    That are its thirds, or the mean of its loud frames. The level, where there is one, is the last.
    """
    everything = np.arange(len(features.names))
    if not isinstance(features, EmbeddingConfig):
        return [everything]
    if features.level:
        return [*blocks(features.at(features.where, level=False)), everything[-1:]]
    layers = everything.reshape(len(features.layers), -1)
    if features.pooling not in _APART:
        return list(layers)
    assert features.size is not None, "known once the checkpoint is found"
    return [part for layer in layers for part in np.split(layer, [2 * features.size])]


def gains(features: HeardBy | Told, probe: ProbeConfig) -> np.ndarray | None:
    """How many times as large each column (D,) is made for the fit; None where all are as they are.

    The penalty on weights falls on each column alike, and the level is one beside hundreds.
    """
    if not isinstance(features, EmbeddingConfig) or not features.level:
        return None
    found = np.ones(len(features.names), dtype=np.float32)
    found[-1] = probe.level_gain
    return found


def _loud_apart(features: HeardBy | Told) -> bool:
    return isinstance(features, EmbeddingConfig) and features.pooling == "mean-std-loud"


def _seen(
    features: HeardBy | Told, layers: Sequence[int] | None, part: bool | Frames
) -> tuple[int, ...]:
    """Numbers of the blocks of some layers, all where None.

    Args:
        features: that hold them.
        layers: of the encoder.
        part: with thirds, or without; or of which frames.
    """
    held = features.layers if isinstance(features, EmbeddingConfig) else ()
    if missing := [layer for layer in layers or () if layer not in held]:
        raise ConfigError(
            f"model.layers: the features hold layers {', '.join(map(str, held)) or 'none'}, not"
            f" {', '.join(map(str, missing))}"
        )
    if not isinstance(features, EmbeddingConfig):
        return (0,)
    places = [held.index(layer) for layer in (held if layers is None else layers)]
    parts: Sequence[int] = (0,)
    if features.pooling in _APART:
        parts = _APART[features.pooling][part]
    each = 2 if features.pooling in _APART else 1
    seen = [each * place + one for place in places for one in parts]
    return (*seen, *([each * len(held)] if features.level else []))


def _named(
    features: HeardBy | Told,
    probe: Choices,
    layers: Sequence[int] | None,
    part: bool | Frames,
    candidate: Candidate,
) -> str:
    """A candidate in words but for its steps: what there was one of is not said, but for C."""
    told = []
    if layers is not None:
        told.append(f"layer{'s' * (len(layers) > 1)} {' '.join(map(str, layers))}")
    if _loud_apart(features) and len(probe.frames) > 1:
        told.append("loud frames and all" if part == "both" else f"{part} frames")
    elif len(probe.thirds) > 1:
        told.append("with thirds" if part else "without thirds")
    if len(probe.whiten) > 1:
        told.append(f"whitened {candidate.whiten:g}" if candidate.whiten else "not whitened")
    if len(probe.copies) > 1:
        told.append("with copies" if candidate.copies else "without copies")
    if len(probe.share) > 1:
        told.append(f"share {candidate.share:g}")
    return ", ".join([*told, f"C {candidate.C:g}"])
