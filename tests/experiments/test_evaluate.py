"""A saved recogniser on a table of its own and of another corpus."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from ehsaas import audio, utterances
from ehsaas.calibration import Statistics
from ehsaas.evaluation import predictions
from ehsaas.experiments.evaluate import EvaluationError, evaluate
from ehsaas.features.stack import FeatureConfig
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.recogniser import Recogniser
from tests.experiments.builders import corpus

CLASSES = ("anger", "happiness", "neutral", "sadness")


def toy() -> Recogniser:
    """An untrained recogniser of four emotions that says it was trained on `first`."""
    torch.manual_seed(0)
    features = FeatureConfig(parts=("mfcc",), hop_ms=20, n_mfcc=6, n_mels=12)
    dims = len(features.names)
    sizes = {"hidden": 4, "layers": 1, "dense": 6}
    network = AttentionBiLSTM(dims, len(CLASSES), hidden=4, layers=1, dense=6)
    plain = Statistics(np.zeros(dims, np.float32), np.ones(dims, np.float32), 1, "source")
    return Recogniser(
        *(features, sizes, network),
        model="attention-bilstm",
        classes=CLASSES,
        statistics=plain,
        name="toy",
        facts={"corpora": ["first"]},
    )


@pytest.fixture
def recogniser() -> Recogniser:
    return toy()


def test_every_utterance_is_judged_alone_and_beside_its_corpus(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    corpus(tmp_path, "second", speakers=2, times=2)
    table = utterances.read(tmp_path / "second.parquet")
    report = evaluate(recogniser, table, tmp_path / "run")
    said = predictions.read(tmp_path / "run/predictions.parquet")
    assert report.is_file() and (tmp_path / "run/metrics.json").is_file()
    assert set(said["normalisation"]) == {"source", "corpus"}
    assert said.height == 2 * len(table) and set(said["label_set"]) == {"four"}
    assert set(said["train"]) == {"first"} and set(said["protocol"]) == {"heldout"}
    alone = said.filter(normalisation="source", id=table.rows["id"][0])
    clip = audio.read(table.location("second", table.rows["path"][0]))
    assert alone["predicted"].to_list() == [recogniser(clip).emotion]


def test_its_own_training_corpus_is_no_test_and_the_report_says_so(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    corpus(tmp_path, "first", speakers=2, times=2)
    evaluate(recogniser, utterances.read(tmp_path / "first.parquet"), tmp_path / "run")
    audits = json.loads((tmp_path / "run/audit.json").read_text())
    assert any(f["kind"] == "trained-on" for section in audits for f in section["findings"])
    notes = json.loads((tmp_path / "run/notes.json").read_text())
    assert any("this is no test on it" in note for note in notes)
    said = predictions.read(tmp_path / "run/predictions.parquet")
    assert set(said["condition"]) == {'{"recordings": "trained on"}'}


def test_styles_that_count_as_neutral_are_a_condition_of_the_figure(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    corpus(tmp_path, "second", speakers=2, times=2)
    table = utterances.read(tmp_path / "second.parquet")
    evaluate(recogniser, table, tmp_path / "run", neutral_styles=["book", "a"])
    said = predictions.read(tmp_path / "run/predictions.parquet")
    assert set(said["condition"]) == {'{"neutral": "a, book"}'}


def test_a_missing_recording_is_noted_and_the_rest_is_judged(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    corpus(tmp_path, "second", speakers=2, times=2)
    table = utterances.read(tmp_path / "second.parquet")
    table.location("second", table.rows["path"][0]).unlink()
    evaluate(recogniser, table, tmp_path / "run")
    notes = json.loads((tmp_path / "run/notes.json").read_text())
    assert any("no such file" in note for note in notes)
    assert any(note.startswith("1 of 16 utterances were not judged") for note in notes)


def test_a_table_without_known_emotions_or_recordings_is_refused(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    corpus(tmp_path, "second", speakers=2, times=2)
    table = utterances.read(tmp_path / "second.parquet")
    bored = table.keep(table.rows.with_columns(emotion=pl.lit("boredom")))
    with pytest.raises(EvaluationError, match="no utterance of the table has one of anger"):
        evaluate(recogniser, bored, tmp_path / "run")
    for path in (tmp_path / "second").iterdir():
        path.unlink()
    with pytest.raises(EvaluationError, match="none of the 16 recordings can be read"):
        evaluate(recogniser, table, tmp_path / "run")


def test_another_run_is_not_overwritten(recogniser: Recogniser, tmp_path: Path) -> None:
    corpus(tmp_path, "second", speakers=2, times=2)
    table = utterances.read(tmp_path / "second.parquet")
    evaluate(recogniser, table, tmp_path / "run")
    evaluate(recogniser, table, tmp_path / "run")
    (tmp_path / "run/config.yaml").write_text("name: mine\n")
    with pytest.raises(EvaluationError, match="holds another run"):
        evaluate(recogniser, table, tmp_path / "run", progress=never)


def never(what: str, done: int, total: int) -> None:
    pytest.fail("a recording was read")
