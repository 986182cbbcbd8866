"""Pretrained encoders of a configuration: found, chosen from, refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from ehsaas.experiments import fitting, pretrained
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.run import run
from ehsaas.experiments.systems import ProbeConfig
from ehsaas.models.encoders import EncoderError
from ehsaas.models.finetuned import FineTuned
from ehsaas.training import batches
from ehsaas.training.batches import Examples
from tests.experiments.encoded import PROBE, config, judged
from tests.models import checkpoints


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
    untrained, trained = (fitting.network(given, "abc", 1, seed=1) for _ in range(2))
    assert isinstance(untrained, FineTuned) and isinstance(trained, FineTuned)
    untrained.measure(batches.collate(heard, np.array([i])) for i in (0, 2, 4, 6, 8))
    fitting.fit(given, trained, heard, None, 1, classes=3)
    torch.testing.assert_close(trained.centre, untrained.centre, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(trained.scale, untrained.scale, atol=1e-5, rtol=1e-4)
    assert trained.centre.any() and not torch.equal(trained.dense.weight, untrained.dense.weight)


def test_a_probe_without_dimensions_looks_up_no_place_of_a_class() -> None:
    classes = ("anger", "of no vocabulary")
    assert fitting.sizes(config(), 1, classes)["places"] is None
    placed = config(model=PROBE["model"] | {"dimensions": True})
    assert fitting.sizes(placed, 1, classes[:1])["places"] == [(1, -1)]


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
    with pytest.raises(ValueError, match="model.alone.alone: unknown key"):
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
