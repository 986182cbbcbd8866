"""Deep CORAL: embeddings of source and target with the same covariance (Sun & Saenko 2016).

L_own = ‖C_s − C_t‖²_F / (4 d²) of a batch; all features. Embeddings of length 1 are taken √d times,
so that a component has a variance near 1.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.training.adaptation import neural
from ehsaas.training.adaptation.task import Adapted, Task

WORTH = 100.0
"""What the loss is multiplied by: divided by 4 d² it is small against a cross-entropy."""


def adapt(task: Task) -> Adapted:
    """A network of the source whose embeddings co-vary as those of the target."""
    given = neural.heard(task)
    network = neural.fresh(task, given.dims)
    neural.train(task, given, network, loss)
    return neural.finished(task, given, network, "covariances of the embeddings drawn together")


def loss(output: Output, batch: Batch) -> Tensor:
    """The distance of the covariances of both parts of a batch; 0 where one of them has none.

    That is a part of one recording: the last batch of an epoch may have no second one.
    """
    source, target = neural.split(output, batch)
    if min(len(source), len(target)) < 2:
        return output.embedding.sum() * 0
    return WORTH * distance(unit(source), unit(target))


def distance(source: Tensor, target: Tensor) -> Tensor:
    """‖C_s − C_t‖²_F / (4 d²) of embeddings (N, d) and (M, d), two of each at least."""
    d = source.shape[1]
    gap: Tensor = torch.cov(source.T) - torch.cov(target.T)
    value: Tensor = gap.square().sum() / float(4 * d**2)
    return value


def unit(embedding: Tensor) -> Tensor:
    """Embeddings (N, d) with a length of √d."""
    return F.normalize(embedding, dim=1) * math.sqrt(embedding.shape[1])
