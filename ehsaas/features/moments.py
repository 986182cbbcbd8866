"""Moments: contours (B, T, D) and a mask (B, T) → means, deviations and percentiles a clip."""

import torch
from torch import Tensor

MOMENTS = ("mean", "std", "p20", "p50", "p80", "range")
"""Statistics of a contour; range is between the 20th and the 80th percentile."""
_SHARES = (0.2, 0.5, 0.8)


def mean_std(values: Tensor, mask: Tensor) -> Tensor:
    """Mean and deviation (B, D, 2) of values (B, T, D) where `mask` (B, T); 0 where it is empty."""
    kept = mask[..., None]
    count = kept.sum(dim=1).clamp(min=1)
    mean = torch.where(kept, values, 0.0).sum(dim=1) / count
    away = torch.where(kept, values - mean[:, None], 0.0)
    return torch.stack((mean, (away.square().sum(dim=1) / count).sqrt()), dim=-1)


def moments(values: Tensor, mask: Tensor) -> Tensor:
    """`MOMENTS` (B, D · 6) of values (B, T, D) where `mask` (B, T); 0 where it is empty."""
    count = mask.sum(dim=1)
    last = torch.where(mask[:, None], values.transpose(1, 2), torch.inf)
    ordered = last.sort(dim=-1).values
    points = torch.stack([_at_share(ordered, count, share) for share in _SHARES], dim=-1)
    spread = points[..., 2:] - points[..., :1]
    return torch.cat((mean_std(values, mask), points, spread), dim=-1).flatten(1)


def _at_share(ordered: Tensor, count: Tensor, share: float) -> Tensor:
    """The `share` quantile (B, D) of the first `count` (B,) values along the last axis."""
    place = share * (count - 1).clamp(min=0).to(ordered)
    below = place.floor().long()
    above = torch.minimum(below + 1, (count - 1).clamp(min=0))
    low = ordered.take_along_dim(below[:, None, None], dim=-1)[..., 0]
    high = ordered.take_along_dim(above[:, None, None], dim=-1)[..., 0]
    between = low + (high - low) * (place - below)[:, None]
    return torch.where(count[:, None] > 0, between, 0.0)
