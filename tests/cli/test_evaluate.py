import sys
from pathlib import Path

import pytest

from ehsaas import utterances
from ehsaas.experiments import disturbed
from ehsaas.experiments.conditions import Condition
from ehsaas.experiments.disturbed import NO_BABBLE
from tests.cli.conftest import Home, Type
from tests.experiments.builders import corpus


def test_predictions_and_a_report_are_written(home: Home, typed: Type, tmp_path: Path) -> None:
    corpus(tmp_path, "other", speakers=2, times=2)
    result = typed("evaluate", home.model, tmp_path / "other.parquet", "-o", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert str(tmp_path / "run/predictions.parquet") in result.stdout
    assert (tmp_path / "run/report.html").is_file()


def test_mistakes_are_one_line(home: Home, typed: Type, tmp_path: Path) -> None:
    for words, message in (
        (["evaluate", home.model, tmp_path / "none.parquet"], "no such table"),
        (["evaluate", tmp_path, tmp_path / "t.parquet"], "no recogniser here"),
    ):
        utterances.write(utterances.UtteranceTable(utterances.empty()), tmp_path / "t.parquet")
        result = typed(*words)
        assert result.exit_code == 2
        assert message in result.stderr and result.stderr.count("\n") == 1


BABBLED = "Babble is 6 voices at once, strung together from clips of 2 speakers of voices."


def test_disturbed_clips_are_judged_beside_clean_ones(
    home: Home, typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyroomacoustics", reason="the extra 'robustness' is not installed")
    few = (Condition("clean", 0, ""), Condition("white noise", 10, "dB SNR"))
    monkeypatch.setattr(disturbed, "conditions", lambda bench: few)
    monkeypatch.chdir(tmp_path)
    corpus(tmp_path, "other", speakers=2, times=2)
    corpus(tmp_path, "voices", speakers=2, times=1)
    words = ("evaluate", home.model, "other.parquet", "--disturbed", "--most", 6)
    for babble, line in (
        ((), NO_BABBLE),
        (
            ("--babble", "voices.parquet"),
            BABBLED,
        ),
    ):
        result = typed(*words, *babble)
        assert result.exit_code == 0, result.output
        assert result.stderr.splitlines() == [
            "6 of 16 utterances of other were drawn at random (seed 0).",
            line,
        ]
        report = Path(result.stdout.splitlines()[-1])
        assert report.parent.name.endswith("-on-other-disturbed")
        assert "Disturbed clips: UAR on other" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--most", "5"), "--most says how clips are disturbed; add --disturbed"),
        (("--babble", "x.parquet"), "--babble says how clips are disturbed; add --disturbed"),
        (("--disturbed", "--babble", "x.parquet"), "x.parquet: no such table"),
        (("--disturbed", "--babble", "other.parquet"), "babble: other:s0 is judged"),
    ],
)
def test_wrong_use_of_disturbances_is_one_line(
    home: Home,
    typed: Type,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    message: str,
) -> None:
    pytest.importorskip("pyroomacoustics", reason="the extra 'robustness' is not installed")
    monkeypatch.chdir(tmp_path)
    corpus(tmp_path, "other", speakers=1, times=1)
    result = typed("evaluate", home.model, "other.parquet", *words)
    assert result.exit_code == 2
    assert message in result.stderr and result.stderr.count("\n") == 1


def test_a_missing_extra_is_one_line_before_anything_is_heard(
    home: Home, typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyroomacoustics", None)
    corpus(tmp_path, "other", speakers=1, times=1)
    words = ("evaluate", home.model, tmp_path / "other.parquet", "--disturbed")
    result = typed(*words, "-o", tmp_path / "run")
    assert result.exit_code == 2
    assert "pip install 'ehsaas[robustness]'" in result.stderr
    assert result.stderr.count("\n") == 1 and not (tmp_path / "run").exists()
