import builtins
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ehsaas.audio import RATE
from ehsaas.serving import microphone
from ehsaas.serving.microphone import Device, MicrophoneError, blocks, devices
from tests.serving.speaking import Signal
from tests.signals import tone

DEVICES = [
    {"name": "loudspeaker", "max_input_channels": 0, "default_samplerate": 48_000.0},
    {"name": "built-in", "max_input_channels": 2, "default_samplerate": 44_100.0},
]


class Hardware(ModuleType):
    """Stands for sounddevice: one microphone, which gives `sound` as soon as it is opened."""

    PortAudioError = type("PortAudioError", (Exception,), {})

    def __init__(self, sound: Signal, rates: Sequence[int] = (RATE,)) -> None:
        super().__init__("sounddevice")
        self.sound, self.rates = sound, rates
        self.opened: dict[str, Any] = {}
        self.closed = False

    def query_devices(self, device: object = None, kind: str | None = None) -> Any:
        return DEVICES if kind is None else DEVICES[1]

    def check_input_settings(self, device: object, channels: int, samplerate: int) -> None:
        if samplerate not in self.rates:
            raise self.PortAudioError("Invalid sample rate")

    def InputStream(self, callback: Callable[..., None], **given: Any) -> "Hardware":  # noqa: N802
        if given["device"] == "none":
            raise ValueError("No input device matching 'none'")
        self.opened, self.callback = given, callback
        return self

    def __enter__(self) -> None:
        size = self.opened["blocksize"]
        for at in range(0, len(self.sound), size):
            block = self.sound[at : at + size, None]
            self.callback(block, len(block), None, None)

    def __exit__(self, *_: object) -> None:
        self.closed = True


def listened(
    monkeypatch: pytest.MonkeyPatch, hardware: Hardware, count: int, told: list[str] | None = None
) -> Signal:
    monkeypatch.setitem(sys.modules, "sounddevice", hardware)
    heard: Iterator[Signal] = blocks(None, (told if told is not None else []).append)
    return np.concatenate([next(heard) for _ in range(count)])


def test_blocks_are_what_the_microphone_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = Hardware(tone(300, 0.5))
    np.testing.assert_array_equal(listened(monkeypatch, hardware, 5), hardware.sound)
    assert (hardware.opened["samplerate"], hardware.opened["channels"]) == (RATE, 1)
    assert hardware.closed


def test_a_device_that_cannot_do_16_khz_is_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    t = np.arange(44_100) / 44_100
    sound = (0.5 * np.sin(2 * np.pi * 300 * t)).astype(np.float32)
    hardware = Hardware(sound, rates=(44_100,))
    heard = listened(monkeypatch, hardware, 10)
    assert hardware.opened["samplerate"] == 44_100
    np.testing.assert_allclose(heard[500:15_000], tone(300, 1.0)[500:15_000], atol=2e-3)


def test_silence_stands_for_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphone, "WAITING", 2)
    hardware, told = Hardware(np.full(RATE, 0.25, np.float32)), list[str]()
    monkeypatch.setitem(sys.modules, "sounddevice", hardware)
    heard = blocks(None, told.append)
    first = [next(heard), next(heard)]
    hardware.callback(np.full((1600, 1), 0.5, np.float32), 1600, None, None)
    after = next(heard)
    assert told == ["too slow: 0.8 s were not heard"]
    assert len(np.concatenate([*first, after])) == RATE + 1600
    assert not after[:12_800].any() and (after[12_800:] == 0.5).all()


def test_a_microphone_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphone, "PATIENCE", 0.01)
    with pytest.raises(MicrophoneError, match="was it unplugged"):
        listened(monkeypatch, Hardware(tone(300, 0.1)), 2)


def test_a_device_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", Hardware(tone(300, 0.1)))
    with pytest.raises(MicrophoneError, match="'none' cannot be listened to .* --list-devices"):
        next(blocks("none", print))


def test_what_can_be_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", Hardware(tone(300, 0.1)))
    assert devices() == [Device(1, "built-in", 44_100)]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No module named 'sounddevice'"), r"ehsaas\[live\]"),
        (OSError("PortAudio library not found"), "apt install libportaudio2"),
    ],
)
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    real = builtins.__import__

    def no_sounddevice(name: str, *rest: Any) -> Any:
        if name == "sounddevice":
            raise error
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_sounddevice)
    with pytest.raises(MicrophoneError, match=said):
        devices()
