"""Samples at 16 kHz → for every 32 ms, how probable it is that somebody speaks.

Silero's model for voice activity (Silero Team 2024, "Silero VAD") is run from its own file, in
onnxruntime. Its package is not imported, for that would import torch.
"""

import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

FRAME = 512
"""Samples of a frame."""

PACKED = Path(__file__).with_name("vendor") / "silero_vad.onnx"
"""Where a wheel of ours has its copy of the file."""

_PUBLISHED = Path("data") / "silero_vad_16k_sequence.onnx"  # many frames a call, the same numbers
_CONTEXT = 64  # samples before a frame that the model hears with it
_STATE = (1, 1, 128)
_AT_ONCE = 512  # frames a call

Array = NDArray[np.float32]


class VoiceError(RuntimeError):
    """The model for voice activity is not there or cannot be used; the message says what to do."""


class Voice:
    """How probable a voice is, frame by frame, as the samples come.

    Stream state: `feed` changes it. It keeps less than a frame and the model's own state. In
    whatever chunks the samples come, the probabilities are the same bits.

    Args:
        path: the model's file; None for the one that is installed.

    Raises:
        VoiceError: there is none, or it cannot be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._session = _session(path or model_path())
        self._rest: Array = np.zeros(_CONTEXT, np.float32)  # context and what is no whole frame yet
        self._hidden = self._cell = np.zeros(_STATE, np.float32)

    def feed(self, samples: Array) -> Array:
        """Probabilities (F,) of the frames that end within these samples (N,)."""
        waiting = np.concatenate([self._rest, samples])
        count = (len(waiting) - _CONTEXT) // FRAME
        self._rest = waiting[count * FRAME :].copy()
        if not count:
            return np.zeros(0, np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(waiting, _CONTEXT + FRAME)[::FRAME]
        blocks = range(0, count, _AT_ONCE)
        return np.concatenate([self._run(frames[i : i + _AT_ONCE]) for i in blocks])

    def _run(self, frames: Array) -> Array:
        """Probabilities (F,) of frames (F, 576)."""
        feed = {"input": np.ascontiguousarray(frames), "h": self._hidden, "c": self._cell}
        said, self._hidden, self._cell = self._session.run(["speech_probs", "hn", "cn"], feed)
        probabilities: Array = said.reshape(-1)
        return probabilities


def model_path() -> Path:
    """The file of the model: our own copy, or that of the package silero-vad.

    Raises:
        VoiceError: neither is there.
    """
    if PACKED.is_file():
        return PACKED
    found = importlib.util.find_spec("silero_vad")  # which does not import it
    places = (found.submodule_search_locations or ()) if found else ()
    for place in places:
        if (path := Path(place) / _PUBLISHED).is_file():
            return path
    lacking = (
        "is not installed" if found is None else f"is installed, but without {_PUBLISHED.name}"
    )
    raise VoiceError(
        f"the model that tells speech from silence and music (silero-vad, 1.2 MB) {lacking}: pip"
        " install --no-deps 'silero-vad>=6.2.3' (without --no-deps it would bring torch along,"
        " which is not needed)"
    )


@functools.cache
def _session(path: Path) -> Any:
    """What runs the file; streams share it, for it holds no state."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # what it warns of is of no use to who reads it
    try:
        session = onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's errors share no class but this
        raise VoiceError(f"{path}: no model that can be run ({error})") from error
    names = {one.name for one in session.get_inputs()}
    if names != {"input", "h", "c"}:
        raise VoiceError(
            f"{path}: takes {', '.join(sorted(names))}; expected silero-vad's {_PUBLISHED.name},"
            " which takes input, h and c"
        )
    return session
