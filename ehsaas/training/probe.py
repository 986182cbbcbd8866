"""Linear probe: chosen inside the training utterances, then fitted to all of them.

What of the vector is seen, C, the steps, whether other versions of an utterance train along and how
far the covariance within classes counts are chosen one after the other (`choosing`). What is ahead
by less than a standard error does not take the place of what stands first. Few steps are a
regulariser of their own: where most speakers have one emotion, what is fitted last is the speaker.
"""

from collections.abc import Sequence

import numpy as np
import torch

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.choosing import choose
from ehsaas.training.loop import Epoch, History
from ehsaas.training.vectors import Candidate, Vectors

TAKEN = "; taken: "
"""Between how a candidate was chosen and which one, in a history."""

NEVER = -1e4
"""Bias of a class that no training utterance has."""


def train(
    probe: LinearProbe,
    examples: Examples,
    blocks: Sequence[IntArray],
    candidates: Sequence[Candidate],
    *,
    classes: int,
    alone: Candidate | None = None,
) -> History:
    """Fit `probe` in place to labelled vectors; every class of every corpus weighs the same.

    Args:
        probe: its weights on columns that are not chosen become 0.
        examples: of one frame each, and other versions of it, which share its weight.
        blocks: columns (K,) that are seen together or not at all.
        candidates: what there is to choose from, at least one.
        classes: number of classes of the probe.
        alone: what is taken where too few speakers train; without it the first candidate.
    """
    vectors = Vectors(examples, blocks, classes)
    chosen = choose(vectors, candidates, alone)
    one = chosen.candidate
    rows = vectors.rows(np.arange(len(examples)), one.copies)
    (fit,) = vectors.fits(rows, one, [one.steps])
    columns = vectors.columns(one)
    with torch.no_grad():
        probe.head.weight.zero_()
        probe.head.bias.fill_(NEVER)
        present = torch.from_numpy(fit.present)
        probe.head.weight[present[:, None], torch.from_numpy(columns)] = torch.from_numpy(fit.W)
        probe.head.bias[present] = torch.from_numpy(fit.b - fit.W @ fit.mean)
    right = float((fit.said(vectors.X[rows][:, columns]) == vectors.labels[rows]).mean())
    best = chosen.score
    how = f"{chosen.how}{TAKEN}{one.name}"
    return History([Epoch(0, fit.loss, best, right)], 0, -1.0 if best is None else best, how)
