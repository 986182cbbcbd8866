import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ehsaas.evaluation import entries, predictions
from ehsaas.evaluation.entries import EntryError
from ehsaas.evaluation.predictions import PredictionError
from tests.evaluation.test_by_language import answers
from tests.evaluation.test_ranking import entry

ABOUT = entry("toy", {"de": 2, "ur": 0}).about


def written(folder: Path, table: pl.DataFrame | None = None) -> entries.Entry:
    said = pl.concat([answers(2, 8, language="de"), answers(0, 8, language="ur", corpus="urdu")])
    predictions.write(said if table is None else table, folder / entries.PREDICTIONS)
    return entries.write(folder, ABOUT)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    made = written(tmp_path / "toy")
    (found,) = entries.every(tmp_path)
    assert found.folder == "toy"
    assert found.about.name == "toy" and dict(found.about.items) == dict(ABOUT.items)
    values = [(cell.language, cell.result.uar) for cell in found.cells]
    assert values == [(cell.language, cell.result.uar) for cell in made.cells]


def test_models_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder, digest in (("a", "123456789"), ("b", "abcdefghi")):
        predictions.write(answers(0), tmp_path / folder / entries.PREDICTIONS)
        entries.write(tmp_path / folder, replace(ABOUT, digest=digest))
    assert [one.about.name for one in entries.every(tmp_path)] == ["toy (123456)", "toy (abcdef)"]
    entries.write(tmp_path / "b", replace(ABOUT, items=dict(ABOUT.items) | {"sha256": "b"}))
    assert [one.about.name for one in entries.every(tmp_path)] == ["toy", "toy"]


def test_the_rows_are_those_of_a_results_page(tmp_path: Path) -> None:
    written(tmp_path)
    (row,) = [
        row
        for row in json.loads((tmp_path / entries.RESULTS).read_text())["rows"]
        if row["metric"] == "uar" and row["test"] == "urdu"
    ]
    known = {"source", "headline", "system", "train", "test", "protocol", "features", "condition"}
    known |= {"normalisation", "target_data", "label_set", "labels", "metric", "value"}
    assert set(row) == known | {"low", "high", "seeds", "items"}
    assert row["source"] == "ours" and row["value"] == 1.0 and row["protocol"] == "zero-shot"


def test_what_is_not_finished_is_no_entry(tmp_path: Path) -> None:
    predictions.write(answers(0), tmp_path / "begun" / entries.PREDICTIONS)
    (tmp_path / "leaderboard.json").write_text("{}")
    assert entries.every(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [("[", "no results of the benchmark"), ('{"format": 9}', "format 9"), ("{}", "remove it")],
)
def test_what_cannot_be_read_is_told(text: str, why: str, tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / entries.RESULTS).write_text(text)
    with pytest.raises(EntryError, match=why):
        entries.read(tmp_path)


def test_damaged_predictions_name_their_file(tmp_path: Path) -> None:
    written(tmp_path / "toy")
    (tmp_path / "toy" / entries.PREDICTIONS).write_bytes(b"PAR1 no more")
    with pytest.raises(PredictionError, match=r"toy/predictions.parquet: damaged.*remove it"):
        entries.every(tmp_path)


def test_why_a_language_has_no_figure(tmp_path: Path) -> None:
    made = written(tmp_path, answers(0, language="de").filter(pl.col("truth") != "anger"))
    assert made.why_not("de") == "no item of anger in the pool"
    assert made.why_not("ur") == "nothing could be judged"
    fewer = replace(made, about=replace(ABOUT, classes=("anger", "excitement", "sadness")))
    assert fewer.lacking == ("neutral",)  # excitement counts as happiness
    assert fewer.why_not("ur") == "the model does not know neutral"
    seen = replace(made, about=replace(ABOUT, standings=[{"language": "ur"} | {"items": 3} | SEEN]))
    assert seen.why_not("ur") == "all 3 recordings were trained on"


def test_what_is_not_known_of_a_model_is_said_by_its_reasons() -> None:
    one = {"language": "ur", "items": 3, "trained_on": 0}
    told = [
        one | {"protocol": "adapted", "why": "adapted to recordings"},
        one | {"protocol": "unknown", "why": "says nothing"},
        one | {"protocol": "unknown", "why": "says nothing"},
    ]
    toy = entry("toy", {"de": 0})
    assert toy.silent == ""
    for standings, silent in ((told, "says nothing"), (told[:1], "")):
        assert replace(toy, about=replace(ABOUT, standings=standings)).silent == silent


SEEN = {"trained_on": 3}
