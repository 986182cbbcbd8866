import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

import ehsaas
from demo import app
from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics
from ehsaas.judging import Heard, Judge
from ehsaas.reach import Limits


@dataclass(frozen=True, kw_only=True)
class Loudness(Judge):
    """Hears anger as loud as a clip is."""

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        loud = [min(1.0, float(np.abs(clip.samples).max())) for clip in clips]
        nothing = np.zeros((1, 1), np.float32)
        return tuple(Heard(np.array([p, 1 - p], np.float32), nothing, nothing[0]) for p in loud)

    @property
    def standardises(self) -> bool:
        return False

    @property
    def limits(self) -> Limits | None:
        return None


JUDGE = Loudness(
    model="toy",
    classes=("anger", "sadness"),
    statistics=Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "none"),
    facts={"languages": ["ks"]},
    scores=np.linspace(0, 0.9, 50, dtype=np.float32),
)


def recording(folder: Path, level: float) -> str:
    time = np.arange(2 * RATE) / RATE
    soundfile.write(folder / "clip.wav", level * np.sin(2 * np.pi * 200 * time), RATE)
    return str(folder / "clip.wav")


def test_a_recording_is_judged(tmp_path: Path) -> None:
    shares, rows, drawn, said = app.judged(JUDGE, recording(tmp_path, 0.9), 0.0)
    assert shares["anger"] == pytest.approx(0.9, abs=0.01) and said.startswith("**anger**, 90%")
    assert [row[:3] for row in rows] == [[0.0, 2.0, "anger"]] and "<svg" in drawn


def test_where_a_set_holds_several_it_is_not_sure(tmp_path: Path) -> None:
    _, rows, _, said = app.judged(JUDGE, recording(tmp_path, 0.6), 0.9)
    assert said.startswith("**Not sure**: anger or sadness") and rows[0][2] == "not sure"


def test_silence_nothing_and_what_is_no_sound_are_told(tmp_path: Path) -> None:
    assert "No speech" in app.judged(JUDGE, recording(tmp_path, 0.0), 0.0)[3]
    assert "choose a file" in app.judged(JUDGE, None, 0.0)[3]
    (tmp_path / "text.wav").write_text("no sound", encoding="utf-8")
    said = app.judged(JUDGE, str(tmp_path / "text.wav"), 0.0)[3]
    assert "the recording" in said and str(tmp_path) not in said


def test_the_page_says_the_licence_where_there_is_one() -> None:
    assert "licence" not in app.introduced(JUDGE)
    said = app.introduced(replace(JUDGE, licence="for research (LicenseRef-x)"))
    assert "trained on ks. Its licence: for research (LicenseRef-x). An estimate is" in said


def test_the_page_names_the_model_and_judges(tmp_path: Path) -> None:
    """In a process of its own: Gradio leaves event loops open."""
    pytest.importorskip("gradio", reason="pip install 'ehsaas[demo]'")
    told = (
        "import json, sys; from demo import app; from tests.demo.test_app import JUDGE;"
        "from dataclasses import replace; licensed = replace(JUDGE, licence='CC0-1.0');"
        "page = app.page(licensed); config = str(page.get_config_file());"
        "said = page(sys.argv[1], 0.9, api_name='recognise');"
        "print(json.dumps([config, *said]))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", told, recording(tmp_path, 0.6)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    config, shares, table, picture, said = json.loads(done.stdout)
    assert "trained on ks" in config and "Its licence: CC0-1.0." in config
    assert "must not decide over people" in config
    assert shares["label"] == "anger" and table["data"][0][2] == "not sure"
    assert "<svg" in picture and said.startswith("**Not sure**: anger or sadness")


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class AskedError(Exception):
        pass

    def load(model: str | None) -> Judge:
        raise AskedError(repr(model))

    monkeypatch.setattr(ehsaas, "load", load)
    monkeypatch.setenv("EHSAAS_MODEL", "")
    with pytest.raises(AskedError, match="None"):
        app.main()
