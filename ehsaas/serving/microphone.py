"""A microphone → mono samples at 16 kHz, as they come; by PortAudio (extra `live`)."""

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE
from ehsaas.serving.pcm import Resampling

BLOCK = 0.1
"""Seconds of a block."""

WAITING = 100
"""Blocks that wait at most to be taken; what comes then is lost."""

PATIENCE = 5.0
"""Seconds without a block after which the device counts as gone."""

Array = NDArray[np.float32]


class MicrophoneError(RuntimeError):
    """There is no microphone to listen to; the message says what to do."""


@dataclass(frozen=True)
class Device:
    """Something that can be listened to: its number, its name and its own rate in Hz."""

    number: int
    name: str
    rate: int


def devices() -> list[Device]:
    """What can be listened to on this machine.

    Raises:
        MicrophoneError: sounddevice or PortAudio is not installed.
    """
    return [
        Device(number, str(one["name"]), round(one["default_samplerate"]))
        for number, one in enumerate(_sounddevice().query_devices())
        if one["max_input_channels"] > 0
    ]


def blocks(device: int | str | None, tell: Callable[[str], None]) -> Iterator[Array]:
    """Samples (N,) at 16 kHz from a microphone, without end.

    Where they are taken too slowly, silence stands for what was lost: times stay right.

    Args:
        device: its number, or a part of its name; None for the system's own choice.
        tell: told that something was lost.

    Raises:
        MicrophoneError: there is no such device, or it gives nothing more.
    """
    sounddevice = _sounddevice()
    taken = _Taken()
    try:
        rate = _rate(sounddevice, device)
        resampling = Resampling(rate)
        with sounddevice.InputStream(
            device=device,
            samplerate=rate,
            channels=1,
            dtype="float32",
            blocksize=round(BLOCK * rate),
            callback=taken,
        ):
            while True:
                lost, block = taken.next()
                if lost:
                    tell(f"too slow: {lost / rate:.1f} s were not heard")
                sound = np.concatenate([np.zeros(lost, np.float32), np.clip(block, -1, 1)])
                yield resampling.feed(sound)
    except (sounddevice.PortAudioError, ValueError) as error:
        if type(error).__module__.startswith("ehsaas."):
            raise
        raise MicrophoneError(
            f"the device {'of the system' if device is None else repr(device)} cannot be listened"
            f" to ({error}); `ehsaas listen --list-devices` names those that there are"
        ) from error


class _Taken:
    """Takes blocks from PortAudio's thread; counts the samples for which there is no place."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[int, Array]] = queue.Queue(WAITING)
        self._lost = 0

    def __call__(self, data: Array, frames: int, _time: object, _status: object) -> None:
        try:
            self._waiting.put_nowait((self._lost, data[:, 0].copy()))
            self._lost = 0
        except queue.Full:
            self._lost += frames

    def next(self) -> tuple[int, Array]:
        """The next block, and how many samples were lost before it."""
        try:
            return self._waiting.get(timeout=PATIENCE)
        except queue.Empty:
            raise MicrophoneError(
                f"the microphone gave nothing for {PATIENCE:g} s; was it unplugged?"
            ) from None


def _rate(sounddevice: Any, device: int | str | None) -> int:
    """16 kHz where the device can; its own rate where it cannot."""
    try:
        sounddevice.check_input_settings(device=device, channels=1, samplerate=RATE)
    except sounddevice.PortAudioError:
        own: float = sounddevice.query_devices(device, "input")["default_samplerate"]
        return round(own)
    return RATE


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ModuleNotFoundError as error:
        raise MicrophoneError(
            "listening to a microphone needs sounddevice, which is not installed: pip install"
            " 'ehsaas[live]'"
        ) from error
    except OSError as error:  # it is installed, the library that it loads is not
        raise MicrophoneError(
            "listening to a microphone needs PortAudio, which is not installed; on Debian and"
            " Ubuntu: apt install libportaudio2"
        ) from error
    return sounddevice
