import pytest
import torch

from ehsaas.models.batch import DIMENSIONS, Batch
from ehsaas.models.linear_probe import LinearProbe, softened


def heard(*values: float) -> Batch:
    return Batch(torch.tensor([[list(values)]]), torch.tensor([1]))


def test_numbers_are_kept_within_the_bound_and_small_ones_stay() -> None:
    x = torch.tensor([0.01, -0.01, 100.0, -100.0])
    torch.testing.assert_close(
        softened(x, 2.0), torch.tensor([0.01, -0.01, 2.0, -2.0]), atol=1e-6, rtol=1e-4
    )
    network = LinearProbe(1, 2, bound=2.0)
    far, farther = (network(heard(value)).logits for value in (100.0, 1000.0))
    torch.testing.assert_close(far, farther)
    assert not torch.equal(LinearProbe(1, 2)(heard(1.0)).logits, network(heard(1.0)).logits)


def test_arousal_and_valence_are_the_mean_place_of_the_classes() -> None:
    network = LinearProbe(1, 2, places=[[1, -1], [0, 1]])
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.bias.copy_(torch.tensor([0.75, 0.25]).log())
    found = network(heard(3.0)).parts[DIMENSIONS]
    assert found[0].tolist() == pytest.approx([0.75, -0.5])
    assert DIMENSIONS not in LinearProbe(1, 2)(heard(3.0)).parts
