import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

import ehsaas
from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics
from ehsaas.emotions import NO_SPEECH
from ehsaas.judging import RecogniserError
from ehsaas.serving.runtime import read
from tests import signals
from tests.conftest import Pair
from tests.export import toys

Made = Callable[[str], Pair]

NOT_CORE = ("torch", "sklearn", "onnx", "onnxscript", "transformers", "safetensors", "scipy")

REFUSING = f"""
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {NOT_CORE!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Refusing())
"""


@pytest.fixture(scope="module")
def both(pair: Made) -> Pair:
    return pair("attention-bilstm")


def alone(code: str, *words: object) -> subprocess.CompletedProcess[str]:
    """What a Python says in which nothing but the core install can be imported."""
    command = [sys.executable, "-W", "error", "-c", REFUSING + code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"LANG": "C"})


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "a.wav"
    soundfile.write(path, toys.clips()[2].samples, RATE)
    return path


@pytest.mark.parametrize("name", ("attention-bilstm", toys.WHISPER))
def test_a_file_needs_the_core_install_alone(pair: Made, recording: Path, name: str) -> None:
    code = (
        "import ehsaas, json\nfrom ehsaas import audio\n"
        "found = ehsaas.load(sys.argv[1])(audio.read(sys.argv[2]))\n"
        "print(json.dumps(dict(found.probabilities)))"
    )
    done = alone(code, pair(name).path, recording)
    assert done.returncode == 0, done.stderr
    expected = pair(name).recogniser(ehsaas.audio.read(recording)).probabilities
    assert json.loads(done.stdout) == pytest.approx(dict(expected), abs=1e-4)
    assert done.stderr == ""


def test_recognise_needs_the_core_install_alone(both: Pair, recording: Path) -> None:
    code = "from ehsaas.cli import main\nmain()"
    words = ("recognise", recording, "--model", both.path, "--format", "json", "--timeline")
    done = alone(code, *words, "--coverage", "0.8", "--baseline", "self")
    assert done.returncode == 0, done.stderr
    (found, *_) = json.loads(done.stdout)
    assert {*found["probabilities"]} == {*toys.CLASSES}


def test_a_folder_says_what_it_needs(recording: Path, tmp_path: Path) -> None:
    words = ("recognise", recording, "--model", tmp_path)
    done = alone("from ehsaas.cli import main\nmain()", *words)
    assert done.returncode != 0 and "pip install 'ehsaas[train]'" in done.stderr


