"""Few shots: the labels of the target train a network of the source on, or its last layer alone.

`fine_tune` trains all of it with half of each batch from the source, at a constant rate; `probe`
puts a new last layer on its embeddings, fitted to the labels of the target alone. All features.
"""

import numpy as np
import torch
from torch import nn

from ehsaas.training import progressive
from ehsaas.training.adaptation import linear, neural
from ehsaas.training.adaptation.neural import Heard
from ehsaas.training.adaptation.task import AdaptationError, Adapted, ProbeSettings, Task
from ehsaas.training.loop import LoopSettings

RATE = 1e-3
"""Learning rate of fine-tuning."""

EPOCHS = 10
STEPS = 100
"""Epochs over the labels of the target, and batches at least."""

ALONE = ProbeSettings(C=1.0, steps=100, whiten=0.0)
"""Of the new last layer, whose vectors have a length of about 10."""


def fine_tune(task: Task) -> Adapted:
    """A network of the source, all of which is trained on with the labels of the target.

    Raises:
        AdaptationError: no label of the target may be seen.
    """
    given, network = start(task)
    trained_on(task, given, network, {1.0: np.arange(len(given.seen))}, gradual=False)
    said = f"a network of the source, trained on with {len(given.seen)} labels"
    return neural.finished(task, given, network, said)


def probe(task: Task) -> Adapted:
    """A network of the source with a last layer of the target's labels.

    Raises:
        AdaptationError: no label of the target may be seen.
    """
    given, network = start(task)
    labelled = given.target.take(given.seen)
    head = network.get_submodule("head")
    assert isinstance(head, nn.Linear), "every network here ends in one"
    scale = getattr(network, "scale", nn.Identity())
    with torch.no_grad():
        embedding = scale(neural.embeddings(network, labelled)).numpy()
    corpus = np.zeros_like(labelled.labels)
    fitted = linear.fit(embedding, labelled.labels, corpus, task.settings.classes, ALONE)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(fitted.W))
        head.bias.copy_(torch.from_numpy(fitted.b))
    said = f"a network of the source, its last layer fitted to {len(given.seen)} labels"
    return neural.finished(task, given, network, said)


def start(task: Task) -> tuple[Heard, nn.Module]:
    """What is heard, and a network of the source alone.

    Raises:
        AdaptationError: no label of the target may be seen.
    """
    if not len(task.seen):
        raise AdaptationError("this method needs labels of the target; give some, or take another")
    given = neural.heard(task)
    return given, neural.of_source(task, given)


def trained_on(
    task: Task,
    given: Heard,
    network: nn.Module,
    shares: dict[float, np.ndarray],
    gradual: bool,
) -> None:
    """Train a network of the source on by shares of the labels there are, one after the other."""
    settings = task.settings.network
    how = LoopSettings(
        EPOCHS, RATE, settings.decay, batch_size=settings.batch_size, least_steps=STEPS, keep="last"
    )
    stages = progressive.adapt(
        network,
        given.source,
        given.target.take(given.seen),
        shares,
        how,
        task.settings.seed,
        classes=task.settings.classes,
        gradual=gradual,
        max_frames=settings.max_frames,
    )
    for _ in stages:
        pass
