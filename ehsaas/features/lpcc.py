"""LPCC: power spectrum of frames (B, T, n_fft // 2 + 1) → cepstrum of linear prediction (B, T, P).

The frame's autocorrelation r_0 … r_P gives the predictor x̂_n = Σ a_k x_{n−k} by the recursion of
Levinson and Durbin, and the predictor its cepstrum by c_m = a_m + Σ_{k<m} (k/m) c_k a_{m−k}
(equations 2 and 3 of the CLAF-SER paper): the smoothed spectrum of the vocal tract. Lags and what
follows from them are in float64: of a clear tone the recursion loses four digits of seven.
"""

import math

import torch
from torch import Tensor, nn

WHITE = 1e-4
"""Share of the power that is added as white noise (−40 dB, as speech codecs do): a pure tone has
no other predictor than rounding."""
QUIET = 1e-9
"""Power of a sample (re full scale, −90 dB) that is added as white noise: silence predicts 0."""


class Lpcc(nn.Module):
    """`order` prediction cepstra of frames whose tapered power spectrum is given.

    Args:
        taper: (window,), the taper of the frames.
        n_fft: points of the transform, at least window + order, so that lags do not wrap round.
        order: P, coefficients of the predictor and of its cepstrum.
    """

    to_lags: Tensor

    def __init__(self, taper: Tensor, n_fft: int, order: int = 12) -> None:
        super().__init__()
        self.order = order
        self.quiet = QUIET * float(taper.square().sum())
        self.register_buffer("to_lags", _to_lags(n_fft, order), persistent=False)

    def forward(self, power: Tensor) -> Tensor:
        """Cepstra c_1 … c_P, (B, T, P)."""
        return cepstrum(predictor(power.double() @ self.to_lags, self.quiet)).to(power)


def predictor(r: Tensor, quiet: float = 0.0) -> Tensor:
    """Autocorrelation (…, P + 1) → the predictor's coefficients a_1 … a_P (Levinson–Durbin)."""
    # Exported, WHITE has but seven digits: of a tone, those of 1 + WHITE would not be enough.
    error = r[..., 0] + r[..., 0] * WHITE + quiet + torch.finfo(r.dtype).tiny
    a = (r[..., 1] / error)[..., None]
    error = error * (1 - a[..., 0].square())
    for i in range(2, r.shape[-1]):
        reflection = (r[..., i] - (a * r[..., 1:i].flip(-1)).sum(-1)) / error
        k = reflection[..., None]
        a = torch.cat((a - k * a.flip(-1), k), dim=-1)
        error = error * (1 - reflection.square())
    return a


def cepstrum(a: Tensor) -> Tensor:
    """Predictor (…, P) → cepstrum (…, P) of the all-pole model 1 / (1 − Σ a_k z^−k)."""
    c = [a[..., 0]]
    for m in range(2, a.shape[-1] + 1):
        past = sum((k / m) * c[k - 1] * a[..., m - k - 1] for k in range(1, m))
        c.append(a[..., m - 1] + past)
    return torch.stack(c, dim=-1)


def _to_lags(n_fft: int, order: int) -> Tensor:
    """Matrix (n_fft // 2 + 1, order + 1): power spectrum → autocorrelation at lags 0 … order."""
    k = torch.arange(n_fft // 2 + 1, dtype=torch.float64)[:, None]
    lag = torch.arange(order + 1, dtype=torch.float64)
    weight = torch.full_like(k, 2 / n_fft)
    weight[0] = weight[-1] = 1 / n_fft
    return weight * torch.cos(2 * math.pi / n_fft * k * lag)
