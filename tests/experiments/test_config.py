import json
from pathlib import Path
from typing import Any

import pytest
import torch

from ehsaas.experiments import config
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.systems import READABLE, ModelConfig
from ehsaas.features import FEATURES, FeatureConfig
from ehsaas.models import MODELS
from ehsaas.models.batch import Batch

LAST = {"keep": "last"}


def write(folder: Path, text: str) -> Path:
    path = folder / "experiment.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_short_file_gets_the_defaults(tmp_path: Path) -> None:
    found = config.load(write(tmp_path, "name: small\ncorpora: [emodb, urdu]\n"))
    assert found.model == ModelConfig(hidden=128, layers=2)
    assert isinstance(found.features, FeatureConfig) and found.features.hop_ms == 10
    assert found.seeds == (0, 1, 2)
    assert found.adaptation is not None and found.adaptation.shares[0] == 0.05


def test_every_experiment_of_the_repository_is_valid() -> None:
    folder = Path(__file__).resolve().parents[2] / "experiments"
    paths = sorted(folder.glob("*.yaml"))
    assert paths
    for path in paths:
        loaded = config.load(path)
        assert ExperimentConfig(**loaded.model_dump()) == loaded
        assert ExperimentConfig(**loaded.model_dump(mode="json")) == loaded


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\ncorpora: [a]\ntrainning: {}\n", "did you mean 'training'"),
        ("name: x\ncorpora: [a]\ntraining: {epoch: 3}\n", "did you mean 'epochs'"),
        ("name: x\ncorpora: [a]\nwithin: {fold: 3}\n", "did you mean 'folds'"),
        ("name: x\ncorpora: [a]\nwithin: {zzz: 3}\n", r"within\.zzz: unknown key$"),
        ("name: x\ncorpora: []\n", "corpora"),
        ("name: X Y\ncorpora: [a]\n", "name"),
        ("name: x\ncorpora: [a]\nadaptation: {replay: 0.2}\n", "replay"),
        ("name: x\ncorpora: [a, a]\n", "name each once"),
        ("name: x\ncorpora: [a]\ntransfer: {label_set: seven}\n", "must be the same"),
        (
            "name: x\ncorpora: [a]\ntransfer: {learns: seven}\n",
            "transfer.learns is seven and adaptation.label_set four; .* or write adaptation: null",
        ),
        ("just a line\n", "expected keys"),
        ("a: [\n", "not YAML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.load(write(tmp_path, text))


@pytest.mark.parametrize(
    ("transfer", "adaptation"),
    [
        ({"learns": "seven"}, None),
        ({"learns": "four"}, {}),
        ({"label_set": "seven", "learns": "seven"}, {"label_set": "seven"}),
    ],
)
def test_a_network_that_is_not_adapted_may_learn_more_and_one_that_is_the_same(
    transfer: dict[str, str], adaptation: dict[str, str] | None
) -> None:
    given = {"name": "x", "corpora": ["a"], "transfer": transfer, "adaptation": adaptation}
    assert ExperimentConfig.model_validate(given).learned_labels == transfer["learns"]


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration"):
        config.load(tmp_path / "absent.yaml")


def test_a_configuration_is_frozen() -> None:
    made = ExperimentConfig(name="x", corpora=("a",))
    with pytest.raises(ValueError, match="frozen"):
        made.name = "y"


def refused(folder: Path, **changes: Any) -> str:
    """What is said of a short configuration with these changes, behind the name of its file."""
    path = write(folder, json.dumps({"name": "x", "corpora": ["a"], **changes}))
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    return str(caught.value).removeprefix(f"{path}: ")


def made(**changes: Any) -> ExperimentConfig:
    return ExperimentConfig.model_validate({"name": "x", "corpora": ("a",), **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": {"hiden": 3}}, "model.hiden: unknown key; did you mean 'hidden'?"),
        ({"model": {"heads": 3}}, "model.heads: unknown key"),
        (
            {"system": "claf-ser", "model": {"head": 3}},
            "model.head: unknown key; did you mean 'heads'?",
        ),
        (
            {"system": "simple-rnn", "model": {"dens": 3}},
            "model.dens: unknown key; did you mean 'dense'?",
        ),
        ({"model": 3}, "model: expected keys with values (got 3)"),
        ({"features": {"hop": 3}}, "features.hop: unknown key; did you mean 'hop_ms'?"),
        (
            {"features": {"kind": "utterance-vector", "hop": 3}},
            "features.hop: unknown key; did you mean 'hop_ms'?",
        ),
        (
            {"features": {"like": "claf-frame", "hop": 3}},
            "features.hop: unknown key; did you mean 'hop_ms'?",
        ),
        ({"features": {"like": "utterance-vector", "parts": []}}, "features.parts: unknown key"),
        ({"features": "logml"}, "features: nothing is called 'logml'; did you mean 'logmel'?"),
        ({"features": {"n_mfcc": 99}}, "features: n_mfcc is 99; it may be at most n_mels = 64"),
        (
            {"training": {"disturbed": [{"kind": "hiss", "deviation": 1, "colour": 1}]}},
            "training.disturbed.0.colour: unknown key",
        ),
        (
            {"training": {"disturbed": [{"kind": "noise", "snr_db": 1, "color": "pink"}]}},
            "training.disturbed.0.color: unknown key; did you mean 'colour'?",
        ),
        (
            {"training": {"disturbed": [{"kind": "nois", "snr_db": 1}]}},
            "training.disturbed.0.kind: nothing is called 'nois'; did you mean 'noise'?",
        ),
        (
            {"training": {"disturbed": [3]}},
            "training.disturbed.0: expected keys with values (got 3)",
        ),
        ({"joint": {"fold": 3}}, "joint.fold: unknown key; did you mean 'folds'?"),
        ({"robustness": {"voice": 3}}, "robustness.voice: unknown key; did you mean 'voices'?"),
        ({"switching": {"gap": 3}}, "switching.gap: unknown key; did you mean 'gap_s'?"),
        (
            {"variants": {"v": {"model": {"hiden": 3}}}},
            "variants.v: model.hiden: unknown key; did you mean 'hidden'?",
        ),
        (
            {"variants": {"v": {"features": {"like": "logmel", "hop": 3}}}},
            "variants.v: features.hop: unknown key; did you mean 'hop_ms'?",
        ),
        (
            {"variants": {"v": {"training": {"epoch": 3}}}},
            "variants.v: training.epoch: unknown key; did you mean 'epochs'?",
        ),
        (
            {"variants": {"v": {"trainning": {}}}},
            "variants.v.trainning: a variant may change features, model, adversary, training only;"
            " did you mean 'training'?",
        ),
    ],
)
def test_a_key_that_is_not_known_is_told_where_the_file_has_it(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    assert refused(tmp_path, **changes) == said


def test_a_kind_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    said = refused(tmp_path, training={"disturbed": [{"snr_db": 3}]})
    assert said.startswith("training.disturbed.0.kind: missing; there are noise, hiss, ")


def test_only_the_system_is_told_where_nobody_knows_it(tmp_path: Path) -> None:
    said = refused(tmp_path, system="claf", model={"heads": 3})
    assert said.startswith("system: ") and "model" not in said


def test_keys_that_are_no_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Keys should be strings"):
        config.load(write(tmp_path, "name: x\ncorpora: [a]\n1: 2\n"))


@pytest.mark.parametrize("change", ["logmel", {"like": "logmel"}])
@pytest.mark.parametrize("base", ["claf-frame", {"like": "claf-frame", "hop_ms": 30}])
def test_a_variant_can_hear_other_ready_features(change: object, base: object) -> None:
    given = made(features=base, variants={"other": {"features": change}})
    assert given.of("other").features == FEATURES["logmel"]


def test_a_variant_can_hear_a_vector_and_not_frames() -> None:
    given = made(variants={"vector": {"features": {"kind": "utterance-vector", "hop_ms": 20}}})
    assert given.of("vector").features.model_dump()["hop_ms"] == 20


def test_a_variant_keeps_what_it_does_not_change() -> None:
    given = made(
        features={"like": "claf-frame", "trim_db": 40},
        training={"epochs": 7},
        variants={"coarse": {"features": {"hop_ms": 30}, "training": {"rate": 0.5}}},
    )
    coarse = given.of("coarse")
    expected = {**FEATURES["claf-frame"].model_dump(), "trim_db": 40, "hop_ms": 30}
    assert coarse.features == FeatureConfig(**expected)
    assert coarse.training.epochs == 7 and coarse.training.rate == 0.5


@pytest.mark.parametrize("key", ["seeds", "corpora", "joint", "name", "system", "variants"])
def test_a_variant_changes_nothing_of_the_whole_experiment(tmp_path: Path, key: str) -> None:
    said = refused(tmp_path, variants={"v": {key: [1]}})
    assert said == (
        f"variants.v.{key}: a variant may change features, model, adversary, training only"
    )


@pytest.mark.parametrize("change", [{}, {"training": {}}, {"training": {"epochs": 40}}])
def test_a_variant_that_is_the_plain_system_is_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    assert refused(tmp_path, variants={"v": change}) == "variants.v: changes nothing"


def test_a_variant_must_fit_the_rest(tmp_path: Path) -> None:
    said = refused(tmp_path, variants={"v": {"adversary": {"reads": "x", "against": ["corpus"]}}})
    assert said.startswith("variants.v: adversary.reads: attention-bilstm has no part 'x'")


@pytest.mark.parametrize("name", ["a/b", "", " ", " a", "a_b", "a=b", "a\nb", "..\\a", "a\n"])
def test_a_name_that_cannot_be_one_of_a_file_is_no_variants(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, variants={name: {"training": {"epochs": 1}}})
    assert said.startswith(f"variants: {name!r} cannot name a variant")


@pytest.mark.parametrize("name", ["copies", "best-epoch"])
def test_a_variant_is_not_called_like_a_leak(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, variants={name: {"training": {"epochs": 1}}})
    assert said == f"variants: {name!r} is the name of a leak; call the variant otherwise"


@pytest.mark.parametrize("name", ["as it is", "denoiser in front"])
def test_a_variant_is_not_called_like_what_stands_beside_it(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, variants={name: {"training": {"epochs": 1}}})
    assert said == f"variants: {name!r} is what tables call something else; choose another"


def test_a_page_does_not_gather_itself(tmp_path: Path) -> None:
    assert "cannot gather itself" in refused(tmp_path, name="small", gathers=["small"])


def test_a_variant_is_called_what_people_call_it() -> None:
    name = "hiss of 0.002 (on half), größer - 1"
    assert made(variants={name: {"training": {"epochs": 1}}}).of(name).training.epochs == 1


@pytest.mark.parametrize("system", READABLE)
def test_an_adversary_reads_what_a_system_has(tmp_path: Path, system: str) -> None:
    sizes = made(system=system).model.model_dump()
    more = {"corpora": 1} if system == "claf-ser" else {}
    output = MODELS[system](dims=3, classes=2, **sizes, **more).eval()(
        Batch(torch.zeros(1, 5, 3), torch.tensor([5]))
    )
    for part in READABLE[system]:
        assert part == "embedding" or part in output.parts
        assert made(system=system, adversary={"against": ["corpus"], "reads": part}).adversary
    for part in {"context", "f_attn", "f_adapted", "nothing"} - set(READABLE[system]):
        said = refused(tmp_path, system=system, adversary={"against": ["corpus"], "reads": part})
        has = ", ".join(READABLE[system])
        assert said == f"adversary.reads: {system} has no part {part!r}; it has {has}"


def test_a_probe_has_no_adversary(tmp_path: Path) -> None:
    probe = {"system": "linear-probe", "features": "utterance-vector", "seeds": [0]}
    said = refused(tmp_path, **probe, training=LAST, adversary={"against": ["corpus"]})
    assert said == "adversary: linear-probe is not trained against one; leave it out"


@pytest.mark.parametrize("where", ["corpora", "optional"])
def test_who_is_judged_does_not_babble(tmp_path: Path, where: str) -> None:
    given = {"corpora": ["a"], where: ["judged"], "training": LAST}
    said = refused(tmp_path, **given, robustness={"babble": ["other", "judged"]})
    assert said.startswith("robustness.babble: judged is judged")


def test_an_emotion_that_is_left_out_must_be_one(tmp_path: Path) -> None:
    said = refused(tmp_path, joint={"drop": ["bordom"]}, training=LAST)
    assert said == "joint.drop: 'bordom' is no emotion; did you mean 'boredom'?"
    said = refused(tmp_path, joint={"drop": ["xyz"]}, training=LAST)
    assert said.startswith("joint.drop: 'xyz' is no emotion; there are anger, ")


@pytest.mark.parametrize("optional", [["a"], ["b", "b"]])
def test_an_optional_corpus_is_named_once(tmp_path: Path, optional: list[str]) -> None:
    assert "name each once" in refused(tmp_path, optional=optional)


@pytest.mark.parametrize("part", ["joint", "robustness"])
def test_joint_and_robustness_keep_the_last_epoch(tmp_path: Path, part: str) -> None:
    said = (
        "joint and robustness keep the last epoch: their test part is looked at for curves; write"
        " training.keep: last"
    )
    assert refused(tmp_path, **{part: {}}) == said
    best = {"best": {"training": {"keep": "best"}}}
    assert refused(tmp_path, **{part: {}}, training=LAST, variants=best) == f"variants.best: {said}"


def test_the_benches_may_stand_alone() -> None:
    nothing = {"within": None, "transfer": None, "adaptation": None}
    assert made(**nothing, training=LAST, robustness={}, switching={}).switching is not None
