"""A recogniser without what its answer does not hang on: layers and columns that nothing reads.

Training looks at many layers of an encoder and leaves most of the head's weights at 0. What is left
out here changes no answer by more than rounding.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.features import EmbeddingConfig
from ehsaas.judging import Heard
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.recogniser import Recogniser


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
    probe = LinearProbe(len(kept), len(recogniser.classes))
    probe.head.weight = torch.nn.Parameter(network.head.weight.detach()[:, kept])
    probe.head.bias = torch.nn.Parameter(network.head.bias.detach())
    statistics = recogniser.statistics
    own = replace(statistics, mean=statistics.mean[kept], std=statistics.std[kept])
    reach = recogniser.reach
    if reach is not None:
        reach = replace(reach, columns=np.searchsorted(kept, reach.columns))
    return replace(recogniser, features=small, network=probe, statistics=own, reach=reach)


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
    poolings = ["mean", "mean-std"] if config.pooling == "mean-std-thirds" else [config.pooling]
    for pooling in (*poolings, config.pooling):
        small = config.at(config.where, layers=tuple(layers) or config.layers, pooling=pooling)
        if needed <= set(small.names):
            return small
    return config


def _places(config: EmbeddingConfig, small: EmbeddingConfig) -> NDArray[np.int64]:
    """Where the columns of `small` stand in those of `config`; both are in the same order."""
    places = {name: i for i, name in enumerate(config.names)}
    return np.array([places[name] for name in small.names])
