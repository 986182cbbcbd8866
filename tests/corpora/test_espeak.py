import sys

import numpy as np
import pytest

from ehsaas.corpora import espeak
from ehsaas.corpora.espeak import Engine, RenderError

pytest.importorskip("espeakng_loader", reason="the extra `demo` is not installed")


def pitch_of(samples: np.ndarray, rate: int) -> float:
    """Median of the autocorrelation's best lag between 60 and 400 Hz, over loud frames."""
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(float), 1024)[::512]
    loud = frames[np.square(frames).mean(axis=1) > np.square(samples.astype(float)).mean()]
    low, high = rate // 400, rate // 60
    best = [low + np.argmax(np.correlate(f, f, "full")[1023 + low : 1023 + high]) for f in loud]
    return float(rate / np.median(best))


def say(engine: Engine, voice: str = "en+m1", rate: int = 165, pitch: int = 50) -> np.ndarray:
    return engine.say("The window of the room is open.", voice, rate, pitch, 0)


def test_the_same_calls_on_two_engines_give_the_same_samples() -> None:
    first, second = Engine(), Engine()
    said = [[say(e, voice) for voice in ("en+m1", "de+f2", "en+m1")] for e in (first, second)]
    for one, other in zip(*said, strict=True):
        np.testing.assert_array_equal(one, other)
    first.close()
    second.close()


def test_sixty_steps_of_pitch_are_an_octave() -> None:
    engine = Engine()
    low, high = (pitch_of(say(engine, "en+f1", pitch=p), engine.rate) for p in (30, 90))
    assert high / low == pytest.approx(2.0, rel=0.05)


def test_a_faster_rate_is_shorter() -> None:
    engine = Engine()
    assert len(say(engine, rate=250)) < 0.8 * len(say(engine, rate=125))


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(RenderError, match="no voice 'tlh-none'"):
        say(Engine(), "tlh-none")


def test_nothing_to_say_is_an_error() -> None:
    with pytest.raises(RenderError, match="said nothing"):
        Engine().say("", "en", 165, 50, 50)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(RenderError, match=r"pip install 'ehsaas\[demo\]'"):
        Engine()


def test_an_engine_that_does_not_start_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    loader = espeak._loader()
    monkeypatch.setattr(loader, "get_data_path", lambda: str(tmp_path))
    with pytest.raises(RenderError, match="did not start"):
        Engine()
