"""A folder → the files in it that look like audio."""

from pathlib import Path, PurePosixPath

SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .snd .caf .w64 .rf64"
    " .m4a .mp4 .aac .wma .webm .mkv .mka .mov .avi .amr .3gp".split()
)
"""File name endings, in lower case, of what may hold audio; the second line needs PyAV."""


def recordings_in(folder: Path) -> list[PurePosixPath]:
    """Files under `folder` that look like audio, relative to it, the shallow ones first.

    Hidden files and macOS's archive leftovers are left out.
    """
    found = [
        PurePosixPath(path.relative_to(folder).as_posix())
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    ]
    seen = [p for p in found if not any(part.startswith((".", "__MACOSX")) for part in p.parts)]
    return sorted(seen, key=lambda path: (len(path.parts), str(path)))
