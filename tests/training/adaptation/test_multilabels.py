"""Multilabels of separated and of mixed memories, by hand."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from ehsaas.training.adaptation import multilabels
from ehsaas.training.adaptation.task import UNKNOWN

LABELLERS = {"labels": multilabels.labels, "balanced": multilabels.balanced}


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
    found = multilabels.labels(between @ keys.T, keys @ keys.T, values, 3)
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
    found = multilabels.labels(similarity, among, values, 2)
    votes = np.array([8 * 0.9 / (80 / 84), 4 * 0.9 / (4 / 84)])
    assert found.label.tolist() == [1]
    assert float(found.purity[0]) == pytest.approx(votes[1] / votes.sum(), rel=1e-5)
    assert found.positives[0].nonzero()[:, 0].tolist() == [80, 81, 82, 83]


def test_candidates_are_ten_at_least_and_all_above_the_quantile() -> None:
    similarity = torch.linspace(-1, 0, 100).repeat(20, 1)
    similarity[0] = torch.linspace(0, 1, 100)  # nearly all that is above the quantile is its own
    found = multilabels.candidates(similarity)
    edge = torch.quantile(similarity, multilabels.QUANTILE)
    assert found[1:].sum(dim=1).tolist() == [10] * 19
    assert torch.equal(found[0], similarity[0] >= edge)
    assert 35 < int(found[0].sum()) < 45
    assert multilabels.candidates(similarity[:, :4]).all()  # of a memory of four all


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
    found = multilabels.mutual_neighbours(candidates, among)
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
    strict = multilabels.labels(similarity, among, values, 3)
    loose = multilabels.labels(similarity, among, values, 3, mutual=False)
    assert (loose.positives >= strict.positives).all()
    assert int(loose.positives.sum()) > int(strict.positives.sum())
    torch.testing.assert_close(loose.purity, strict.purity)


def test_where_no_purity_is_asked_for_nobody_is_left_out() -> None:
    similarity, among, values = mixed()
    strict = multilabels.labels(similarity, among, values, 3, mutual=False)
    assert (strict.label == UNKNOWN).any()
    every = multilabels.labels(similarity, among, values, 3, mutual=False, pure=0)
    assert (every.label != UNKNOWN).all()
    assert torch.equal(every.label[strict.label != UNKNOWN], strict.label[strict.label != UNKNOWN])
    purer = multilabels.labels(similarity, among, values, 3, mutual=False, pure=0.8)
    assert torch.equal(purer.label != UNKNOWN, purer.purity >= 0.8)


def test_more_candidates_by_a_lower_quantile_or_a_higher_minimum() -> None:
    similarity = torch.linspace(0, 1, 100).repeat(20, 1)
    assert multilabels.candidates(similarity, quantile=0.5).sum(dim=1).tolist() == [50] * 20
    assert multilabels.candidates(similarity, fewest=30).sum(dim=1).tolist() == [30] * 20
    values, among = torch.arange(100) % 2, torch.ones(100, 100)
    for told, count in (({"quantile": 0.5}, 25), ({"fewest": 30}, 15)):
        found = multilabels.labels(similarity, among, values, 2, pure=0, **told)
        assert found.positives.sum(dim=1).tolist() == [count] * 20


def test_an_utterance_is_not_its_own_neighbour() -> None:
    among = torch.eye(12) + 0.01 * torch.ones(12, 12)
    alone = torch.zeros(1, 12, dtype=torch.bool)
    alone[0, 3] = True
    assert not multilabels.mutual_neighbours(alone, among).any()
