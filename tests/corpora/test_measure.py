"""One decode a recording: what the rows gain by it, and where the unreadable ones go."""

from pathlib import Path

from ehsaas.corpora.measure import Unused, measure
from tests.corpora.recordings import write


def test_rows_gain_duration_rate_and_digest_and_bad_files_are_listed(tmp_path: Path) -> None:
    write(tmp_path, ["b.wav", "a.wav"], rate=8000)
    (tmp_path / "bad.wav").write_text("no audio")
    rows = [{"id": name, "path": f"{name}.wav", "speaker": "x"} for name in ("b", "bad", "a")]
    unused, seen = Unused(), []
    prepared = measure("mine", tmp_path, rows, unused, 1, lambda *state: seen.append(state))
    table = prepared.table.rows
    assert table["path"].to_list() == ["a.wav", "b.wav"]
    assert table["speaker"].to_list() == ["mine:x", "mine:x"]
    assert table["rate"].to_list() == [8000, 8000]
    assert table["duration"].is_between(0.05, 0.16).all()
    assert table["digest"].n_unique() == 2
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert unused.reasons().startswith("bad.wav: not audio")
    assert prepared.unused["path"].to_list() == ["bad.wav"]
    assert prepared.notes[0] == "b.wav: recorded at 8000 Hz: nothing above 4 kHz"
