import torch
from torch import nn

from ehsaas.export import operators


def test_a_bilstm_is_torch_s_own_of_packed_clips() -> None:
    """Its gates are in another order; `nn.LSTM` of packed sequences reads each in its length."""
    torch.manual_seed(0)
    lstm = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    x, lengths = torch.randn(3, 6, 3), torch.tensor([6, 2, 4])
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], batch_first=True)
    order = [0, 3, 1, 2]  # input, output, forget, cell

    def gates(name: str) -> torch.Tensor:
        both = [getattr(lstm, f"{name}_l0{way}") for way in ("", "_reverse")]
        return torch.stack([torch.cat([one.chunk(4)[i] for i in order]) for one in both])

    b = torch.cat((gates("bias_ih"), gates("bias_hh")), dim=1)
    found = operators.bilstm(x, lengths, gates("weight_ih"), gates("weight_hh"), b)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_they_say_their_shapes_without_being_run() -> None:
    x = torch.empty(2, 7, 3, device="meta")
    w, r, b = (torch.empty(shape, device="meta") for shape in ((2, 16, 3), (2, 16, 4), (2, 32)))
    lengths = torch.empty(2, dtype=torch.long, device="meta")
    assert operators.bilstm(x, lengths, w, r, b).shape == (2, 7, 8)
    assert operators.rnn(x, w[:1, :5], r[:1, :5, :5], b[:1, :10]).shape == (2, 7, 4)


def test_each_has_a_translation() -> None:
    known = {torch.ops.ehsaas.bilstm.default, torch.ops.ehsaas.rnn.default}
    assert {*operators.translations()} == known
