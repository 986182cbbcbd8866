import numpy as np
import pytest
import torch

from ehsaas.models.batch import Batch, Output
from ehsaas.training import alignment
from ehsaas.training.adaptation import Budget, adapt, mmd, neural
from tests.training.adaptation.builders import LONG, settings, source, target


def vectors(count: int, shift: float = 0.0, seed: int = 0) -> np.ndarray:
    return shift + np.random.default_rng(seed).standard_normal((count, 5))


def discrepancy(x: np.ndarray, y: np.ndarray) -> float:
    return float(mmd.discrepancy(torch.from_numpy(x), torch.from_numpy(y)))


@pytest.mark.parametrize(("N", "M"), [(3, 3), (3, 4), (7, 11), (20, 31)])
def test_it_is_what_alignment_says(N: int, M: int) -> None:
    """Of an odd number of pairs, whose median is one of them for both."""
    assert (N + M) * (N + M - 1) // 2 % 2
    x, y = vectors(N), vectors(M, 1.0, 1)
    assert discrepancy(x, y) == pytest.approx(alignment.mmd(x, y), rel=1e-6)


def test_of_an_even_number_it_is_so_nearly() -> None:
    """Torch takes the lower of the two in the middle, NumPy their mean."""
    x, y = vectors(30), vectors(34, 1.0, 1)
    assert discrepancy(x, y) == pytest.approx(alignment.mmd(x, y), rel=1e-2)


def test_it_is_0_on_equal_sets_and_grows_with_the_shift() -> None:
    x = vectors(40)
    assert discrepancy(x, x.copy()) == pytest.approx(0, abs=1e-9)
    found = [discrepancy(x, x + shift) for shift in (0.1, 0.5, 1.0, 2.0)]
    assert found == sorted(found) and found[0] > 1e-4


def test_equal_vectors_have_a_gradient_all_the_same() -> None:
    x = torch.zeros(4, 3, requires_grad=True)
    value = mmd.discrepancy(x, torch.zeros(5, 3))
    value.backward()  # type: ignore[no-untyped-call]
    assert float(value.detach()) == pytest.approx(0)
    assert x.grad is not None and x.grad.isfinite().all()


def test_the_loss_is_of_the_two_parts_of_a_batch_on_the_sphere() -> None:
    x = torch.from_numpy(vectors(9))
    labels = torch.tensor([0, -1, 1, -1, -1, 2, 1, -1, 0])
    batch = Batch(x[:, None], torch.ones(9), labels)
    unit = x / x.norm(dim=1, keepdim=True)
    expected = mmd.discrepancy(unit[labels >= 0], unit[labels < 0])
    torch.testing.assert_close(mmd.loss(Output(x, x), batch), expected)


def test_it_draws_the_embeddings_together() -> None:
    of, to = source(), target(aside=6)
    apart = []
    for method in ("source-network", "mmd"):
        done = adapt(method, of, to, Budget(), settings(LONG, by="source"))
        both = [neural.embeddings(done.network, done.standardise(x)).numpy() for x in (of, to)]
        apart.append(alignment.mmd(*both))
    assert apart[1] < 0.5 * apart[0]
