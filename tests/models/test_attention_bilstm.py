import torch

from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.batch import Batch


def test_defaults_are_those_of_the_specification() -> None:
    model = AttentionBiLSTM(184, 7)
    sizes = [layer.hidden_size for layer in model.lstm.ahead]
    assert sizes == [128, 128]
    assert model.dense.out_features == 64 and model.head.out_features == 7
    assert model.dropout.p == 0.3


def test_blocks_name_every_parameter_once() -> None:
    model = AttentionBiLSTM(10, 3, hidden=4)
    listed = [id(p) for block in model.blocks().values() for m in block for p in m.parameters()]
    assert sorted(listed) == sorted(id(p) for p in model.parameters())


def test_context_is_the_attended_sum_of_states() -> None:
    model = AttentionBiLSTM(6, 2, hidden=4, layers=1).eval()
    batch = Batch(torch.randn(2, 5, 6), torch.tensor([5, 3]))
    output = model(batch)
    states = model.lstm(batch.features, batch.lengths)
    assert output.attention is not None
    expected = torch.einsum("bt,btd->bd", output.attention, states)
    torch.testing.assert_close(output.parts["context"], expected)
