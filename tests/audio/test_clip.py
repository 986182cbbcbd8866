"""Clips: what is refused as one, its digest, silence, and its stretches."""

from typing import Any

import numpy as np
import pytest

from ehsaas import audio
from ehsaas.audio import RATE, AudioError, Clip
from tests.audio.sounds import tone


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
