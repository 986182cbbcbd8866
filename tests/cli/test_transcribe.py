import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import soundfile

from ehsaas import utterances
from ehsaas.audio import RATE
from ehsaas.utterances import UtteranceTable
from tests import signals
from tests.cli.conftest import Type


class Whisper:
    """A stand-in for faster-whisper's model that hears Urdu in everything."""

    def __init__(self, folder: str, **options: Any) -> None:
        self.model = SimpleNamespace(is_multilingual=True)
        self.supported_languages = ["en", "ur"]
        self.hf_tokenizer = SimpleNamespace(token_to_id=lambda token: 1)

    def transcribe(
        self, samples: object, language: str | None, **options: Any
    ) -> tuple[Iterator[Any], Any]:
        part = SimpleNamespace(text=" Salaam.", seek=0, no_speech_prob=0.1)
        about = SimpleNamespace(language=language or "ur", language_probability=0.9)
        return iter([part]), about


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `mini.parquet`, one of its two rows in Kashmiri, and the folder `model`."""
    monkeypatch.setitem(sys.modules, "faster_whisper", SimpleNamespace(WhisperModel=Whisper))
    monkeypatch.setenv("EHSAAS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("model").mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (Path("model") / name).write_text("{}")
    for name, f0 in (("a", 120.0), ("b", 220.0)):
        soundfile.write(f"{name}.wav", signals.voice(f0, 0.5), RATE)
    rows = [
        {"id": "a", "corpus": "mini", "path": "a.wav", "language": "ks"},
        {"id": "b", "corpus": "mini", "path": "b.wav"},
    ]
    table = UtteranceTable(utterances.from_rows(rows), {"mini": tmp_path})
    utterances.write(table, Path("mini.parquet"))
    return tmp_path


def test_missing_texts_are_filled_in_the_table_itself(typed: Type, here: Path) -> None:
    result = typed("transcribe", "mini.parquet", "--model", "model")
    assert result.exit_code == 0, result.output
    assert result.stdout == "mini.parquet: 2 texts filled, 0 were there, 0 rows have none\n"
    assert "1 texts were heard as ur where the table says ks, which stays" in result.stderr
    rows = utterances.read(Path("mini.parquet")).rows
    assert rows["text"].to_list() == ["Salaam."] * 2
    assert rows["language"].to_list() == ["ks", "ur"]
    assert len(list((here / "home" / "transcripts").rglob("*.json"))) == 2
    again = typed("transcribe", "mini.parquet", "--model", "model")
    assert again.stdout == "mini.parquet: 0 texts filled, 2 were there, 0 rows have none\n"


@pytest.mark.usefixtures("here")
def test_another_table_can_be_written(typed: Type) -> None:
    words = ("--model", "model", "--language", "ur", "--workers", "2", "-o", "out/texts.parquet")
    result = typed("transcribe", "mini.parquet", *words)
    assert result.exit_code == 0, result.output
    assert "out/texts.parquet: 2 texts filled" in result.stdout
    assert utterances.read(Path("mini.parquet")).rows["text"].null_count() == 2
    table = utterances.read(Path("out/texts.parquet"))
    assert table.rows["language"].to_list() == ["ks", "ur"]
    assert table.location("mini", "a.wav").is_file()


@pytest.mark.usefixtures("here")
def test_what_cannot_be_transcribed_is_listed_and_the_exit_code_is_1(typed: Type) -> None:
    result = typed("transcribe", "mini.parquet", "--model", "model", "--language", "table")
    assert result.exit_code == 1
    assert result.stdout == "mini.parquet: 1 texts filled, 0 were there, 1 rows have none\n"
    assert "mini/a" in result.stderr
    assert "1 recordings could not be transcribed" in result.stderr


@pytest.mark.usefixtures("here")
def test_silence_is_listed_but_is_no_failure(typed: Type) -> None:
    soundfile.write("b.wav", signals.silence(1.0), RATE)
    result = typed("transcribe", "mini.parquet", "--model", "model")
    assert result.exit_code == 0, result.output
    assert "mini/b" in result.stderr
    assert "it is silent" in result.stderr
    assert "1 texts filled, 0 were there, 1 rows have none" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.parquet", "--model", "model"], "none.parquet: no such table"),
        (["mini.parquet", "--model", "."], "model.bin, config.json, tokenizer.json"),
        (["mini.parquet", "--model", "model", "--language", "Urdu"], "expected a tag such as ks"),
        (["mini.parquet", "--model", "model", "--language", "ks"], "not know the language ks"),
    ],
)
@pytest.mark.usefixtures("here")
def test_mistakes_are_one_line_and_exit_code_2(words: list[str], message: str, typed: Type) -> None:
    before = Path("mini.parquet").read_bytes()
    result = typed("transcribe", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert Path("mini.parquet").read_bytes() == before


@pytest.mark.usefixtures("here")
def test_without_faster_whisper_one_line_says_what_to_install(
    typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    result = typed("transcribe", "mini.parquet", "--model", "model")
    assert result.exit_code == 2
    assert "pip install 'ehsaas[asr]'" in result.stderr
    assert result.stderr.count("\n") == 1
