"""Scaling: feature arrays → `Statistics` (mean and deviation of each dimension), used in torch."""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ehsaas.calibration import SMALLEST, Moments, Statistics
from ehsaas.features.framing import frame_mask


class ScalingError(ValueError):
    """Statistics cannot be taken over what was given; the message says why."""


def fit(arrays: Iterable[NDArray[np.floating]], name: str) -> Statistics:
    """Mean and deviation over all frames of all arrays, one array in memory at a time.

    Args:
        arrays: (T, D) frames or (D,) vectors of the same D, in any number.
        name: whose statistics these are, e.g. "source" or "corpus: urdu".

    Raises:
        ScalingError: no frame was given, the dimensions differ, or a value is not finite.
    """
    total: Moments | None = None
    for array in arrays:
        frames = np.atleast_2d(np.asarray(array, dtype=np.float64))
        if not len(frames):
            continue
        if total is not None and frames.shape[1] != len(total.mean):
            raise ScalingError(
                f"{name}: an array has {frames.shape[1]} dimensions after {len(total.mean)};"
                " all must be of the same features"
            )
        if not np.isfinite(frames).all():
            raise ScalingError(f"{name}: an array holds values that are not finite")
        own = Moments.of(frames)
        total = own if total is None else total + own
    if total is None:
        raise ScalingError(f"{name}: no frame to take statistics over; give at least one clip")
    return total.statistics(name)


def merge(parts: Iterable[Statistics], name: str) -> Statistics:
    """The statistics of several sets taken together, as if they had been fitted as one.

    Raises:
        ScalingError: no set was given, or the dimensions differ.
    """
    total: Moments | None = None
    for part in parts:
        std = part.std.astype(np.float64)
        own = Moments(part.count, part.mean.astype(np.float64), std**2 * part.count)
        if total is not None and own.mean.shape != total.mean.shape:
            raise ScalingError(f"{name}: {part.name!r} has other dimensions than those before it")
        total = own if total is None else total + own
    if total is None:
        raise ScalingError(f"{name}: no statistics to merge")
    return total.statistics(name)


def standardise(features: Tensor, frame_lengths: Tensor, statistics: Statistics) -> Tensor:
    """`statistics` applied to a batch (B, T, D) in torch; zero behind each clip's last frame."""
    mean = torch.as_tensor(statistics.mean).to(features)
    std = torch.as_tensor(statistics.std).to(features).clamp(min=SMALLEST)
    inside = frame_mask(frame_lengths, features.shape[1])
    return torch.where(inside[..., None], (features - mean) / std, 0.0)
