"""What a comparison of methods asks for → its cells, and what each method is given in them."""

from collections.abc import Mapping
from itertools import product

import polars as pl

from ehsaas.experiments import stored
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.parts import MethodsConfig
from ehsaas.experiments.protocols import Cell
from ehsaas.features import FeatureConfig
from ehsaas.features.functionals import FunctionalsConfig
from ehsaas.features.store import Settings as FeatureSettings
from ehsaas.training import adaptation
from ehsaas.training.adaptation import METHODS, Method
from ehsaas.training.adaptation.task import NetworkSettings


def cells(config: ExperimentConfig, tables: Mapping[str, pl.DataFrame]) -> list[Cell]:
    """One cell a target, features, protocol and method; of neural methods one a seed.

    A corpus is a target where there is one in another language.

    Args:
        config: the experiment.
        tables: all rows of each corpus.

    Raises:
        ConfigError: a method cannot be had by the statistics or for the labels asked for.
    """
    part = config.methods
    if part is None:
        return []
    for name in part.methods:
        _see_it_can_be_had(config, name)
    targets = [name for name in config.corpora if foreign(tables, name)]
    found: list[Cell] = []
    for features in part.features:
        allowed = [name for name in part.methods if can(config, features, METHODS[name])]
        for target, protocol, name in product(targets, part.protocols, allowed):
            for seed in config.seeds if METHODS[name].neural else config.seeds[:1]:
                found.append(_cell(target, features, protocol, name, seed))
        if "lolo" in part.protocols and (
            features == part.features[0] or oracular(config, features)
        ):
            found += [_cell(target, features, "lolo") for target in targets]
    return found


def settings(config: ExperimentConfig) -> dict[str, FeatureSettings]:
    """The features that the store must hold beside those of the network."""
    if config.methods is None or "functionals" not in config.methods.features:
        return {}
    return {"functionals": FunctionalsConfig()}


def _cell(target: str, features: str, protocol: str, method: str = "", seed: int = 0) -> Cell:
    return Cell("methods", target, seed, protocol, condition=features, method=method)


def foreign(tables: Mapping[str, pl.DataFrame], corpus: str) -> list[str]:
    """The corpora in other languages than `corpus`."""
    tongues = {name: set(rows["language"]) for name, rows in tables.items()}
    return [name for name in tables if not tongues[name] & tongues[corpus]]


def _see_it_can_be_had(config: ExperimentConfig, name: str) -> None:
    part, method = asked(config), METHODS[name]
    if not statistics(config, method):
        raise ConfigError(
            f"methods.statistics: {name} can be had by {' or '.join(_possible(method))}; ask for"
            " that, or leave the method out"
        )
    if method.labels == "needed" and not any(part.labels_per_class):
        raise ConfigError(
            f"methods.labels_per_class: {name} needs labels of the target; ask for some, or leave"
            " the method out"
        )


def can(config: ExperimentConfig, features: str, method: Method) -> bool:
    """Whether a method takes the features."""
    return method.frames or features == "functionals" or not on_frames(config)


def oracular(config: ExperimentConfig, features: str) -> bool:
    """Whether there is an oracle, which is a probe of vectors."""
    return can(config, features, METHODS["target-only"])


def on_frames(config: ExperimentConfig) -> bool:
    """Whether the network hears frames, and not one vector an utterance."""
    return isinstance(config.features, FeatureConfig)


def statistics(config: ExperimentConfig, method: Method) -> list[adaptation.By]:
    """The statistics that a method is asked for."""
    return [by for by in asked(config).statistics if by in _possible(method)]


def _possible(method: Method) -> list[adaptation.By]:
    """The statistics that a method is compared by: neural ones not by the source's."""
    return [by for by in method.statistics if not (method.neural and by == "source")]


def features_of(config: ExperimentConfig, features: str) -> str:
    """What a prediction table calls the features of a cell."""
    return features if features == "functionals" else stored.kind_of(config)


def network(config: ExperimentConfig, features: str) -> NetworkSettings:
    """The network of neural methods on these features, and how it is trained."""
    part = asked(config)
    if features == "functionals" or not on_frames(config):
        sizes = part.network.model_dump(include={"hidden", "width", "dropout"})
        t = part.network
        return NetworkSettings(
            "perceptron",
            sizes,
            t.epochs,
            t.least_steps,
            t.batch_size,
            t.rate,
            t.decay,
            peak=t.peak,
        )
    own = config.training
    return NetworkSettings(
        config.system,
        config.model.model_dump(),
        own.epochs,
        own.least_steps,
        own.batch_size,
        own.rate,
        own.decay,
        own.max_frames,
        part.network.peak,
    )


def asked(config: ExperimentConfig) -> MethodsConfig:
    """The part of an experiment that compares methods, where it has one."""
    assert config.methods is not None, "asked for only where methods are compared"
    return config.methods
