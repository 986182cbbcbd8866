"""Clip → float32 (frames, dims): torch functions, batched, padding-safe, exportable."""

from collections.abc import Mapping
from types import MappingProxyType

from ehsaas.features.functionals import Functionals, FunctionalsConfig
from ehsaas.features.stack import FeatureConfig, FeatureStack
from ehsaas.features.store import Features, FeatureStore, StoreError

FEATURES: Mapping[str, FeatureConfig | FunctionalsConfig] = MappingProxyType(
    {
        "frames": FeatureConfig(),
        "mfcc": FeatureConfig(parts=("mfcc",)),
        "logmel": FeatureConfig(parts=("logmel",)),
        "energy": FeatureConfig(parts=("energy",)),
        "pitch": FeatureConfig(parts=("pitch",)),
        "functionals": FunctionalsConfig(),
    }
)
"""Ready settings by name; each has `names`, `dtype` and `extractor()`."""

__all__ = [
    "FEATURES",
    "FeatureConfig",
    "FeatureStack",
    "FeatureStore",
    "Features",
    "Functionals",
    "FunctionalsConfig",
    "StoreError",
]
