from pathlib import Path

import pytest

from ehsaas.experiments import config
from ehsaas.experiments.config import ConfigError, ExperimentConfig


def write(folder: Path, text: str) -> Path:
    path = folder / "experiment.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_short_file_gets_the_defaults(tmp_path: Path) -> None:
    found = config.load(write(tmp_path, "name: small\ncorpora: [emodb, urdu]\n"))
    assert found.model.hidden == 128 and found.model.layers == 2
    assert found.features.hop_ms == 10 and found.seeds == (0, 1, 2)
    assert found.adaptation is not None and found.adaptation.shares[0] == 0.05


def test_every_experiment_of_the_repository_is_valid() -> None:
    folder = Path(__file__).resolve().parents[2] / "experiments"
    paths = sorted(folder.glob("*.yaml"))
    assert paths
    for path in paths:
        assert isinstance(config.load(path), ExperimentConfig)


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
        ("just a line\n", "expected keys"),
        ("a: [\n", "not YAML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.load(write(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration"):
        config.load(tmp_path / "absent.yaml")


def test_a_configuration_is_frozen() -> None:
    made = ExperimentConfig(name="x", corpora=("a",))
    with pytest.raises(ValueError, match="frozen"):
        made.name = "y"
