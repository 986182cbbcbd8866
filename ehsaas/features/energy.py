"""Energy: frames (B, T, window) → RMS amplitude and log-energy (B, T, 2)."""

import torch
from torch import Tensor

from ehsaas.features.spectrum import decibels


def energy(frames: Tensor) -> Tensor:
    """RMS amplitude (0–1) and its level in dB re full scale, at least −100 dB."""
    power = frames.square().mean(dim=-1)
    return torch.stack((power.sqrt(), decibels(power)), dim=-1)
