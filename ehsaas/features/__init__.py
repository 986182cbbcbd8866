"""Clip → float32 (frames, dims): torch functions, batched, padding-safe, exportable."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ehsaas.features.embeddings import EmbeddingConfig
from ehsaas.features.functionals import Functionals, FunctionalsConfig
from ehsaas.features.samples import SamplesConfig
from ehsaas.features.stack import FeatureConfig, FeatureStack
from ehsaas.features.store import Features, FeatureStore, StoreError
from ehsaas.features.text import TextEmbeddingConfig, TokensConfig
from ehsaas.features.utterance_vector import UtteranceVectorConfig

CLAF_FRAME = FeatureConfig(
    parts=("mfcc", "f0", "rms", "chroma", "contrast"), n_mels=40, n_mfcc=13, deltas=0
)
"""The 34 numbers a frame of CLAF-SER (its equation 12): 13 MFCC, pitch, RMS, 12 chroma and 7
contrasts. The 40 mel bands under the MFCC are ours."""

FEATURES: Mapping[str, FeatureConfig | FunctionalsConfig | UtteranceVectorConfig] = (
    MappingProxyType(
        {
            "frames": FeatureConfig(),
            "mfcc": FeatureConfig(parts=("mfcc",)),
            "logmel": FeatureConfig(parts=("logmel",)),
            "energy": FeatureConfig(parts=("energy",)),
            "pitch": FeatureConfig(parts=("pitch",)),
            "lpcc": FeatureConfig(parts=("lpcc",)),
            "chroma": FeatureConfig(parts=("chroma",)),
            "contrast": FeatureConfig(parts=("contrast",)),
            "claf-frame": CLAF_FRAME,
            "functionals": FunctionalsConfig(),
            "utterance-vector": UtteranceVectorConfig(),
        }
    )
)
"""Ready settings by name; each has `names`, `dtype` and `extractor()`."""

HeardBy = FeatureConfig | UtteranceVectorConfig | EmbeddingConfig | SamplesConfig
"""Settings of what a network may hear: frames, one vector an utterance, hidden states of a
pretrained encoder, or the samples themselves."""

Told = TokensConfig | TextEmbeddingConfig
"""Settings of what a network may be told of the words: ids of tokens, or a text encoder's states.
They are taken from a table's texts, not from recordings."""

_KINDS: Mapping[str, type[HeardBy | Told]] = MappingProxyType(
    {
        "utterance-vector": UtteranceVectorConfig,
        "embeddings": EmbeddingConfig,
        "samples": SamplesConfig,
        "tokens": TokensConfig,
        "text": TextEmbeddingConfig,
    }
)
"""Settings that say by their `kind` what they are; the others are of frames."""


def settings_of(values: Mapping[str, Any]) -> HeardBy | Told:
    """Settings from their JSON form; all but those of frames say by their `kind` what they are.

    Raises:
        ValidationError: a key or a value is not known.
        ValueError: nothing is of that kind.
    """
    return kind_of(values)(**values)


def kind_of(values: Mapping[str, Any]) -> type[HeardBy | Told]:
    """The class of settings in their JSON form.

    Raises:
        ValueError: nothing is of that kind.
    """
    if "kind" not in values:
        return FeatureConfig
    if values["kind"] not in _KINDS:
        raise ValueError(f"no features of the kind {values['kind']!r}; known: {', '.join(_KINDS)}")
    return _KINDS[values["kind"]]


__all__ = [
    "CLAF_FRAME",
    "FEATURES",
    "EmbeddingConfig",
    "FeatureConfig",
    "FeatureStack",
    "FeatureStore",
    "Features",
    "Functionals",
    "FunctionalsConfig",
    "HeardBy",
    "SamplesConfig",
    "StoreError",
    "TextEmbeddingConfig",
    "TokensConfig",
    "Told",
    "UtteranceVectorConfig",
    "kind_of",
    "settings_of",
]
