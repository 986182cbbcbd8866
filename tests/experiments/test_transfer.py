"""Pretrained encoders in a run: frozen, trained on, fused with words; by speaker, borrowing."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
import yaml

import ehsaas
from ehsaas import audio, utterances
from ehsaas.evaluation import predictions
from ehsaas.experiments import fitting, holdout, joint, material, pretrained
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.material import Setup, load
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.run import run
from ehsaas.experiments.systems import ProbeConfig
from ehsaas.models.encoders import EncoderError
from ehsaas.models.finetuned import FineTuned
from ehsaas.training import batches
from ehsaas.training.batches import Examples
from tests.experiments import builders
from tests.models import checkpoints, text_checkpoints

PROBE: dict[str, Any] = {
    "system": "linear-probe",
    "called": "tiny",
    "features": {
        "kind": "embeddings",
        "encoder": "encoders/tiny",
        "layers": (0, 1, 2),
        "pooling": "mean-std-thirds",
    },
    "model": {
        "layers": ((1, 2), (0,)),
        "thirds": (True, False),
        "copies": (True, False),
        "steps": (20, 5),
    },
    "training": {"keep": "last", "speeds": (1.0, 0.9)},
    "within": None,
    "adaptation": None,
    "transfer": None,
    "recogniser": False,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = builders.corpora(tmp_path_factory.mktemp("transfer"))
    checkpoints.write(made / "encoders" / "tiny", "whisper")
    text_checkpoints.write(made / "encoders" / "words")
    for name in builders.LANGUAGES:  # what is said depends on the emotion
        table = utterances.read(made / f"{name}.parquet")
        said = {"anger": "oh no", "happiness": "we won", "neutral": "my cat", "sadness": "what"}
        rows = table.rows.with_columns(pl.col("emotion").replace_strict(said).alias("text"))
        parts = pl.when(pl.col("speaker").str.ends_with("3")).then(pl.lit("test"))
        rows = rows.with_columns(parts.otherwise(pl.lit("train")).alias("split"))
        utterances.write(utterances.UtteranceTable(rows, table.roots), made / f"{name}.parquet")
    return made


def config(**changes: Any) -> ExperimentConfig:
    return builders.config(**(PROBE | changes))


def judged(given: ExperimentConfig, folder: Path, out: Path) -> pl.DataFrame:
    run(given, folder, out, store=folder / "store")
    return predictions.read(out / "predictions.parquet")


def test_a_probe_is_judged_under_every_protocol_and_statistics(
    folder: Path, tmp_path: Path
) -> None:
    given = config(
        transfer={"statistics": ("source", "corpus", "speaker")},
        joint={
            "together": False,
            "protocols": ("strict", "official"),
            "folds": 2,
            "statistics": ("source", "corpus", "speaker"),
        },
        never_by_speaker=("second",),
    )
    said = judged(given, folder, tmp_path / "run")
    ours = said.filter(system="tiny")
    assert set(ours["features"]) == {"embeddings"}
    found = set(ours.select("protocol", "corpus", "normalisation").unique().iter_rows())
    every = {
        (protocol, corpus, by)
        for protocol in ("strict", "official", "pair", "lolo")
        for corpus in builders.LANGUAGES
        for by in ("source", "corpus", "speaker")
    }
    within = ("strict", "official")
    assert found == every - {(protocol, "second", "speaker") for protocol in within}
    rivals = said.filter(system="functionals-svm", protocol="lolo")
    assert set(rivals["normalisation"]) == {"source", "corpus", "speaker"}
    notes = (tmp_path / "run" / "notes.json").read_text(encoding="utf-8")
    assert "left-out speakers of the training part. Taken, how often: layer" in notes
    assert str(folder) not in (tmp_path / "run" / "config.yaml").read_text(encoding="utf-8")


def test_where_few_speakers_train_others_are_borrowed(folder: Path, tmp_path: Path) -> None:
    part = {"together": False, "protocols": ("official",), "borrow": True}
    few = {"test": ("first:s2", "first:s3")}
    given = config(joint=part | {"parts": {"first": few}}, corpora=("first", "second"))
    said = judged(given, folder, tmp_path / "run").filter(protocol="official")
    for system in ("tiny", "functionals-svm"):
        own = said.filter(system=system).select("corpus", "condition", "train").unique()
        assert set(own.iter_rows()) == {
            ("first", "{}", "first"),
            ("first", '{"borrowed": "other corpora"}', "first+second"),
            ("second", "{}", "second"),
        }
    assert set(said.filter(corpus="first")["speaker"]) == {"first:s2", "first:s3"}


def test_what_is_borrowed_stands_behind_the_corpus_s_own_rows(folder: Path, tmp_path: Path) -> None:
    given = config(joint={"together": False, "protocols": ("official",), "borrow": True})
    run(given, folder, tmp_path, store=folder / "store")
    setup = Setup(pretrained.found(given, folder), tmp_path, folder / "store", folder)
    own, others = (load(setup, [name], "native") for name in ("first", "second"))
    assert given.joint is not None
    (fold,) = holdout.folds(own.rows, "official", given.joint, folder)
    longer, both = joint.beside(fold, own, others)
    assert both.rows[: own.rows.height].equals(own.rows)
    assert (longer.train[: len(fold.train)] == fold.train).all()
    assert set(both.rows["corpus"][longer.train[len(fold.train) :]]) == {"second"}


def test_fusion_is_judged_with_both_and_with_each_alone(folder: Path, tmp_path: Path) -> None:
    given = config(
        system="fusion",
        called=None,
        features=PROBE["features"] | {"pooling": "none", "every": 3, "layers": (1,)},
        words={"kind": "text", "encoder": "encoders/words", "pooling": "none"},
        model={"hidden": 16, "heads": 2, "dense": 16, "drop": 0.4},
        training={"keep": "last", "epochs": 25, "rate": 1e-2},
        joint={"together": False, "protocols": ("official",)},
        corpora=("first",),
    )
    said = judged(given, folder, tmp_path / "run").filter(system="fusion")
    assert set(said["features"]) == {"embeddings+text"}
    told = said.group_by("condition").agg((pl.col("truth") == pl.col("predicted")).mean())
    right = dict(told.iter_rows())
    assert set(right) == {"{}", '{"modality": "speech alone"}', '{"modality": "text alone"}'}
    assert right["{}"] > 0.9 and right['{"modality": "text alone"}'] > 0.9  # the words tell


def test_an_encoder_is_trained_on_and_saved_with_its_weights(folder: Path, tmp_path: Path) -> None:
    given = config(
        system="finetuned-speech",
        called=None,
        features={"kind": "samples"},
        model={"encoder": "encoders/tiny", "layers": 2, "hidden": 16, "lora": 2},
        training={"keep": "last", "epochs": 2, "schedule": "linear"},
        joint={"together": False, "protocols": ("official",)},
        corpora=("first",),
        recogniser=True,
    )
    said = judged(given, folder, tmp_path / "run").filter(system="finetuned-speech")
    assert set(said["normalisation"]) == {"none"} and set(said["features"]) == {"embeddings"}
    clip = audio.read(folder / "first" / "s0_anger_0.wav")
    (folder / "encoders" / "tiny").rename(folder / "encoders" / "gone")
    try:
        made = ehsaas.load(tmp_path / "run" / "model")
        estimate = made(clip)
    finally:
        (folder / "encoders" / "gone").rename(folder / "encoders" / "tiny")
    assert "its weights are held" in made.facts["encoder"]
    assert sum(estimate.probabilities.values()) == pytest.approx(1)


def test_pooled_vectors_are_standardised_by_the_training_part(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is trained on and nothing else, by the encoder before it learned anything."""
    monkeypatch.setattr(fitting, "MEASURED", 5)
    given = pretrained.found(
        config(
            system="finetuned-speech",
            features={"kind": "samples"},
            model={"encoder": "encoders/tiny", "layers": 2, "hidden": 16},
            training={"keep": "last", "epochs": 1},
        ),
        folder,
    )
    rng = np.random.default_rng(0)
    sound = [rng.normal(size=(n, 1)).astype(np.float32) for n in range(3000, 3900, 100)]
    labels = np.arange(9) % 3
    heard = Examples(sound, labels, np.zeros(9, dtype=np.int64), tuple("abcdefghi"))
    untrained, trained = (fitting.network(given, 3, 1, seed=1) for _ in range(2))
    assert isinstance(untrained, FineTuned) and isinstance(trained, FineTuned)
    untrained.measure(batches.collate(heard, np.array([i])) for i in (0, 2, 4, 6, 8))
    fitting.fit(given, trained, heard, None, 1, classes=3)
    torch.testing.assert_close(trained.centre, untrained.centre, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(trained.scale, untrained.scale, atol=1e-5, rtol=1e-4)
    assert trained.centre.any() and not torch.equal(trained.dense.weight, untrained.dense.weight)


def test_a_probe_is_saved_with_the_name_and_the_hash_of_its_encoder(
    folder: Path, tmp_path: Path
) -> None:
    part = {"together": False, "protocols": ("official",)}
    run(
        config(joint=part, corpora=("first",), recogniser=True),
        folder,
        tmp_path,
        store=folder / "store",
    )
    made = ehsaas.load(tmp_path / "model")
    assert "its weights are not held" in made.facts["encoder"]
    for written in ("model/recogniser.json", "config.yaml", "encoders.yaml"):
        assert str(folder) not in (tmp_path / written).read_text(), "a path of this machine"
    clip = audio.read(folder / "first" / "s0_anger_0.wav")
    assert made(clip).emotion in builders.PITCH
    link = tmp_path / "deeper" / "link"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "model", target_is_directory=True)
    assert ehsaas.load(link)(clip) == made(clip)
    (folder / "encoders" / "tiny").rename(folder / "encoders" / "gone")
    try:
        with pytest.raises(EncoderError, match="no such folder, looked for at"):
            ehsaas.load(tmp_path / "model")(clip)
    finally:
        (folder / "encoders" / "gone").rename(folder / "encoders" / "tiny")


