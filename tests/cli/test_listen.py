import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import ehsaas
from ehsaas import audio
from ehsaas.audio import RATE
from ehsaas.serving import microphone
from ehsaas.serving.stream import StreamSettings, events_of
from tests.cli.conftest import Home, Type
from tests.serving.speaking import Signal, speech, voice_is_installed
from tests.signals import silence

pytestmark = pytest.mark.skipif(not voice_is_installed(), reason="silero-vad is not installed")


@pytest.fixture(scope="module")
def spoken() -> Signal:
    return np.concatenate([silence(1.0), speech(), silence(2.0), speech("Come in.")])


@pytest.fixture(scope="module")
def recording(spoken: Signal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spoken") / "spoken.wav"
    soundfile.write(path, spoken, RATE)
    return path


def expected(home: Home, path: Path, **settings: float) -> list[dict[str, object]]:
    """The events of a recording as the library gives them, as JSON gives them back."""
    events = events_of(
        ehsaas.load(home.model), audio.read(path), StreamSettings.model_validate(settings)
    )
    return [json.loads(json.dumps(event.to_dict())) for event in events]


def test_a_recording_played_through(typed: Type, home: Home, recording: Path) -> None:
    done = typed("listen", recording, "--model", home.model, "--format", "jsonl")
    assert done.exit_code == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events == expected(home, recording)
    assert {event["kind"] for event in events} == {"look", "onset", "end"}


def test_window_and_hop(typed: Type, home: Home, recording: Path) -> None:
    words = ("--format", "jsonl", "--window", "1", "--hop", "0.25")
    done = typed("listen", recording, "--model", home.model, *words)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events == expected(home, recording, window=1.0, hop=0.25)


def test_a_line_for_each_segment(typed: Type, home: Home, recording: Path) -> None:
    done = typed("listen", recording, "--model", home.model)
    ends = [event for event in expected(home, recording) if event["kind"] == "end"]
    lines = done.stdout.splitlines()
    assert len(lines) == len(ends) >= 2
    assert all(str(end["emotion"]) in text for end, text in zip(ends, lines, strict=True))


def test_a_file_on_stdin(typed: Type, home: Home, recording: Path) -> None:
    words = ("listen", "-", "--model", home.model, "--format", "jsonl")
    done = typed(*words, stdin=recording.read_bytes())
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected(home, recording)


def test_raw_pcm_on_stdin_and_in_a_file(
    typed: Type, home: Home, spoken: Signal, recording: Path, tmp_path: Path
) -> None:
    data = (np.clip(spoken, -1, 1 - 1 / 32768) * 32768).round().astype("<i2").tobytes()
    (tmp_path / "raw").write_bytes(data)
    words = ("--model", home.model, "--format", "jsonl", "--pcm", "16000")
    piped = typed("listen", "-", *words, stdin=data)
    kinds = [event["kind"] for event in expected(home, recording)]
    assert [json.loads(line)["kind"] for line in piped.stdout.splitlines()] == kinds
    assert typed("listen", tmp_path / "raw", *words).stdout == piped.stdout


def test_so_many_seconds(typed: Type, home: Home, recording: Path) -> None:
    words = ("listen", recording, "--model", home.model, "--format", "jsonl", "--seconds", "2.2")
    events = [json.loads(line) for line in typed(*words).stdout.splitlines()]
    assert max(event["end"] for event in events) == 2.2


def test_a_running_baseline(typed: Type, home: Home, recording: Path) -> None:
    words = ("--format", "jsonl", "--baseline", "running")
    done = typed("listen", recording, "--model", home.model, *words)
    told = {json.loads(line)["statistics"] for line in done.stdout.splitlines()}
    assert "source" in told and any(name.startswith("given: running") for name in told)


def test_the_microphone_until_ctrl_c(
    typed: Type, home: Home, spoken: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def heard(device: object, tell: object) -> Iterator[Signal]:
        asked.append(device)
        for at in range(0, len(spoken), 1600):
            yield spoken[at : at + 1600]
        raise KeyboardInterrupt

    monkeypatch.setattr(microphone, "blocks", heard)
    words = ("listen", "--model", home.model, "--format", "jsonl", "--device")
    done = typed(*words, "2")
    assert done.exit_code == 0 and asked == [2]
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["kind"] == "end"
    typed(*words, "USB")
    assert asked == [2, "USB"]


def test_who_watches_a_terminal_sees_it_live(home: Home, recording: Path) -> None:
    """The view goes to the terminal, the lines to where stdout goes."""
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "ehsaas", "listen", str(recording), "--model", str(home.model)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        drawn = b""
        with contextlib.suppress(OSError):  # that is how a terminal ends
            while some := os.read(ours, 4096):
                drawn += some
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    os.close(ours)
    assert process.returncode == 0
    assert "of the window" in drawn.decode() and "█" in drawn.decode()
    assert len(lines) >= 2 and not any("window" in line for line in lines)


def test_what_can_be_listened_to(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [microphone.Device(1, "built-in", 44_100)]
    monkeypatch.setattr(microphone, "devices", lambda: found)
    done = typed("listen", "--list-devices")
    assert done.stdout == "  1  built-in  (44100 Hz)\n"
    found.clear()
    assert "no microphone was found" in typed("listen", "--list-devices").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--window", "3"), "--window"),
        (("--hop", "0.1"), "--hop"),
        (("--baseline", "folder"), "a stream can only be given running"),
        (("--coverage", "2"), "expected a share between 0 and 1"),
        (("--pcm", "100"), "a rate of 100 Hz; expected 4000"),
    ],
)
def test_what_cannot_be_is_said(
    typed: Type, home: Home, recording: Path, words: tuple[str, ...], said: str
) -> None:
    done = typed("listen", recording, "--model", home.model, *words)
    assert done.exit_code == 2 and said in done.stderr


def test_pcm_needs_a_source(typed: Type, home: Home) -> None:
    done = typed("listen", "--model", home.model, "--pcm", "16000")
    assert done.exit_code == 2 and "give a file" in done.stderr


def test_no_such_recording(typed: Type, home: Home) -> None:
    done = typed("listen", "nowhere.wav", "--model", home.model)
    assert done.exit_code == 2 and "nowhere.wav: no such file" in done.stderr
