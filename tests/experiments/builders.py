"""Three small corpora of tones in `tmp_path`: the emotion sets pitch and loudness."""

from pathlib import Path

import numpy as np
import soundfile as sf

from ehsaas import audio, utterances
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.utterances import UtteranceTable

PITCH = {"anger": 320.0, "happiness": 260.0, "neutral": 180.0, "sadness": 120.0}
LOUDNESS = {"anger": 0.5, "happiness": 0.3, "neutral": 0.15, "sadness": 0.05}
LANGUAGES = {"first": "de", "second": "ur", "third": "ks"}


def corpus(folder: Path, name: str, speakers: int = 4, times: int = 4, seed: int = 0) -> None:
    """Write `folder/NAME/*.wav` and the prepared table `folder/NAME.parquet`."""
    rng = np.random.default_rng([seed, len(name)])
    rows = []
    (folder / name).mkdir(parents=True)
    for speaker in range(speakers):
        for emotion, pitch in PITCH.items():
            for take in range(times):
                seconds = float(rng.uniform(0.3, 0.5))
                time = np.arange(int(seconds * audio.RATE)) / audio.RATE
                f0 = pitch * (1 + 0.1 * speaker / speakers) * rng.uniform(0.95, 1.05)
                voice = sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 5))
                samples = LOUDNESS[emotion] * voice / 2 + 0.003 * rng.standard_normal(len(time))
                stem = f"s{speaker}_{emotion}_{take}"
                sf.write(folder / name / f"{stem}.wav", samples.astype(np.float32), audio.RATE)
                clip = audio.read(folder / name / f"{stem}.wav")
                rows.append(
                    {
                        "id": stem,
                        "corpus": name,
                        "path": f"{stem}.wav",
                        "duration": clip.duration,
                        "rate": audio.RATE,
                        "speaker": f"{name}:s{speaker}",
                        "language": LANGUAGES.get(name, "en"),
                        "emotion": emotion,
                        "sentence": f"t{take}",
                        "digest": audio.digest(clip),
                    }
                )
    table = UtteranceTable(utterances.from_rows(rows), {name: folder / name})
    utterances.write(table, folder / f"{name}.parquet")


def corpora(folder: Path) -> Path:
    """All three corpora in one folder."""
    for name in LANGUAGES:
        corpus(folder, name)
    return folder


def config(**changes: object) -> ExperimentConfig:
    """A configuration that runs in seconds."""
    given: dict[str, object] = {
        "name": "small",
        "question": "Does it run?",
        "corpora": tuple(LANGUAGES),
        "features": {"parts": ("mfcc", "logmel"), "hop_ms": 20, "n_mfcc": 6, "n_mels": 12},
        "model": {"hidden": 8, "layers": 1, "dense": 8},
        "training": {"epochs": 3, "rate": 1e-2, "batch_size": 16},
        "within": {"folds": 2, "protocols": ("strict", "random")},
        "adaptation": {"shares": (0.2, 0.8), "epochs": 2},
        "seeds": (0,),
        "workers": 1,
    }
    return ExperimentConfig.model_validate({**given, **changes})