def test_texts_are_read_without_recordings(folder: Path, tmp_path: Path) -> None:
    table = utterances.read(folder / "first.parquet")
    silent = table.rows.with_columns(path=pl.lit(None, pl.String))
    (tmp_path / "in" / "encoders").mkdir(parents=True)
    utterances.write(utterances.UtteranceTable(silent, {}), tmp_path / "in" / "first.parquet")
    given = config(
        system="finetuned-text",
        called=None,
        features={"kind": "tokens", "encoder": str(folder / "encoders" / "words"), "most": 16},
        model={"head_rate": 0.01},
        training={"keep": "last", "epochs": 8, "rate": 1e-2, "balanced": False},
        joint={"together": False, "protocols": ("official",)},
        corpora=("first",),
    )
    said = judged(given, tmp_path / "in", tmp_path / "run")
    ours = said.filter(system="finetuned-text")
    assert (ours["truth"] == ours["predicted"]).mean() == 1  # the words tell
    assert set(ours["normalisation"]) == {"none"} and set(ours["features"]) == {"text"}
    assert set(said["system"]) == {"finetuned-text", "chance", "majority", "speaker-majority"}


def test_a_candidate_sees_the_columns_that_its_name_says(folder: Path) -> None:
    given = pretrained.found(config(), folder)
    blocks = pretrained.blocks(given.features)
    assert sorted(np.concatenate(blocks)) == list(range(len(given.features.names)))
    assert isinstance(given.model, ProbeConfig)
    found = {one.name: one for one in pretrained.candidates(given.features, given.model)}
    assert len(found) == 16
    one = found["layer 0, without thirds, with copies, C 0.01, 5 steps"]
    seen = np.concatenate([blocks[i] for i in one.blocks])
    names = {given.features.names[i].rsplit("_", 1)[0] for i in seen}
    assert names == {"layer0_mean", "layer0_std"} and one.copies and one.steps == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": {"kind": "samples"}}, "linear-probe cannot take samples"),
        ({"system": "finetuned-text", "model": {}}, "finetuned-text takes tokens, not embeddings"),
        ({"system": "fusion", "model": {}}, "fusion needs them"),
        ({"features": PROBE["features"] | {"every": 2}}, "every averages frames"),
        ({"features": PROBE["features"] | {"pooling": "none"}}, "one vector an utterance"),
        ({"seeds": (0, 1)}, "nothing random"),
        ({"training": {"keep": "last", "noise": 0.1}}, "training.noise: not for linear-probe"),
        ({"adaptation": {}}, "linear-probe is not adapted; write adaptation: null"),
        ({"never_by_speaker": ("secnd",)}, "never_by_speaker: 'secnd' is no corpus; did you mean"),
        ({"features": {"kind": "embedding"}}, "no features of the kind 'embedding'"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**changes)


