"""A saved recogniser on the same clips, clean and disturbed."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from ehsaas import audio, utterances
from ehsaas.audio import Clip
from ehsaas.disturbances.reverberation import MissingRoomsError
from ehsaas.evaluation import predictions
from ehsaas.experiments import disturbed
from ehsaas.experiments.conditions import Condition, conditions, drawn
from ehsaas.experiments.disturbed import NO_BABBLE, Loud, evaluate_disturbed
from ehsaas.experiments.evaluate import EvaluationError, evaluate
from ehsaas.experiments.parts import RobustnessConfig
from ehsaas.utterances import UtteranceTable
from tests.experiments.builders import corpus
from tests.experiments.test_evaluate import never, toy

KEPT = ("clean 0", "white noise 10", "babble 0", "level 10")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four conditions, of which one needs babble; none needs a room, but the extra is asked for."""
    pytest.importorskip("pyroomacoustics", reason="the extra 'robustness' is not installed")

    def kept(bench: RobustnessConfig) -> tuple[Condition, ...]:
        return tuple(one for one in conditions(bench) if one.name in KEPT)

    monkeypatch.setattr(disturbed, "conditions", kept)


def table_of(folder: Path, *names: str) -> UtteranceTable:
    for name in names:
        corpus(folder, name, speakers=2, times=2)
    return utterances.concat([utterances.read(folder / f"{name}.parquet") for name in names])


def said_in(run: Path) -> pl.DataFrame:
    return predictions.read(run / "predictions.parquet")


def notes_in(run: Path) -> list[str]:
    notes: list[str] = json.loads((run / "notes.json").read_text())
    return notes


def test_every_condition_judges_the_same_clips(tmp_path: Path) -> None:
    table = table_of(tmp_path, "second", "third")
    others = table_of(tmp_path, "voices")
    report = evaluate_disturbed(toy(), table, tmp_path / "run", babblers=others, most=6)
    said = said_in(tmp_path / "run")
    assert set(said["condition"]) == {
        '{"disturbance": "clean", "level": 0}',
        '{"disturbance": "white noise", "level": 10, "unit": "dB SNR"}',
        '{"disturbance": "babble", "level": 0, "unit": "dB SNR"}',
        '{"disturbance": "level", "level": 10, "unit": "dB"}',
    }
    for name in ("second", "third"):
        own = said.filter(corpus=name).group_by("condition").agg(pl.col("id").sort())
        assert own["id"].n_unique() == 1 and own["id"].list.n_unique().to_list() == [6] * 4
    assert set(said["normalisation"]) == {"source"} and set(said["protocol"]) == {"heldout"}
    page = report.read_text(encoding="utf-8")
    assert "Disturbed clips: UAR on second" in page and "Disturbed clips: UAR on third" in page
    assert (tmp_path / "run/figures/noise-white-noise-second.svg").is_file()
    assert (
        "Babble is 6 voices at once, strung together from clips of 2 speakers of voices."
        in notes_in(tmp_path / "run")
    )


def test_a_clip_is_judged_as_loud_as_the_condition_makes_it(tmp_path: Path) -> None:
    table = table_of(tmp_path, "second")
    loud = table.keep(table.rows.filter(emotion="anger"))
    for name in loud.rows["path"]:
        path = table.location("second", name)
        soundfile.write(path, 2 * audio.read(path).samples, audio.RATE)
    evaluate_disturbed(toy(), loud, tmp_path / "run")
    said = said_in(tmp_path / "run")
    for row in loud.rows.iter_rows(named=True):
        clip = audio.read(table.location("second", row["path"]))
        louder = clip.samples * 10**0.5
        assert np.abs(louder).max() > 1.5, "a Clip refuses it"
        for level, one in (("clean", clip), ("level", Loud(louder.astype(np.float32)))):
            named = pl.col("condition").str.json_path_match("$.disturbance") == level
            found = said.filter(named, id=row["id"])
            expected = toy()(one).probabilities["anger"]
            assert found["p_anger"].to_list() == pytest.approx([expected], abs=1e-5)


def test_without_other_speakers_nobody_babbles_and_that_is_said(tmp_path: Path) -> None:
    table, lines = table_of(tmp_path, "second"), list[str]()
    evaluate_disturbed(toy(), table, tmp_path / "run", say=lines.append)
    assert not said_in(tmp_path / "run")["condition"].str.contains("babble").any()
    assert lines == [NO_BABBLE] and NO_BABBLE in notes_in(tmp_path / "run")


