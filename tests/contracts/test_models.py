"""What every entry of MODELS keeps: shapes, padding, single = batch, and that it can learn."""

import pytest
import torch
from torch import nn

from ehsaas.models import MODELS
from ehsaas.models.batch import Batch, Output

D, C = 12, 3
SIZES = {
    "claf-ser": {"corpora": 1},
    "fusion": {"words": 7},
    "memory": {"items": 30, "k": 4},
    "nnpm": {"items": 30},
}


# Those that take samples or ids of tokens have tests of the same in tests/models/.
OF_FRAMES = [name for name in MODELS if not name.startswith("finetuned")]

# A memory is filled, and has no weights that an optimiser could teach.
TRAINED = [name for name in OF_FRAMES if name != "memory"]


@pytest.fixture(params=OF_FRAMES)
def model(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(1)
    made: nn.Module = MODELS[request.param](D, C, **SIZES.get(request.param, {}))
    for name, buffer in made.named_buffers():
        if name == "keys":  # an empty memory would say the same of everything
            nn.init.normal_(buffer)
        if name == "values":
            buffer.copy_(torch.arange(len(buffer)) % C)
    return made.eval()


def batch_of(features: torch.Tensor, lengths: list[int]) -> Batch:
    return Batch(
        features, torch.tensor(lengths), corpus=torch.zeros(len(lengths), dtype=torch.long)
    )


def test_output_has_the_contract_s_shapes(model: nn.Module) -> None:
    output: Output = model(batch_of(torch.randn(4, 20, D), [20, 3, 11, 1]))
    assert output.logits.shape == (4, C)
    assert output.embedding.shape[0] == 4 and output.embedding.ndim == 2
    if output.attention is not None:
        assert output.attention.shape == (4, 20)
        torch.testing.assert_close(output.attention.sum(dim=1), torch.ones(4))


def test_padding_changes_nothing(model: nn.Module) -> None:
    x = torch.randn(1, 9, D)
    rubbish = torch.cat([x, 100 * torch.randn(1, 6, D)], dim=1)
    plain, padded = model(batch_of(x, [9])), model(batch_of(rubbish, [9]))
    torch.testing.assert_close(plain.logits, padded.logits, atol=1e-5, rtol=0)


def test_a_batch_equals_its_items_alone(model: nn.Module) -> None:
    x, lengths = torch.randn(3, 15, D), [15, 8, 2]
    together = model(batch_of(x, lengths)).logits
    alone = [model(batch_of(x[i : i + 1, :n], [n])).logits for i, n in enumerate(lengths)]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=0)


@pytest.mark.parametrize("model", TRAINED, indirect=True)
def test_one_batch_can_be_overfitted(model: nn.Module) -> None:
    batch = batch_of(torch.randn(12, 10, D), [10] * 12)
    labels = torch.arange(12) % C
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    model.eval()  # dropout would keep the loss from falling
    for _ in range(150):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(batch).logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert (model(batch).logits.argmax(dim=1) == labels).all()
