"""Operations that an exported program calls by name, and how ONNX says them.

torch.export writes an `nn.LSTM` out for one number of frames; as one operation the number stays
open. A saved program that calls them can be loaded where this file was imported.
"""

from typing import Any

import torch
from torch import Tensor


@torch.library.custom_op("ehsaas::bilstm", mutates_args=())
def bilstm(x: Tensor, lengths: Tensor, w: Tensor, r: Tensor, b: Tensor) -> Tensor:
    """An LSTM in both directions, each clip within its own length.

    Args:
        x: (B, T, D).
        lengths: (B,) valid frames.
        w: (2, 4 H, D) from the input, gates in ONNX's order: input, output, forget, cell.
        r: (2, 4 H, H) from the state.
        b: (2, 8 H), both biases.

    Returns:
        (B, T, 2 H), zero behind a clip's last frame.
    """
    B, T, _ = x.shape
    H = r.shape[-1]
    inside = torch.arange(T, device=x.device) < lengths[:, None]
    frame = torch.arange(T, device=x.device).expand(B, T)
    mirrored = torch.where(inside, lengths[:, None] - 1 - frame, frame)
    found = []
    for way, places in enumerate((frame, mirrored)):
        given = x.gather(1, places[..., None].expand_as(x)) @ w[way].T + b[way].reshape(2, -1).sum(
            0
        )
        states = _lstm(given, r[way], H)
        found.append(states.gather(1, places[..., None].expand(B, T, H)))
    return torch.where(inside[..., None], torch.cat(found, dim=-1), 0.0)


def _lstm(given: Tensor, r: Tensor, H: int) -> Tensor:
    """States (B, T, H) from what the gates get of the input (B, T, 4 H)."""
    h = c = given.new_zeros(len(given), H)
    states = []
    for step in given.unbind(1):
        i, o, f, candidate = (step + h @ r.T).chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(candidate)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    return torch.stack(states, dim=1)


@bilstm.register_fake
def _(x: Tensor, lengths: Tensor, w: Tensor, r: Tensor, b: Tensor) -> Tensor:
    return x.new_empty(x.shape[0], x.shape[1], 2 * r.shape[-1])


@torch.library.custom_op("ehsaas::rnn", mutates_args=())
def rnn(x: Tensor, w: Tensor, r: Tensor, b: Tensor) -> Tensor:
    """A recurrent layer with tanh: (B, T, D) → (B, T, H).

    Args:
        x: (B, T, D).
        w: (1, H, D) from the input.
        r: (1, H, H) from the state.
        b: (1, 2 H), both biases.
    """
    given = x @ w[0].T + b[0].reshape(2, -1).sum(0)
    h = given.new_zeros(len(given), given.shape[-1])
    states = []
    for step in given.unbind(1):
        h = torch.tanh(step + h @ r[0].T)
        states.append(h)
    return torch.stack(states, dim=1)


@rnn.register_fake
def _(x: Tensor, w: Tensor, r: Tensor, b: Tensor) -> Tensor:
    return x.new_empty(x.shape[0], x.shape[1], r.shape[-1])


def translations() -> dict[Any, Any]:
    """Each operation and what ONNX makes of it, for `torch.onnx.export`."""
    from onnxscript import opset20

    op: Any = opset20  # its types know tensors, not values of a trace

    def onnx_bilstm(x: Any, lengths: Any, w: Any, r: Any, b: Any) -> Any:
        frames_first = op.Transpose(x, perm=[1, 0, 2])
        # fmt: off
        states, _, _ = op.LSTM(
            frames_first, w, r, b, op.Cast(lengths, to=6),
            direction="bidirectional", hidden_size=int(r.shape[-1]),
        )
        # fmt: on
        by_clip = op.Transpose(states, perm=[2, 0, 1, 3])
        return op.Reshape(by_clip, op.Constant(value_ints=[0, 0, -1]))

    def onnx_rnn(x: Any, w: Any, r: Any, b: Any) -> Any:
        frames_first = op.Transpose(x, perm=[1, 0, 2])
        states, _ = op.RNN(frames_first, w, r, b, hidden_size=int(r.shape[-1]))
        by_clip = op.Transpose(states, perm=[2, 0, 1, 3])
        return op.Reshape(by_clip, op.Constant(value_ints=[0, 0, -1]))

    return {
        torch.ops.ehsaas.bilstm.default: onnx_bilstm,
        torch.ops.ehsaas.rnn.default: onnx_rnn,
    }
