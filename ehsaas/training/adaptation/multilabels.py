"""Similarities of recordings to a memory of utterances → pseudo multilabels (METHODS.md C).

A multilabel are the items of the memory that a recording is taken to be like, all of one class.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ehsaas.training.adaptation import class_balance
from ehsaas.training.adaptation.task import UNKNOWN

QUANTILE = 0.98
"""Of all similarities of target and memory; what lies above is a candidate."""

FEWEST = 10
"""Candidates of a recording at least."""

SUREST = 0.6
"""Share of the target that `balanced` labels at most, the same number for each class."""

PURE = 0.5
"""Share of the vote below which a recording is left out of the epoch."""

TEMPERATURE = 0.05
"""τ of the vote."""


@dataclass(frozen=True)
class Multilabels:
    """Pseudo multilabels of M recordings from a memory of N.

    `positives` (M, N) bool, none for what is left out; `label` (M,), −1 there; `purity` (M,) is the
    share of the vote.
    """

    positives: Tensor
    label: Tensor
    purity: Tensor


Labeller = Callable[[Tensor, Tensor, Tensor, int], Multilabels]


def labels(
    similarity: Tensor,
    among: Tensor,
    values: Tensor,
    classes: int,
    *,
    mutual: bool = True,
    pure: float = PURE,
    quantile: float = QUANTILE,
    fewest: int = FEWEST,
) -> Multilabels:
    """The multilabels of recordings by the memory, as METHODS.md C has them.

    Args:
        similarity: cosines (M, N) of the recordings and the memory.
        among: cosines (N, N) inside the memory.
        values: labels (N,) of the memory.
        classes: K.
        mutual: whether positives must be neighbours of one another.
        pure: share of the vote below which a recording is left out; with 0 none is for that.
        quantile: of all similarities; what lies above is a candidate.
        fewest: candidates of a recording at least.
    """
    near = candidates(similarity, quantile, fewest)
    of = F.one_hot(values, classes).float()
    share = of.mean(dim=0).clamp(min=1e-6)
    votes = (similarity.clamp(min=0) * near) @ of / share
    top = votes.argmax(dim=1)
    purity = votes.gather(1, top[:, None])[:, 0] / votes.sum(dim=1).clamp(min=1e-12)
    kept = mutual_neighbours(near, among) if mutual else near
    positives = kept & (values[None, :] == top[:, None]) & (purity >= pure)[:, None]
    label = torch.where(positives.any(dim=1), top, UNKNOWN)
    return Multilabels(positives, label, purity)


def balanced(similarity: Tensor, among: Tensor, values: Tensor, classes: int) -> Multilabels:
    """The multilabels of the surest recordings of every class, **ours**.

    What a recording is comes from the vote of the whole memory with the mean vote of every class
    made the same, and the same number of recordings is labelled for each class: where one class is
    said too often, the recipe above says it more often still. The positives are its candidates of
    that class.
    """
    odds = ((similarity - 1) / TEMPERATURE).exp()
    of = F.one_hot(values, classes).float()
    votes = odds @ of / of.mean(dim=0).clamp(min=1e-6)
    shares = (votes / votes.sum(dim=1, keepdim=True).clamp(min=1e-30)).numpy()
    label = torch.from_numpy(class_balance.chosen(class_balance.even(shares), SUREST))
    positives = candidates(similarity) & (values[None, :] == label[:, None])
    used = positives.any(dim=1)
    purity = torch.from_numpy(shares.max(axis=1))
    return Multilabels(positives, torch.where(used, label, UNKNOWN), purity)


def candidates(similarity: Tensor, quantile: float = QUANTILE, fewest: int = FEWEST) -> Tensor:
    """What lies above the quantile of all similarities (M, N), ten a recording at least."""
    edge = torch.quantile(_some(similarity), quantile)
    least = similarity.topk(min(fewest, similarity.shape[1]), dim=1).values[:, -1]
    return similarity >= torch.minimum(edge, least)[:, None]


def mutual_neighbours(near: Tensor, among: Tensor) -> Tensor:
    """Candidates (M, N) that have another one within their own first |C| of the memory."""
    others = among.clone().fill_diagonal_(-torch.inf)
    most = min(int(near.sum(dim=1).max()), len(others) - 1)
    first = others.topk(most, dim=1).values
    found = torch.zeros_like(near)
    for row, own in enumerate(near):
        C = own.nonzero()[:, 0]
        last = first[C, min(len(C), most) - 1]
        found[row, C] = (others[C][:, C] >= last[:, None]).any(dim=1)
    return found


def _some(similarity: Tensor) -> Tensor:
    """Some 100 000 of the similarities, evenly taken: enough for a quantile."""
    flat, stride = similarity.flatten(), max(1, similarity.numel() // 100_000)
    while math.gcd(stride, similarity.shape[1]) > 1:
        stride += 1  # or the same keys would be taken of every recording
    return flat[::stride]
