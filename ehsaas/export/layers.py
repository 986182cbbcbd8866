"""Layers as an exported graph has them: the same numbers, of operations that ONNX is fast at.

`prepared` puts them in the place of the package's own. Recurrent layers become one operation each,
which reads a clip's own length; transforms become small matrices.
"""

import math
from collections.abc import Callable
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ehsaas.export import operators
from ehsaas.features.spectrum import PowerSpectrum
from ehsaas.judging import LONGEST
from ehsaas.models.layers import BiLSTM, SelfAttention, frame_mask
from ehsaas.models.whisper import HOP, RATE, Power, Whisper

SPARE = 800
"""Samples of silence behind every clip, so that one of any length holds two frames."""


def prepared(module: nn.Module) -> nn.Module:
    """A copy of `module` with every layer that has another form here replaced by it."""
    copy = deepcopy(module).eval()
    _replace_below(copy)
    return copy


def _replace_below(module: nn.Module) -> None:
    """Replace what is in a module, from the outside in: a form has no parts to replace."""
    if isinstance(module, Whisper):
        _shorten(module)
    for name, child in list(module.named_children()):
        form = next((form for kind, form in _FORMS.items() if isinstance(child, kind)), None)
        if form is None:
            _replace_below(child)
        else:
            setattr(module, name, form(child))


def _shorten(encoder: Whisper) -> None:
    """Leave out positions behind the longest clip that is judged in one piece."""
    most = math.ceil((LONGEST * RATE + SPARE) / (2 * HOP)) + 1
    weight = encoder.positions.weight[:most]
    shorter = nn.Embedding(len(weight), weight.shape[1])
    shorter.weight = nn.Parameter(weight, requires_grad=False)
    encoder.positions = shorter


