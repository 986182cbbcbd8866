from pathlib import Path

import pytest

from ehsaas.export import ExportError
from ehsaas.export.places import move, see_places


def test_places_that_can_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "old.onnx").touch()
    see_places(tmp_path / "old.onnx", None)
    see_places(tmp_path / "a" / "b" / "x.onnx", tmp_path / "c" / "x.pt2")
    assert [one.name for one in tmp_path.iterdir()] == ["old.onnx"]  # nothing is made yet


def test_places_that_cannot_be_are_said(tmp_path: Path) -> None:
    (tmp_path / "folder.pt2").mkdir()
    (tmp_path / "file").touch()
    good = tmp_path / "x.onnx"
    for path, program, message in (
        (tmp_path, None, f"{tmp_path}: is a folder"),
        (good, tmp_path / "folder.pt2", "folder.pt2: is a folder; expected the name of a file"),
        (good, tmp_path / "x.bin", "x.bin: expected the name of a program to end in .pt2"),
        (tmp_path / "file" / "x.onnx", None, f"{tmp_path / 'file'} is no folder"),
        (good, tmp_path / "file" / "a" / "x.pt2", f"{tmp_path / 'file'} is no folder"),
        (tmp_path / "x.pt2", tmp_path / "x.pt2", "cannot have the same name"),
    ):
        with pytest.raises(ExportError, match=message):
            see_places(path, program)


def test_all_are_moved_or_none(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "a").write_text("new")
    one, two = tmp_path / "to" / "one", tmp_path / "two"
    two.write_text("old")
    with pytest.raises(FileNotFoundError):
        move({made / "a": two, made / "none": one})
    assert two.read_text() == "old" and not [*(tmp_path / "to").iterdir()]
    (made / "b").write_text("another")
    move({made / "a": two, made / "b": one})
    assert (two.read_text(), one.read_text()) == ("new", "another")
    assert {path.name for path in tmp_path.rglob("*")} == {"made", "a", "b", "to", "one", "two"}
