"""A folder → its files that look like audio."""

from pathlib import Path

from ehsaas import audio


def test_hidden_files_folders_and_other_files_are_left_out(tmp_path: Path) -> None:
    for name in (
        "b/deep.wav",
        "a.WAV",
        "b.flac",
        "film.mp4",
        "notes.txt",
        "._a.wav",
        ".cache/c.wav",
        "__MACOSX/d.wav",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.wav").mkdir()
    assert [str(path) for path in audio.recordings_in(tmp_path)] == [
        "a.WAV",
        "b.flac",
        "film.mp4",
        "b/deep.wav",
    ]
