import importlib.util
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from benchmarks.sounds import SOUNDS
from ehsaas import audio
from ehsaas.serving import voice
from ehsaas.serving.voice import FRAME, Voice, VoiceError, model_path
from tests.serving.speaking import Signal, speech, voice_is_installed
from tests.signals import noise, silence

installed = pytest.mark.skipif(not voice_is_installed(), reason="silero-vad is not installed")


def frame_by_frame(samples: Signal) -> Signal:
    """The model's file for one frame a call, as silero-vad's own wrapper runs it."""
    path = model_path().with_name("silero_vad_16k_op15.onnx")
    if not path.is_file():
        pytest.skip("our own copy has no file for single frames beside it")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    state, context, found = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32), []
    for at in range(0, len(samples) // FRAME * FRAME, FRAME):
        frame = samples[at : at + FRAME]
        feed = {"input": np.concatenate([context, frame])[None], "state": state}
        said, state = session.run(None, feed | {"sr": np.array(16_000, np.int64)})
        found.append(said[0, 0])
        context = frame[-64:]
    return np.array(found, np.float32)


@installed
def test_many_frames_a_call_give_what_single_frames_give() -> None:
    sound = np.concatenate([noise(1.0), speech(), silence(0.5), speech("Who is there?")])
    np.testing.assert_array_equal(Voice().feed(sound), frame_by_frame(sound))


@installed
@pytest.mark.parametrize("chunk", [1, 160, 512, 1000, 48_000])
def test_chunks_change_nothing(chunk: int) -> None:
    sound = np.concatenate([speech("No."), noise(0.3)])
    ear = Voice()
    parts = [ear.feed(sound[i : i + chunk]) for i in range(0, len(sound), chunk)]
    np.testing.assert_array_equal(np.concatenate(parts), Voice().feed(sound))


@installed
def test_more_frames_than_a_call_takes() -> None:
    sound = np.tile(speech(), 9)
    assert len(sound) // FRAME > 512
    found = Voice().feed(sound)
    assert len(found) == len(sound) // FRAME
    np.testing.assert_array_equal(found[:100], Voice().feed(sound[: 100 * FRAME]))


@installed
def test_speech_is_speech_between_silences() -> None:
    said = speech()
    found = Voice().feed(np.concatenate([silence(1.024), said, silence(1.024)])) >= 0.5
    frames = len(said) // FRAME
    assert not found[:30].any() and not found[-20:].any()
    assert found[32 : 32 + frames].mean() > 0.8


@installed
@pytest.mark.parametrize("name", SOUNDS)
def test_music_noise_and_silence_are_none(name: str) -> None:
    """But for a blip of a frame or two."""
    assert (Voice().feed(SOUNDS[name](20.0, 1)) >= 0.5).mean() < 0.01


@installed
def test_recordings_of_people_are_speech(shared: Path) -> None:
    folder = shared / "corpora" / "emodb" / "wav"
    if not folder.is_dir():
        pytest.skip("EMO-DB is not on this machine")
    for path in sorted(folder.iterdir())[::50]:
        assert (Voice().feed(audio.read(path).samples) >= 0.5).mean() > 0.6, path.name


@installed
def test_it_keeps_less_than_a_frame() -> None:
    ear = Voice()
    for _ in range(50):
        ear.feed(noise(0.7))
    assert len(ear._rest) < FRAME + 64 and ear._rest.base is None


@installed
def test_neither_torch_nor_the_package_is_imported() -> None:
    code = (
        "import sys, numpy as np\nfrom ehsaas.serving.voice import Voice\n"
        "import ehsaas.serving.stream, ehsaas.serving.pcm, ehsaas.serving.microphone\n"
        "Voice().feed(np.zeros(5000, np.float32))\n"
        "print(*sorted({'torch', 'silero_vad', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_where_it_is_not_installed_it_is_said_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "PACKED", Path("nowhere"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(VoiceError, match=r"is not installed: pip install --no-deps 'silero-vad"):
        Voice()


def test_an_older_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = ModuleSpec("silero_vad", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(voice, "PACKED", Path("nowhere"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(VoiceError, match="without silero_vad_16k_sequence.onnx: pip install"):
        Voice()


def test_our_own_copy_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(voice, "PACKED", tmp_path / "silero_vad.onnx")
    (tmp_path / "silero_vad.onnx").write_bytes(b"none")
    assert model_path() == tmp_path / "silero_vad.onnx"
    with pytest.raises(VoiceError, match="no model that can be run"):
        Voice()


@installed
def test_another_file_of_theirs_is_refused() -> None:
    other = model_path().with_name("silero_vad_16k_op15.onnx")
    if not other.is_file():
        pytest.skip("our own copy has no other file beside it")
    with pytest.raises(VoiceError, match="takes input, sr, state; expected"):
        Voice(other)
