"""A network beside a method's own loss: λ, what is heard when, and what is weighed how."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.training.adaptation import METHODS, AdaptationError, Budget, adapt, neural
from ehsaas.training.adaptation.task import UNKNOWN, NetworkSettings, ProbeSettings
from ehsaas.training.losses import balance
from tests.training.adaptation.builders import (
    OF_FRAMES,
    TARGET,
    TINY,
    asked,
    frames,
    settings,
    source,
    target,
    weights,
)

OWN = ("deep-coral", "mmd", "dann", "supcon", "nnpm", "nnpm-balanced")
"""Methods with a loss of their own beside that of the labelled utterances."""


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (10, [0, 0, 0, 0, 0, 0.2, 0.4, 0.6, 0.8, 1]),
        (5, [0, 0, 1 / 3, 2 / 3, 1]),
        (1, [1]),
    ],
)
def test_the_weight_is_0_in_the_first_half_and_then_rises_to_1(
    epochs: int, expected: list[float]
) -> None:
    assert [neural.ramp(i, epochs) for i in range(epochs)] == pytest.approx(expected)


@pytest.mark.parametrize("heard", ("vectors", "frames"))
@pytest.mark.parametrize("method", OWN)
def test_with_a_peak_of_0_a_method_is_the_network_of_the_source_weight_by_weight(
    method: str, heard: str
) -> None:
    if heard == "vectors":
        of, to, network = source(), target(), TINY
    else:
        of, to, network = frames(), frames(index=TARGET), OF_FRAMES
    without, beside = replace(network, peak=0.0), replace(network, peak=1.0)
    made, moved, plain = (
        weights(adapt(name, of, to, Budget(), settings(given)).network)
        for name, given in ((method, without), (method, beside), ("source-network", without))
    )
    inner = "network." if method.startswith("nnpm") else ""
    assert set(made) == {inner + name for name in plain}
    for name, weight in plain.items():
        assert torch.equal(made[inner + name], weight), name
    assert any(not torch.equal(moved[inner + name], weight) for name, weight in plain.items())


def test_the_target_is_heard_only_where_the_weight_is_above_0() -> None:
    """One loss that counts what it hears: 120 labelled in batches of 16, 60 of the target."""
    task = asked(source(), target(), 1)
    given = neural.heard(task)
    network = neural.fresh(task, given.dims)
    heard: list[tuple[float, int, int]] = []
    now = {"weight": 0.0}

    def begin(done: float, weight: float) -> None:
        now["weight"] = weight

    def own(output: Output, batch: Batch) -> torch.Tensor:
        labels = neural.known(batch.labels)
        there = labels != UNKNOWN
        corpus = neural.known(batch.corpus)
        assert (corpus[~there] == TARGET).all()
        heard.append((now["weight"], int(there.sum()), int((~there).sum())))
        return output.logits.sum() * 0

    neural.train(task, given, network, own, begin)
    assert {weight for weight, _, _ in heard} == {0.5, 1.0}  # the last two of four epochs
    assert [labelled for _, labelled, _ in heard] == 2 * [*[16] * 7, 11]
    assert {blind for _, _, blind in heard} == {16}


def test_alone_a_loss_hears_nothing_of_the_target() -> None:
    task = asked(source(), target())
    given = neural.heard(task)
    heard: list[int] = []

    def own(output: Output, batch: Batch) -> torch.Tensor:
        heard.append(int((neural.known(batch.labels) == UNKNOWN).sum()))
        return output.logits.sum() * 0

    neural.train(task, given, neural.fresh(task, given.dims), own, alone=True)
    assert heard and set(heard) == {0}


def test_what_costs_is_the_labelled_part_of_a_batch() -> None:
    table = torch.tensor([[1.0, 3.0], [2.0, 0.5]])
    logits = torch.tensor([[0.0, 0.0], [2.0, 0.0], [9.0, 0.0], [0.0, 1.0]])
    batch = Batch(
        torch.zeros(4, 1, 1),
        torch.ones(4),
        labels=torch.tensor([0, 1, UNKNOWN, 1]),
        corpus=torch.tensor([0, 0, 1, 1]),
    )
    each = F.cross_entropy(logits[[0, 1, 3]], torch.tensor([0, 1, 1]), reduction="none")
    expected = (each * torch.tensor([1.0, 3.0, 0.5])).sum() / 4.5
    torch.testing.assert_close(neural.of_labelled(table)(Output(logits, logits), batch), expected)


def test_labels_of_the_target_count_as_one_corpus_more() -> None:
    given = neural.heard(asked(source(), target(), 2))
    table = balance(given.labelled, 3, 10)
    corpus = given.labelled.corpus
    each = table.numpy()[corpus, given.labelled.labels]
    assert (corpus == TARGET).sum() == 6
    total = [each[corpus == index].sum() for index in (0, 1, TARGET)]
    np.testing.assert_allclose(total, 42, rtol=1e-5)  # a third of 126


def test_a_network_of_the_source_is_trained_once_for_all_that_start_from_it() -> None:
    task = asked(source(), target(), 2)
    given = neural.heard(task)
    one, two = neural.of_source(task, given), neural.of_source(task, given)
    assert len(task.ground.networks) == 1 and one is not two
    with torch.no_grad():
        next(two.parameters()).add_(1)  # what is done to one does not reach the others
    third = neural.of_source(task, given)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), third.parameters(), strict=True))
    other = asked(source(), target(), given=settings(seed=1))
    other.ground.networks = task.ground.networks
    fourth = neural.of_source(other, neural.heard(other))
    assert not torch.equal(next(one.parameters()), next(fourth.parameters()))


def test_vectors_are_heard_in_units_of_their_mean_deviation() -> None:
    three = ProbeSettings(axes=3)  # on which there is more than 1 of it
    task = asked(source(), target(shift=3), given=settings(probe=three))
    given = neural.heard(task)
    X = np.concatenate(given.source.features)
    assert X.shape == (120, 3) and task.ground.vectors.var(axis=0).mean() > 1.2
    assert X.var(axis=0).mean() == pytest.approx(1, rel=1e-4)
    front = given.front
    there = (task.target.features[0] - front["mean"].numpy()) @ front["axes"].numpy()
    np.testing.assert_allclose(there, given.target.features[0], atol=1e-4)


def test_embeddings_come_in_the_order_of_the_utterances() -> None:
    task = asked(frames(), frames(index=TARGET), given=settings(OF_FRAMES))
    network = neural.fresh(task, 4)
    assert network.training
    found = neural.embeddings(network, task.source)
    assert network.training  # left as it was
    one = neural.embeddings(network, task.source.take(np.array([17])))
    torch.testing.assert_close(found[17:18], one)


def test_longer_training_is_asked_for_in_batches() -> None:
    """At least so many batches: 8 an epoch."""
    begun: list[float] = []
    task = asked(source(), target(), given=settings(replace(TINY, epochs=2, least_steps=33)))
    given = neural.heard(task)
    network = neural.fresh(task, given.dims)
    neural.train(task, given, network, begin=lambda done, weight: begun.append(done))
    assert begun == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("method", [name for name, one in METHODS.items() if one.neural])
def test_a_network_of_frames_does_not_train_on_vectors(method: str) -> None:
    with pytest.raises(AdaptationError, match="attention-bilstm does not train on one vector"):
        adapt(method, source(), target(), Budget(5), settings(OF_FRAMES))


def test_a_network_without_a_memory_is_named() -> None:
    given = settings(NetworkSettings("simple-rnn"))
    with pytest.raises(AdaptationError, match="simple-rnn has no memory; networks with one are"):
        adapt("nnpm", frames(), frames(index=TARGET), Budget(), given)
