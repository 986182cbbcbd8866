import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ehsaas import audio
from ehsaas.features.functionals import FunctionalsConfig
from ehsaas.features.pack import DType
from ehsaas.features.stack import FeatureConfig
from ehsaas.features.store import FeatureStore, Settings, StoreError
from ehsaas.utterances import UtteranceTable, from_rows, write
from tests import signals

CLIPS = {
    "low": signals.voice(110, 0.4),
    "high": signals.voice(280, 0.7),
    "noise": signals.noise(0.2),
    "short": signals.tone(300, 0.01),
}
CONFIG = FeatureConfig(parts=("mfcc", "energy", "pitch"), n_mfcc=13)


@pytest.fixture
def corpus(tmp_path: Path) -> UtteranceTable:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, clip in CLIPS.items():
        soundfile.write(folder / f"{name}.wav", clip, audio.RATE, subtype="PCM_16")
    return table(folder)


def table(folder: Path, corpus: str = "mine") -> UtteranceTable:
    rows = [
        {"id": file.stem, "corpus": corpus, "path": file.name, "digest": digest(file)}
        for file in sorted(folder.glob("*.wav"))
    ]
    return UtteranceTable(from_rows(rows), {corpus: folder})


def digest(file: Path) -> str:
    return audio.digest(audio.read(file))


def direct(file: Path, config: Settings) -> NDArray[np.float32]:
    clip = audio.read(file)
    with torch.inference_mode():
        features, _ = config.extractor()(*signals.batch(clip.samples))
    found: NDArray[np.float32] = features[0].numpy()
    return found


