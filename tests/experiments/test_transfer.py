"""Pretrained encoders in a run: frozen, trained on, fused with words; by speaker, borrowing."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import ehsaas
from ehsaas import audio, utterances
from ehsaas.experiments import holdout, joint, material, pretrained
from ehsaas.experiments.material import Setup, load
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.run import run
from ehsaas.export.onnx_file import card_for
from ehsaas.models.encoders import EncoderError
from ehsaas.recogniser import Recogniser
from tests.experiments import builders
from tests.experiments.encoded import PROBE, config, judged


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
    assert notes.count("one clip alone is a little easier to judge there") == 1
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
    assert isinstance(made, Recogniser)
    name, said = made.facts["encoder"].split("; ")
    assert name.startswith("tiny, sha256 ") and said == "its weights are not held"
    card = card_for(made, None, None, "float32", 1)  # of a file that holds them
    held = f"{name}; the weights of the layers that are used are held"
    assert card["facts"] == {**made.facts, "encoder": held}
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
