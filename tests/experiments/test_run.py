import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
import yaml

import ehsaas
from ehsaas import audio
from ehsaas.evaluation import predictions
from ehsaas.evaluation.metrics import uar
from ehsaas.experiments.config import ConfigError
from ehsaas.experiments.run import run
from tests.experiments.builders import config, corpora

START = """
import sys
from pathlib import Path
from ehsaas.experiments import config
from ehsaas.experiments.run import run
here = Path(sys.argv[1])
run(config.load(here / "small.yaml"), here / "corpora", here / sys.argv[2], store=here / "store")
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpora, a configuration and one undisturbed run of it, made in a process of its own."""
    folder = tmp_path_factory.mktemp("experiment")
    corpora(folder / "corpora")
    text = yaml.safe_dump(config().model_dump(mode="json"))
    (folder / "small.yaml").write_text(text)
    subprocess.run([sys.executable, "-c", START, str(folder), "whole"], check=True)
    return folder


def said(run_folder: Path) -> pl.DataFrame:
    table = predictions.read(run_folder / "predictions.parquet")
    return table.sort([*predictions.RESULT_KEY, "seed", "id"])


def score(rows: pl.DataFrame) -> float:
    truth = rows["truth"].to_list()
    return uar(truth, rows["predicted"].to_list(), sorted(set(truth)))


def test_a_run_answers_the_three_questions(home: Path) -> None:
    table = said(home / "whole")
    assert set(table["protocol"]) == {"strict", "random", "pair", "lolo", "heldout"}
    pairs = table.filter(protocol="pair", system="attention-bilstm").select("train", "corpus")
    assert pairs.unique().height == 6
    shares = table.filter(protocol="heldout", system="attention-bilstm")["condition"].unique()
    assert sorted(json.loads(c)["share"] for c in shares) == [0.0, 0.2, 0.8]
    for system in ("chance", "majority", "speaker-majority", "functionals-svm"):
        seen = set(table.filter(system=system)["protocol"])
        assert seen == {"strict", "random", "pair", "lolo", "heldout"}
    both = table.filter(pl.col("protocol").is_in(["strict", "pair", "lolo"]))
    assert set(both.filter(system="attention-bilstm")["normalisation"]) == {"source", "corpus"}


def test_every_item_is_judged_once_within(home: Path) -> None:
    own = said(home / "whole").filter(
        system="attention-bilstm", protocol="strict", normalisation="source", corpus="first"
    )
    assert own.height == 64 and own["id"].n_unique() == 64
    crossing = own.group_by("speaker").agg(pl.col("fold").n_unique())
    assert set(crossing["fold"]) == {1}


def test_probabilities_are_those_of_the_prediction(home: Path) -> None:
    own = said(home / "whole").filter(system="attention-bilstm")
    names = [c for c in own.columns if c.startswith(predictions.PROBABILITY)]
    total = own.select(pl.sum_horizontal(names)).to_series()
    assert total.is_between(0.999, 1.001).all()


def test_the_baseline_learns_what_there_is_to_learn(home: Path) -> None:
    own = said(home / "whole").filter(
        system="functionals-svm", protocol="strict", normalisation="corpus", corpus="second"
    )
    assert score(own) > 0.8


def test_the_run_folder_holds_what_it_should(home: Path) -> None:
    folder = home / "whole"
    for name in ("config.yaml", "environment.json", "metrics.json", "report.html", "log.txt"):
        assert (folder / name).stat().st_size > 0
    assert not (folder / "fits").exists()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Does it run?" in page
    audits = json.loads((folder / "audit.json").read_text())
    assert {a["split"] for a in audits} == {"strict", "random", "heldout"}


def test_the_saved_recogniser_judges_a_clip(home: Path) -> None:
    recogniser = ehsaas.load(home / "whole" / "model")
    clip = audio.read(home / "corpora" / "first" / "s0_anger_0.wav")
    estimate = recogniser(clip)
    assert estimate.emotion in estimate.probabilities
    assert sum(estimate.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_a_killed_run_goes_on_and_ends_with_the_same_predictions(home: Path) -> None:
    """SIGKILL while cells are being computed; the second start must not compute them again."""
    command = [sys.executable, "-c", START, str(home), "killed"]
    process = subprocess.Popen(command, start_new_session=True)
    cells = home / "killed" / "cells"
    deadline = time.monotonic() + 240
    while len(list(cells.glob("*.json"))) < 5:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    finished = {path.name: path.stat().st_mtime_ns for path in cells.glob("*.json")}
    assert not (home / "killed" / "predictions.parquet").exists()
    subprocess.run(command, check=True)
    for name, written in finished.items():
        assert (cells / name).stat().st_mtime_ns == written
    assert said(home / "killed").equals(said(home / "whole"))


def test_a_finished_run_is_not_run_again(home: Path) -> None:
    cells = home / "whole" / "cells"
    before = {path.name: path.stat().st_mtime_ns for path in cells.iterdir()}
    run(config(), home / "corpora", home / "whole", store=home / "store")
    assert {path.name: path.stat().st_mtime_ns for path in cells.iterdir()} == before


def test_another_configuration_is_refused_in_the_same_folder(home: Path) -> None:
    with pytest.raises(ConfigError, match="another configuration"):
        run(config(seeds=(1,)), home / "corpora", home / "whole", store=home / "store")


def test_a_missing_corpus_is_named(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'fourth' is not there"):
        run(config(corpora=("fourth",)), home / "corpora", tmp_path, store=tmp_path)


def test_shuffled_labels_leave_every_system_at_chance(home: Path, tmp_path: Path) -> None:
    """Four classes: 0.25; the oracle, which looks at labels, is left out.

    64 items: the deviation of a chance UAR is 0.054, so 0.25 ± 0.17 is three of them.
    """
    shuffled = config(shuffle_labels=True, adaptation=None, transfer=None)
    run(shuffled, home / "corpora", tmp_path / "run", store=home / "store")
    table = said(tmp_path / "run").filter(pl.col("system") != "speaker-majority")
    for (system, protocol, corpus), own in table.group_by("system", "protocol", "corpus"):
        found = score(own)
        assert 0.08 < found < 0.42, (system, protocol, corpus)


def test_fast_dev_run_does_a_little_of_everything(home: Path, tmp_path: Path) -> None:
    run(config(), home / "corpora", tmp_path / "run", store=home / "store", fast_dev_run=True)
    histories = json.loads((tmp_path / "run" / "history.json").read_text())
    assert {len(h["epochs"]) for h in histories} == {1}
