import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ehsaas.calibration import softmax
from ehsaas.experiments.benchmark import checkpoint
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from tests.judging.toys import tone

WORDS = ("neu", "hap", "ang", "sad")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("checkpoint") / "tiny-ser")


def library() -> Any:
    import transformers

    return transformers  # it has no types to speak of


def write(folder: Path, words: tuple[str, ...] = WORDS, rate: int = 16_000) -> Path:
    """A tiny wav2vec 2.0 of random weights with a head for audio classification."""
    transformers = library()

    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8, 8),
        conv_stride=(5, 4),
        conv_kernel=(10, 8),
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        classifier_proj_size=8,
        id2label=dict(enumerate(words)),
        label2id={word: i for i, word in enumerate(words)},
    )
    transformers.Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=rate).save_pretrained(folder)
    return folder


def test_it_says_what_transformers_says(saved: Path) -> None:
    transformers = library()

    found = checkpoint.entrant(saved, None)
    assert found.classes == ("anger", "happiness", "sadness", "neutral")
    assert found.name == "tiny-ser" and found.kind == "transformers checkpoint"
    clip = tone(220)
    heard = found.hear(clip, None)
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(saved)
    network = transformers.Wav2Vec2ForSequenceClassification.from_pretrained(saved).eval()
    with torch.no_grad():
        given = extractor(clip.samples, sampling_rate=16_000, return_tensors="pt")
        logits = network(**given).logits[0].numpy()
    assert heard is not None
    np.testing.assert_allclose(heard, softmax(logits)[[2, 1, 3, 0]], rtol=1e-4)


def test_labels_go_before_what_it_says_itself(saved: Path) -> None:
    found = checkpoint.entrant(saved, "fear,-,disgust,calm")
    assert found.classes == ("fear", "disgust", "calm")
    assert found.digest != checkpoint.entrant(saved, None).digest
    with pytest.raises(BenchmarkError, match="has 4 outputs and --labels 2"):
        checkpoint.entrant(saved, "anger,sadness")


def test_names_that_are_no_emotions_are_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "odd", ("LABEL_0", "happy", "sad"))
    with pytest.raises(BenchmarkError, match=r"'LABEL_0' cannot be told .* --labels -,happiness"):
        checkpoint.entrant(folder, None)


def test_weights_are_read_from_safetensors_only(saved: Path, tmp_path: Path) -> None:
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((saved / name).read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(BenchmarkError, match="no weights in safetensors"):
        checkpoint.entrant(tmp_path, None)


def test_another_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="hears 8000 Hz; the benchmark's clips have 16000"):
        checkpoint.entrant(write(tmp_path / "low", rate=8000), None)


def test_a_damaged_folder_is_told(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="no configuration of a checkpoint"):
        checkpoint.entrant(tmp_path, None)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "none"}), encoding="utf-8")
    with pytest.raises(BenchmarkError, match=r"id2label\); give --labels"):
        checkpoint.entrant(tmp_path, None)
    (tmp_path / "model.safetensors").write_bytes((saved / "model.safetensors").read_bytes())
    with pytest.raises(BenchmarkError, match="no checkpoint for audio classification"):
        checkpoint.entrant(tmp_path, "anger,sadness,neutral,calm")


def test_damaged_weights_are_told(saved: Path, tmp_path: Path) -> None:
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(BenchmarkError, match=r"\(model.safetensors\) are damaged .*copy or downl"):
        checkpoint.entrant(tmp_path, None)


def test_weights_that_are_missing_or_do_not_fit_are_told(
    saved: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """transformers would fill them at random: another model every time, under one digest."""
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights, file = load_file(saved / "model.safetensors"), tmp_path / "model.safetensors"
    encoder = {name: x for name, x in weights.items() if name.startswith("wav2vec2.")}
    save_file(encoder, file, {"format": "pt"})
    told = r"weights are missing \(4: classifier.bias, classifier.weight, projector.bias, …\), so"
    with pytest.raises(BenchmarkError, match=f"{told} that its answers would be random; give a"):
        checkpoint.entrant(tmp_path, None)
    save_file(weights | {"classifier.bias": torch.zeros(3)}, file, {"format": "pt"})
    with pytest.raises(BenchmarkError, match=r"weights are of another size \(1: classifier.bias\)"):
        checkpoint.entrant(tmp_path, None)
    written = capfd.readouterr()
    assert written.out == written.err == ""


def test_a_weight_that_only_training_needs_may_be_missing(saved: Path, tmp_path: Path) -> None:
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = load_file(saved / "model.safetensors")
    del weights["wav2vec2.masked_spec_embed"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    heard = [checkpoint.entrant(one, None).hear(tone(220), None) for one in (saved, tmp_path)]
    np.testing.assert_array_equal(heard[0], heard[1])


def test_a_network_that_cannot_be_made_is_told(saved: Path, tmp_path: Path) -> None:
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    about = json.loads((saved / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(about | {"classifier_proj_size": -1}))
    with pytest.raises(BenchmarkError, match="no checkpoint for audio classification"):
        checkpoint.entrant(tmp_path, None)


def test_without_transformers_the_extra_is_named(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install 'ehsaas\[encoders\]'"):
        checkpoint.entrant(saved, None)
