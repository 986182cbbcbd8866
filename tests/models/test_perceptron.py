import torch

from ehsaas.models.batch import Batch
from ehsaas.models.perceptron import SCALE, Perceptron, Projection


def model(**sizes: int) -> Perceptron:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Perceptron(6, 3, **{"hidden": 8, "width": 4, **sizes}).eval()


def test_the_embedding_has_length_1_and_the_scale_stands_before_the_last_layer() -> None:
    network = model()
    output = network(Batch(torch.randn(5, 1, 6), torch.ones(5)))
    torch.testing.assert_close(output.embedding.norm(dim=1), torch.ones(5))
    torch.testing.assert_close(output.logits, network.head(SCALE * output.embedding))
    assert output.attention is None


def test_of_frames_it_hears_the_mean() -> None:
    network, x = model(), torch.randn(2, 4, 6)
    frames = network(Batch(x, torch.tensor([4, 2])))
    means = torch.stack([x[0].mean(dim=0), x[1, :2].mean(dim=0)])
    torch.testing.assert_close(frames.logits, network(Batch(means[:, None], torch.ones(2))).logits)


def test_on_axes_it_is_the_network_behind_a_projection_that_is_not_trained() -> None:
    whole, inner = model(axes=2), model()
    assert whole.hidden.in_features == 2 and inner.hidden.in_features == 6
    assert isinstance(whole.axes, Projection)
    assert {name for name, _ in whole.named_parameters()} == {
        name for name, _ in inner.named_parameters()
    }
    whole.axes.get_buffer("mean").fill_(1.0)
    whole.axes.get_buffer("axes").copy_(torch.tensor([[0, 2.0, 0, 0, 0, 0], [0, 0, 0, 3, 0, 0]]).T)
    x = torch.randn(3, 6)
    seen = torch.stack([2 * (x[:, 1] - 1), 3 * (x[:, 3] - 1)], dim=1)
    torch.testing.assert_close(whole.axes(x), seen)
    h = whole.hidden(seen).relu()
    embedding = torch.nn.functional.normalize(whole.embedding(h), dim=1)
    output = whole(Batch(x[:, None], torch.ones(3)))
    torch.testing.assert_close(output.embedding, embedding)


def test_blocks_name_every_layer_once_from_the_output() -> None:
    network = model(axes=2)
    blocks = network.blocks()
    assert list(blocks) == ["head", "embedding", "hidden"]
    listed = [id(p) for block in blocks.values() for m in block for p in m.parameters()]
    assert sorted(listed) == sorted(id(p) for p in network.parameters())
