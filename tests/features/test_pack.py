import os
import time
from pathlib import Path

import numpy as np
import pytest

from ehsaas.features import pack
from ehsaas.features.pack import Entry, PackError, PrecisionError, Source


def entry(name: str, frames: int, value: float = 1.0, digest: str | None = None) -> Entry:
    values = np.full((frames, 3), value, dtype=np.float32)
    return Entry(Source(name, None, None, 10, 20), digest or name, values)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    entries = [entry("a", 2, 0.5), entry("b", 1, -700.5), entry("c", 4, 3.0)]
    pack.write(tmp_path, entries, 3, "float16")
    found = pack.read(tmp_path)
    assert found is not None and found.values.dtype == np.float16
    for given in entries:
        kept = found.entry(given.source)
        assert kept.digest == given.digest and kept.values.dtype == np.float32
        np.testing.assert_array_equal(kept.values, given.values)


def test_stretches_of_one_file_are_told_apart(tmp_path: Path) -> None:
    values = np.zeros((1, 3), dtype=np.float32)
    first, second = (Source("a", start, start + 1, 10, 20) for start in (0.0, 1.0))
    pack.write(tmp_path, [Entry(first, "x", values), Entry(second, "y", values + 1)], 3, "float16")
    found = pack.read(tmp_path)
    assert found is not None
    assert found.entry(second).values.tolist() == [[1, 1, 1]]


def test_equal_sound_is_kept_once(tmp_path: Path) -> None:
    found = pack.write(
        tmp_path, [entry("a", 2, digest="x"), entry("b", 2, digest="x")], 3, "float32"
    )
    assert found.values.shape == (2, 3) and len(found.places) == 2


def test_nothing_there_is_none(tmp_path: Path) -> None:
    assert pack.read(tmp_path / "nowhere") is None


def test_a_new_pack_replaces_the_old_and_its_reader_keeps_it(tmp_path: Path) -> None:
    pack.write(tmp_path, [entry("a", 2, 1.0)], 3, "float16")
    old = pack.read(tmp_path)
    pack.write(tmp_path, [entry("a", 5, 2.0)], 3, "float16")
    new = pack.read(tmp_path)
    assert old is not None and new is not None
    assert old.values.sum() == 6 and new.values.sum() == 30
    assert len(list(tmp_path.iterdir())) == 2


def test_what_float16_cannot_hold_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PrecisionError, match="b: float16"):
        pack.write(tmp_path, [entry("a", 1), entry("b", 1, 1e5)], 3, "float16")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="not finite"):
        pack.write(tmp_path, [entry("a", 1, np.nan)], 3, "float32")


def test_damage_is_noticed(tmp_path: Path) -> None:
    pack.write(tmp_path, [entry("a", 100)], 3, "float32")
    (data,) = tmp_path.glob("*.bin")
    whole = data.read_bytes()
    data.write_bytes(whole[:-4])
    with pytest.raises(PackError, match="1196 bytes, 1200 expected"):
        pack.read(tmp_path)
    data.write_bytes(b"\x01" + whole[1:])
    with pytest.raises(PackError, match="checksum"):
        pack.read(tmp_path)
    data.unlink()
    with pytest.raises(PackError, match="not there"):
        pack.read(tmp_path)
    (tmp_path / "index.parquet").write_bytes(b"no parquet")
    with pytest.raises(PackError):
        pack.read(tmp_path)
    fresh = pack.write(tmp_path, [entry("a", 1)], 3, "float32")
    assert fresh.values.shape == (1, 3)


def test_what_killed_writers_left_is_removed_after_a_day(tmp_path: Path) -> None:
    young, old = tmp_path / "young.part", tmp_path / "old.part"
    for file in (young, old):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * 24 * 3600,) * 2)
    pack.write(tmp_path, [entry("a", 1)], 3, "float16")
    assert young.exists() and not old.exists()
