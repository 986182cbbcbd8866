from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from ehsaas.training import batches
from ehsaas.training.adaptation import METHODS, neural
from ehsaas.training.adversarial import Adversary
from ehsaas.training.loop import Loss
from tests.training.adaptation.builders import TARGET, asked, source, target

Begin = Callable[[float, float], None]


def test_the_classifier_learns_the_corpus_and_the_network_to_hide_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By hand: 100 steps of the classifier alone, then 100 of the network alone, on one batch."""
    caught: list[tuple[neural.Heard, Adversary, Loss]] = []

    def train(task: object, given: neural.Heard, model: Adversary, own: Loss, begin: Begin) -> None:
        begin(0.5, 1.0)
        caught.append((given, model, own))

    monkeypatch.setattr(neural, "train", train)
    METHODS["dann"].adapt(asked(source(), target(aside=4)))
    ((given, adversary, own),) = caught
    batch = batches.collate(given.labelled.joined(given.blind.target), np.arange(0, 180, 2))
    adversary.eval()  # no dropout

    def cost(parameters: Iterator[torch.nn.Parameter]) -> float:
        optimiser = torch.optim.SGD(parameters, lr=0.3)
        for _ in range(100):
            optimiser.zero_grad()
            own(adversary(batch), batch).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        return float(own(adversary(batch), batch).detach())

    before = float(own(adversary(batch), batch).detach())
    read = cost(adversary.classifiers.parameters())
    assert read < 0.6 * before
    assert cost(adversary.model.parameters()) > 1.5 * read


def test_the_target_is_one_of_the_corpora_that_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    monkeypatch.setattr(
        neural,
        "train",
        lambda task, given, model, own, begin: counts.append(model.against[0].count),
    )
    METHODS["dann"].adapt(asked(source(), target()))
    assert counts == [TARGET + 1]
