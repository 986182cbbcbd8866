import numpy as np
import torch

from ehsaas.training.adaptation import Budget, adapt
from ehsaas.training.adaptation.progressive import nested
from tests.training.adaptation.builders import settings, source, target


def test_stages_are_nested_shares_of_every_class() -> None:
    labels = np.array([0, 1, 0, 0, 1, 0, 2, 0, 0])
    found = nested(labels, (1 / 3, 2 / 3, 1.0))
    assert [rows.tolist() for rows in found.values()] == [
        [0, 1, 2, 6],
        [0, 1, 2, 3, 5, 6],
        [0, 1, 2, 3, 4, 5, 6, 7, 8],
    ]


def test_one_label_a_class_is_in_every_stage() -> None:
    found = nested(np.array([2, 0]), (1 / 3, 2 / 3, 1.0))
    assert [rows.tolist() for rows in found.values()] == [[0, 1]] * 3


def test_by_the_last_stage_every_layer_is_trained_on() -> None:
    plain = adapt("source-network", source(), target(), Budget(), settings()).network
    done = adapt("progressive", source(), target(), Budget(3), settings())
    moved = {
        name: float((one - other).detach().abs().max())
        for (name, one), other in zip(
            plain.named_parameters(), done.network.parameters(), strict=True
        )
    }
    assert all(moved.values())
    assert moved["head.weight"] > moved["hidden.weight"]
    assert all(torch.isfinite(p).all() for p in done.network.parameters())
    assert done.said == "a network of the source, adapted in 3 stages to 9 labels"
