"""Clip → float32 (frames, dims): torch functions, batched, padding-safe, exportable."""

from types import MappingProxyType

from ehsaas.features.stack import FeatureConfig, FeatureStack
from ehsaas.features.store import Features, FeatureStore, StoreError

FEATURES = MappingProxyType(
    {
        "frames": FeatureConfig(),
        "mfcc": FeatureConfig(parts=("mfcc",)),
        "logmel": FeatureConfig(parts=("logmel",)),
        "energy": FeatureConfig(parts=("energy",)),
        "pitch": FeatureConfig(parts=("pitch",)),
    }
)
"""Ready settings by name; each has `names`, `dtype` and `extractor()`."""

__all__ = ["FEATURES", "FeatureConfig", "FeatureStack", "FeatureStore", "Features", "StoreError"]