class LstmByLength(nn.Module):
    """A `BiLSTM` of which each layer is one operation."""

    def __init__(self, lstm: BiLSTM) -> None:
        super().__init__()
        pairs = zip(lstm.ahead, lstm.back, strict=True)
        self.layers = nn.ModuleList(_Weights(pair, _in_onnx_order) for pair in pairs)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D), (B,) → (B, T, 2H)."""
        for layer in self.layers:
            x = operators.bilstm(x, lengths, layer.w, layer.r, layer.b)
        return x


class RnnByLength(nn.Module):
    """An `nn.RNN` of one layer with tanh, batch first."""

    def __init__(self, rnn: nn.RNN) -> None:
        super().__init__()
        self.own = _Weights((rnn,), lambda gates: gates)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        """(B, T, D) → (B, T, H), and no last state."""
        return operators.rnn(x, self.own.w, self.own.r, self.own.b), None


class _Weights(nn.Module):
    """Weights of recurrent layers side by side: w (K, G, D), r (K, G, H), b (K, 2 G)."""

    def __init__(self, layers: tuple[nn.Module, ...], order: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        own = [layer.state_dict() for layer in layers]
        self.w = _stacked([order(one["weight_ih_l0"]) for one in own])
        self.r = _stacked([order(one["weight_hh_l0"]) for one in own])
        biases = [(order(one["bias_ih_l0"]), order(one["bias_hh_l0"])) for one in own]
        self.b = _stacked([torch.cat(pair) for pair in biases])


def _stacked(weights: list[Tensor]) -> nn.Parameter:
    return nn.Parameter(torch.stack(weights), requires_grad=False)


def _in_onnx_order(gates: Tensor) -> Tensor:
    """Gates input, forget, cell, output → input, output, forget, cell."""
    i, f, c, o = gates.chunk(4)
    return torch.cat([i, o, f, c])


class AttentionByHeads(nn.Module):
    """A `SelfAttention` written out, so that the number of clips stays open."""

    def __init__(self, attention: SelfAttention) -> None:
        super().__init__()
        own = attention.attend
        assert own.in_proj_weight is not None and own.in_proj_bias is not None
        self.heads = own.num_heads
        self.into = nn.Linear(own.embed_dim, 3 * own.embed_dim)
        self.into.weight, self.into.bias = own.in_proj_weight, own.in_proj_bias
        self.out = own.out_proj

    def forward(self, h: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, dims), (B,) → Z (B, T, dims) and a (B, T), as `SelfAttention`."""
        B, T, D = h.shape
        inside = frame_mask(lengths, T)
        h = torch.where(inside[:, :, None], h, 0.0)
        q, k, v = self.into(h).reshape(B, T, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        outside = torch.where(inside, 0.0, float("-inf"))[:, None, None]
        weights = torch.softmax((q * (D // self.heads) ** -0.5) @ k.mT + outside, dim=-1)
        z = self.out((weights @ v).transpose(1, 2).reshape(B, T, D))
        share = inside / lengths[:, None]
        return z, (share[:, None, None] @ weights).mean(dim=(1, 2))


class MatrixLinear(nn.Module):
    """A linear layer whose matrix (K, N) stands in the graph as it is multiplied, by its name.

    Exported as it is, a layer's weight is turned round and loses its name on the way; by the name
    quantisation knows what layer it is (`export.int8`).
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        matrix = linear.weight.detach().T.contiguous()
        self.matrix = nn.Parameter(matrix, requires_grad=False)
        self.bias = linear.bias

    @property
    def weight(self) -> Tensor:
        """The weight (N, K) as `nn.Linear` has it, for who reads it."""
        return self.matrix.T

    def forward(self, x: Tensor) -> Tensor:
        """(…, K) → (…, N)."""
        made = x @ self.matrix
        return made if self.bias is None else made + self.bias


class MatrixSpectrum(nn.Module):
    """A power spectrum by a transform in two steps (Cooley & Tukey 1965), as matrix products.

    With n = N₂ a + b and k = p + N₁ q, X[k] = Σ_b (Σ_a x[a, b] w₁^{a p}) w^{b p} w₂^{b q}; the
    outer sum with its factor is one small matrix for each p. The samples are real, so p up to
    N₁ / 2 is enough: the other bins are mirrored.
    """

    taper: Tensor
    inner: Tensor
    outer: Tensor
    bins: Tensor

    def __init__(self, spectrum: PowerSpectrum | Power) -> None:
        super().__init__()
        N, window = spectrum.n_fft, len(spectrum.taper)
        first, self.second = _factors(N)
        self.rows = math.ceil(window / self.second)
        self.kept = first // 2 + 1
        self.missing = self.rows * self.second - window
        p = torch.arange(self.kept, dtype=torch.float64)
        turn = -2 * math.pi / first * p[:, None] * torch.arange(self.rows)
        self.kind = torch.float64 if getattr(spectrum, "exact", False) else torch.float32
        inner = torch.stack((turn.cos(), turn.sin()), 1).flatten(0, 1)
        self.register_buffer("taper", spectrum.taper.to(self.kind))
        self.register_buffer("inner", inner.to(self.kind))
        self.register_buffer("outer", _outer(N, first, self.second, self.kept).to(self.kind))
        self.register_buffer("bins", _places(N, first, self.second))

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (B, T, window) → (B, T, n_fft // 2 + 1)."""
        B, T, _ = frames.shape
        x = F.pad(frames.to(self.kind) * self.taper, (0, self.missing))
        A = self.inner @ x.reshape(B * T, self.rows, self.second)
        A = A.reshape(B * T, self.kept, 2 * self.second).transpose(0, 1)
        X = (A @ self.outer).square()
        power = X[..., : self.second] + X[..., self.second :]
        return power.transpose(0, 1).reshape(B, T, -1)[..., self.bins].float()


def _factors(N: int) -> tuple[int, int]:
    """Two factors of N, as alike as can be; the first is even where there is such a one.

    Where N is prime the first is 1, and the transform is one plain matrix.
    """
    found = [one for one in range(1, math.isqrt(N) + 1) if N % one == 0]
    first = max([one for one in found if one % 2 == 0] or found)
    return first, N // first


def _outer(N: int, first: int, second: int, kept: int) -> Tensor:
    """For each p the matrix (2 N₂, 2 N₂) from real and imaginary Σ_a to those of X[p + N₁ q]."""
    p = torch.arange(kept, dtype=torch.float64)[:, None, None]
    b = torch.arange(second, dtype=torch.float64)[:, None]
    q = torch.arange(second, dtype=torch.float64)
    turn = -2 * math.pi / N * b * (p + first * q)
    c, s = turn.cos(), turn.sin()
    return torch.cat((torch.cat((c, s), -1), torch.cat((-s, c), -1)), -2)


def _places(N: int, first: int, second: int) -> Tensor:
    """Where bin k, or its mirror N − k, stands among p-major (p, q)."""
    k = torch.arange(N // 2 + 1)
    k = torch.where(k % first > first // 2, N - k, k)
    return (k % first) * second + k // first


_FORMS: dict[type[nn.Module], Callable[..., nn.Module]] = {
    BiLSTM: LstmByLength,
    nn.RNN: RnnByLength,
    SelfAttention: AttentionByHeads,
    nn.Linear: MatrixLinear,
    PowerSpectrum: MatrixSpectrum,
    Power: MatrixSpectrum,
}
