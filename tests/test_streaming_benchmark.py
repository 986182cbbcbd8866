import json
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest

from benchmarks.streaming import blocks, tape
from benchmarks.streaming_page import Long, page, result_of
from ehsaas.audio import RATE, Clip
from tests.signals import noise

PAGES = Path(__file__).resolve().parents[1] / "docs" / "results"


def test_the_page_says_what_its_twin_says() -> None:
    result = result_of(json.loads((PAGES / "streaming.json").read_text(encoding="utf-8")))
    assert page(result) == (PAGES / "streaming.md").read_text(encoding="utf-8")


def test_what_differs_is_said() -> None:
    result = result_of(json.loads((PAGES / "streaming.json").read_text(encoding="utf-8")))
    rows = {
        name: [replace(one, equal=False) for one in some] for name, some in result.equal.items()
    }
    assert page(replace(result, equal=rows)).count("**differs**") == sum(map(len, rows.values()))


def test_blocks_are_the_sounds_one_after_the_other() -> None:
    sound = noise(0.5)
    found = list(blocks(repeat(sound), 1600, 1.25))
    assert [len(one) for one in found] == [1600] * 12 + [800]
    np.testing.assert_array_equal(np.concatenate(found), np.tile(sound, 3)[:20_000])


def test_the_tape_has_every_recording_pauses_and_music() -> None:
    clips = [Clip(noise(0.1, 0.1, seed)) for seed in range(5)]
    sounds = tape(clips, 0)
    parts = [next(sounds) for _ in range(11)]
    assert [len(part) for part in parts[:10:2]] == [1600] * 5
    assert {part.tobytes() for part in parts[:10:2]} == {clip.samples.tobytes() for clip in clips}
    assert all(0.2 * RATE <= len(part) <= 3 * RATE for part in parts[1:10:2])
    assert len(parts[10]) == 5 * RATE


def test_memory_counts_from_when_it_was_warm() -> None:
    long = Long(60.0, 1, 1, 1.0, 1.0, 1.0, 1.0, 0.1, [50.0, 100.0, 101.0, 98.0], 2, 1.0)
    assert long.drift == pytest.approx((-0.02, 0.01))
