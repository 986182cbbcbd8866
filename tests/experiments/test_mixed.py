"""One network for every kind of statistics: how it learns, is judged, calibrated and saved."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import ehsaas
from ehsaas import audio
from ehsaas.calibration import HIDING
from ehsaas.emotions import CIRCUMPLEX, Estimate
from ehsaas.evaluation import predictions
from ehsaas.evaluation.predictions import PLAIN
from ehsaas.evaluation.trials import CHANNELS, CORPORA
from ehsaas.evaluation.trials import PROBE as PROBED
from ehsaas.experiments import material, pretrained, stored
from ehsaas.experiments.adapt import adapt
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.given import Recording
from ehsaas.experiments.left_out_disturbed import CONDITIONS
from ehsaas.experiments.material import Setup
from ehsaas.experiments.probes import AS_RECORDED
from ehsaas.export import export
from ehsaas.judging import Judge
from ehsaas.recogniser import Recogniser
from ehsaas.training.calibrating import calibrate
from tests import signals
from tests.experiments import builders
from tests.experiments.encoded import PROBE, config, judged

STATISTICS = ("source", "corpus", "speaker")


def mixed(**changes: object) -> ExperimentConfig:
    given = {
        "features": PROBE["features"]
        | {"pooling": "mean-std-loud", "level_db": -22, "level": True},
        "model": {
            "layers": ((1, 2), (0,)),
            "frames": ("loud", "all", "both"),
            "copies": (True, False),
            "share": (1.0, 0.0),
            "C": (0.001,),
            "steps": (20, 5),
            "views": STATISTICS,
            "bound": 2.0,
            "own_classes": True,
            "level_gain": 4.0,
            "dimensions": True,
        },
        "training": {"keep": "last", "disturbed": [{"kind": "murmur", "snr_db": 12}]},
        "transfer": {
            "label_set": "four",
            "learns": "seven",
            "pairs": False,
            "statistics": STATISTICS,
            "disturbed": True,
        },
    }
    return config(**(given | changes))


@pytest.fixture(scope="module")
def out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    joint = {"together": False, "protocols": ("strict",), "folds": 2, "statistics": STATISTICS}
    run = tmp_path_factory.mktemp("mixed") / "run"
    judged(mixed(joint=joint, recogniser=True, never_by_speaker=("second",)), folder, run)
    return run


def test_one_network_is_judged_by_all_statistics_in_the_smaller_label_set(out: Path) -> None:
    said = predictions.read(out / "predictions.parquet").filter(system="tiny")
    said = said.filter(condition="{}")
    found = set(said.select("protocol", "corpus", "normalisation").unique().iter_rows())
    every = {
        (protocol, corpus, by)
        for protocol in ("strict", "lolo")
        for corpus in builders.LANGUAGES
        for by in STATISTICS
    }
    assert found == every - {("strict", "second", "speaker")}
    assert len(list((out / "cells").glob("pooled__*.safetensors"))) == len(builders.LANGUAGES)
    left_out = said.filter(protocol="lolo", condition="{}")
    assert set(left_out["label_set"]) == {"four", "among seven"}
    left_out = left_out.filter(label_set="four")
    columns = [f"p_{name}" for name in ("anger", "happiness", "neutral", "sadness")]
    columns = [name if name in left_out.columns else name[2:] for name in columns]
    total = left_out.select(pl.sum_horizontal(columns)).to_series()
    np.testing.assert_allclose(total, 1, atol=1e-5)


def test_left_out_languages_are_judged_disturbed_one_clip_alone(out: Path) -> None:
    """At another level, which is brought to the same, every answer is that to the clean clip."""
    said = predictions.read(out / "predictions.parquet").filter(system="tiny", protocol="lolo")
    stored = said.filter(condition="{}", normalisation="source")
    told = {json.dumps(one.told, sort_keys=True): one for one in CONDITIONS}
    disturbed = said.filter(pl.col("condition") != "{}")
    assert set(disturbed["condition"]) == set(told)
    assert set(disturbed["normalisation"]) == {"source"}
    plain = disturbed.filter(pl.col("condition").str.contains(PLAIN))
    again = plain.join(stored, on=("corpus", "id"))
    agreed = (again["predicted"] == again["predicted_right"]).to_numpy()
    assert agreed.mean() > 0.97  # what is stored is kept in 16 bits
    for text, condition in told.items():
        one = disturbed.filter(condition=text).join(plain, on=("corpus", "id"))
        assert one.height == plain.height == 3 * 64
        same = (one["predicted"] == one["predicted_right"]).all()
        assert same is (condition.disturbance in (PLAIN, "level")), text


def said_alone(out: Path) -> pl.DataFrame:
    """What those that left out a language said among all emotions that they learned."""
    said = predictions.read(out / "predictions.parquet").filter(system="tiny", protocol="lolo")
    return said.filter(label_set="among seven", normalisation="source")


def test_its_calibration_is_that_of_the_networks_that_left_out_a_language(out: Path) -> None:
    """Scores are 1 − p of the truth once all logits are divided by one temperature."""
    said = said_alone(out)
    columns = [name for name in said.columns if name.startswith("p_")]
    logits = np.log(np.maximum(said.select(columns).to_numpy(), 1e-12))
    truth = [columns.index(f"p_{name}") for name in said["truth"]]
    made = ehsaas.load(out / "model")
    assert isinstance(made, Recogniser) and made.scores is not None
    stated = calibrate(logits, np.array(truth))
    np.testing.assert_allclose(np.sort(made.scores), np.sort(stated.scores), atol=0.02)


def test_the_recogniser_is_calibrated_on_languages_that_were_left_out(out: Path) -> None:
    about = json.loads((out / "model" / "recogniser.json").read_text(encoding="utf-8"))
    told = about["facts"]["calibration"]
    assert said_alone(out).height == told["utterances"]
    assert told["data"] == "languages" and told["corpora"] == sorted(builders.LANGUAGES)
    assert about["temperature"] == 1.0  # it is in the weights
    made = ehsaas.load(out / "model")
    assert isinstance(made, Recogniser) and made.scores is not None
    assert len(made.scores) == told["utterances"] == 3 * 64
    assert made.settles(0.9) is not None


def test_probes_say_what_the_recogniser_knows_of_the_place(out: Path) -> None:
    said = predictions.read(out / "predictions.parquet").filter(protocol="recogniser")
    assert set(said["system"]) == {PROBED}
    reads = {"answers", "embedding", "true emotion"}
    for label_set, told in (
        (CORPORA, set(builders.LANGUAGES)),
        (CHANNELS, {AS_RECORDED, "murmur"}),
    ):
        own = said.filter(label_set=label_set)
        assert set(own["truth"]) == told
        assert own["id"].n_unique() * len(reads) == own.height
        for read in reads:
            rows = own.filter(condition=json.dumps({"read": read}))
            right = (rows["truth"] == rows["predicted"]).sum() / rows.height
            # in each language as many clips of each emotion, and both versions of a clip have one
            assert read != "true emotion" or right <= 1 / len(told) + 0.1


def loudest(judge: Judge, gain: float) -> dict[str, float]:
    clip = audio.Clip(gain * signals.voice(200, 0.5), audio.RATE)
    return dict(judge(clip).probabilities)


def test_the_level_is_hidden_from_who_hears_one_clip_alone(out: Path) -> None:
    made = ehsaas.load(out / "model")
    assert isinstance(made, Recogniser)
    (place,) = made.statistics.hidden
    assert made.features.names[place] == "level"
    assert made.statistics.std[place] > HIDING
    one, other = loudest(made, 0.05), loudest(made, 0.5)
    assert other == pytest.approx(one, abs=1e-3)
    clips = [audio.Clip(g * signals.voice(f, 0.5), 16000) for g in (0.2, 0.3) for f in (150, 250)]
    voice = made.statistics_of(clips, "voice")
    assert voice.std[place] < 100
    soft, loud = (made.measure(audio.Clip(g * clips[0].samples, 16000)) for g in (0.1, 1.0))
    assert voice(loud)[0, place] - voice(soft)[0, place] > 0.2
    assert made.statistics(loud)[0, place] == pytest.approx(
        made.statistics(soft)[0, place], abs=0.01
    )


def test_its_file_gives_the_same_answers_arousal_and_valence_among_them(
    out: Path, tmp_path: Path
) -> None:
    made = ehsaas.load(out / "model")
    assert isinstance(made, Recogniser)
    clips = [audio.Clip(signals.voice(f, s), audio.RATE) for f, s in ((150, 0.4), (250, 0.8))]
    exported = export(made, tmp_path / "mixed.onnx", clips)
    assert exported.equality.holds()
    file = ehsaas.load(exported.path)
    clip = audio.Clip(signals.voice(200, 0.5), audio.RATE)
    ours, theirs = made(clip), file(clip)
    assert theirs.arousal == pytest.approx(ours.arousal, abs=1e-4)
    assert theirs.valence == pytest.approx(ours.valence, abs=1e-4)
    assert len(file.statistics.hidden) == 1
    assert ours.arousal == pytest.approx(arousal_of(ours), abs=1e-5)


def arousal_of(said: Estimate) -> float:
    """What the stated probabilities of the classes make of it."""
    return sum(p * CIRCUMPLEX[name].arousal for name, p in said.probabilities.items())


def test_an_adapted_one_s_arousal_goes_by_the_probabilities_that_it_states(
    out: Path, folder: Path, tmp_path: Path
) -> None:
    paths = sorted((folder / "third").glob("*.wav"))
    told = [Recording(path.stem, path, path.stem.split("_")[1]) for path in paths]
    adapt(out / "model", told).save(tmp_path / "new")
    new = ehsaas.load(tmp_path / "new")
    assert "calibration" in new.facts
    for path in paths[::8]:
        said = new(audio.read(path))
        assert said.arousal == pytest.approx(arousal_of(said), abs=1e-5)


def test_every_view_of_an_utterance_is_a_version_of_it(folder: Path, tmp_path: Path) -> None:
    given = pretrained.found(mixed(corpora=("first",)), folder)
    (tmp_path / "tables").mkdir()
    table = (folder / "first.parquet").read_bytes()
    (tmp_path / "tables" / "first.parquet").write_bytes(table)
    data = material.load(Setup(given, tmp_path, folder / "store", folder), ["first"], "seven")
    rows = data.everything[:5]
    examples = data.in_views(rows, data.everything, STATISTICS)
    assert {len(versions) for versions in examples.copies} == {3}  # a murmur, and two views
    by = {
        view: data.examples(rows, data.standardised_by(data.everything, view))
        for view in STATISTICS
    }
    np.testing.assert_array_equal(examples.features[2], by["source"].features[2])
    murmur, corpus, speaker = examples.copies[2]
    np.testing.assert_array_equal(murmur, by["source"].copies[2][0])
    np.testing.assert_array_equal(corpus, by["corpus"].features[2])
    np.testing.assert_array_equal(speaker, by["speaker"].features[2])
    level = np.array([one[0, -1] for one in examples.features])
    assert np.abs(level).max() < 0.01 < np.abs(speaker[0, -1])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"transfer": {"label_set": "seven", "learns": "four"}}, "lacks emotions of seven"),
        ({"transfer": {"disturbed": True, "pooled": False}}, "needs transfer.pooled"),
        (
            {
                "model": {"steps": (5,)},
                "transfer": {"disturbed": True, "statistics": ("corpus",), "pairs": False},
            },
            "needs source among the statistics",
        ),
        (
            {"robustness": {"babble": ("other",)}, "transfer": None, "joint": {}},
            "robustness: not for a probe of several views",
        ),
    ],
    ids=["fewer emotions", "nothing left out", "one clip alone", "robustness"],
)
def test_what_cannot_go_together_is_said_before(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        mixed(**changes)


def test_copies_are_called_what_they_came_through() -> None:
    """In the order of the features: other speeds first; two of a kind have their place's number."""
    copies = [
        {"kind": "murmur", "snr_db": 12},
        {"kind": "telephone"},
        {"kind": "murmur", "snr_db": 5},
    ]
    given = mixed(training={"keep": "last", "speeds": (1.0, 0.9), "disturbed": copies})
    assert stored.versions(given) == ["speed 0.9", "murmur 2", "telephone", "murmur 4"]
    assert len(stored.feature_settings(given)["frames"]) == 1 + 4
