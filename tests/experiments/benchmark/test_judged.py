from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.evaluation import predictions
from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.predictions import PredictionError
from ehsaas.experiments.benchmark.entrants import Entrant, of_judge
from ehsaas.experiments.benchmark.items import Items, items
from ehsaas.experiments.benchmark.judged import Bench, judge, kinds
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.experiments.benchmark.standing import standings
from ehsaas.utterances import UtteranceTable
from tests.experiments.benchmark import tables
from tests.experiments.benchmark.tables import FOUR, table
from tests.judging import toys


def quiet(what: str, done: int, total: int) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Listener:
    """Hears with a callable; notes how often it was asked; is interrupted at the `stop`th clip."""

    answer: Callable[[Clip], dict[str, float] | None]
    stop: int = 0
    asked: list[Statistics | None] = field(default_factory=list)

    def __call__(self, clip: Clip, statistics: Statistics | None) -> NDArray[np.floating] | None:
        self.asked.append(statistics)
        if len(self.asked) == self.stop:
            raise KeyboardInterrupt
        said = self.answer(clip)
        return None if said is None else np.array([said[name] for name in FOUR])


def entrant(hear: Listener) -> Entrant:
    return Entrant(name="toy", kind="toy", system="toy", digest="d", classes=FOUR, hear=hear)


def bench(one: Entrant, given: Items) -> Bench:
    return Bench(one, given, standings(given, one.facts))


def of(*given: UtteranceTable, neutral: Sequence[str] = ()) -> Items:
    return items(list(given), neutral)


def uars(said: pl.DataFrame) -> dict[tuple[str, str, str], float]:
    return {
        (one.corpus, one.label_set, one.normalisation): one.uar.value
        for one in pool(said)
        if one.uar is not None
    }


def test_a_model_of_known_recall_has_that_recall(tmp_path: Path) -> None:
    given = of(table(tmp_path), table(tmp_path, "second", "ur", higher=1))
    said = judge(bench(entrant(Listener(tables.never_sad)), given), tmp_path / "p.parquet", quiet)
    assert uars(said) == {
        (corpus, label_set, "none"): 0.75
        for corpus in ("first", "second")
        for label_set in ("four", "native")
    }
    assert predictions.read(tmp_path / "p.parquet").equals(said)
    sad = said.filter(truth="sadness", corpus="first", label_set="four")
    assert sad["predicted"].to_list() == ["neutral"] * 6
    np.testing.assert_allclose(sad["p_neutral"], 0.7, rtol=1e-6)
    assert set(said["protocol"]) == {"unknown"} and set(said["train"]) == {"unknown"}


def test_no_speech_is_wrong_whatever_was_true(tmp_path: Path) -> None:
    said = judge(
        bench(entrant(Listener(lambda clip: None)), of(table(tmp_path))),
        tmp_path / "p.parquet",
        quiet,
    )
    assert not (said["truth"] == said["predicted"]).any()
    np.testing.assert_allclose(said["p_anger"], 0.25)


def test_emotions_that_it_does_not_know_are_not_asked_for(tmp_path: Path) -> None:
    listener = Listener(tables.right)
    given = of(table(tmp_path, emotions=(*FOUR, "fear")))
    said = judge(bench(entrant(listener), given), tmp_path / "p.parquet", quiet)
    assert len(listener.asked) == 24 and "fear" not in set(said["truth"])


def test_what_is_finished_is_not_judged_again(tmp_path: Path) -> None:
    given = of(table(tmp_path, speakers=2), table(tmp_path, "second", "ur", speakers=2, higher=1))
    path = tmp_path / "p.parquet"
    stopped = Listener(tables.right, stop=11)  # in the second corpus
    with pytest.raises(KeyboardInterrupt):
        judge(bench(entrant(stopped), given), path, quiet)
    assert set(predictions.read(path)["corpus"]) == {"first"}
    goes_on = Listener(tables.right)
    whole = judge(bench(entrant(goes_on), given), path, quiet)
    assert len(goes_on.asked) == 8 and set(whole["corpus"]) == {"first", "second"}
    again = Listener(tables.right)
    assert judge(bench(entrant(again), given), path, quiet).equals(whole)
    assert again.asked == []


def test_what_was_judged_as_another_kind_of_figure_is_judged_again(tmp_path: Path) -> None:
    given, path = of(table(tmp_path, speakers=2)), tmp_path / "p.parquet"
    for facts, protocol in (({}, "unknown"), ({"adapted": {"to": "own"}}, "adapted")):
        said = judge(
            bench(replace(entrant(Listener(tables.right)), facts=facts), given), path, quiet
        )
        assert set(said["protocol"]) == {protocol}
        assert set(predictions.read(path)["protocol"]) == {protocol}


def test_a_recording_that_goes_while_others_are_judged_is_told(tmp_path: Path) -> None:
    given = of(table(tmp_path, speakers=1))
    given.table.location("first", "s0_sadness.wav").unlink()
    with pytest.raises(BenchmarkError, match=r"no such .*it could be read before: start again"):
        judge(bench(entrant(Listener(tables.right)), given), tmp_path / "p.parquet", quiet)


