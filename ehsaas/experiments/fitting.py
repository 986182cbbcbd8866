"""A configuration → its network with fresh weights, and that network fitted to some utterances."""

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ehsaas.emotions import CIRCUMPLEX
from ehsaas.experiments import pretrained
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.parts import AdversaryConfig
from ehsaas.experiments.systems import FineTunedConfig, ProbeConfig, TextClassifierConfig
from ehsaas.models import MODELS
from ehsaas.models.finetuned import FineTuned
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training import adversarial, batches, probe, supervised
from ehsaas.training.adversarial import Adversary, Against, Domain
from ehsaas.training.augment import FrameAugment
from ehsaas.training.batches import Examples
from ehsaas.training.loop import History, LoopSettings

MEASURED = 256
"""Training utterances by which a speech encoder's pooled vectors are standardised."""

TOGETHER = 16
"""Of them in a batch."""


def network(config: ExperimentConfig, classes: Sequence[str], corpora: int, seed: int) -> nn.Module:
    """A network with fresh weights that depend on `seed` alone, and what is pretrained of it."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if isinstance(config.model, FineTunedConfig | TextClassifierConfig):
            return pretrained.network(config, len(classes))
        return MODELS[config.system](
            dims=len(config.features.names),
            classes=len(classes),
            **sizes(config, corpora, classes),
        )


def sizes(config: ExperimentConfig, corpora: int, classes: Sequence[str]) -> dict[str, Any]:
    """What the model is built with beside the size of a frame and the number of classes."""
    if isinstance(config.model, ProbeConfig):
        dimensions = config.model.dimensions
        places = [astuple(CIRCUMPLEX[name]) for name in classes] if dimensions else None
        return {"bound": config.model.bound, "places": places}
    if isinstance(config.model, FineTunedConfig | TextClassifierConfig):
        return pretrained.sizes(config)
    own = config.model.model_dump()
    if config.words is not None:
        own["words"] = len(config.words.names)
    return {**own, "corpora": corpora} if config.system == "claf-ser" else own


def fit(
    config: ExperimentConfig,
    network: nn.Module,
    examples: Examples,
    validation: Examples | None,
    seed: int,
    *,
    classes: int,
    folder: Path | None = None,
) -> tuple[History, Adversary | None]:
    """Fit `network` in place by the method of the configuration.

    A linear probe is fitted exactly, and looks at no validation part.
    """
    if isinstance(network, LinearProbe):
        assert isinstance(config.model, ProbeConfig), "a probe's system has a probe's settings"
        chosen = pretrained.candidates(config.features, config.model)
        columns = pretrained.blocks(config.features)
        few = pretrained.alone(config.features, config.model)
        gains = pretrained.gains(config.features, config.model)
        within = config.model.within
        terms = probe.Terms(
            config.model.own_classes,
            len(config.model.views) - 1,
            gains,
            () if within is None else pretrained.candidates(config.features, within),
        )
        told = probe.train(
            network, examples, columns, chosen, classes=classes, alone=few, terms=terms
        )
        return told, None
    if isinstance(network, FineTuned):
        some = np.unique(np.linspace(0, len(examples) - 1, MEASURED).astype(np.int64))
        given = batches.in_order(examples.take(some), TOGETHER)
        device = next(network.parameters()).device
        network.measure(batches.to(batch, device) for _, batch in given)
    how: dict[str, Any] = {"classes": classes, "folder": folder, **regularised(config)}
    how["attack"] = config.training.attack
    settings = loop_settings(config)
    if config.adversary is None:
        how["groups"] = pretrained.groups(config, network)
        how["balanced"] = config.training.balanced
        return supervised.train(network, examples, validation, settings, seed, **how), None
    against = _against(config.adversary, examples)
    return adversarial.train(
        network, against, examples, validation, settings, seed, peak=config.adversary.peak, **how
    )


def _against(config: AdversaryConfig, examples: Examples) -> list[Against]:
    found = []
    for domain in config.against:
        ids = _ids(examples, domain)
        if ids is not None:
            found.append(Against(domain, int(ids.max()) + 1, config.reads))
    return found


def _ids(examples: Examples, domain: Domain) -> np.ndarray | None:
    ids: np.ndarray | None = getattr(examples, domain)
    return ids


def loop_settings(config: ExperimentConfig) -> LoopSettings:
    """How long and how fast to train."""
    t = config.training
    return LoopSettings(
        t.epochs,
        t.rate,
        t.decay,
        t.patience,
        t.schedule,
        batch_size=t.batch_size,
        least_steps=t.least_steps,
        most_steps=t.most_steps,
        keep=t.keep,
    )


def regularised(config: ExperimentConfig) -> dict[str, Any]:
    """What every training method is given to keep a network from learning utterances by heart."""
    t = config.training
    augment = FrameAugment(
        time_masks=t.time_masks, feature_masks=t.feature_masks, noise=t.noise, shift=t.shift
    )
    return {"augment": augment, "smoothing": t.smoothing, "max_frames": t.max_frames}
