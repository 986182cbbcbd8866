from pathlib import Path

import pytest

from ehsaas.evaluation.run_folder import ReportError, read
from tests.evaluation.builders import FOUR, judged, run_folder


def test_everything_is_read(tmp_path: Path) -> None:
    files = read(run_folder(tmp_path / "run", judged(FOUR, FOUR)))
    assert files.name == "example"
    assert len(files.results) == 1
    assert files.attention is not None
    assert len(files.fingerprint) == 12


def test_what_was_not_written_is_empty(tmp_path: Path) -> None:
    judged(FOUR, FOUR).write_parquet(tmp_path / "predictions.parquet")
    (tmp_path / "attention.json").write_text("null")
    files = read(tmp_path)
    assert files.name == tmp_path.name
    assert (files.config, files.history, files.notes, files.attention) == ({}, [], [], None)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("history.json", "[{", "history.json: not JSON"),
        ("notes.json", '{"a": 1}', "notes.json: holds a dict, expected a list"),
        ("config.yaml", "a: [", "config.yaml: not YAML"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    run = run_folder(tmp_path / "run", judged(FOUR, FOUR))
    (run / name).write_text(content)
    with pytest.raises(ReportError, match=message):
        read(run)
