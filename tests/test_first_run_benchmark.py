import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks.first_run import recording_in, run
from benchmarks.first_run_page import Result, page, result_of
from ehsaas import audio

PAGES = Path(__file__).resolve().parents[1] / "docs" / "results"

RESULT = Result(
    command="ehsaas recognise my.wav",
    seconds=(1.5, 0.5, 0.75),
    peak_mib=(200.0, 180.0, 190.0),
    clip_s=3.0,
    recording="a made-up voice",
    emotion="neutral",
    model="toy 1",
    model_bytes=17_800_000,
    offline="without a network",
    installed={"numpy": "2", "ehsaas": "1"},
    installed_mib=300.0,
    machine="a machine",
    cores=2,
    system="a system",
    python="3.11",
)


def test_the_page_tells_first_median_and_worst() -> None:
    told = page(RESULT)
    assert "| first after the installation | 1.50 | 200 |" in told
    assert "| median | 0.75 | 190 |" in told
    assert "| worst | 1.50 | 200 |" in told and "in the worst of them: met" in told
    assert "(no extra, so no\nPyTorch; 2 packages, 300 MiB)" in told and "of\n17.8 MB" in told


def test_a_goal_that_is_missed_is_said() -> None:
    assert "in the worst of them: **not met**" in page(replace(RESULT, seconds=(0.5, 3.0)))


def test_the_twin_gives_the_page() -> None:
    assert page(result_of(json.loads(json.dumps(asdict(RESULT))))) == page(RESULT)


@pytest.mark.skipif(not (PAGES / "first_run.json").is_file(), reason="it was not measured yet")
def test_the_page_says_what_its_twin_says() -> None:
    result = result_of(json.loads((PAGES / "first_run.json").read_text(encoding="utf-8")))
    assert page(result) == (PAGES / "first_run.md").read_text(encoding="utf-8")


def test_a_process_is_measured_to_its_end() -> None:
    held = run([sys.executable, "-c", "held = b'x' * (200 * 2**20); print('said')"], {})
    small = run([sys.executable, "-c", "print('said')"], {})
    assert held.stdout == small.stdout == "said\n" and held.seconds > 0
    assert held.peak_mib - small.peak_mib == pytest.approx(200, abs=10)
    with pytest.raises(SystemExit, match="ended with 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"], {})


def test_the_made_up_voice_is_a_wav_of_about_3_s(tmp_path: Path) -> None:
    clip = audio.read(recording_in(tmp_path))
    assert abs(clip.duration - 3) < 0.5 and not audio.is_silent(clip)
