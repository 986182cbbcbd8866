"""k-NN over a memory: the labelled utterances that are most similar to a recording vote (vectors).

The floor of METHODS.md C, which NNPM has to beat: nothing is trained.
"""

import numpy as np
import torch

from ehsaas.models.memory import Memory
from ehsaas.training.adaptation.task import Adapted, Task, matrix

K_NEAREST = 20
"""How many vote; the floors were measured at 1, 5, 10 and 20."""


def adapt(task: Task) -> Adapted:
    """A memory of everything that is labelled."""
    keys = matrix(task.given)
    sizes = {"items": len(keys), "k": K_NEAREST}
    network = Memory(keys.shape[1], task.settings.classes, **sizes)
    length = np.maximum(np.linalg.norm(keys, axis=1, keepdims=True), 1e-12)
    network.get_buffer("keys").copy_(torch.from_numpy(keys / length))
    network.get_buffer("values").copy_(torch.from_numpy(task.given.labels))
    said = f"the {K_NEAREST} most similar of {len(keys)} vote"
    return Adapted("memory", sizes, network, task.standardise, said)
