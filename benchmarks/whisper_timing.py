"""Whisper three ways, and what each costs: on a clip's own frames, padded, and transformers' own.

Part of `python benchmarks/whisper.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from benchmarks.timing import Signal, alternate
from ehsaas import audio
from ehsaas.features.framing import frame_mask
from ehsaas.features.moments import mean_std
from ehsaas.models.encoders import Checkpoint, EncoderError, quietly
from ehsaas.models.whisper import HOP, Whisper

LAYERS = (1, 2, 3, 4)
SECONDS = (1.5, 3.0, 8.0)
BATCH = 16
SINGLES = 4
"""Clips of a round, where they are timed one at a time."""
GOAL_S, GOAL = 3.0, 5.0

Floats = NDArray[np.float32]
Run = Callable[[Tensor, Tensor], tuple[Sequence[Tensor], Tensor]]
"""(samples (B, N), lengths (B,)) → states (B, T, D) of layers 0 up, and own frame lengths (B,)."""


@dataclass(frozen=True)
class Slower:
    """A reference: seconds of computing a second of audio, and how many times ours that is."""

    cost: float
    ratio: float
    ratio_low: float
    ratio_high: float


@dataclass(frozen=True)
class Timing:
    """Ours on clips of one length, `batch` a call: seconds of computing a second of audio."""

    seconds: float
    batch: int
    calls: int
    cost: float
    padded: Slower
    transformers: Slower


class Theirs(torch.nn.Module):
    """What a user of transformers runs: its feature extractor, and all layers on 30 s."""

    def __init__(self, encoder: Any) -> None:
        """Run `encoder`, a WhisperEncoder."""
        super().__init__()
        self.encoder = encoder
        extractor: Any = WhisperFeatureExtractor  # it has no types
        self.extract = extractor(feature_size=encoder.config.num_mel_bins)

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Sequence[Tensor], Tensor]:
        """States of layers 0 to the last, and own frame lengths."""
        clips = [own[:n].numpy() for own, n in zip(samples, lengths.tolist(), strict=True)]
        mel = self.extract(clips, sampling_rate=audio.RATE, return_tensors="pt").input_features
        states = self.encoder(mel, output_hidden_states=True).hidden_states
        return states, (lengths // HOP + 1) // 2


class Systems(NamedTuple):
    """The encoder three ways."""

    unpadded: Run
    padded: Run
    transformers: Run


def loaded(checkpoint: Checkpoint) -> Systems:
    """The three, from one folder.

    Raises:
        EncoderError: it holds no Whisper encoder, or one with its decoder.
    """
    if checkpoint.config.get("architectures") != ["WhisperEncoder"]:
        raise EncoderError(
            f"{checkpoint.folder}: holds {checkpoint.config.get('architectures')}; expected"
            " ['WhisperEncoder'], which WhisperModel.get_encoder().save_pretrained(FOLDER) writes"
        )
    with quietly():
        whole: Any = WhisperEncoder.from_pretrained(checkpoint.folder, dtype=torch.float32)
    theirs = whole.eval()
    padded = Whisper(theirs, LAYERS[-1], padded=True).eval()
    return Systems(checkpoint.load(LAYERS[-1]), padded, Theirs(theirs).eval())


def pooled(run: Run, samples: Tensor, lengths: Tensor) -> Floats:
    """Mean and deviation (B, 2, L · D) of `LAYERS` over each clip's own frames."""
    with torch.inference_mode():
        states, frames = run(samples, lengths)
        T = int(frames.max())
        x = torch.cat([states[i][:, :T] for i in LAYERS], dim=2)
        return mean_std(x, frame_mask(frames, T)).transpose(1, 2).numpy()


def timing(
    systems: Systems, clips: Sequence[Signal], seconds: float, batch: int, rounds: int
) -> Timing:
    """All three on the same clips of exactly `seconds`, in turn."""
    calls = SINGLES if batch == 1 else 1
    batches = exact(clips, seconds, batch, calls)
    lengths = torch.full((batch,), batches[0].shape[1])

    def call(run: Run, samples: Signal) -> None:
        pooled(run, torch.from_numpy(samples), lengths)

    taken = alternate(batches, rounds, *(partial(call, run) for run in systems))
    taken /= seconds * batch
    ours, *others = np.median(taken, axis=(1, 2))
    by_round = np.median(taken, axis=2)
    padded, transformers = (
        Slower(float(cost), float(cost / ours), float(ratios.min()), float(ratios.max()))
        for cost, ratios in zip(others, by_round[1:] / by_round[0], strict=True)
    )
    return Timing(seconds, batch, rounds * calls, float(ours), padded, transformers)


def exact(clips: Sequence[Signal], seconds: float, batch: int, count: int) -> list[Signal]:
    """`count` batches (batch, N) of clips that are cut, or said again, to fill `seconds`."""
    N = round(seconds * audio.RATE)
    whole = [np.resize(clips[i % len(clips)], N) for i in range(batch * count)]
    return [np.stack(whole[i : i + batch]) for i in range(0, len(whole), batch)]


def costs(found: Sequence[Timing]) -> str:
    """The rows of the page's table."""
    return "\n".join(
        f"| {one.seconds:g} s | {one.batch} | {one.cost:.4f} |"
        f" {_slower(one.padded)} | {_slower(one.transformers)} |"
        for one in found
    )


def _slower(one: Slower) -> str:
    return f"{one.cost:.4f} | **{one.ratio:.1f}** ({one.ratio_low:.1f}–{one.ratio_high:.1f})"


def verdict(found: Sequence[Timing]) -> str:
    """Whether the goal was met, in a sentence."""
    judged_by = [one for one in found if one.seconds == GOAL_S]
    met = all(one.padded.ratio >= GOAL for one in judged_by)
    ratios = " and ".join(f"{one.padded.ratio:.1f} ({one.batch} a call)" for one in judged_by)
    return (
        f"The goal was to be at least {GOAL:g} times faster than padded on clips of {GOAL_S:g} s:"
        f" {'met' if met else 'not met'}, {ratios}."
    )