def test_recognising_with_a_file_brings_in_no_torch(both: Pair, recording: Path) -> None:
    """Where torch is installed, too."""
    code = (
        "import sys\nfrom ehsaas.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "print(*sorted({'torch', 'sklearn', 'onnx', 'transformers'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", code, "recognise", recording, "--model", both.path]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_a_batch_is_its_clips(both: Pair) -> None:
    clips = toys.clips()
    for one, clip in zip(both.file.hear(clips), clips, strict=True):
        (single,) = both.file.hear([clip])
        np.testing.assert_allclose(one.probabilities, single.probabilities, atol=1e-6)
        np.testing.assert_allclose(one.features, single.features, atol=1e-3)
        assert one.attention is not None and single.attention is not None
        np.testing.assert_allclose(one.attention, single.attention, atol=1e-6)
        assert float(one.attention.sum()) == pytest.approx(1, abs=1e-4)


def test_attention_is_of_all_frames_and_0_on_quiet_ends(pair: Made) -> None:
    both = pair("attention-bilstm without quiet ends")
    quiet = signals.silence(0.5)
    clip = Clip(np.concatenate([quiet, signals.voice(150, 1.0), quiet]))
    one, other = both.recogniser(clip).attention, both.file(clip).attention
    assert one is not None and other is not None
    np.testing.assert_allclose(other, one, atol=1e-5)
    assert len(other) == 99 and sum(other) == pytest.approx(1, abs=1e-4)
    assert not any(other[:20]) and not any(other[80:]) and all(other[30:70])


def test_statistics_are_taken_by_a_file_as_by_the_folder(both: Pair) -> None:
    clips = toys.clips()
    one, other = (x.statistics_of(clips[:3], "zoya") for x in (both.recogniser, both.file))
    np.testing.assert_allclose(other.mean, one.mean, atol=1e-3)
    np.testing.assert_allclose(other.std, one.std, rtol=1e-3)
    assert other.whose == one.whose
    a, b = both.recogniser(clips[3], one), both.file(clips[3], other)
    assert a.probabilities == pytest.approx(b.probabilities, abs=1e-4)
    assert b.statistics == a.statistics
    assert b.probabilities != pytest.approx(both.file(clips[3]).probabilities, abs=1e-3)


@pytest.mark.parametrize("size", (1, 5))
def test_statistics_of_other_features_are_refused(both: Pair, size: int) -> None:
    other = Statistics(np.zeros(size, np.float32), np.ones(size, np.float32), 1, "other")
    (own,) = both.file.statistics.mean.shape
    message = rf"shape \({size},\); those of this file are \({own},\): take them with the file"
    with pytest.raises(RecogniserError, match=message):
        both.file(toys.clips()[2], other)
    with pytest.raises(RecogniserError, match=message):
        both.file.hear(toys.clips()[2:3], replace(both.file.statistics, std=other.std))


def test_a_running_baseline(both: Pair) -> None:
    one, other = both.recogniser.running("call"), both.file.running("call")
    for clip in toys.clips():
        a, b = both.recogniser(clip, one), both.file(clip, other)
        assert a.probabilities == pytest.approx(b.probabilities, abs=1e-4)
        assert a.statistics == b.statistics


def test_distance_and_its_limits(both: Pair) -> None:
    for clip in toys.clips():
        a, b = both.recogniser(clip), both.file(clip)
        assert b.extra["distance"] == pytest.approx(a.extra["distance"], rel=1e-3)
        assert a.warnings == b.warnings
    assert any(
        "sounds unlike" in text for clip in toys.clips() for text in both.file(clip).warnings
    )
    assert both.file.limits == both.recogniser.limits


def test_arousal_and_valence_are_those_of_the_folder_and_between_minus_1_and_1(pair: Made) -> None:
    both, ends = pair(toys.PLACED), []
    for clip in toys.clips():
        a, b = both.recogniser(clip), both.file(clip)
        assert (b.arousal, b.valence) == pytest.approx((a.arousal, a.valence), abs=1e-4)
        ends += [abs(one) for one in (b.arousal, b.valence) if one is not None]
    assert max(ends) == 1 > min(ends)  # what the network says goes beyond


def test_sets_are_those_of_the_folder(both: Pair) -> None:
    for clip in toys.clips():
        a, b = both.recogniser(clip, coverage=0.6), both.file(clip, coverage=0.6)
        assert (a.emotion, a.prediction_set) == (b.emotion, b.prediction_set)


def test_who_hears_samples_refuses_a_baseline(pair: Made) -> None:
    file = pair("finetuned-speech").file
    with pytest.raises(RecogniserError, match="hears samples.*leave --baseline out"):
        file.statistics_of(toys.clips(), "zoya")
    with pytest.raises(RecogniserError, match="hears samples"):
        file.running()


def test_several_threads_get_their_own_answers(both: Pair) -> None:
    clips = toys.clips() * 4
    expected = [both.file(clip).probabilities for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda clip: both.file(clip).probabilities, clips))
    assert len({tuple(one.values()) for one in expected}) == len(toys.clips())
    for one, other in zip(expected, found, strict=True):
        assert other == pytest.approx(one, abs=1e-6)


def test_several_threads_of_its_own_say_the_same(both: Pair) -> None:
    two = read(both.path, threads=2)
    (clip,) = toys.clips(5)[3:4]
    assert two(clip).probabilities == pytest.approx(both.file(clip).probabilities, abs=1e-5)


def test_silence_and_another_rate(both: Pair) -> None:
    assert both.file(Clip(signals.silence(1.0))).emotion == NO_SPEECH
    assert both.file(Clip(signals.tone(200, 0.02))).emotion == NO_SPEECH
    with pytest.raises(RecogniserError, match="48000 Hz; expected 16000 Hz"):
        both.file(Clip(signals.tone(200, 1.0), rate=48_000))


def test_the_shortest_clip_that_is_judged(both: Pair, pair: Made) -> None:
    clip = Clip(signals.voice(150, 0.1))
    for name in ("attention-bilstm", toys.WHISPER, toys.WAV2VEC):
        one, other = pair(name).recogniser(clip), pair(name).file(clip)
        assert other.probabilities == pytest.approx(one.probabilities, abs=1e-4)
