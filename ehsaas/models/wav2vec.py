"""wav2vec 2.0, WavLM, HuBERT, XLS-R and data2vec: samples (B, N) → hidden states (B, T, D).

One class for all: `transformers` gives them the same shape, a stack of convolutions over samples
(a frame every 20 ms) and transformer layers. Baevski et al. 2020; Chen et al. 2022; Hsu et al.
2021; Babu et al. 2022; Baevski et al. 2022.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

from ehsaas.models.layers import frame_mask, whole

RATE = 16_000

_HOOKED = Lock()
"""Held while hooks hang on a model: several threads may hear with the same one."""


class Wav2Vec(nn.Module):
    """A model of that family with its first layers.

    Attributes:
        span: the longest clip in samples at once, 30 s: attention costs the square of it.
        equal_lengths: True where padding would change what is heard, so a batch of clips of
            different lengths is refused: where the first convolution is normalised over time (group
            norm: the base sizes of wav2vec 2.0, HuBERT and WavLM), and in data2vec, whose stacked
            positional convolutions carry padding into the last frames.
    """

    span = 30 * RATE

    def __init__(self, model: Any, layers: int, *, normalise: bool = True) -> None:
        """Take over `model`.

        Args:
            model: a Wav2Vec2Model, WavLMModel, HubertModel or Data2VecAudioModel.
            layers: how many of its layers run.
            normalise: give every clip mean 0 and deviation 1, as its preprocessor does.
        """
        super().__init__()
        self.model = model
        self.model.encoder.layers = model.encoder.layers[:layers]
        model.config.layerdrop = 0.0  # a layer that is left out has no state to give
        model.config.apply_spec_augment = False
        self.normalise = normalise
        grouped = getattr(model.config, "feat_extract_norm", "layer") == "group"
        self.equal_lengths = grouped or model.config.model_type == "data2vec-audio"

    @classmethod
    def from_folder(cls, folder: Path, layers: int, *, normalise: bool = True) -> "Wav2Vec":
        """The encoder of the checkpoint in `folder`.

        Raises:
            ValueError: weights are missing.
        """
        from transformers import AutoModel

        model, told = AutoModel.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True
        )
        whole(told["missing_keys"], but=("masked_spec_embed",))
        return cls(model, layers, normalise=normalise).eval()

    @classmethod
    def from_architecture(cls, architecture: Mapping[str, Any], layers: int) -> "Wav2Vec":
        """The encoder that a `config.json` describes, with random weights."""
        from transformers import AutoConfig, AutoModel

        values = dict(architecture)
        settings = AutoConfig.for_model(values.pop("model_type"), **values)
        made: Any = AutoModel
        model = made.from_config(settings, dtype=torch.float32)
        return cls(model, layers, normalise=bool(architecture.get("do_normalize", True)))

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Hidden states of layers 0 to the last, each (B, T, D), and frame lengths (B,).

        Args:
            samples: (B, N) at 16 kHz; what lies behind a clip's end is ignored.
            lengths: (B,) samples of each clip, at most `span`.

        Raises:
            ValueError: lengths differ where `equal_lengths`, or a clip is longer than `span`.
        """
        least = self._least
        if not torch.compiler.is_exporting():  # what is exported takes what it is given
            self._see_lengths(lengths)
            samples = nn.functional.pad(samples, (0, max(0, least - samples.shape[1])))
        x = self._standardised(samples, lengths)
        mask = None if self.equal_lengths else frame_mask(lengths.clamp(min=least), x.shape[1])
        with _HOOKED:
            states = self._heard(x, mask)
        frames = self.model._get_feat_extract_output_lengths(lengths.clamp(min=least))
        return states, frames

    def _see_lengths(self, lengths: Tensor) -> None:
        longest = int(lengths.max())
        if longest > self.span:
            raise ValueError(
                f"a clip of {longest / RATE:.1f} s; at most {self.span / RATE:g} s at once"
            )
        if self.equal_lengths and int(lengths.min()) != longest:
            raise ValueError(
                "padding changes what this encoder hears: give it clips of one length at a time"
            )

    def _heard(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, ...]:
        """What enters the first layer, and what leaves each."""
        kept: list[Tensor] = []
        layers = self.model.encoder.layers
        hooks = [layers[0].register_forward_pre_hook(_entering(kept), with_kwargs=True)]
        hooks += [layer.register_forward_hook(_leaving(kept)) for layer in layers]
        try:
            with warnings.catch_warnings():  # WavLM mixes masks of two types, and torch says so
                warnings.filterwarnings("ignore", message="Support for mismatched key_padding_mask")
                self.model(x, attention_mask=mask)
        finally:
            for hook in hooks:
                hook.remove()
        return tuple(kept)

    @property
    def _least(self) -> int:
        """Samples that make one frame."""
        need = 1
        config = self.model.config
        for kernel, stride in zip(
            reversed(config.conv_kernel), reversed(config.conv_stride), strict=True
        ):
            need = (need - 1) * stride + kernel
        return need

    def _standardised(self, samples: Tensor, lengths: Tensor) -> Tensor:
        inside = frame_mask(lengths, samples.shape[1])
        samples = torch.where(inside, samples, 0.0)
        if not self.normalise:
            return samples
        n = lengths[:, None].to(samples)
        mean = samples.sum(dim=1, keepdim=True) / n
        centred = torch.where(inside, samples - mean, 0.0)
        variance = centred.square().sum(dim=1, keepdim=True) / n
        return centred / torch.sqrt(variance + 1e-7)


def _entering(kept: list[Tensor]) -> Any:
    def keep(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        kept.append(args[0] if args else kwargs["hidden_states"])

    return keep


def _leaving(kept: list[Tensor]) -> Any:
    def keep(_module: nn.Module, _args: tuple[Any, ...], output: Any) -> None:
        kept.append(output[0] if isinstance(output, tuple) else output)

    return keep
