"""An audio file → a warning where it ends before its header says: libsndfile gives none."""

import io
from typing import Any, BinaryIO


def cut_short(handle: Any, form: str, length: float) -> list[str]:
    """A warning where a WAV, AIFF or Ogg file ends too early: libsndfile gives none."""
    with open(handle, "rb") if isinstance(handle, str) else io.BytesIO(handle.getbuffer()) as file:
        total = file.seek(0, io.SEEK_END)
        if form == "OGG":
            file.seek(max(0, total - 0x10000))
            if _ends_in_last_page(file.read()):
                return []
            return [f"truncated: the Ogg stream breaks off at {length:.2f} s"]
        promised, there = _data_chunk(file, total) if form in ("WAV", "WAVEX") else (0, 0)
        if form == "AIFF":
            file.seek(4)
            promised, there = int.from_bytes(file.read(4), "big"), total - 8
    if promised <= there or promised >= 0x7FFFF000:  # who records into a pipe knows no length
        return []
    said = f"{length * promised / there:.2f} s" if there else "more"
    return [f"truncated: the header says {said}, {length:.2f} s are there"]


def _ends_in_last_page(tail: bytes) -> bool:
    """Whether an Ogg file's last bytes hold a whole page that is flagged as the stream's last."""
    page = tail[tail.rfind(b"OggS") :]
    lengths = page[27 : 27 + page[26]] if len(page) > 26 else b""
    return len(page) >= 27 + len(lengths) + sum(lengths) and bool(page[5] & 4)


def _data_chunk(file: BinaryIO, total: int) -> tuple[int, int]:
    """Bytes that a WAV's `data` chunk promises, and bytes from there to the end of the file."""
    file.seek(12)
    while len(head := file.read(8)) == 8:
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"data":
            return size, total - file.tell()
        file.seek(size + size % 2, io.SEEK_CUR)
    return 0, 0
