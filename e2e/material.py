"""What the page is tried with: a small model, trained here on rendered speech, and recordings.

    python e2e/material.py FOLDER [MODEL.onnx]

writes `model.onnx` (a copy where one is given), and WAV files of speech rendered by eSpeak NG.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics, conformal_scores
from ehsaas.corpora.rendered import render
from ehsaas.export import export
from ehsaas.features import FeatureConfig
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.batch import Batch
from ehsaas.recogniser import Recogniser

EMOTIONS = ("anger", "happiness", "neutral", "sadness")
FEATURES = FeatureConfig(parts=("mfcc", "logmel"), hop_ms=20, n_mfcc=13, n_mels=26)
SIZES = {"hidden": 16, "layers": 1, "dense": 16}
EPOCHS = 40

Array = NDArray[np.float32]


def main(folder: Path, model: Path | None) -> None:
    """Write the model and the recordings into `folder`."""
    speech = render(folder / "speech", languages=("en",), speakers=4, sentences=4)
    clips = [(audio.read(path), EMOTIONS.index(path.stem.split("_")[-1])) for path in speech]
    if model is None:
        known, kept = clips[: len(clips) // 2], clips[len(clips) // 2 :]
        export(calibrated(trained(known), kept), folder / "model.onnx")
    else:
        shutil.copy(model, folder / "model.onnx")
    for name, samples in recordings([clip for clip, _ in clips]).items():
        soundfile.write(folder / f"{name}.wav", samples, RATE, subtype="FLOAT")
    (folder / "text.wav").write_text("no sound at all")


def recordings(clips: Sequence[Clip]) -> dict[str, Array]:
    """Samples at 16 kHz by name: four moods in a row, one alone, a long one, silence."""
    pause = np.zeros(RATE // 2, np.float32)
    moods = [part for clip in clips[::4][:4] for part in (clip.samples, pause)]
    return {
        "moods": np.concatenate(moods),
        "anger": clips[0].samples,
        "sadness": clips[15].samples,
        "long": np.concatenate([clip.samples for clip in clips])[: 20 * RATE],
        "silence": np.zeros(2 * RATE, np.float32),
        "short": clips[0].samples[:800],
    }


def trained(clips: Sequence[tuple[Clip, int]]) -> Recogniser:
    """An attention Bi-LSTM that knows these clips."""
    torch.manual_seed(0)
    D = len(FEATURES.names)
    network = AttentionBiLSTM(D, len(EMOTIONS), **SIZES)
    plain = Statistics(np.zeros(D, np.float32), np.ones(D, np.float32), 1, "source")
    blank = Recogniser(
        FEATURES,
        SIZES,
        network,
        model="attention-bilstm",
        classes=EMOTIONS,
        statistics=plain,
        name="rendered",
        facts={"corpora": ["rendered_en"], "languages": ["en"]},
    )
    measured = [blank.measure(clip) for clip, _ in clips]
    frames = np.concatenate(measured)
    statistics = Statistics(frames.mean(axis=0), frames.std(axis=0), len(frames), "source")
    fit(network, [statistics(one) for one in measured], [label for _, label in clips])
    return replace(blank, statistics=statistics)


def fit(network: AttentionBiLSTM, features: Sequence[Array], labels: Sequence[int]) -> None:
    """A few epochs, all clips at once."""
    lengths = torch.tensor([len(one) for one in features])
    batch = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(f) for f in features], True)
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(EPOCHS):
        output = network(Batch(batch, lengths))
        loss = torch.nn.functional.cross_entropy(output.logits, torch.tensor(labels))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def calibrated(recogniser: Recogniser, clips: Sequence[tuple[Clip, int]]) -> Recogniser:
    """The same, with prediction sets."""
    heard = [recogniser.hear([clip])[0].probabilities for clip, _ in clips]
    labels = np.array([label for _, label in clips])
    scores = conformal_scores(np.array(heard), labels).astype(np.float32)
    told = {"data": "source", "utterances": len(clips), "corpora": ["rendered_en"]}
    return replace(recogniser, scores=scores, facts={**recogniser.facts, "calibration": told})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else None)
