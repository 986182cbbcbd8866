"""NNPM: multilabels of separated and of mixed memories, its loss and its memory by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from ehsaas.models.nnpm import Nnpm
from ehsaas.training import batches
from ehsaas.training.adaptation import Budget, adapt, neural, nnpm
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

LABELLERS = {"labels": nnpm.labels, "balanced": nnpm.balanced}


def cluster(sizes: list[int], seed: int, noise: float = 0.1) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors of length 1 around the axes, so many of each, and the axis of each."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    x = F.one_hot(values, 6).float() + noise * torch.randn(len(values), 6, generator=generator)
    return F.normalize(x, dim=1), values


@pytest.mark.parametrize("sizes", ([40, 40, 40], [80, 30, 20]))
@pytest.mark.parametrize("how", LABELLERS)
def test_from_separated_clusters_every_label_and_every_positive_is_right(
    how: str, sizes: list[int]
) -> None:
    keys, values = cluster(sizes, 0)
    own, truth = cluster([30, 30, 30], 1)
    found = LABELLERS[how](own @ keys.T, keys @ keys.T, values, 3)
    used = found.label != UNKNOWN
    assert torch.equal(found.label[used], truth[used])
    count = 90 if how == "labels" else 54  # all, or three fifths, of each class as many
    assert [int((found.label == k).sum()) for k in range(3)] == [count // 3] * 3
    assert torch.equal(found.positives.any(dim=1), used)
    recordings, items = found.positives.nonzero(as_tuple=True)
    assert torch.equal(values[items], truth[recordings])
    assert float(found.purity.min()) > 0.9


def test_what_lies_between_three_classes_is_left_out() -> None:
    """A third of the vote is not pure; just as near to the first alone it is."""
    keys, values = cluster([20, 20, 20], 0, noise=0.0)
    between = F.normalize(torch.tensor([[1.0, 1.0, 1.0, 0, 0, 0], [1.0, 0, 0, 1.0, 1.0, 0]]), dim=1)
    found = nnpm.labels(between @ keys.T, keys @ keys.T, values, 3)
    assert found.label.tolist() == [UNKNOWN, 0]
    assert found.purity.tolist() == pytest.approx([1 / 3, 1])
    assert not found.positives[0].any() and found.positives[1].any()


def test_a_vote_is_divided_by_the_share_of_its_class() -> None:
    """Of 12 candidates that are all as near, 8 are of a class with 80 of 84 and 4 of one with 4."""
    values = torch.tensor([0] * 80 + [1] * 4)
    similarity = torch.zeros(1, 84)
    similarity[0, :8] = 0.9
    similarity[0, 80:] = 0.9
    among = torch.full((84, 84), 0.5)
    found = nnpm.labels(similarity, among, values, 2)
    votes = np.array([8 * 0.9 / (80 / 84), 4 * 0.9 / (4 / 84)])
    assert found.label.tolist() == [1]
    assert float(found.purity[0]) == pytest.approx(votes[1] / votes.sum(), rel=1e-5)
    assert found.positives[0].nonzero()[:, 0].tolist() == [80, 81, 82, 83]


def test_candidates_are_ten_at_least_and_all_above_the_quantile() -> None:
    similarity = torch.linspace(-1, 0, 100).repeat(20, 1)
    similarity[0] = torch.linspace(0, 1, 100)  # nearly all that is above the quantile is its own
    found = nnpm.candidates(similarity)
    edge = torch.quantile(similarity, nnpm.QUANTILE)
    assert found[1:].sum(dim=1).tolist() == [10] * 19
    assert torch.equal(found[0], similarity[0] >= edge)
    assert 35 < int(found[0].sum()) < 45
    assert nnpm.candidates(similarity[:, :4]).all()  # of a memory of four all


def test_mutual_candidates_by_hand() -> None:
    """Candidates 0, 1 and 2; of 0 the first three others are 3, 4, 5, of 1 and 2 each other."""
    among = torch.tensor(
        [
            [1.0, 0.1, 0.2, 0.9, 0.8, 0.7],
            [0.1, 1.0, 0.6, 0.0, 0.5, 0.0],
            [0.2, 0.6, 1.0, 0.3, 0.1, 0.5],
            [0.9, 0.0, 0.3, 1.0, 0.4, 0.4],
            [0.8, 0.5, 0.1, 0.4, 1.0, 0.4],
            [0.7, 0.0, 0.5, 0.4, 0.4, 1.0],
        ]
    )
    candidates = torch.tensor(
        [[True, True, True, False, False, False], [True, False, False, False, False, True]]
    )
    found = nnpm._mutual(candidates, among)
    assert found[0].tolist() == [False, True, True, False, False, False]
    # of two candidates two count: of 0 these are 3 and 4, of 5 they are 0 and 2
    assert found[1].tolist() == [False, False, False, False, False, True]


def mixed() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Similarities of recordings that lie between the classes of a memory, and its labels."""
    keys, values = cluster([40, 30, 20], 0, noise=0.5)
    own, _ = cluster([30, 30, 30], 1, noise=0.8)
    return own @ keys.T, keys @ keys.T, values


