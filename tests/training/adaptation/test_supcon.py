import math

import numpy as np
import pytest
import torch

from ehsaas.training.adaptation import Budget, adapt, neural
from ehsaas.training.adaptation.supcon import TEMPERATURE, contrast
from tests.training.adaptation.builders import LONG, settings, source, target

EAST, NORTH = (1.0, 0.0), (0.0, 1.0)


def cost(points: list[tuple[float, float]], labels: list[int]) -> float:
    return float(contrast(torch.tensor(points), torch.tensor(labels)))


def test_four_points_by_hand() -> None:
    """Each has one partner with a cosine of 1, and two others with 0."""
    high = math.exp(1 / TEMPERATURE)
    expected = math.log(high + 2) - 1 / TEMPERATURE
    assert cost([EAST, EAST, NORTH, NORTH], [0, 0, 1, 1]) == pytest.approx(expected, abs=1e-6)
    apart = math.log(high + 2)  # the partner has a cosine of 0, one other of 1, one of 0
    assert cost([EAST, NORTH, EAST, NORTH], [0, 0, 1, 1]) == pytest.approx(apart, rel=1e-6)


def test_several_partners_count_by_their_mean() -> None:
    """Three alike of one class, and the fourth, which is none's partner, at a right angle."""
    high = math.exp(1 / TEMPERATURE)
    expected = math.log(2 * high + 1) - 1 / TEMPERATURE
    assert cost([EAST, EAST, EAST, NORTH], [0, 0, 0, 1]) == pytest.approx(expected, rel=1e-5)


def test_without_partners_there_is_nothing_to_pay() -> None:
    assert cost([EAST, NORTH], [0, 1]) == 0
    assert cost([EAST], [0]) == 0


def test_gradients_are_finite_and_draw_partners_together() -> None:
    points = torch.tensor([[1.0, 0.0], [0.6, 0.8], [-1.0, 0.0]], requires_grad=True)
    contrast(points, torch.tensor([0, 0, 1])).backward()  # type: ignore[no-untyped-call]
    assert points.grad is not None and points.grad.isfinite().all()
    toward = points[1].detach() - points[0].detach()
    assert float(-points.grad[0] @ toward) > 0


def test_embeddings_lie_by_emotion() -> None:
    """Closer to their class's mean, in shares of all variance, than those of plain training."""
    of, to = source(), target()
    inside = []
    for method in ("source-network", "supcon"):
        done = adapt(method, of, to, Budget(), settings(LONG))
        E = neural.embeddings(done.network, done.standardise(of)).numpy()
        away = [E[of.labels == k] - E[of.labels == k].mean(axis=0) for k in range(3)]
        inside.append(float(np.concatenate(away).var() / (E - E.mean(axis=0)).var()))
    assert inside[1] < 0.9 * inside[0]


def test_the_target_s_features_change_nothing_without_a_label() -> None:
    one, other = (
        adapt("supcon", source(), to, Budget(), settings(by="source"))
        for to in (target(), target(shift=7))
    )
    np.testing.assert_array_equal(one.logits(target()), other.logits(target()))
