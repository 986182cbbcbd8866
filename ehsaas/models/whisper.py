"""The Whisper encoder on a clip's own frames: samples (B, N) → hidden states, 50 a second.

Whisper was trained on 30 s, and transformers fills every clip up to that. Here the convolution stem
and the layers run on the clip's own frames alone, with a mask over keys, so a short clip costs what
it is long. What stands behind a clip's end in a batch changes none of its frames. Radford et al.
2023; the spectrogram is theirs (80 or 128 Slaney mel bands, log₁₀, 80 dB below the clip's maximum).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ehsaas.models.layers import frame_mask, whole

N_FFT = 400
HOP = 160
RATE = 16_000


class Whisper(nn.Module):
    """The stem and the first layers of a `transformers` WhisperEncoder.

    Attributes:
        span: the longest clip in samples, 30 s.
        equal_lengths: False; clips of different lengths may share a batch.
    """

    equal_lengths = False

    def __init__(self, encoder: Any, layers: int, *, padded: bool = False) -> None:
        """Take over the modules of `encoder`.

        Args:
            encoder: a WhisperEncoder.
            layers: how many of its layers run.
            padded: fill clips up to 30 s, as Whisper was trained; slow, to compare with.
        """
        super().__init__()
        self.conv1, self.conv2 = encoder.conv1, encoder.conv2
        self.positions = encoder.embed_positions
        self.layers = encoder.layers[:layers]
        self.span = self.positions.num_embeddings * 2 * HOP
        self.padded = padded
        self.mel = WhisperMel(encoder.config.num_mel_bins)

    @classmethod
    def from_folder(cls, folder: Path, layers: int) -> "Whisper":
        """The encoder of the checkpoint in `folder`, whether its decoder is there or not.

        Raises:
            ValueError: weights are missing.
        """
        from transformers import WhisperConfig, WhisperModel
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        config = WhisperConfig.from_pretrained(folder)
        alone = "WhisperEncoder" in (config.architectures or ())
        kind: Any = WhisperEncoder if alone else WhisperModel
        model, told = kind.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True
        )
        whole(told["missing_keys"], but=("decoder.", "proj_out."))
        return cls(model if alone else model.encoder, layers).eval()

    @classmethod
    def from_architecture(cls, architecture: Mapping[str, Any], layers: int) -> "Whisper":
        """The encoder that a `config.json` describes, with random weights."""
        from transformers import WhisperConfig
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        values = {**architecture, "dtype": "float32"}
        return cls(WhisperEncoder(WhisperConfig.from_dict(values)), layers)

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Hidden states of layers 0 to the last, each (B, T, D), and frame lengths (B,).

        Args:
            samples: (B, N) at 16 kHz; what lies behind a clip's end is ignored.
            lengths: (B,) samples of each clip, at most `span`.

        Raises:
            ValueError: a clip is longer than `span`.
        """
        if not torch.compiler.is_exporting() and (longest := int(lengths.max())) > self.span:
            raise ValueError(
                f"a clip of {longest / RATE:.1f} s; at most {self.span / RATE:g} s at once"
            )
        own = (lengths.clamp(min=N_FFT) // HOP + 1) // 2
        if self.padded:
            samples = _cut(samples, lengths, self.span)
            lengths = torch.full_like(lengths, self.span)
        mel, frames = self.mel(samples, lengths)
        x = F.gelu(self.conv1(mel))
        x = torch.where(frame_mask(frames, x.shape[2])[:, None], x, 0.0)
        x = F.gelu(self.conv2(x)).transpose(1, 2)
        T = x.shape[1]
        inside = frame_mask((frames + 1) // 2, T)
        x = x + self.positions.weight[:T]
        mask = torch.zeros_like(inside, dtype=x.dtype).masked_fill(~inside, float("-inf"))
        states = [x]
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
            states.append(x)
        return tuple(states), own


class WhisperMel(nn.Module):
    """Samples (B, N) → Whisper's log-mel (B, bands, T), zero behind a clip's end, and T (B,)."""

    filters: Tensor

    def __init__(self, bands: int) -> None:
        """Prepare the window and the filters of `bands` bands."""
        super().__init__()
        from transformers.audio_utils import mel_filter_bank

        filters = mel_filter_bank(
            N_FFT // 2 + 1, bands, 0.0, RATE / 2, RATE, norm="slaney", mel_scale="slaney"
        )
        self.register_buffer("filters", torch.from_numpy(filters).float(), persistent=False)
        self.power = Power(torch.hann_window(N_FFT))

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Clips shorter than a window are filled up to one with zeros."""
        N = max(samples.shape[1], N_FFT)
        samples, lengths = _cut(samples, lengths, N), lengths.clamp(min=N_FFT)
        frames = lengths // HOP
        centred = samples.gather(1, _reflected(lengths, N))
        power = self.power(centred.unfold(1, N_FFT, HOP)[:, : N // HOP])
        mel = torch.log10((power @ self.filters).clamp(min=1e-10)).transpose(1, 2)
        inside = frame_mask(frames, mel.shape[2])[:, None]
        loudest = mel.masked_fill(~inside, float("-inf")).amax(dim=(1, 2), keepdim=True)
        return torch.where(inside, (torch.maximum(mel, loudest - 8.0) + 4.0) / 4.0, 0.0), frames


class Power(nn.Module):
    """Tapered frames (B, T, 400) → their power spectrum (B, T, 201)."""

    taper: Tensor

    def __init__(self, taper: Tensor) -> None:
        super().__init__()
        self.n_fft = N_FFT
        self.register_buffer("taper", taper, persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        """|FFT|²."""
        return torch.view_as_real(torch.fft.rfft(frames * self.taper)).square().sum(dim=-1)


def _cut(samples: Tensor, lengths: Tensor, N: int) -> Tensor:
    """Samples (B, N) with zeros behind each clip's own end."""
    samples = F.pad(samples[:, :N], (0, max(0, N - samples.shape[1])))
    return torch.where(frame_mask(lengths, N), samples, 0.0)


def _reflected(lengths: Tensor, N: int) -> Tensor:
    """Places (B, N + 400) of samples that mirror each clip at both of its ends."""
    at = torch.arange(-(N_FFT // 2), N + N_FFT // 2, device=lengths.device).abs()[None]
    last = lengths[:, None] - 1
    return torch.where(at > last, 2 * last - at, at).clamp(min=0)
