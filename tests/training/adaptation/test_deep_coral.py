import pytest
import torch

from ehsaas.models.batch import Batch, Output
from ehsaas.training.adaptation import Budget, adapt, deep_coral, neural
from tests.training.adaptation.builders import LONG, asked, settings, source, target


def test_the_distance_equals_the_formula() -> None:
    """Covariances of 2 in one dimension each: a gap of 2 and −2, squared 8, over 4 · 2²."""
    one = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    other = torch.tensor([[0.0, 1.0], [0.0, -1.0]])
    assert float(deep_coral.distance(one, other)) == pytest.approx(8 / 16)
    assert float(deep_coral.distance(one, one + 5)) == pytest.approx(0)


def test_embeddings_have_a_length_of_the_root_of_their_size() -> None:
    found = deep_coral.unit(torch.randn(5, 9, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(found.norm(dim=1), torch.full((5,), 3.0))


def batch_of(labels: list[int]) -> tuple[Output, Batch]:
    x = torch.randn(len(labels), 4, generator=torch.Generator().manual_seed(0))
    x.requires_grad_()
    batch = Batch(x[:, None], torch.ones(len(labels)), torch.tensor(labels))
    return Output(x, x), batch


@pytest.mark.parametrize("labels", ([1, -1, -1], [0, 1, -1]))
def test_one_recording_has_no_covariance(labels: list[int]) -> None:
    output, batch = batch_of(labels)
    value = deep_coral.loss(output, batch)
    value.backward()  # type: ignore[no-untyped-call]
    assert float(value.detach()) == 0
    assert output.embedding.grad is not None and (output.embedding.grad == 0).all()


def test_the_loss_is_of_the_two_parts_of_a_batch() -> None:
    output, batch = batch_of([0, -1, 1, -1, -1])
    given, free = output.embedding[[0, 2]], output.embedding[[1, 3, 4]]
    expected = 100 * deep_coral.distance(deep_coral.unit(given), deep_coral.unit(free))
    torch.testing.assert_close(deep_coral.loss(output, batch), expected)


def test_it_draws_the_covariances_together() -> None:
    of, to = source(), target(aside=6)
    apart = []
    for method in ("source-network", "deep-coral"):
        done = adapt(method, of, to, Budget(), settings(LONG, by="source"))
        task = asked(of, to, given=settings(by="source"))
        both = [neural.embeddings(done.network, done.standardise(x)) for x in (of, task.raw)]
        apart.append(float(deep_coral.distance(*map(deep_coral.unit, both))))
    assert apart[1] < 0.5 * apart[0]
