import torch

from ehsaas.models.batch import Batch
from ehsaas.models.memory import FLOOR, Memory


def memory(keys: list[list[float]], values: list[int], k: int) -> Memory:
    network = Memory(len(keys[0]), 3, len(keys), k)
    network.get_buffer("keys").copy_(torch.nn.functional.normalize(torch.tensor(keys), dim=1))
    network.get_buffer("values").copy_(torch.tensor(values))
    return network.eval()


AXES = [[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.0, 1.0]]


def said(network: Memory, x: list[float]) -> torch.Tensor:
    shares: torch.Tensor = network(Batch(torch.tensor([[x]]), torch.ones(1))).logits[0].exp()
    return shares


def test_votes_are_divided_by_the_share_that_a_class_has() -> None:
    """Of the three nearest two are of class 0, which has half of the memory, one of class 1."""
    network = memory(AXES, [0, 1, 0, 2], k=3)
    votes = torch.tensor([2 / 0.5, 1 / 0.25, 0.0])
    torch.testing.assert_close(said(network, [5.0, 0.1]), votes / votes.sum() + FLOOR)


def test_the_length_of_a_vector_is_of_no_account() -> None:
    network = memory(AXES, [0, 1, 0, 2], k=1)
    torch.testing.assert_close(said(network, [0.1, 3.0]), said(network, [0.001, 0.03]))
    assert int(said(network, [0.1, 3.0]).argmax()) == 2


def test_a_small_memory_votes_as_a_whole_and_a_class_that_it_lacks_is_not_said() -> None:
    network = memory(AXES[:2], [0, 1], k=20)
    torch.testing.assert_close(
        said(network, [1.0, 0.0]), torch.tensor([0.5 + FLOOR, 0.5 + FLOOR, FLOOR])
    )


def test_the_embedding_is_the_mean_of_the_frames_with_length_1() -> None:
    network = memory(AXES, [0, 1, 0, 2], k=1)
    frames = torch.tensor([[[3.0, 0.0], [0.0, 4.0], [99.0, 99.0]]])
    output = network(Batch(frames, torch.tensor([2])))
    torch.testing.assert_close(output.embedding, torch.tensor([[0.6, 0.8]]))
