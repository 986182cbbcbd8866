"""A recogniser without what its answer does not hang on: layers and columns that nothing reads.

Training looks at many layers of an encoder and leaves most of the head's weights at 0. What is left
out here changes no answer by more than rounding.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.features import EmbeddingConfig
from ehsaas.features.embeddings import Pooling
from ehsaas.judging import Heard
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.recogniser import Recogniser

_WITHIN: Mapping[Pooling, tuple[Pooling, ...]] = MappingProxyType(
    {"mean-std-thirds": ("mean", "mean-std"), "mean-std-loud": ("loud", "mean", "mean-std")}
)
"""Poolings that hold a part of the columns of another, the smallest first."""


def narrowed(recogniser: Recogniser) -> Recogniser:
    """The same recogniser on fewer columns; as it is where every column is read.

    Only a linear probe of pooled hidden states says by its weights what it reads.
    """
    config, network = recogniser.features, recogniser.network
    if not isinstance(config, EmbeddingConfig) or not isinstance(network, LinearProbe):
        return recogniser
    read = network.head.weight.detach().abs().sum(dim=0).numpy() > 0
    if recogniser.reach is not None:
        read[recogniser.reach.columns] = True
    small = _least(config, read)
    if small == config:
        return recogniser
    kept = _places(config, small)
    probe = _on(network, kept)
    own = recogniser.statistics.on(kept)
    reach = recogniser.reach
    if reach is not None:
        reach = replace(reach, columns=np.searchsorted(kept, reach.columns))
    return replace(recogniser, features=small, network=probe, statistics=own, reach=reach)


def _on(network: LinearProbe, kept: NDArray[np.int64]) -> LinearProbe:
    """The same probe on some of its columns."""
    places = network.places.tolist() if network.placed else None
    probe = LinearProbe(len(kept), network.head.out_features, network.bound, places)
    with torch.no_grad():
        probe.head.weight.copy_(network.head.weight[:, kept])
        probe.head.bias.copy_(network.head.bias)
    return probe


def on_columns_of(small: Recogniser, whole: Recogniser, heard: Heard) -> Heard:
    """What `whole` made of a clip, on the columns that `small` has left: what that should give."""
    if small is whole:
        return heard
    assert isinstance(whole.features, EmbeddingConfig)
    assert isinstance(small.features, EmbeddingConfig), "only these are narrowed"
    kept = _places(whole.features, small.features)
    return replace(heard, features=heard.features[:, kept], embedding=heard.embedding[kept])


def _least(config: EmbeddingConfig, read: NDArray[np.bool_]) -> EmbeddingConfig:
    """The settings with the fewest columns among which are all that are `read`."""
    names = np.array(config.names)
    needed = set(names[read])
    layers = [n for n in config.layers if any(one.startswith(f"layer{n}_") for one in needed)]
    for pooling in (*_WITHIN.get(config.pooling, ()), config.pooling):
        small = config.at(config.where, layers=tuple(layers) or config.layers, pooling=pooling)
        if needed <= set(small.names):
            return small
    return config


def _places(config: EmbeddingConfig, small: EmbeddingConfig) -> NDArray[np.int64]:
    """Where the columns of `small` stand in those of `config`; both are in the same order."""
    places = {name: i for i, name in enumerate(config.names)}
    return np.array([places[name] for name in small.names])