def test_a_probe_chooses_among_layers_that_are_there(folder: Path) -> None:
    with pytest.raises(ConfigError, match="the features hold layers 0, 1, 2, not 5"):
        pretrained.found(config(model={"layers": ((1, 5),)}), folder)


def test_what_is_named_for_few_speakers_says_in_full_what_it_is(folder: Path) -> None:
    few = {"layers": ((0,),), "thirds": (False,), "copies": (False,), "steps": (3,)}
    given = pretrained.found(config(model=PROBE["model"] | {"alone": few}), folder)
    assert isinstance(given.model, ProbeConfig)
    one = pretrained.alone(given.features, given.model)
    assert one is not None and not one.copies and one.blocks == (0,)
    assert one.name == "layer 0, without thirds, without copies, C 0.01, 3 steps"
    plain = pretrained.found(config(), folder)
    assert isinstance(plain.model, ProbeConfig)
    assert pretrained.alone(plain.features, plain.model) is None
    with pytest.raises(ConfigError, match="the features hold layers 0, 1, 2, not 7"):
        pretrained.found(config(model={"alone": {"layers": ((7,),)}}), folder)
    with pytest.raises(ValueError, match="one value each; it has more of steps"):
        config(model={"alone": {"steps": (3, 4)}})
    with pytest.raises(ValueError, match="one value each; it has more of alone"):
        config(model={"alone": {"alone": {}}})


