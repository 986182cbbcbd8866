"""What each ready setting gives on one fixed signal: who changes it makes the store's packs old."""

import numpy as np
import pytest
import torch

from ehsaas.features import FEATURES, FeatureConfig, store
from tests import signals

SETTINGS = {
    **FEATURES,
    "trimmed": FeatureConfig(parts=("energy",), trim_db=40),
    "faster": FeatureConfig(parts=("energy",), speed=1.1),
}

PINNED: dict[str, list[float]] = {
    "frames": [78, 188, -12.79679, -477.3304, -1838.284, -785.1014],
    "mfcc": [78, 120, -2.329332, -85.73093, -18.54976, -388.8698],
    "logmel": [78, 64, -32.85724, -1224.661, -1354.299, -1566.585],
    "energy": [78, 2, -12.52082, -558.1763, -25.07689, -337.5969],
    "pitch": [78, 2, 0.8141148, 22.13646, 1.164298, 0.9757765],
    "functionals": [1, 242, 8.176517, 8.176517, 723.2624, 967.6918],
    "lpcc": [78, 12, 0.1878569, 4.699775, 0.004297296, 0.3984909],
    "chroma": [78, 12, 0.08333333, 3.291667, 0.5539118, 0.009492993],
    "contrast": [78, 7, 15.10796, 512.6504, 60.63468, 271.5387],
    "claf-frame": [78, 34, -0.6528371, -62.77401, 95.33325, -685.191],
    "utterance-vector": [1, 204, -1.090192, -1.090192, -39.51899, -303.8353],
    "trimmed": [82, 2, -12.6623, -591.8462, -25.35905, -345.4356],
    "faster": [71, 2, -12.59959, -513.8171, -25.23432, -343.2833],
}


def measured(name: str) -> list[float]:
    """Frames, dimensions, and means of the features weighted in four ways."""
    clip = np.concatenate([signals.voice(signals.glide(150, 0.5), 0.5), signals.noise(0.3, 0.02)])
    if name == "trimmed":
        clip = np.concatenate([signals.silence(0.4), clip, signals.noise(0.2, 1e-4, seed=1)])
    with torch.inference_mode():
        extract = SETTINGS[name].extractor().eval()
        values, _ = extract(torch.from_numpy(clip)[None], torch.tensor([len(clip)]))
    found = values[0].double().numpy()
    rows, columns = np.indices(found.shape)
    weights = (np.ones(found.shape), 1 + rows, 1 + columns, np.abs(found))
    return [*map(float, found.shape), *(float((found * weight).mean()) for weight in weights)]


@pytest.mark.parametrize("name", SETTINGS)
def test_features_are_what_they_were(name: str) -> None:
    assert measured(name) == pytest.approx(PINNED[name], rel=1e-4), (
        f"features changed: raise store.VERSION (now {store.VERSION}) and pin the new values"
    )
