"""Pretrained encoders of a configuration, found when a run starts: beside the corpora, or by name.

The configuration, and what is written of it, keeps the name as it was given, so that a run folder
says nothing of the machine; what computes knows the folder, and the digest of the weights.
"""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.parts import ProbeConfig
from ehsaas.features import EmbeddingConfig, HeardBy
from ehsaas.training.probe import Candidate


def found(config: ExperimentConfig, root: Path) -> ExperimentConfig:
    """The configuration with its encoders as they lie on this machine.

    Args:
        config: as it was written.
        root: the corpora's folder, which an encoder's folder may be relative to.

    Raises:
        EncoderError: an encoder cannot be found, or has not the layers asked for.
        ConfigError: a probe is to choose among layers that the features do not hold.
    """
    if isinstance(config.features, EmbeddingConfig):
        config = config.model_copy(update={"features": config.features.found(root)})
    if isinstance(config.model, ProbeConfig):
        candidates(config.features, config.model)
    return config


def candidates(features: HeardBy, probe: ProbeConfig) -> list[Candidate]:
    """What a probe is chosen from: each list of layers with each C and number of steps.

    Raises:
        ConfigError: there are lists of layers, and the features do not hold them.
    """
    sets = probe.layers or (None,)
    return [
        Candidate(_named(layers, C, steps), _columns(features, layers), C, steps)
        for layers, C, steps in product(sets, probe.C, probe.steps)
    ]


def _named(layers: Sequence[int] | None, C: float, steps: int) -> str:
    ending = f"C {C:g}, {steps} steps"
    if layers is None:
        return ending
    return f"layer{'s' * (len(layers) > 1)} {' '.join(map(str, layers))}, {ending}"


def _columns(features: HeardBy, layers: Sequence[int] | None) -> np.ndarray:
    """Places of the columns of some layers among those of the features, (K,)."""
    if layers is None:
        return np.arange(len(features.names))
    held = features.layers if isinstance(features, EmbeddingConfig) else ()
    if missing := [layer for layer in layers if layer not in held]:
        raise ConfigError(
            f"model.layers: the features hold layers {', '.join(map(str, held)) or 'none'}, not"
            f" {', '.join(map(str, missing))}"
        )
    each = len(features.names) // len(held)
    return np.concatenate([np.arange(each) + each * held.index(layer) for layer in layers])