def test_a_run_is_not_resumed_with_another_encoder(folder: Path, tmp_path: Path) -> None:
    part = {"together": False, "protocols": ("official",)}
    given = config(joint=part, corpora=("first",))
    run(given, folder, tmp_path, store=folder / "store")
    told = (tmp_path / "encoders.yaml").read_text()
    assert told.startswith("encoders/tiny: ")
    (tmp_path / "encoders.yaml").write_text("encoders/tiny: another\n")
    for _ in range(2):  # another one, and one that nobody wrote down
        with pytest.raises(ConfigError, match="holds a run with other encoders"):
            run(given, folder, tmp_path, store=folder / "store")
        (tmp_path / "encoders.yaml").unlink(missing_ok=True)


def test_a_variants_encoder_is_found_and_told_of(folder: Path, tmp_path: Path) -> None:
    checkpoints.write(folder / "encoders" / "other", "whisper", seed=1)
    part = {"together": False, "protocols": ("official",)}
    changed = {"another": {"features": {"encoder": "encoders/other"}}}
    given = config(joint=part, corpora=("first",), variants=changed)
    said = judged(given, folder, tmp_path).filter(system="tiny")
    assert set(said["condition"]) == {"{}", '{"variant": "another"}'}
    told = yaml.safe_load((tmp_path / "encoders.yaml").read_text())
    assert [*told] == ["encoders/tiny", "encoders/other"] and len({*told.values()}) == 2


def test_a_speaker_of_few_utterances_has_the_statistics_of_its_corpus(
    folder: Path, tmp_path: Path
) -> None:
    table = utterances.read(folder / "first.parquet")
    place = pl.int_range(pl.len()).over("speaker")
    few = pl.when(pl.col("speaker").str.ends_with("0")).then(material.VOICED - 1)
    kept = table.keep(table.rows.filter(place < few.otherwise(material.VOICED)))
    utterances.write(kept, tmp_path / "tables" / "first.parquet")
    part = {"together": False, "protocols": ("official",), "statistics": ("speaker",)}
    given = pretrained.found(config(joint=part, corpora=("first",)), folder)
    data = material.load(Setup(given, tmp_path, folder / "store", folder), ["first"], "native")
    whose = {name.split("/")[-1] for name in data.voices}
    assert whose == {name for name in kept.rows["speaker"] if not name.endswith("0")}
    scales = data.standardised_by(data.everything, "speaker")
    row = next(i for i, name in enumerate(data.rows["speaker"]) if name.endswith("0"))
    own = data.examples(np.array([row]), scales).features[0]
    np.testing.assert_allclose(own, data.own["first"](data.features[row]))


def test_official_parts_that_nobody_has_are_named(folder: Path, tmp_path: Path) -> None:
    table = utterances.read(folder / "first.parquet")
    whole = utterances.UtteranceTable(
        table.rows.with_columns(split=pl.lit(None, pl.String)), table.roots
    )
    utterances.write(whole, tmp_path / "first.parquet")
    given = config(
        joint={"together": False, "protocols": ("official",)},
        corpora=("first",),
        features=PROBE["features"] | {"encoder": str(folder / "encoders" / "tiny")},
    )
    with pytest.raises(
        ConfigError, match=r"no corpus has parts of its publisher; name .* in joint"
    ):
        run(given, tmp_path, tmp_path / "run", store=folder / "store")


def test_layers_to_train_that_are_not_there_are_named_first(folder: Path, tmp_path: Path) -> None:
    given = config(
        system="finetuned-speech",
        features={"kind": "samples"},
        model={"encoder": "encoders/tiny", "layers": 9},
        training={"keep": "last"},
        joint={"together": False, "protocols": ("official",)},
        corpora=("first",),
    )
    with pytest.raises(EncoderError, match="9 layers, 0 of them frozen; tiny has"):
        run(given, folder, tmp_path, store=folder / "store")
    assert not [*tmp_path.iterdir()]


def test_an_encoder_that_is_nowhere_is_named(folder: Path) -> None:
    features = PROBE["features"] | {"encoder": "encoders/none"}
    with pytest.raises(EncoderError, match=r"encoders/none: no such folder"):
        pretrained.found(config(features=features), folder)
    features["encoder"] = "../none"
    with pytest.raises(EncoderError, match=f"no such folder, looked for at {folder.parent}/none;"):
        pretrained.found(config(features=features), folder)
