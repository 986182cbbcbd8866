"""NNPM: its loss and its memory by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from ehsaas.models.nnpm import Nnpm
from ehsaas.training import batches
from ehsaas.training.adaptation import Budget, adapt, multilabels, neural, nnpm
from ehsaas.training.adaptation.task import UNKNOWN
from tests.training.adaptation.builders import (
    CLASSES,
    LONG,
    OF_FRAMES,
    TARGET,
    TINY,
    asked,
    frames,
    right,
    settings,
    source,
    target,
)


@pytest.mark.parametrize("how", ("labeller", "delta"))
def test_a_recipe_changes_what_is_learnt_and_the_plain_one_does_not(how: str) -> None:
    recipe = {
        "labeller": nnpm.Recipe(multilabels.balanced),
        "delta": nnpm.Recipe(delta=50.0),
    }[how]
    task = asked(source(), target())
    plain, other = nnpm.adapt_by(task, nnpm.Recipe()), nnpm.adapt_by(task, recipe)
    to = target()
    np.testing.assert_array_equal(plain.logits(to), nnpm.adapt(task).logits(to))
    assert not np.allclose(plain.logits(to), other.logits(to), atol=1e-4)


def test_the_multilabel_loss_by_hand() -> None:
    similarity = torch.tensor([[0.5, 0.0, -0.5, 0.2], [1.0, 0.5, 1.0, -1.0]])
    positives = torch.tensor([[True, False, False, False], [True, True, False, False]])
    negatives = torch.tensor([[False, True, True, False], [False, False, False, True]])
    first = 5 * 0.5**2 + (1 + 0.5**2) / 2
    second = 5 * (0 + 0.5**2) / 2 + 0
    found = float(nnpm.multilabel_loss(similarity, positives, negatives))
    assert found == pytest.approx((first + second) / 2)
    even = float(nnpm.multilabel_loss(similarity, positives, negatives, delta=0))
    assert even == pytest.approx((1 + 0.5**2) / 2 / 2)


def test_the_hardest_are_the_most_similar_tenth_of_those_with_another_label() -> None:
    similarity = torch.linspace(-1, 1, 25).repeat(2, 1)
    other = torch.ones(2, 25, dtype=torch.bool)
    other[0, 20:] = False  # the five most similar have the label themselves
    other[1, 3:] = False
    found = nnpm.hardest(similarity, other)
    assert found[0].nonzero()[:, 0].tolist() == [18, 19]
    assert found[1].nonzero()[:, 0].tolist() == [2]
    none = torch.zeros(1, 25, dtype=torch.bool)
    assert not nnpm.hardest(similarity[:1], none).any()


def labelling(heard: str) -> tuple[nnpm._Labelling, neural.Heard, Nnpm]:
    if heard == "vectors":
        task = asked(source(), target(), 2)
    else:
        task = asked(frames(), frames(index=TARGET), 2, given=settings(OF_FRAMES))
    given = neural.heard(task)
    network = nnpm._fresh(task, given)
    return nnpm._Labelling(task, given, network, nnpm.Recipe()), given, network.eval()


@pytest.mark.parametrize("heard", ("vectors", "frames"))
def test_the_memory_takes_in_what_is_met_again(heard: str) -> None:
    """M ← normalise(α M + (1 − α) f) for the labelled utterances of a batch, no others."""
    one, given, network = labelling(heard)
    one.begin(0.5)
    keys = network.get_buffer("keys")
    filled = neural.embeddings(network, given.labelled)
    torch.testing.assert_close(keys, filled)
    with torch.no_grad():  # the network moves on
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.sin(torch.arange(parameter.numel())).view_as(parameter))
    both = given.labelled.joined(given.blind.target)
    N = len(given.labelled)
    met = np.array([3, 7, N - 1])
    batch = batches.collate(both, np.concatenate([met, N + np.arange(5)]))
    output = network(batch)
    one.alpha = 0.3
    value = one.loss(output, batch)
    f = output.embedding[:3].detach()
    expected = filled.clone()
    expected[met] = F.normalize(0.3 * filled[met] + 0.7 * f, dim=1)
    torch.testing.assert_close(keys, expected)
    assert not torch.allclose(keys[met], filled[met], atol=1e-4)
    value.backward()  # type: ignore[no-untyped-call]
    assert not keys.requires_grad


def test_the_loss_is_of_the_labelled_recordings_before_the_memory_moves() -> None:
    one, given, network = labelling("vectors")
    one.begin(1.0)
    assert one.labels is not None
    one.labels.label[4] = UNKNOWN  # left out of the epoch
    keys = network.get_buffer("keys").clone()
    N = len(given.labelled)
    rows = np.concatenate([np.arange(4), N + np.array([2, 4, 9])])
    batch = batches.collate(given.labelled.joined(given.blind.target), rows)
    output = network(batch)
    used = torch.tensor([2, 9])
    assert (one.labels.label[used] != UNKNOWN).all()
    similarity = output.embedding[[4, 6]] @ keys.T
    values = network.get_buffer("values")
    other = values[None, :] != one.labels.label[used][:, None]
    expected = nnpm.multilabel_loss(
        similarity, one.labels.positives[used], nnpm.hardest(similarity.detach(), other)
    )
    torch.testing.assert_close(one.loss(output, batch), expected)


def test_more_and_more_of_the_memory_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """α rises from 0 in the first epoch to 0.5 in the last, λ from 0 in the first half to 1."""
    seen: list[tuple[float, float]] = []
    begin = nnpm._Labelling.begin

    def watched(self: nnpm._Labelling, weight: float) -> None:
        seen.append((self.alpha, weight))
        begin(self, weight)

    monkeypatch.setattr(nnpm._Labelling, "begin", watched)
    adapt("nnpm", source(), target(), Budget(), settings(replace(TINY, epochs=5)))
    alphas, lambdas = zip(*seen, strict=True)
    assert alphas == pytest.approx([0, 0.125, 0.25, 0.375, 0.5])
    assert lambdas == pytest.approx([0, 0, 1 / 3, 2 / 3, 1])


def test_where_nothing_is_labelled_there_is_nothing_to_pay() -> None:
    one, given, network = labelling("vectors")
    one.begin(1.0)
    assert one.labels is not None
    one.labels.label.fill_(UNKNOWN)
    rows = np.array([0, 1, len(given.labelled) + 5])
    batch = batches.collate(given.labelled.joined(given.blind.target), rows)
    assert float(one.loss(network(batch), batch).detach()) == 0


@pytest.mark.parametrize("method", ("nnpm", "nnpm-balanced"))
def test_every_epoch_that_labels_says_how_it_went(method: str) -> None:
    to = target()
    done = adapt(method, source(), to, Budget(), settings(LONG))
    assert [one["epoch"] for one in done.epochs] == list(range(1, 21))  # of 40 the second half
    assert [one["weight"] for one in done.epochs] == pytest.approx(np.arange(1, 21) / 20)
    last = done.epochs[-1]
    own = last["labels"] != UNKNOWN
    assert last["labelled"] == pytest.approx(own.mean()) and last["labelled"] >= 0.5
    assert 0.5 < last["purity"] <= 1
    assert (last["labels"][own] == to.labels[own]).mean() > 0.9
    assert done.said.endswith(
        f"{last['labelled']:.0%} of the recordings labelled in the last epoch"
    )


def test_without_a_weight_nothing_is_labelled() -> None:
    done = adapt("nnpm", source(), target(), Budget(), settings(replace(TINY, peak=0.0)))
    assert done.epochs == () and done.said.endswith("(a reconstruction of NNPM)")


@pytest.mark.parametrize("method", ("nnpm", "nnpm-balanced"))
def test_network_and_memory_both_tell_the_target(method: str) -> None:
    to = target(count=120, shift=3)
    done = adapt(method, source(), to, Budget(), settings(LONG))
    assert list(done.votes) == ["memory"]
    assert right(done, to) > 0.85 and right(done, to, "memory") > 0.85
    one, other = done.logits(to), done.logits(to, "memory")
    assert one.shape == other.shape == (120, CLASSES)
    assert not np.allclose(one, other, atol=1e-2)


def test_labels_that_may_be_seen_are_remembered() -> None:
    done = adapt("nnpm", source(), target(), Budget(4), settings())
    assert done.sizes["items"] == 120 + 12
    values = done.network.get_buffer("values")
    assert torch.bincount(values).tolist() == [44] * 3
    torch.testing.assert_close(
        done.network.get_buffer("keys").norm(dim=1), torch.ones(132), atol=1e-5, rtol=0
    )
