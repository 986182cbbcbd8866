"""faster-whisper's place is taken by a module that says what it is told to."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ehsaas.audio import Clip
from ehsaas.corpora.asr import (
    FasterWhisper,
    Heard,
    LanguageError,
    TranscriptError,
    Window,
    find_model,
)
from tests import signals
from tests.corpora.asr_models import write_model


class Whisper:
    """A stand-in for faster-whisper's model: the border, not the network, is tested."""

    def __init__(self, folder: str, **options: Any) -> None:
        self.options = options
        self.model = SimpleNamespace(is_multilingual=not folder.endswith(".en"))
        self.supported_languages = ["en", "jw", "ur", "yue"]
        self.hf_tokenizer = SimpleNamespace(
            token_to_id=lambda token: None if token == "<|yue|>" else 1
        )

    def transcribe(self, samples: signals.Signal, **options: Any) -> tuple[Iterator[Any], Any]:
        assert samples.dtype == np.float32
        parts = ((" A", 0), (" b.", 0), (" C", 3000))
        found = (
            SimpleNamespace(text=text, seek=at, no_speech_prob=at / 5000) for text, at in parts
        )
        language = options["language"] or "jw"
        assert (options["temperature"], options["vad_filter"]) == (0.0, False)
        assert options["condition_on_previous_text"] is False
        assert options["no_speech_threshold"] is None
        return found, SimpleNamespace(language=language, language_probability=0.7)


def fake_package(monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    module = SimpleNamespace(WhisperModel=Whisper, **more)
    monkeypatch.setitem(sys.modules, "faster_whisper", module)


def test_faster_whisper_gives_windows_and_a_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_package(monkeypatch)
    recognise = FasterWhisper(Path("base"), 2)
    clip = Clip(signals.voice(150, 0.5))
    windows = (Window(" A b.", 0.0), Window(" C", 0.6))
    assert recognise(clip, None) == Heard(windows, "jv", 0.7)
    assert recognise(clip, "ur") == Heard(windows, "ur", None)
    for unknown in ("ks", "yue"):
        with pytest.raises(LanguageError, match=f"does not know the language {unknown}"):
            recognise(clip, unknown)


def test_an_english_model_does_not_detect_english(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_package(monkeypatch)
    recognise = FasterWhisper(Path("base.en"))
    clip = Clip(signals.voice(150, 0.5))
    with pytest.raises(LanguageError, match="hears English in everything; say .* --language en"):
        recognise(clip, None)
    assert recognise(clip, "en").language == "en"
    with pytest.raises(LanguageError, match="does not know the language ur"):
        recognise(clip, "ur")


def test_a_model_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise RuntimeError("File model.bin is incomplete")

    module = SimpleNamespace(WhisperModel=refuse)
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    with pytest.raises(TranscriptError, match=r"^base: the model cannot be used \(File model.bin"):
        FasterWhisper(Path("base"))


def test_a_named_model_comes_from_the_cache_else_from_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub", reason="faster-whisper's downloads are not installed")
    model = write_model(tmp_path / "model")
    asked: list[bool] = []

    def download(name: str, local_files_only: bool = False) -> str:
        asked.append(local_files_only)
        if name == "huge":
            raise ValueError("Invalid model size 'huge'")
        if name == "kept" or (name == "half" and not local_files_only):
            return str(model)
        if name == "half":
            return str(tmp_path / "half")  # its download was stopped
        if local_files_only or name == "far":
            raise FileNotFoundError("not in the cache, and no network")
        return str(model)

    fake_package(monkeypatch, download_model=download)
    for name, offline in (("kept", [True]), ("base", [True, False]), ("half", [True, False])):
        asked.clear()
        assert find_model(name) == model
        assert asked == offline
    for name in ("huge", "far"):
        with pytest.raises(TranscriptError, match=f"^{name}: no such folder, .* into a folder"):
            find_model(name)