def same(found: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
    """Within what float16 keeps: 1e-3 · max(1, |x|)."""
    gap = np.abs(found - expected)
    return found.shape == expected.shape and bool(
        (gap <= 1e-3 * np.maximum(1, np.abs(expected))).all()
    )


def data_files(home: Path) -> list[str]:
    return sorted(file.name for file in home.rglob("*.bin"))


def test_features_follow_the_tables_rows(tmp_path: Path, corpus: UtteranceTable) -> None:
    store = FeatureStore(tmp_path / "home")
    for rows in (corpus.rows, corpus.rows.reverse()):
        found = store.get(corpus.keep(rows), CONFIG)
        assert len(found) == 4 and found.dims == 43 and found.names == CONFIG.names
        for i, name in enumerate(rows["path"]):
            expected = direct(corpus.roots["mine"] / name, CONFIG)
            assert found[i].dtype == np.float32 and type(found[i]) is np.ndarray
            assert len(expected) == found.lengths[i]
            assert same(found[i], expected)


def test_functionals_are_kept_to_the_bit(tmp_path: Path, corpus: UtteranceTable) -> None:
    found = FeatureStore(tmp_path).get(corpus, FunctionalsConfig(), workers=1)
    for i, name in enumerate(corpus.rows["path"]):
        expected = direct(corpus.roots["mine"] / name, FunctionalsConfig())
        np.testing.assert_allclose(found[i], expected, rtol=1e-5, atol=1e-5)
    assert found.lengths.tolist() == [1] * 4


def test_the_number_of_workers_changes_no_bit(tmp_path: Path, corpus: UtteranceTable) -> None:
    one, four = (
        FeatureStore(tmp_path / str(workers)).get(corpus, CONFIG, workers=workers)
        for workers in (1, 4)
    )
    assert all(np.array_equal(one[i], four[i]) for i in range(4))


def test_the_second_time_nothing_is_computed(tmp_path: Path, corpus: UtteranceTable) -> None:
    home = tmp_path / "home"
    told: list[tuple[int, int]] = []
    FeatureStore(home).get(corpus, CONFIG, progress=lambda *state: told.append(state))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    before = data_files(home)
    told.clear()
    FeatureStore(home).get(corpus, CONFIG, progress=lambda *state: told.append(state))
    assert told == [(4, 4)] and data_files(home) == before


def test_each_corpus_and_setting_has_its_own_pack(tmp_path: Path, corpus: UtteranceTable) -> None:
    store = FeatureStore(tmp_path / "home")
    other = table(corpus.roots["mine"], "other")
    rows = pl.concat([corpus.rows, other.rows]).sort("id", "corpus")
    both = UtteranceTable(rows, {**corpus.roots, **other.roots})
    found = store.get(both, CONFIG)
    assert np.array_equal(found[0], found[1]) and len(found[0]) != len(found[2])
    store.get(corpus, FeatureConfig(parts=("pitch",)))
    assert len(data_files(tmp_path)) == 3


def test_more_rows_are_added_to_what_is_there(tmp_path: Path, corpus: UtteranceTable) -> None:
    store = FeatureStore(tmp_path / "home")
    store.get(corpus.keep(corpus.rows[:2]), CONFIG)
    told: list[tuple[int, int]] = []
    found = store.get(corpus, CONFIG, progress=lambda *state: told.append(state))
    assert told == [(2, 4), (3, 4), (4, 4)]
    assert same(found[3], direct(corpus.roots["mine"] / "short.wav", CONFIG))
    assert store.get(corpus.keep(corpus.rows[:1]), CONFIG).lengths.tolist() == [68]
    assert len(data_files(tmp_path)) == 1


def test_changed_audio_is_computed_again(
    tmp_path: Path, corpus: UtteranceTable, caplog: pytest.LogCaptureFixture
) -> None:
    store = FeatureStore(tmp_path / "home")
    store.get(corpus, CONFIG)
    file = corpus.roots["mine"] / "low.wav"
    soundfile.write(file, signals.voice(200, 0.9), audio.RATE)
    with caplog.at_level(logging.WARNING):
        found = store.get(corpus, CONFIG)
    assert "1 recordings have changed since the table was made" in caplog.text
    row = corpus.rows["id"].to_list().index("low")
    assert same(found[row], direct(file, CONFIG))
    caplog.clear()
    anew = table(corpus.roots["mine"])
    assert same(store.get(anew, CONFIG)[row], direct(file, CONFIG)) and not caplog.text


class Refusing(nn.Module):
    def forward(self, samples: torch.Tensor, lengths: torch.Tensor) -> None:
        raise AssertionError("nothing is to be computed")


def test_what_was_copied_or_touched_is_not_computed_again(
    tmp_path: Path, corpus: UtteranceTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FeatureStore(tmp_path / "home")
    before = store.get(corpus, CONFIG)
    for file in corpus.roots["mine"].glob("*.wav"):
        os.utime(file, (1, 1))
    monkeypatch.setattr(FeatureConfig, "extractor", lambda self: Refusing())
    after = store.get(corpus, CONFIG)
    assert all(np.array_equal(before[i], after[i]) for i in range(4))
    assert len(data_files(tmp_path)) == 1


def test_a_digest_that_is_not_the_tables_is_not_trusted(
    tmp_path: Path, corpus: UtteranceTable
) -> None:
    store = FeatureStore(tmp_path / "home")
    store.get(corpus, CONFIG)
    before = data_files(tmp_path)
    strange = corpus.rows.with_columns(pl.lit("0" * 32).alias("digest"))
    store.get(corpus.keep(strange), CONFIG)
    assert data_files(tmp_path) != before
    unknown = corpus.rows.with_columns(pl.lit(None, dtype=pl.String).alias("digest"))
    between = data_files(tmp_path)
    store.get(corpus.keep(unknown), CONFIG)
    assert data_files(tmp_path) == between


@pytest.mark.parametrize("broken", ["*.bin", "index.parquet"])
def test_a_damaged_store_is_built_again_and_says_so(
    tmp_path: Path, corpus: UtteranceTable, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    store = FeatureStore(tmp_path / "home")
    whole = store.get(corpus, CONFIG)
    expected = [whole[i] for i in range(4)]
    (file,) = (tmp_path / "home").rglob(broken)
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    file.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        found = store.get(corpus, CONFIG)
    assert "damaged and are computed again" in caplog.text
    assert all(np.array_equal(found[i], expected[i]) for i in range(4))


def test_stretches_of_a_recording(tmp_path: Path, corpus: UtteranceTable) -> None:
    rows = [
        {"id": "a", "corpus": "mine", "path": "high.wav", "start": 0.0, "end": 0.3},
        {"id": "b", "corpus": "mine", "path": "high.wav", "start": 0.3, "end": 0.7},
    ]
    found = FeatureStore(tmp_path / "home").get(corpus.keep(from_rows(rows)), CONFIG)
    assert found.lengths.tolist() == [28, 38]


def test_without_rows_there_are_no_features(tmp_path: Path, corpus: UtteranceTable) -> None:
    assert len(FeatureStore(tmp_path).get(corpus.keep(corpus.rows[:0]), CONFIG)) == 0


class Loud(nn.Module):
    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return samples[:, :1, None] * 0 + 1e5, torch.ones_like(lengths)


class LoudSettings:
    names = ("loud",)
    dtype: DType = "float16"

    def extractor(self) -> nn.Module:
        return Loud()

    def model_dump_json(self) -> str:
        return "{}"


def test_what_float16_cannot_hold_is_kept_as_float32(
    tmp_path: Path, corpus: UtteranceTable
) -> None:
    found = FeatureStore(tmp_path).get(corpus, LoudSettings())
    assert [found[i].item() for i in range(4)] == [1e5] * 4


def test_rows_without_a_readable_recording_are_named(
    tmp_path: Path, corpus: UtteranceTable
) -> None:
    store = FeatureStore(tmp_path / "home")
    nothing = corpus.rows.with_columns(pl.lit(None, dtype=pl.String).alias("path"))
    with pytest.raises(StoreError, match="mine/high has no recording"):
        store.get(corpus.keep(nothing), CONFIG)
    (corpus.roots["mine"] / "noise.wav").write_bytes(b"not audio at all")
    with pytest.raises(StoreError, match=r"noise\.wav"):
        store.get(corpus, CONFIG)
    (corpus.roots["mine"] / "noise.wav").unlink()
    with pytest.raises(
        StoreError, match=r"mine/noise: .*noise\.wav cannot be found; run `ehsaas prepare` again"
    ):
        store.get(corpus, CONFIG)
    assert not data_files(tmp_path)


BUILD = """
import sys
from pathlib import Path
from ehsaas.features import FeatureConfig, FeatureStore
from ehsaas.utterances import read
config = FeatureConfig(parts=("mfcc", "energy", "pitch"), n_mfcc=13)
found = FeatureStore(Path(sys.argv[2])).get(read(Path(sys.argv[1])), config)
print(sum(float(abs(found[i]).sum()) for i in range(len(found))))
"""


def test_two_processes_at_once(tmp_path: Path, corpus: UtteranceTable) -> None:
    write(corpus, tmp_path / "table.parquet")
    call = [sys.executable, "-c", BUILD, str(tmp_path / "table.parquet"), str(tmp_path / "home")]
    running = [subprocess.Popen(call, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    found = FeatureStore(tmp_path / "home").get(corpus, CONFIG)
    total = sum(float(np.abs(found[i]).sum()) for i in range(4))
    assert [float(line) for line in said] == pytest.approx([total, total], rel=1e-6)
