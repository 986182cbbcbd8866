"""A small untrained recogniser of every kind that can be exported, and clips to compare it on."""

from collections.abc import Callable, Mapping
from functools import partial
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
from ehsaas.models.encoders import Checkpoint
from ehsaas.reach import Reach
from ehsaas.recogniser import Recogniser
from tests.models import checkpoints

CLASSES = ("anger", "neutral", "sadness")

FRAMES = FeatureConfig(parts=("mfcc", "logmel"), hop_ms=20, n_mfcc=6, n_mels=12)


def clips(count: int = 5) -> tuple[Clip, ...]:
    """Voices of 0.3 to 15 s."""
    return voices(count, seed=3)


def recogniser(
    model: str,
    features: HeardBy = FRAMES,
    seed: int = 0,
    reach: bool = False,
    **sizes: Any,
) -> Recogniser:
    """One of random weights, whose statistics fit what it hears of three clips."""
    torch.manual_seed(seed)
    network = MODELS[model](dims=len(features.names), classes=len(CLASSES), **sizes).eval()
    for name, buffer in network.named_buffers():
        if name == "keys":  # a memory that is empty would say the same of everything
            nn.init.normal_(buffer)
        if name == "values":
            buffer.copy_(torch.arange(len(buffer)) % len(CLASSES))
    plain = Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "source")
    blank = Recogniser(
        features,
        sizes,
        network,
        temperature=1.7,
        model=model,
        classes=CLASSES,
        statistics=plain,
        name=f"toy {model}",
        version="3",
        facts={"corpora": ["first"], "languages": ["de"]},
        scores=np.sort(np.random.default_rng(seed).random(40)).astype(np.float32),
    )
    if isinstance(features, SamplesConfig):
        return blank
    heard = np.concatenate([blank.measure(clip) for clip in voices(3, seed=9)])
    own = Statistics(heard.mean(axis=0), heard.std(axis=0) + 0.1, len(heard), "source")
    found: Recogniser = _with(blank, statistics=own, reach=_reach(own) if reach else None)
    return found


def _with(made: Recogniser, **changes: Any) -> Recogniser:
    from dataclasses import replace

    return replace(made, **changes)


def _reach(own: Statistics) -> Reach:
    """Around three points, on four axes of the first six columns."""
    rng = np.random.default_rng(5)
    return Reach(
        columns=np.arange(6),
        mean=own.mean[:6],
        std=own.std[:6],
        axes=rng.normal(size=(6, 4)).astype(np.float32),
        centres=rng.normal(size=(3, 4)).astype(np.float32),
        limit=2.5,
        together=1.5,
    )


def embeddings(folder: Path, kind: str = "whisper", **changes: Any) -> EmbeddingConfig:
    """Settings of a tiny encoder that is written to `folder`."""
    checkpoints.write(folder, kind)
    return EmbeddingConfig(encoder=str(folder), **({"layers": (1, 2)} | changes)).found()


def finetuned(folder: Path, kind: str = "whisper", **sizes: Any) -> Recogniser:
    """A pretrained encoder that is trained on."""
    checkpoint = Checkpoint.find(checkpoints.write(folder, kind))
    made = recogniser(
        "finetuned-speech",
        SamplesConfig(),
        architecture=dict(checkpoint.config),
        **({"layers": 2, "hidden": 8} | sizes),
    )
    return made


def bilstm(**changes: Any) -> Recogniser:
    """The recogniser that most tests export: an attention Bi-LSTM with a reach."""
    sizes = {"hidden": 6, "layers": 1, "dense": 8} | changes
    return recogniser("attention-bilstm", FRAMES, reach=True, **sizes)


Make = Callable[[Path], Recogniser]

TRIMMED = FRAMES.model_copy(update={"trim_db": 30.0})
EVERYTHING = FeatureConfig(
    parts=("mfcc", "logmel", "energy", "pitch", "lpcc", "chroma", "contrast"), n_mfcc=4, n_mels=16
)

KINDS: Mapping[str, Make] = {
    "attention-bilstm": lambda _: bilstm(layers=2),
    "attention-bilstm, quiet ends left out": lambda _: recogniser(
        "attention-bilstm", TRIMMED, hidden=6, layers=1, dense=8
    ),
    "attention-bilstm, every feature": lambda _: recogniser(
        "attention-bilstm", EVERYTHING, hidden=6, layers=1, dense=8
    ),
    "simple-rnn": lambda _: recogniser(
        "simple-rnn", UtteranceVectorConfig(), reach=True, hidden=(8, 6), dense=8
    ),
    "claf-ser": lambda _: recogniser(
        "claf-ser", FRAMES, corpora=2, hidden=8, heads=2, phones=4, dense=8
    ),
    "nnpm": lambda _: recogniser(
        "nnpm", FRAMES, encoder="attention-bilstm", items=30, hidden=6, layers=1, dense=8
    ),
    "nnpm that votes": lambda folder: recogniser(
        "nnpm", embeddings(folder), items=30, votes=True, temperature=0.5, hidden=8, width=6
    ),
    "linear-probe": lambda folder: recogniser(
        "linear-probe", embeddings(folder, pooling="mean-std-thirds"), reach=True
    ),
    "linear-probe of wav2vec 2.0": lambda folder: recogniser(
        "linear-probe", embeddings(folder, "wav2vec2")
    ),
    "linear-probe of WavLM": lambda folder: recogniser(
        "linear-probe", embeddings(folder, "wavlm-large")
    ),
    "perceptron": lambda folder: recogniser(
        "perceptron", embeddings(folder, pooling="mean"), axes=5, hidden=8, width=6
    ),
    "memory": lambda folder: recogniser("memory", embeddings(folder), items=30, k=4),
    "finetuned-speech": lambda folder: finetuned(folder, pooling="mean"),
    "finetuned-speech with attention": lambda folder: finetuned(
        folder, pooling="attention", lora=2
    ),
    "finetuned-speech of HuBERT": lambda folder: finetuned(folder, "hubert", pooling="attention"),
}
