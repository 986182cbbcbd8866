"""What soundfile cannot read: PyAV where it is installed, else an error that says so."""

import builtins
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ehsaas import audio
from ehsaas.audio import RATE, AudioError
from tests.audio.sounds import Samples, encoded, pitch, tone


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
    with pytest.raises(AudioError, match="between 0.5 s and 0.50001 s there is no sample"):
        audio.read(tmp_path / "a.m4a", 0.5, 0.50001)
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
