"""Supervised contrastive learning with speaker reversal (Khosla et al. 2020; Ganin et al. 2016).

L_own = SupCon of the emotions + the speaker's classifier behind a gradient reversal; of labelled
utterances, so nothing of an unlabelled target is used. All features.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.training import adversarial
from ehsaas.training.adaptation import neural
from ehsaas.training.adaptation.task import Adapted, Task
from ehsaas.training.adversarial import Adversary, Against

TEMPERATURE = 0.1


def adapt(task: Task) -> Adapted:
    """A network whose embeddings lie by emotion and do not show the speaker."""
    given = neural.heard(task)
    network = neural.fresh(task, given.dims)
    voices = given.labelled.speaker
    against = []
    if voices is not None and voices.max() > 0:
        against.append(Against("speaker", int(voices.max()) + 1))
    sizes = adversarial.sizes(network, against, given.labelled)
    adversary = Adversary(network, against, sizes, seed=task.settings.seed)
    hiding, begin = neural.hiding(adversary, against)

    def loss(output: Output, batch: Batch) -> Tensor:
        drawn = contrast(F.normalize(output.embedding, dim=1), neural.known(batch.labels))
        return drawn + hiding(output, batch)

    neural.train(task, given, adversary, loss, begin, alone=True)
    return neural.finished(task, given, network, "embeddings by emotion, not by speaker")


def contrast(embedding: Tensor, labels: Tensor) -> Tensor:
    """SupCon of embeddings (N, E) of length 1 with labels (N,); 0 where no two share one."""
    N = len(labels)
    others = ~torch.eye(N, dtype=torch.bool, device=embedding.device)
    same = (labels[:, None] == labels[None, :]) & others
    logits = (embedding @ embedding.T / TEMPERATURE).masked_fill(~others, -torch.inf)
    away = logits.logsumexp(dim=1, keepdim=True) - logits
    has = same.any(dim=1)
    if not has.any():
        return embedding.sum() * 0
    each = away.masked_fill(~same, 0).sum(dim=1)[has] / same.sum(dim=1)[has]
    return each.mean()
