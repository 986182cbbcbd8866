from typing import Any

import pytest
import torch
from torch.nn import functional as F

from ehsaas.models.batch import Batch
from ehsaas.models.nnpm import ENCODERS, Nnpm

SIZES: dict[str, dict[str, Any]] = {
    "attention-bilstm": {"hidden": 4, "layers": 1, "dense": 5},
    "perceptron": {"hidden": 8, "width": 5},
}


def model(encoder: str, votes: bool = False, temperature: float = 0.1) -> Nnpm:
    """With 9 utterances in its memory: 6 of class 0, 3 of class 2."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = Nnpm(6, 3, encoder, 9, temperature, votes, **SIZES[encoder])
        network.get_buffer("keys").copy_(F.normalize(torch.randn(9, 5), dim=1))
    network.get_buffer("values").copy_(torch.tensor([0] * 6 + [2] * 3))
    return network.eval()


def batch() -> Batch:
    generator = torch.Generator().manual_seed(1)
    return Batch(torch.randn(4, 7, 6, generator=generator), torch.tensor([7, 3, 1, 5]))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_vote_of_the_memory_equals_the_formula(encoder: str) -> None:
    network = model(encoder)
    output = network(batch())
    s = output.embedding @ network.get_buffer("keys").T
    raised = (s / 0.1).exp()
    votes = torch.stack(
        [raised[:, :6].sum(dim=1) / (6 / 9), torch.zeros(4), raised[:, 6:].sum(dim=1) / (3 / 9)],
        dim=1,
    )
    expected = votes / votes.sum(dim=1, keepdim=True)
    torch.testing.assert_close(output.parts["vote"].softmax(dim=1), expected)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_logits_are_the_network_s_or_those_of_the_memory(encoder: str) -> None:
    own, memory = model(encoder), model(encoder, votes=True)
    inner = own.network(batch())
    torch.testing.assert_close(own(batch()).logits, inner.logits)
    torch.testing.assert_close(memory(batch()).logits, own(batch()).parts["vote"])
    torch.testing.assert_close(own(batch()).embedding, F.normalize(inner.embedding, dim=1))
    assert (own(batch()).attention is None) == (encoder == "perceptron")


def test_a_class_that_the_memory_lacks_gets_no_vote_and_what_is_far_from_all_is_finite() -> None:
    assert (model("perceptron")(batch()).parts["vote"].softmax(dim=1)[:, 1] < 1e-20).all()
    assert model("perceptron", votes=True, temperature=0.001)(batch()).logits.isfinite().all()


def test_the_memory_is_kept_and_not_trained() -> None:
    network = model("perceptron")
    assert {"keys", "values"} <= set(network.state_dict())
    assert not {"keys", "values"} & {name for name, _ in network.named_parameters()}