def test_without_mutual_neighbours_no_positive_is_lost_and_some_are_won() -> None:
    similarity, among, values = mixed()
    strict = nnpm.labels(similarity, among, values, 3)
    loose = nnpm.labels(similarity, among, values, 3, mutual=False)
    assert (loose.positives >= strict.positives).all()
    assert int(loose.positives.sum()) > int(strict.positives.sum())
    torch.testing.assert_close(loose.purity, strict.purity)


def test_where_no_purity_is_asked_for_nobody_is_left_out() -> None:
    similarity, among, values = mixed()
    strict = nnpm.labels(similarity, among, values, 3, mutual=False)
    assert (strict.label == UNKNOWN).any()
    every = nnpm.labels(similarity, among, values, 3, mutual=False, pure=0)
    assert (every.label != UNKNOWN).all()
    assert torch.equal(every.label[strict.label != UNKNOWN], strict.label[strict.label != UNKNOWN])
    purer = nnpm.labels(similarity, among, values, 3, mutual=False, pure=0.8)
    assert torch.equal(purer.label != UNKNOWN, purer.purity >= 0.8)


def test_more_candidates_by_a_lower_quantile_or_a_higher_minimum() -> None:
    similarity = torch.linspace(0, 1, 100).repeat(20, 1)
    assert nnpm.candidates(similarity, quantile=0.5).sum(dim=1).tolist() == [50] * 20
    assert nnpm.candidates(similarity, fewest=30).sum(dim=1).tolist() == [30] * 20
    values, among = torch.arange(100) % 2, torch.ones(100, 100)
    for told, count in (({"quantile": 0.5}, 25), ({"fewest": 30}, 15)):
        found = nnpm.labels(similarity, among, values, 2, pure=0, **told)
        assert found.positives.sum(dim=1).tolist() == [count] * 20


@pytest.mark.parametrize("how", ("labeller", "delta"))
def test_a_recipe_changes_what_is_learnt_and_the_plain_one_does_not(how: str) -> None:
    recipe = {
        "labeller": nnpm.Recipe(nnpm.balanced),
        "delta": nnpm.Recipe(delta=50.0),
    }[how]
    task = asked(source(), target())
    plain, other = nnpm.adapt_by(task, nnpm.Recipe()), nnpm.adapt_by(task, recipe)
    to = target()
    np.testing.assert_array_equal(plain.logits(to), nnpm.adapt(task).logits(to))
    assert not np.allclose(plain.logits(to), other.logits(to), atol=1e-4)


def test_an_utterance_is_not_its_own_neighbour() -> None:
    among = torch.eye(12) + 0.01 * torch.ones(12, 12)
    alone = torch.zeros(1, 12, dtype=torch.bool)
    alone[0, 3] = True
    assert not nnpm._mutual(alone, among).any()


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
