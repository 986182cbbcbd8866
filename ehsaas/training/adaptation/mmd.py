"""MMD: embeddings of source and target with the same distribution (DAN; Long et al. 2015).

L_own = MMD² of a batch under five Gaussian kernels; all features.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.training.adaptation import neural
from ehsaas.training.adaptation.task import Adapted, Task
from ehsaas.training.alignment import KERNELS


def adapt(task: Task) -> Adapted:
    """A network of the source whose embeddings lie where those of the target do."""
    given = neural.heard(task)
    network = neural.fresh(task, given.dims)
    neural.train(task, given, network, loss)
    return neural.finished(task, given, network, "embeddings drawn together by MMD")


def loss(output: Output, batch: Batch) -> Tensor:
    """MMD² of both parts of a batch."""
    source, target = neural.split(output, batch)
    return discrepancy(F.normalize(source, dim=1), F.normalize(target, dim=1))


def discrepancy(source: Tensor, target: Tensor) -> Tensor:
    """The biased estimate of MMD² of embeddings (N, d) and (M, d); as `alignment.mmd`."""
    both = torch.cat([source, target])
    distances = torch.cdist(both, both).square()
    upper = torch.triu_indices(len(both), len(both), 1)
    middle = distances.detach()[upper[0], upper[1]].median().clamp(min=1e-6)
    K = torch.stack([(-distances / (2 * width * middle)).exp() for width in KERNELS]).mean(dim=0)
    N = len(source)
    return K[:N, :N].mean() + K[N:, N:].mean() - 2 * K[:N, N:].mean()
