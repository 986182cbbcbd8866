"""What a comparison of methods may ask for, and the networks that it gives them."""

from pathlib import Path
from typing import Any

import pytest

from ehsaas.experiments import comparison
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.parts import MethodsConfig, PerceptronConfig
from ehsaas.experiments.run import run
from ehsaas.training.adaptation import METHODS
from ehsaas.training.adaptation.task import NetworkSettings
from tests.experiments import compared, encoded
from tests.experiments.compared import ASKED, FRAMES, config


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compared.tables(tmp_path_factory.mktemp("comparison"))


def test_networks_have_the_sizes_that_were_asked_for() -> None:
    ours = NetworkSettings(
        *("perceptron", {"hidden": 8, "width": 4, "dropout": 0.7}, 2, 0, 16, 1e-3, 0.3, None, 1.0)
    )
    assert (
        comparison.network(config(), "network")
        == comparison.network(config(), "functionals")
        == ours
    )
    peak = ASKED | {"network": {"peak": 0.5}}
    theirs = NetworkSettings(
        "attention-bilstm",
        {"hidden": 4, "layers": 1, "dropout": 0.3, "dense": 6},
        *(2, 0, 16, 1e-2, 0.0, 20, 0.5),
    )
    assert comparison.network(config(peak, **FRAMES), "network") == theirs
    assert comparison.network(config(peak, **FRAMES), "functionals").model == "perceptron"
    assert PerceptronConfig().peak == 1 and MethodsConfig().methods == ("source-only",)


@pytest.mark.parametrize(
    ("part", "changes", "message"),
    [
        ({"methods": ("corral",)}, {}, "'coral'"),
        ({"methods": ("coral", "coral")}, {}, "coral, coral; name each once"),
        ({"labels_per_class": (0, 5, 5)}, {}, "0, 5, 5; name each once"),
        ({"labels_per_class": (-1,)}, {}, "greater than or equal to 0"),
        ({"folds": 1}, {}, "greater than or equal to 2"),
        (
            {},
            {**FRAMES, "system": "claf-ser", "model": {}},
            "network is one vector an utterance, or frames for attention-bilstm, and not what"
            " claf-ser gets",
        ),
    ],
)
def test_what_is_wrong_with_a_comparison_is_named(
    part: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        config(ASKED | part, **changes)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            {"statistics": ("corpus",)},
            "methods.statistics: running-statistics can be had by source",
        ),
        ({"statistics": ("source",)}, "methods.statistics: nnpm can be had by corpus or speaker"),
        ({"labels_per_class": (0,)}, "methods.labels_per_class: target-only needs labels"),
    ],
)
def test_a_method_that_cannot_be_had_ends_the_run_before_it_starts(
    home: Path, tmp_path: Path, part: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        run(config(ASKED | part), home, tmp_path, store=tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_comparison_takes_several_seeds_of_a_probe() -> None:
    assert config().seeds == (3, 4)
    with pytest.raises(ValueError, match="one of the seeds"):
        encoded.config(seeds=(3, 4))
    assert all(METHODS[name].neural == (name == "nnpm") for name in ASKED["methods"])