def test_what_is_drawn_is_said_and_is_the_same_again(tmp_path: Path) -> None:
    table, lines = table_of(tmp_path, "second"), list[str]()
    for again in ("one", "two"):
        evaluate_disturbed(toy(), table, tmp_path / again, most=5, say=lines.append)
    first, second = (said_in(tmp_path / again)["id"] for again in ("one", "two"))
    assert first.to_list() == second.to_list()
    assert set(first) != set(table.rows["id"][:5])
    assert lines[0] == "5 of 16 utterances of second were drawn at random (seed 0)."
    assert lines[0] in notes_in(tmp_path / "one")


def test_each_corpus_has_its_own_draw_in_order() -> None:
    rows, of = np.array([3, 4, 7, 8, 9]), np.array([1, 0, 1, 1, 0])
    found = drawn(rows, of, 2)
    assert found.tolist() == sorted(found) and {4, 9} < set(found) and len(found) == 4


def test_judged_speakers_do_not_babble(tmp_path: Path) -> None:
    table = table_of(tmp_path, "second")
    with pytest.raises(EvaluationError, match="babble: second:s0 is judged"):
        evaluate_disturbed(toy(), table, tmp_path / "run", babblers=table, progress=never)
    unknown = table.keep(table.rows.with_columns(speaker=pl.lit(None, pl.String)))
    with pytest.raises(EvaluationError, match="an unknown speaker of second is judged"):
        evaluate_disturbed(toy(), unknown, tmp_path / "run", babblers=unknown, progress=never)
    assert not (tmp_path / "run").exists()


def test_speakers_who_cannot_be_heard_do_not_babble(tmp_path: Path) -> None:
    table, others = table_of(tmp_path, "second"), table_of(tmp_path, "voices")
    deaf = others.keep(others.rows.with_columns(path=pl.lit(None, pl.String)))
    silent = others.keep(others.rows.head(1))
    path = others.location("voices", silent.rows["path"][0])
    soundfile.write(path, np.zeros(audio.RATE), audio.RATE)
    for wrong in (deaf, silent):
        with pytest.raises(EvaluationError, match="babble: .* at least one clip with sound"):
            evaluate_disturbed(toy(), table, tmp_path / "run", babblers=wrong, progress=never)
    path.unlink()
    with pytest.raises(EvaluationError, match="babble: .*no such file"):
        evaluate_disturbed(toy(), table, tmp_path / "run", babblers=silent, progress=never)


def test_without_the_extra_nothing_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyroomacoustics", None)
    with pytest.raises(MissingRoomsError, match="ehsaas\\[robustness\\]"):
        table = table_of(tmp_path, "second")
        evaluate_disturbed(toy(), table, tmp_path / "run", progress=never)
    assert not (tmp_path / "run").exists()


def test_a_missing_recording_is_noted_and_the_rest_is_judged(tmp_path: Path) -> None:
    table = table_of(tmp_path, "second")
    table.location("second", table.rows["path"][0]).unlink()
    evaluate_disturbed(toy(), table, tmp_path / "run")
    assert said_in(tmp_path / "run").height == 15 * (len(KEPT) - 1)
    notes = notes_in(tmp_path / "run")
    assert any("no such file" in note for note in notes)
    assert any(note.startswith("1 of 16 utterances were not judged") for note in notes)


def test_a_corpus_that_was_trained_on_is_told_in_the_condition(tmp_path: Path) -> None:
    evaluate_disturbed(toy(), table_of(tmp_path, "first"), tmp_path / "run", most=4)
    told = [json.loads(one) for one in said_in(tmp_path / "run")["condition"].unique()]
    assert {one["disturbance"] for one in told} == {"clean", "white noise", "level"}
    assert {one["recordings"] for one in told} == {"trained on"}


def test_a_run_on_clips_as_they_are_is_not_overwritten(tmp_path: Path) -> None:
    table = table_of(tmp_path, "second")
    evaluate(toy(), table, tmp_path / "run")
    with pytest.raises(EvaluationError, match="holds another run"):
        evaluate_disturbed(toy(), table, tmp_path / "run", progress=never)


def test_only_disturbed_clips_may_be_louder_than_full_scale() -> None:
    with pytest.raises(audio.AudioError):
        Clip(np.full(10, 3, np.float32))
    assert Loud(np.full(10, 3, np.float32)).duration == 10 / audio.RATE
