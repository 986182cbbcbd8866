"""The robustness and code-switching benches, small."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from ehsaas.audio import RATE
from ehsaas.cli import app
from ehsaas.disturbances import (
    Babble,
    Codec,
    Disturbance,
    Gain,
    MuLaw,
    Noise,
    Reverberation,
    Speed,
    Telephone,
)
from ehsaas.evaluation import predictions
from ehsaas.evaluation.predictions import DENOISED, PLAIN
from ehsaas.experiments import robustness, switching
from ehsaas.experiments.conditions import Condition, conditions, made
from ehsaas.experiments.config import load
from ehsaas.experiments.material import Setup
from ehsaas.experiments.parts import RobustnessConfig
from ehsaas.experiments.run import run
from tests.experiments.builders import config, corpora
from tests.experiments.test_joint import CLAF


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pyroomacoustics", reason="the extra 'robustness' is not installed")
    pytest.importorskip("noisereduce", reason="the extra 'robustness' is not installed")
    folder = corpora(tmp_path_factory.mktemp("bench"))
    given = config(
        **CLAF,
        corpora=("first", "second"),
        joint={"protocols": (), "folds": 2},
        robustness={"most": 8, "snr_db": (10, 0), "babble": ("third",), "voices": 2},
        switching={"pairs": 6},
        variants={
            "adversarial noise": {"training": {"attack": 0.1}},
            "eight coefficients": {"features": {"n_mfcc": 8}},
        },
        seeds=(0, 1),
        recogniser=False,
    )
    run(given, folder, folder / "run", store=folder / "store")
    return folder / "run"


def test_every_condition_judges_every_variant_on_the_same_clips(done: Path) -> None:
    said = predictions.read(done / "predictions.parquet")
    told = said.with_columns(
        pl.col("condition").str.json_path_match("$.disturbance").alias("disturbance"),
        pl.col("condition").str.json_path_match("$.variant").alias("variant"),
    ).filter(pl.col("disturbance").is_not_null(), corpus="first")
    counts = told.group_by("condition").agg(pl.col("id").n_unique())
    assert set(counts["id"]) == {8}
    per_condition = told.group_by("disturbance").agg(pl.col("variant").n_unique())
    assert set(per_condition["variant"]) == {4}  # null (plain), both variants, denoiser
    names = {condition.disturbance for condition in conditions(RobustnessConfig(babble=("x",)))}
    assert set(told["disturbance"]) == names
    assert DENOISED in set(told["variant"])
    per_seed = told.group_by("condition").agg(pl.col("seed").n_unique())
    assert set(per_seed["seed"]) == {2}
    first = told.filter(disturbance="clean").sort("seed", "id")
    one, other = (first.filter(seed=seed, variant=DENOISED) for seed in (0, 1))
    assert one["id"].to_list() == other["id"].to_list()
    assert one["predicted"].to_list() != other["predicted"].to_list()  # a network of its own


def test_joins_of_two_languages_stand_beside_joins_of_one(done: Path) -> None:
    said = predictions.read(done / "predictions.parquet")
    told = [json.loads(one) for one in said["condition"].unique()]
    joins = {(one["joined"], one["languages"]) for one in told if "joined" in one}
    assert joins == {
        ("one language", "de then de"),
        ("one language", "ur then ur"),
        ("switched", "de then ur"),
        ("switched", "ur then de"),
    }
    notes = json.loads((done / "notes.json").read_text())
    assert any("times the attention that an even spread" in note for note in notes)


BABBLED = RobustnessConfig(babble=("x",))
CALLED: Mapping[str, Callable[[float], Disturbance | None]] = {
    PLAIN: lambda level: None,
    "white noise": lambda level: Noise(colour="white", snr_db=level),
    "pink noise": lambda level: Noise(colour="pink", snr_db=level),
    "babble": lambda level: Babble(snr_db=level, noise=b"voices"),
    "telephone band": lambda level: Telephone(low=300, high=3400),
    "µ-law": lambda level: MuLaw(),
    "Opus": lambda level: Codec(format="opus", quality=level),
    "MP3": lambda level: Codec(format="mp3", quality=level),
    "reverberation": lambda level: Reverberation(rt60_s=level),
    "level": lambda level: Gain(db=level),
    "speed": lambda level: Speed(factor=level),
}


@pytest.mark.parametrize("condition", conditions(BABBLED), ids=lambda c: str(c))
def test_a_condition_is_the_disturbance_that_it_is_called(condition: Condition) -> None:
    assert made(condition, b"voices") == CALLED[condition.disturbance](condition.level)


def test_every_disturbance_is_among_the_conditions_once_a_level() -> None:
    found = conditions(BABBLED)
    assert {one.disturbance for one in found} == set(CALLED)
    assert len({one.name for one in found}) == len(found)


@pytest.mark.parametrize("package", ["pyroomacoustics", "noisereduce"])
def test_what_is_not_installed_is_told_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    pytest.importorskip("pyroomacoustics", reason="the extra 'robustness' is not installed")
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("EHSAAS_HOME", str(tmp_path / "home"))
    folder = corpora(tmp_path)
    given = config(**CLAF, corpora=("first",), joint={"protocols": ()}, robustness={"most": 8})
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(given.model_dump(mode="json")))
    out = tmp_path / "run"
    told = CliRunner().invoke(
        app, ["run", str(tmp_path / "c.yaml"), "--corpora", str(folder), "-o", str(out)]
    )
    assert told.exit_code == 2
    *_, line = told.stderr.splitlines()
    assert f"{package}: pip install 'ehsaas[robustness]'" in line
    assert "Traceback" not in told.stderr
    assert not out.exists()


def test_without_a_denoiser_noisereduce_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyroomacoustics", reason="the extra 'robustness' is not installed")
    monkeypatch.setitem(sys.modules, "noisereduce", None)
    robustness.check(RobustnessConfig(denoise=False))


def test_the_study_trains_claf_ser_with_its_adversary() -> None:
    folder = Path(__file__).parents[2] / "experiments"
    assert load(folder / "robustness.yaml").adversary == load(folder / "claf_ser.yaml").adversary


def test_quiet_ends_of_recordings_do_not_reach_a_join(done: Path) -> None:
    """Stands last: the recordings that the run was made from are changed."""
    before = predictions.read(done / "predictions.parquet")
    before = before.filter(pl.col("condition").str.contains("joined"), seed=0)
    given = load(done / "config.yaml")
    for name in given.corpora:
        for path in (done.parent / name).glob("*.wav"):
            samples, rate = soundfile.read(path, dtype="float32")
            soundfile.write(path, np.pad(samples, RATE), rate)
    setup = Setup(given, done, done.parent / "again", done.parent)
    cell, _ = switching.cells(given)
    after = switching.judge(setup, cell).predictions
    both = before.join(after, on=["condition", "id"], how="full", suffix="_after")
    longer = (both["duration_after"] - both["duration"]).to_list()
    # of 4 s; a frame that reaches into speech is loud, so each end keeps up to a frame and a hop
    assert longer == pytest.approx([0] * before.height, abs=4 * 0.045)
