"""Whisper by faster-whisper: a clip → the words heard in it, and in which language. Extra `asr`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from ehsaas.audio import Clip

SETTINGS: Mapping[str, Any] = {
    "beam_size": 5,
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "vad_filter": False,
    "no_speech_threshold": None,  # what is believed is decided here, not by the package
    "log_prob_threshold": None,
    "compression_ratio_threshold": None,
}
"""How it listens; a part of the key under which what was heard is kept."""

_FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.*")


class TranscriptError(ValueError):
    """Nothing can be transcribed; the message says why and what to do."""


class LanguageError(TranscriptError):
    """The model does not know the language that it was told, or cannot tell which it is."""


@dataclass(frozen=True)
class Window:
    """The `text` of at most 30 s, and the probability `no_speech` that nobody speaks in them."""

    text: str
    no_speech: float


@dataclass(frozen=True)
class Heard:
    """What a model made of one clip; `probability` of its `language`, None where it was told."""

    windows: tuple[Window, ...]
    language: str
    probability: float | None


def find_model(model: str | Path) -> Path:
    """The folder `model`, or that of the model of this name: from the cache, else downloaded.

    Raises:
        TranscriptError: a file is missing in it, or it cannot be had.
    """
    folder = Path(model) if Path(model).is_dir() else _fetched(str(model))
    if missing := _missing(folder):
        raise TranscriptError(
            f"{folder}: no model that faster-whisper can read ({', '.join(missing)} missing); put"
            f" {', '.join(_FILES)} into one folder, with preprocessor_config.json if there is one"
        )
    return folder


class FasterWhisper:
    """A Whisper in CTranslate2's format, on the processor, in float32, one thread a clip."""

    def __init__(self, folder: Path, workers: int = 1) -> None:
        self._folder = folder
        try:
            self._whisper = _package().WhisperModel(
                str(folder),
                device="cpu",
                compute_type="float32",
                cpu_threads=1,
                num_workers=workers,
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            raise self._unusable(error) from error
        self._languages = {"en"}
        if self._whisper.model.is_multilingual:
            known = self._whisper.hf_tokenizer.token_to_id
            codes = self._whisper.supported_languages
            self._languages = {code for code in codes if known(f"<|{code}|>") is not None}

    def __call__(self, clip: Clip, language: str | None) -> Heard:
        """What is said in `clip`; the language is detected in its first 30 s where it is None.

        Raises:
            LanguageError: the model does not know `language`, or knows English alone.
            TranscriptError: the model and its files do not fit together.
        """
        if language is None and not self._whisper.model.is_multilingual:
            raise LanguageError(
                f"{self._folder}: this model hears English in everything; say that it is English"
                " with --language en, or take a multilingual model"
            )
        if language is not None and language not in self._languages:
            raise LanguageError(f"{self._folder}: the model does not know the language {language}")
        try:
            found, info = self._whisper.transcribe(clip.samples, language=language, **SETTINGS)
            windows = tuple(_window(list(own)) for _, own in groupby(found, lambda part: part.seek))
        except (RuntimeError, ValueError) as error:
            raise self._unusable(error) from error
        probability = info.language_probability if language is None else None
        return Heard(windows, "jv" if info.language == "jw" else info.language, probability)

    def _unusable(self, error: Exception) -> TranscriptError:
        return TranscriptError(f"{self._folder}: the model cannot be used ({error})")


def _window(parts: Sequence[Any]) -> Window:
    return Window("".join(part.text for part in parts), parts[0].no_speech_prob)


def _missing(folder: Path) -> list[str]:
    return [name for name in _FILES if not any(folder.glob(name))]


def _package() -> Any:
    try:
        import faster_whisper
    except ImportError as error:
        raise TranscriptError(
            "transcribing needs faster-whisper, which is not installed: pip install 'ehsaas[asr]'"
        ) from error
    return faster_whisper


def _fetched(name: str) -> Path:
    package = _package()
    from huggingface_hub.errors import HfHubHTTPError

    try:
        try:
            kept = Path(package.download_model(name, local_files_only=True))
        except OSError:
            kept = None
        if kept is None or _missing(kept):  # an earlier download may have been stopped
            return Path(package.download_model(name))
        return kept
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise TranscriptError(
            f"{name}: no such folder, and no model of this name in the cache or on the network; put"
            f" {', '.join(_FILES)} into a folder and give that"
        ) from error
