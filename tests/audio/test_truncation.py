"""A file that ends before its header says is read, and said to be truncated; others are not."""

from pathlib import Path

import numpy as np
import pytest

from ehsaas import audio
from ehsaas.audio import RATE
from tests.audio.sounds import encoded, tone


@pytest.mark.parametrize("as_path", [True, False])
@pytest.mark.parametrize(
    ("form", "subtype", "says"),
    [
        ("WAV", "PCM_16", "the header says 3.00 s, 1.2"),
        ("WAVEX", "PCM_16", "the header says 3.00 s, 1.2"),
        ("AIFF", "PCM_16", "the header says 3.00 s, 1.2"),
        ("OGG", "OPUS", "the Ogg stream breaks off at"),
        ("MP3", "MPEG_LAYER_III", "the header says 3.00 s"),
    ],
)
def test_a_truncated_file_is_read_and_named(
    tmp_path: Path, form: str, subtype: str, says: str, as_path: bool
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * RATE)
    data = encoded(noise, form=form, subtype=subtype)
    data = data[: int(len(data) * (0.8 if form == "OGG" else 0.41))]
    (tmp_path / "cut").write_bytes(data)
    clip = audio.read(tmp_path / "cut" if as_path else data)
    assert 0.5 < clip.duration < 2.9
    assert len(clip.warnings) == 1
    assert clip.warnings[0].startswith("truncated: ")
    assert says in clip.warnings[0]


def test_a_wav_with_chunks_before_and_after_the_sound_is_whole() -> None:
    data = encoded(tone())
    note = b"LIST" + (5).to_bytes(4, "little") + b"abcde\0"
    at = data.index(b"data")
    clip = audio.read(data[:at] + note + data[at:] + note)
    assert (clip.duration, clip.warnings) == (1.0, ())


def test_a_wav_recorded_into_a_pipe_knows_no_length_and_is_no_truncated_one() -> None:
    data = bytearray(encoded(tone()))
    at = data.index(b"data") + 4
    data[at : at + 4] = data[4:8] = b"\xff\xff\xff\xff"
    clip = audio.read(bytes(data))
    assert (clip.duration, clip.warnings) == (1.0, ())
