"""Reading audio: known signals, and every kind of bad input ends in a result or a named error."""

import builtins
import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.audio import RATE, AudioError, Clip

Samples = NDArray[np.float32]


def tone(duration: float = 1.0, rate: int = RATE, hertz: float = 440.0) -> Samples:
    time = np.arange(round(duration * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def encoded(samples: Any, rate: int = RATE, form: str = "WAV", subtype: str = "PCM_16") -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format=form, subtype=subtype)
    return stream.getvalue()


def pitch(clip: Clip) -> float:
    """The strongest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(clip.samples * np.hanning(len(clip.samples))))
    return float(spectrum.argmax() * clip.rate / len(clip.samples))


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


def test_a_tone_above_the_new_nyquist_frequency_disappears() -> None:
    clip = audio.read(encoded(tone(1.0, 48000, 12000.0), 48000))
    assert np.abs(clip.samples[1000:-1000]).max() < 10 ** (-80 / 20)


def test_channels_are_averaged() -> None:
    stereo = np.stack([tone(), np.zeros(RATE, np.float32)], axis=1)
    recording = audio.decode(encoded(stereo))
    assert recording.channels == 2
    np.testing.assert_allclose(recording.clip.samples, tone() / 2, atol=1e-4)


def test_opposite_channels_are_named_when_they_cancel_out() -> None:
    clip = audio.read(encoded(np.stack([tone(), -tone()], axis=1)))
    assert audio.is_silent(clip)
    assert "cancel each other" in clip.warnings[0]


def test_paths_bytes_and_streams_read_alike(tmp_path: Path) -> None:
    data = encoded(tone())
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with path.open("rb") as stream:
        digests = {audio.digest(audio.read(source)) for source in (path, str(path), data, stream)}
    assert len(digests) == 1


def test_long_recordings_are_read_in_blocks_without_a_seam(monkeypatch: Any) -> None:
    samples = tone(2.0, 44100)
    whole = audio.read(encoded(samples, 44100, subtype="FLOAT"))
    monkeypatch.setattr(audio, "_BLOCK", 1000)
    parts = audio.read(encoded(samples, 44100, subtype="FLOAT"))
    np.testing.assert_allclose(parts.samples, whole.samples, atol=1e-6)


def test_a_stretch_is_the_same_part_of_the_whole() -> None:
    data = encoded(tone(3.0, hertz=300.5))
    part = audio.read(data, start=1.0, end=1.5)
    assert part.duration == 0.5
    np.testing.assert_array_equal(part.samples, audio.read(data).samples[16000:24000])
    assert audio.read(data, start=2.5).duration == 0.5
    assert audio.read(data, end=0.25).duration == 0.25


@pytest.mark.parametrize(("start", "end"), [(-1.0, None), (2.0, 1.0), (1.0, 1.0), (5.0, None)])
def test_a_stretch_outside_the_recording_is_refused(start: float, end: float | None) -> None:
    with pytest.raises(AudioError, match="the audio given as bytes: .* s"):
        audio.read(encoded(tone(3.0)), start, end)


def test_a_stretch_that_ends_after_the_recording_is_cut_and_named() -> None:
    clip = audio.read(encoded(tone(1.0)), 0.5, 2.0)
    assert clip.duration == 0.5
    assert clip.warnings == ("asked for up to 2.00 s, but it ends at 1.00 s",)


# Bad input. Each ends in a result or an error that names the file.


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


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_numbers_are_an_error(tmp_path: Path, value: float) -> None:
    samples = tone()
    samples[500] = value
    soundfile.write(tmp_path / "bad.wav", samples, RATE, subtype="FLOAT")
    with pytest.raises(AudioError, match="bad.wav: holds samples that are no sound"):
        audio.read(tmp_path / "bad.wav")


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


def test_silence_and_ten_milliseconds_are_results() -> None:
    quiet = audio.read(encoded(np.zeros(RATE)))
    assert quiet.duration == 1.0
    assert not quiet.samples.any()
    assert audio.read(encoded(tone(0.01))).duration == 0.01
    assert audio.read(encoded(tone(0.01, 44100), 44100)).duration == pytest.approx(0.01, abs=1e-3)


def test_seven_channels_at_192_khz_are_averaged_and_resampled() -> None:
    channels = np.stack([tone(1.0, 192_000)] * 7, axis=1)
    recording = audio.decode(encoded(channels, 192_000))
    assert (recording.rate, recording.channels) == (192_000, 7)
    assert recording.clip.duration == 1.0
    assert pitch(recording.clip) == pytest.approx(440, abs=1)


def test_an_hour_is_read(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "hour.wav", "w", 8000, 1, "PCM_U8") as file:
        for _ in range(60):
            file.write(np.tile(tone(1.0, 8000), 60))
    clip = audio.read(tmp_path / "hour.wav")
    assert clip.duration == 3600
    assert not audio.is_silent(clip)


def test_what_is_longer_than_a_day_is_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(audio, "LONGEST", 0.5)
    with pytest.raises(AudioError, match="longer than 24 hours"):
        audio.read(encoded(tone()))


@pytest.mark.parametrize("scale", [2**15, 2**31])
def test_integers_kept_as_floats_are_scaled_and_named(scale: int) -> None:
    clip = audio.read(encoded(tone() * scale, subtype="DOUBLE"))
    np.testing.assert_allclose(clip.samples, tone(), atol=1e-6)
    assert f"scaled down by {scale}" in clip.warnings[0]


def test_two_stretches_of_a_file_of_integers_keep_their_levels() -> None:
    samples = np.concatenate([tone(), tone() / 10]) * 32768
    loud, soft = (
        audio.read(encoded(samples, subtype="FLOAT"), start, start + 1) for start in (0, 1)
    )
    assert np.abs(loud.samples).max() == pytest.approx(10 * np.abs(soft.samples).max(), rel=1e-3)


def test_integers_that_overshoot_their_width_are_not_taken_for_wider_ones() -> None:
    clip = audio.read(encoded(tone() * 2.2 * 32768, subtype="FLOAT"))
    assert np.abs(clip.samples).max() == 1.0


def test_a_small_overshoot_is_clipped() -> None:
    clip = audio.read(encoded(tone() * 2.4, subtype="FLOAT"))
    assert (np.abs(clip.samples).max(), clip.warnings) == (1.0, ())


def test_a_large_overshoot_is_clipped_and_named() -> None:
    clip = audio.read(encoded(tone() * 3.6, subtype="FLOAT"))
    assert np.abs(clip.samples).max() == 1.0
    assert clip.warnings == (
        "samples reach 1.8, where 1 is full scale; what is beyond it was clipped",
    )


def test_a_rate_too_low_for_a_voice_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "low.wav", tone(1.0, 3999), 3999)
    with pytest.raises(AudioError, match=r"low\.wav: recorded at 3999 Hz; at least 4000 Hz"):
        audio.read(tmp_path / "low.wav")
    clip = audio.read(encoded(tone(1.0, 11025), 11025))
    assert clip.warnings == ("recorded at 11025 Hz: nothing above 5.5125 kHz",)


def test_info_reads_the_header(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros((22050, 2)), 44100)
    assert audio.info(tmp_path / "a.flac") == audio.AudioInfo(44100, 2, 0.5)
    with pytest.raises(AudioError, match="no such file"):
        audio.info(tmp_path / "b.flac")


def test_a_pipe_is_read_whole(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "pipe").write_bytes(encoded(tone()))
    monkeypatch.setattr(Path, "is_file", lambda path: False)
    assert audio.read(tmp_path / "pipe").duration == 1.0


# Other containers.


def test_without_pyav_the_error_says_what_to_install(tmp_path: Path, monkeypatch: Any) -> None:
    real = builtins.__import__

    def without_av(name: str, *rest: Any) -> Any:
        if name == "av":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_av)
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    for way in (audio.read, audio.info):
        with pytest.raises(AudioError, match=r"a\.m4a.*pip install 'ehsaas\[av\]'"):
            way(tmp_path / "a.m4a")


class _Container(SimpleNamespace):
    """What PyAV's `open` gives, for one second of a stereo tone in two frames."""

    def __enter__(self) -> "_Container":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def decode(self, audio: int) -> list[Samples]:
        left, right = tone()[: RATE // 2], tone()[RATE // 2 :]
        return [np.stack([part, part]) for part in (left, right)]


@pytest.fixture
def pyav(monkeypatch: Any) -> SimpleNamespace:
    """A stand-in for PyAV, which only some machines have: the border, not FFmpeg, is tested."""
    track = SimpleNamespace(rate=RATE, channels=2)
    container = _Container(streams=SimpleNamespace(audio=[track]))
    frame = SimpleNamespace(resample=lambda data: [SimpleNamespace(to_ndarray=lambda: data)])
    module = SimpleNamespace(
        open=lambda handle: container,
        AudioResampler=lambda format: frame,
        error=SimpleNamespace(FFmpegError=type("FFmpegError", (Exception,), {})),
        container=container,
    )
    monkeypatch.setitem(sys.modules, "av", module)
    return module


def test_pyav_reads_what_soundfile_cannot(pyav: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    recording = audio.decode(tmp_path / "a.m4a", 0.25, 0.75)
    assert (recording.rate, recording.channels, recording.clip.duration) == (RATE, 2, 0.5)
    assert pitch(recording.clip) == pytest.approx(440, abs=2)
    assert audio.info(tmp_path / "a.m4a") == audio.AudioInfo(RATE, 2, 1.0)
    cut = audio.read(encoded(tone(), form="OGG", subtype="OPUS")[:50])
    assert cut.warnings == ("damaged or truncated: 1.00 s could be decoded",)


def test_pyav_errors_and_films_without_sound_name_the_file(
    pyav: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(100))
    pyav.container.streams.audio.clear()
    with pytest.raises(AudioError, match="film.mp4: holds no sound"):
        audio.read(tmp_path / "film.mp4")

    def refuse(handle: object) -> None:
        raise pyav.error.FFmpegError

    pyav.open = refuse
    with pytest.raises(AudioError, match="film.mp4: not audio that can be read"):
        audio.read(tmp_path / "film.mp4")


def test_a_real_m4a_is_read_where_pyav_is_installed(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV (pip install 'ehsaas[av]') is not installed")
    with av.open(str(tmp_path / "a.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=RATE)
        stream.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(np.stack([tone()] * 2), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    recording = audio.decode(tmp_path / "a.m4a")
    assert (recording.rate, recording.channels) == (RATE, 2)
    assert recording.clip.duration == pytest.approx(1.0, abs=0.15)
    assert pitch(recording.clip) == pytest.approx(440, abs=1.5)


# Clips.


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.zeros((2, 100), np.float32), r"the shape \(2, 100\) .* average the channels"),
        (np.zeros(100, np.int16), "are int16; expected .* divide int16 by 32768"),
        (np.array([0.1, np.nan]), "reach nan"),
        (np.array([0.1, -np.inf]), "reach inf"),
        (np.array([100.0, -20000.0]), r"reach 2e\+04; expected finite numbers in \[-1, 1\]"),
    ],
)
def test_samples_that_are_no_sound_make_no_clip(samples: Any, says: str) -> None:
    with pytest.raises(AudioError, match=says):
        Clip(samples)


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


def test_a_digest_names_the_sound_and_nothing_else() -> None:
    samples = np.round(tone() * 32767) / np.float32(32767)
    clip = Clip(samples)
    assert audio.digest(clip) == audio.digest(Clip(samples.copy(), text="other words"))
    assert audio.digest(clip) == audio.digest(Clip(samples + np.float32(1e-7)))
    assert audio.digest(clip) != audio.digest(Clip(tone(hertz=441.0)))
    assert audio.digest(clip) != audio.digest(Clip(samples[:-1]))
    assert len(audio.digest(clip)) == 32
    assert audio.digest(Clip(np.zeros(2, np.float32))) == "df3f619804a92fdb4057192dc43dd748"


def test_silence_is_below_minus_60_dbfs_throughout() -> None:
    root2 = np.float32(np.sqrt(2))
    assert audio.is_silent(Clip(np.zeros(0, np.float32)))
    assert audio.is_silent(Clip(np.full(RATE, 0.3, np.float32)))  # a constant offset is no sound
    assert audio.is_silent(Clip(tone() / 0.5 * root2 * np.float32(0.0009)))
    assert not audio.is_silent(Clip(tone() / 0.5 * root2 * np.float32(0.0011)))
    word = np.zeros(60 * RATE, np.float32)
    word[30 * RATE : 30 * RATE + 2000] = tone(0.125)
    assert not audio.is_silent(Clip(word))


def test_segments_cover_the_clip_and_are_equally_long() -> None:
    clip = Clip(tone(2.5), text="kept")
    found = audio.segments(clip, length=1.0, hop=0.7)
    assert [(start, end) for start, end, _ in found] == [(0, 1), (0.7, 1.7), (1.4, 2.4), (1.5, 2.5)]
    for start, end, part in found:
        expected = clip.samples[round(start * RATE) : round(end * RATE)]
        np.testing.assert_array_equal(part.samples, expected)
        assert part.text == "kept"


def test_segments_of_a_short_clip_and_of_an_exact_fit() -> None:
    short = audio.segments(Clip(tone(0.4)), 1.0, 0.5)
    assert [(start, end) for start, end, _ in short] == [(0, 0.4)]
    exact = audio.segments(Clip(tone(2.0)), 1.0, 1.0)
    assert [(start, end) for start, end, _ in exact] == [(0, 1), (1, 2)]
    for length, hop in ((0.0, 1.0), (1.0, 0.0), (1.0, -1.0)):
        with pytest.raises(ValueError, match="must both be above 0"):
            audio.segments(Clip(tone()), length, hop)
