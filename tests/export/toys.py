"""A small untrained recogniser of every kind that can be exported, and clips to compare it on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.export.sounds import voices
from ehsaas.features import (
    EmbeddingConfig,
    FeatureConfig,
    HeardBy,
    SamplesConfig,
    UtteranceVectorConfig,
)
from ehsaas.models import MODELS
from ehsaas.models.batch import DIMENSIONS, Batch, Output
from ehsaas.models.encoders import Checkpoint
from ehsaas.reach import Reach
from ehsaas.recogniser import Recogniser
from tests.models import checkpoints

CLASSES = ("anger", "neutral", "sadness")

FRAMES = FeatureConfig(parts=("mfcc", "logmel"), hop_ms=20, n_mfcc=6, n_mels=12)
TRIMMED = FRAMES.model_copy(update={"trim_db": 30.0})
CLAF = FeatureConfig(parts=("mfcc", "rms", "chroma", "contrast"), n_mfcc=4, n_mels=12, deltas=0)

LSTM: dict[str, Any] = {"hidden": 6, "layers": 1, "dense": 8}


def clips(count: int = 5) -> tuple[Clip, ...]:
    """Voices of 0.3 to 15 s."""
    return voices(count, seed=3)


def recogniser(
    model: str, features: HeardBy = FRAMES, reach: bool = False, **sizes: Any
) -> Recogniser:
    """One of random weights, whose statistics are those of what it hears."""
    network = _network(model, len(features.names), sizes)
    blank = Recogniser(
        features,
        sizes,
        network,
        temperature=1.7,
        model=model,
        classes=CLASSES,
        statistics=Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "source"),
        name=f"toy {model}",
        version="3",
        facts={"corpora": ["first"], "languages": ["de"]},
        scores=np.sort(np.random.default_rng(0).random(40)).astype(np.float32),
    )
    if isinstance(features, SamplesConfig):
        return blank
    heard = np.concatenate([blank.measure(clip) for clip in voices(4, seed=9)])
    own = Statistics(heard.mean(axis=0), heard.std(axis=0) + 0.1, len(heard), "source")
    return replace(blank, statistics=own, reach=_reach(own) if reach else None)


def _network(model: str, dims: int, sizes: Mapping[str, Any]) -> nn.Module:
    """Weights are such that clips differ in what is said of them."""
    torch.manual_seed(0)
    network: nn.Module = MODELS[model](dims=dims, classes=len(CLASSES), **sizes).eval()
    for name, values in (*network.named_buffers(), *network.named_parameters()):
        if name == "keys":  # an empty memory would say the same of everything
            nn.init.normal_(values)
        elif name == "values":
            values.copy_(torch.arange(len(values)) % len(CLASSES))
        elif name.endswith("head.weight"):
            values.data *= 10
    return network


def _reach(own: Statistics) -> Reach:
    """Around three points, on four axes of the first six columns."""
    rng = np.random.default_rng(5)
    return Reach(
        columns=np.arange(6),
        mean=own.mean[:6],
        std=own.std[:6],
        axes=rng.normal(size=(6, 4)).astype(np.float32),
        centres=rng.normal(size=(3, 4)).astype(np.float32),
        limit=1.4,
        together=1.5,
    )


def embeddings(folder: Path, kind: str = "whisper", **changes: Any) -> EmbeddingConfig:
    """Settings of a tiny encoder that is written to `folder`."""
    checkpoints.write(folder, kind)
    return EmbeddingConfig(encoder=str(folder), **({"layers": (1, 2)} | changes)).found()


def finetuned(folder: Path, kind: str = "whisper", **sizes: Any) -> Recogniser:
    """A tiny encoder that is trained on."""
    checkpoint = Checkpoint.find(checkpoints.write(folder, kind))
    given: dict[str, Any] = {"architecture": dict(checkpoint.config), "layers": 2, "hidden": 8}
    return recogniser("finetuned-speech", SamplesConfig(), **(given | sizes))


def bilstm(**changes: Any) -> Recogniser:
    """The one that most tests export: quick to make, with attention and a reach."""
    return recogniser("attention-bilstm", FRAMES, reach=True, **(LSTM | changes))


class Placed(nn.Module):
    """A network, and a linear layer that says arousal and valence, beyond ±1, too."""

    def __init__(self, network: nn.Module, embedding: int) -> None:
        super().__init__()
        self.network = network
        self.places = nn.Linear(embedding, 2)
        nn.init.normal_(self.places.weight, std=2.0)

    def forward(self, batch: Batch) -> Output:
        seen: Output = self.network(batch)
        parts = {**seen.parts, DIMENSIONS: self.places(seen.embedding)}
        return replace(seen, parts=parts)


def placed() -> Recogniser:
    """One that says arousal and valence, too."""
    made = bilstm()
    return replace(made, network=Placed(made.network, LSTM["dense"]))


PLACED = "attention-bilstm with arousal and valence"
WAV2VEC = "linear-probe of wav2vec 2.0"
WHISPER = "linear-probe of Whisper"

TOYS: Mapping[str, Callable[[Path], Recogniser]] = {
    "attention-bilstm": lambda _: bilstm(),
    PLACED: lambda _: placed(),
    "attention-bilstm without quiet ends": lambda _: recogniser(
        "attention-bilstm", TRIMMED, **(LSTM | {"layers": 2})
    ),
    "simple-rnn": lambda _: recogniser(
        "simple-rnn", UtteranceVectorConfig(), reach=True, hidden=(8, 6), dense=8
    ),
    "claf-ser": lambda _: recogniser(
        "claf-ser", CLAF, corpora=2, hidden=8, heads=2, phones=4, dense=8
    ),
    "nnpm": lambda _: recogniser("nnpm", FRAMES, encoder="attention-bilstm", items=30, **LSTM),
    "nnpm that votes": lambda _: recogniser(
        "nnpm", FRAMES, items=30, votes=True, temperature=0.5, hidden=8, width=6
    ),
    WHISPER: lambda folder: recogniser(
        "linear-probe", embeddings(folder, pooling="mean-std-thirds"), reach=True
    ),
    WAV2VEC: lambda folder: recogniser("linear-probe", embeddings(folder, "wav2vec2")),
    "linear-probe of WavLM": lambda folder: recogniser(
        "linear-probe", embeddings(folder, "wavlm-large")
    ),
    "perceptron": lambda _: recogniser("perceptron", FRAMES, axes=5, hidden=8, width=6),
    "memory": lambda _: recogniser("memory", FRAMES, items=30, k=4),
    "finetuned-speech": lambda folder: finetuned(folder, pooling="mean"),
    "finetuned-speech with attention": lambda folder: finetuned(
        folder, pooling="attention", lora=2
    ),
}
"""Every kind of network, and what else makes another graph of it; a folder for its encoder."""
