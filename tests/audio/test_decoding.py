"""Reading audio: known signals, and every kind of bad input ends in a result or a named error."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ehsaas import audio
from ehsaas.audio import RATE, AudioError
from tests.audio.sounds import encoded, pitch, tone


@pytest.mark.parametrize(
    ("form", "subtype", "rate"),
    [
        ("WAV", "PCM_16", 16000),
        ("WAV", "PCM_U8", 16000),
        ("WAV", "PCM_24", 48000),
        ("WAV", "FLOAT", 44100),
        ("WAVEX", "PCM_16", 8000),
        ("WAV", "ULAW", 8000),
        ("FLAC", "PCM_16", 44100),
        ("OGG", "VORBIS", 22050),
        ("OGG", "OPUS", 48000),
        ("MP3", "MPEG_LAYER_III", 44100),
        ("AIFF", "PCM_16", 32000),
    ],
)
def test_every_format_keeps_pitch_length_and_level(form: str, subtype: str, rate: int) -> None:
    recording = audio.decode(encoded(tone(1.0, rate), rate, form, subtype))
    clip = recording.clip
    assert (recording.rate, recording.channels) == (rate, 1)
    assert (clip.rate, str(clip.samples.dtype)) == (RATE, "float32")
    said = ("recorded at 8000 Hz: nothing above 4 kHz",)
    assert clip.warnings == (said if rate == 8000 else ())
    assert clip.duration == pytest.approx(1.0, abs=0.06)  # MP3 pads to whole frames
    assert pitch(clip) == pytest.approx(440, abs=1.5)
    middle = clip.samples[4000:12000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)


def test_pcm_at_16_khz_comes_through_unchanged(tmp_path: Path) -> None:
    samples = np.round(tone() * 32767) / np.float32(32768)
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    np.testing.assert_allclose(audio.read(tmp_path / "a.wav").samples, samples, atol=1 / 32768)


def test_paths_bytes_and_streams_read_alike(tmp_path: Path) -> None:
    data = encoded(tone())
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with path.open("rb") as stream:
        digests = {audio.digest(audio.read(source)) for source in (path, str(path), data, stream)}
    assert len(digests) == 1


def test_a_stretch_is_the_same_part_of_the_whole() -> None:
    data = encoded(tone(3.0, hertz=300.5))
    part = audio.read(data, start=1.0, end=1.5)
    assert part.duration == 0.5
    np.testing.assert_array_equal(part.samples, audio.read(data).samples[16000:24000])
    assert audio.read(data, start=2.5).duration == 0.5
    assert audio.read(data, end=0.25).duration == 0.25


@pytest.mark.parametrize(
    ("start", "end"), [(-1.0, None), (2.0, 1.0), (1.0, 1.0), (5.0, None), (np.inf, None)]
)
def test_a_stretch_outside_the_recording_is_refused(start: float, end: float | None) -> None:
    with pytest.raises(AudioError, match="the audio given as bytes: .* s"):
        audio.read(encoded(tone(3.0)), start, end)


def test_a_stretch_without_an_end_may_say_infinity() -> None:
    clip = audio.read(encoded(tone(1.0)), 0.25, np.inf)
    assert (clip.duration, clip.warnings) == (0.75, ())


def test_a_stretch_too_short_for_a_sample_is_refused() -> None:
    with pytest.raises(AudioError, match="between 0.5 s and 0.50001 s there is no sample"):
        audio.read(encoded(tone(1.0)), 0.5, 0.50001)
    with pytest.raises(AudioError, match="between 0.99999 s and the end there is no sample"):
        audio.read(encoded(tone(1.0)), 0.99999)


def test_a_stretch_that_ends_after_the_recording_is_cut_and_named() -> None:
    clip = audio.read(encoded(tone(1.0)), 0.5, 2.0)
    assert clip.duration == 0.5
    assert clip.warnings == ("asked for up to 2.00 s, but it ends at 1.00 s",)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.wav", b"", "empty"),
        ("letter.wav", b"Dear reader, this is text. " * 50, "not audio"),
        ("letter.txt", b"Dear reader, this is text. " * 50, "not audio"),
        ("numbers.raw", bytes(range(256)) * 4, "not audio"),
        ("start.wav", b"RIFF\x00", "not audio"),
        ("head.wav", encoded(tone())[:44], "no sound"),
        ("no_samples.wav", encoded(np.zeros(0, np.float32)), "no sound"),
        ("head.ogg", encoded(tone(), form="OGG", subtype="OPUS")[:50], "damaged or truncated"),
        ("half.flac", encoded(tone(), form="FLAC")[:4000], "damaged or truncated"),
        ("one.wav", encoded(tone()[:1], 192_000), "no sound"),
    ],
)
def test_what_is_no_audio_is_an_error_that_names_the_file(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AudioError, match=says) as raised:
        audio.read(tmp_path / name)
    assert name in str(raised.value)


def test_a_folder_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="a folder"):
        audio.read(tmp_path)
    with pytest.raises(AudioError, match="nobody.wav: no such file"):
        audio.read(tmp_path / "nobody.wav")
    with pytest.raises(AudioError, match="empty"):
        audio.read(io.BytesIO())


def test_silence_and_ten_milliseconds_are_results() -> None:
    quiet = audio.read(encoded(np.zeros(RATE)))
    assert quiet.duration == 1.0
    assert not quiet.samples.any()
    assert audio.read(encoded(tone(0.01))).duration == 0.01
    assert audio.read(encoded(tone(0.01, 44100), 44100)).duration == pytest.approx(0.01, abs=1e-3)


def test_info_reads_the_header(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros((22050, 2)), 44100)
    assert audio.info(tmp_path / "a.flac") == audio.AudioInfo(44100, 2, 0.5)
    with pytest.raises(AudioError, match="no such file"):
        audio.info(tmp_path / "b.flac")


def test_a_pipe_is_read_whole(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "pipe").write_bytes(encoded(tone()))
    monkeypatch.setattr(Path, "is_file", lambda path: False)
    assert audio.read(tmp_path / "pipe").duration == 1.0


def test_a_flac_that_does_not_know_its_length_is_said_to_be_one() -> None:
    """As an encoder that writes to a pipe leaves it: 36 bits of its header are 0."""
    data = bytearray(encoded(tone(), form="FLAC"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    with pytest.raises(AudioError, match="does not say how long it is, as encoders"):
        audio.read(bytes(data))
