import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import soundfile
from rich.console import Console

from ehsaas import audio, shipped
from ehsaas.corpora import CORPORA
from ehsaas.experiments.config import load
from ehsaas.experiments.mistakes import ConfigError
from examples import demo
from tests.audit.tables import EVEN, table
from tests.conftest import Pair
from tests.export import toys


def native(mix: dict[str, dict[str, int]]) -> pl.DataFrame:
    return table(mix).rows.with_columns(native_emotion=pl.col("emotion"))


def test_thinning_keeps_emotions_and_speakers_even() -> None:
    rows = demo.thinned(native({name: dict(mix) for name, mix in EVEN.items()}), 48)
    counts = rows.group_by("speaker", "emotion").len()
    assert counts.height == 12
    assert counts["len"].to_list() == [4] * 12


def test_thinning_a_lopsided_corpus_keeps_the_rare_emotion() -> None:
    rows = demo.thinned(native({"a": {"anger": 90}, "b": {"sadness": 10}}), 30)
    assert dict(rows.group_by("emotion").len().iter_rows()) == {"anger": 20, "sadness": 10}


def test_a_small_corpus_is_left_whole() -> None:
    rows = native({"a": {"anger": 3, "sadness": 2}})
    assert sorted(demo.thinned(rows, 160)["id"]) == sorted(rows["id"])


def test_a_folder_without_known_corpora_is_refused_with_their_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no folder named after a corpus; known are aesdd"):
        demo.demonstrate_on_real(tmp_path, tmp_path / "out")


def test_it_begins_with_the_model_that_is_shipped(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pair: Callable[[str], Pair],
) -> None:
    clips = [tmp_path / f"{name}.wav" for name in ("one", "two")]
    for path, clip in zip(clips, toys.clips()[2:4], strict=True):
        soundfile.write(path, clip.samples, audio.RATE)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(demo, "console", Console(width=120))
    demo.begin(clips)
    missing = capsys.readouterr().out
    assert "Left out. ehsaas-base: the file of this model" in missing and "one.wav" not in missing
    file = pair("attention-bilstm").file
    shutil.copy(file.path, tmp_path / "ehsaas-base.onnx")
    demo.begin(clips)
    shown = capsys.readouterr().out
    for path in clips:
        (line,) = (one for one in shown.splitlines() if path.name in one)
        estimate = file(audio.read(path))
        for name, p in estimate.probabilities.items():
            assert f"{name} {p:.2f}" in line
    assert "Licence of ehsaas-base: CC-BY-4.0." in shown


def test_the_configuration_is_for_what_is_rendered() -> None:
    config = load(demo.CONFIG)
    assert config.corpora == tuple(f"rendered_{language}" for language in demo.LANGUAGES)
    assert set(config.corpora) <= set(CORPORA)
