"""Speech from text with eSpeak NG: a sentence, a voice and its prosody → 16-bit mono samples.

eSpeak keeps its state in static memory, so what it says depends on everything the process let it
say before. Each `Engine` therefore loads its own copy of the library, which starts from a clean
state: the same calls on a new engine give the same samples, whatever ran before.
"""

import ctypes
import shutil
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS of speak_lib.h: espeak_Synth returns when it is done
_DO_NOT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: without it a missing file ends the process
_UTF8 = 1  # espeakCHARS_UTF8
_RATE, _PITCH, _RANGE = 1, 3, 4  # espeak_PARAMETER
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)

STEPS_AN_OCTAVE = 60
"""Steps of eSpeak's pitch setting that double the pitch; measured, it is nowhere written."""


class RenderError(RuntimeError):
    """Speech cannot be rendered; the message says what is missing and what to do."""


def _loader() -> ModuleType:
    try:
        import espeakng_loader
    except ImportError as error:
        raise RenderError(
            "rendering speech needs eSpeak NG, which is not installed: pip install 'ehsaas[demo]'"
        ) from error
    module: ModuleType = espeakng_loader
    return module


class Engine:
    """One eSpeak NG with a state of its own; `rate` is its sampling rate in Hz."""

    def __init__(self) -> None:
        loader = _loader()
        library = Path(loader.get_library_path())
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            self._library = ctypes.CDLL(str(shutil.copy(library, Path(folder) / library.name)))
        data = str(loader.get_data_path()).encode()
        self.rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT)
        if self.rate <= 0:
            raise RenderError(
                f"eSpeak NG did not start (code {self.rate}); its data is at {data!r}"
            )
        self._chunks: list[bytes] = []
        self._callback = _CALLBACK(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 0

    def say(
        self, text: str, voice: str, words_per_minute: int, pitch: int, pitch_range: int
    ) -> NDArray[np.int16]:
        """The samples (N,) of `text`.

        Args:
            text: one sentence.
            voice: language and variant, for example `ur+f2`.
            words_per_minute: 80 to 450; eSpeak's default is 175.
            pitch: 0 to 99; 50 is the voice's own pitch, `STEPS_AN_OCTAVE` steps double it.
            pitch_range: 0 (monotone) to 99; 50 is the voice's own range.

        Raises:
            RenderError: eSpeak does not know the voice, or said nothing.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise RenderError(f"eSpeak NG has no voice {voice!r}; `espeak-ng --voices` lists them")
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, int(value), 0)
        self._chunks.clear()
        letters = text.encode() + b"\0"
        self._library.espeak_Synth(letters, len(letters), 0, 1, 0, _UTF8, None, None)
        samples = np.frombuffer(b"".join(self._chunks), np.int16)
        if not samples.any():
            raise RenderError(f"eSpeak NG said nothing for {text!r} with voice {voice!r}")
        return samples

    def close(self) -> None:
        """Free what eSpeak holds; the engine cannot speak afterwards."""
        self._library.espeak_Terminate()
