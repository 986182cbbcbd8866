"""Linear probe: chosen inside the training utterances, then fitted to all of them.

What of the vector is seen, C, the steps, whether other versions of an utterance train along and how
far the covariance within classes counts are chosen one after the other (`choosing`). What is ahead
by less than a standard error does not take the place of what stands first. Few steps are a
regulariser of their own: where most speakers have one emotion, what is fitted last is the speaker.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.choosing import choose, inner_folds
from ehsaas.training.loop import Epoch, History
from ehsaas.training.vectors import Candidate, Vectors

TAKEN = "; taken: "
"""Between how a candidate was chosen and which one, in a history."""

NEVER = -1e4
"""Bias of a class that no training utterance has."""


@dataclass(frozen=True)
class Terms:
    """What holds for all candidates.

    `own_classes`: an utterance is told apart from the classes of its own corpus alone.
    `views`: so many of an utterance's last versions are it by other statistics; what is left out is
    judged by these, too. `gains`
    (D,): how many times as large each column is made for the fit; None leaves them. `within` is
    what there is to choose from where speakers are left out for that, and not languages.
    """

    own_classes: bool = False
    views: int = 0
    gains: NDArray[np.float32] | None = None
    within: Sequence[Candidate] = ()


def train(
    probe: LinearProbe,
    examples: Examples,
    blocks: Sequence[IntArray],
    candidates: Sequence[Candidate],
    *,
    classes: int,
    alone: Candidate | None = None,
    terms: Terms = Terms(),
) -> History:
    """Fit `probe` in place to labelled vectors; every class of a corpus weighs the same.

    Args:
        probe: its weights on columns that are not chosen become 0.
        examples: of one frame each, and other versions of it, which share its weight.
        blocks: columns (K,) that are seen together or not at all.
        candidates: what there is to choose from, at least one.
        classes: number of classes of the probe.
        alone: what is taken where too few speakers train; without it the first candidate.
        terms: what holds for all of them.
    """
    vectors = Vectors(
        examples, blocks, classes, probe.bound, terms.own_classes, terms.gains, terms.views
    )
    if terms.within and inner_folds(examples).what == "speakers":
        candidates = terms.within
    chosen = choose(vectors, candidates, alone)
    one = chosen.candidate
    rows = vectors.rows(np.arange(len(examples)), one.copies)
    (fit,) = vectors.fits(rows, one, [one.steps])
    columns = vectors.columns(one)
    with torch.no_grad():
        probe.head.weight.zero_()
        probe.head.bias.fill_(NEVER)
        present = torch.from_numpy(fit.present)
        W = fit.W if terms.gains is None else fit.W * terms.gains[columns]
        probe.head.weight[present[:, None], torch.from_numpy(columns)] = torch.from_numpy(W)
        probe.head.bias[present] = torch.from_numpy(fit.b - fit.W @ fit.mean)
    right = float((fit.said(vectors.X[rows][:, columns]) == vectors.labels[rows]).mean())
    best = chosen.score
    how = f"{chosen.how}{TAKEN}{one.name}"
    return History([Epoch(0, fit.loss, best, right)], 0, -1.0 if best is None else best, how)