def test_damaged_predictions_are_told(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    path.write_bytes(b"PAR1 no more")
    with pytest.raises(PredictionError, match=r"p.parquet: damaged, .*; remove it"):
        judge(bench(entrant(Listener(tables.right)), of(table(tmp_path))), path, quiet)


def test_statistics_rest_on_all_items_whatever_the_entrant_knows(tmp_path: Path) -> None:
    """A speaker of five recordings has statistics of its own, though two are asked for."""
    given = of(table(tmp_path, speakers=2, emotions=(*FOUR, "fear")))
    ear = toys.judge()
    found: list[tuple[str, int]] = []

    def hear(clip: Clip, statistics: Statistics | None) -> NDArray[np.floating]:
        if statistics is not None:
            found.append((statistics.name, statistics.clips))
        return np.array([0.6, 0.4])

    one = replace(of_judge(ear, "d"), hear=hear, classes=("anger", "fear"))
    said = judge(bench(one, given), tmp_path / "p.parquet", quiet)
    assert set(said["normalisation"]) == {"source", "corpus", "speaker"}
    assert [clips for _, clips in found] == [10] * 4 + [5] * 4


def test_statistics_are_those_of_corpus_and_speaker(tmp_path: Path) -> None:
    """Five recordings a speaker: a corpus of one pitch each is told by its own statistics only."""
    emotions = ("anger", "neutral", "sadness")
    few = table(tmp_path, speakers=1, emotions=emotions)
    rows = pl.concat([few.rows.with_columns(id=pl.col("id") + str(i)) for i in range(2)])
    digest = pl.Series("digest", [f"{i:032x}" for i in range(rows.height)])
    given = Items(few.keep(rows.with_columns(digest)))
    ear = toys.judge()
    found: list[tuple[float, float, int]] = []

    def hear(clip: Clip, statistics: Statistics | None) -> NDArray[np.floating]:
        if statistics is not None:
            found.append((float(statistics.mean[0]), float(statistics.std[0]), statistics.clips))
        return np.array([0.6, 0.2, 0.2])

    one = replace(of_judge(ear, "d"), hear=hear)
    said = judge(bench(one, given), tmp_path / "p.parquet", quiet)
    assert set(said["normalisation"]) == {"source", "corpus", "speaker"}
    pitches = [ear.measure(clip)[0, 0] for clip in map(tone_of, given.rows["path"], [few] * 6)]
    corpus, speaker = found[:6], found[6:]
    for mean, std, clips in corpus:
        assert clips == 6
        np.testing.assert_allclose((mean, std), (np.mean(pitches), np.std(pitches)), rtol=1e-4)
    share = 2.4 / (2.4 + 4.0)  # 2.4 s of speech, shrunk towards a mean of 0 as a baseline is
    assert len(speaker) == 6
    np.testing.assert_allclose(
        [mean for mean, _, _ in speaker], share * np.mean(pitches), rtol=0.01
    )


def tone_of(path: str, given: UtteranceTable) -> Clip:
    from ehsaas import audio

    return audio.read(given.location("first", path))


def test_few_recordings_or_none_take_no_statistics_of_a_speaker(tmp_path: Path) -> None:
    ear = of_judge(toys.judge(), "d")
    rows = table(tmp_path, speakers=2).rows  # four of each
    assert kinds(ear, rows) == ("source", "corpus")
    unknown = pl.concat([rows, rows]).with_columns(speaker=pl.lit(None, pl.String))
    assert kinds(ear, unknown) == ("source", "corpus")
    assert kinds(ear, pl.concat([rows, rows])) == ("source", "corpus", "speaker")
    assert kinds(replace(ear, judge=None), rows) == ("none",)


def test_what_sets_a_figure_apart_is_its_condition(tmp_path: Path) -> None:
    given = of(table(tmp_path, emotions=(*FOUR, None), style="book"), neutral=["book"])
    one = replace(
        entrant(Listener(tables.right)), facts={"corpora": ["first"], "languages": ["de"]}
    )
    said = judge(bench(one, given), tmp_path / "p.parquet", quiet)
    assert set(said["condition"]) == {'{"neutral": "book", "recordings": "trained on"}'}
    assert set(said["protocol"]) == {"contaminated"} and set(said["train"]) == {"first"}


def test_a_corpus_in_two_languages_is_told_apart(tmp_path: Path) -> None:
    one = table(tmp_path)
    urdu = pl.col("speaker").str.ends_with("5")
    language = pl.when(urdu).then(pl.lit("ur")).otherwise(pl.col("language"))
    given = of(one.keep(one.rows.with_columns(language=language)))
    trained = replace(entrant(Listener(tables.right)), facts={"languages": ["de"]})
    said = judge(bench(trained, given), tmp_path / "p.parquet", quiet)
    assert set(said.filter(language="ur")["protocol"]) == {"zero-shot"}
    assert set(said.filter(language="de")["protocol"]) == {"same language"}
