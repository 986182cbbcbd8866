"""A configuration → the features that a run stores, and what they are called."""

from typing import Literal

from ehsaas.disturbances import Speed
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.heard import Heard
from ehsaas.features import EmbeddingConfig, FeatureConfig, SamplesConfig, Told
from ehsaas.features.functionals import FunctionalsConfig
from ehsaas.features.store import Settings

Kind = Literal["frames", "functionals"]
"""`frames` are what the configuration's network hears, be they frames or vectors."""


def feature_settings(config: ExperimentConfig) -> dict[Kind, list[Settings]]:
    """The features that a run stores: the network's, its training copies', and functionals.

    What is read is not stored; with it nothing is heard, not even by the baselines.
    """
    if isinstance(config.features, Told):
        return {"frames": [], "functionals": []}
    heard: list[Settings] = [config.features]
    for speed in config.training.speeds:
        if speed == 1:
            continue
        if isinstance(config.features, FeatureConfig):
            heard.append(config.features.model_copy(update={"speed": speed}))
        else:
            heard.append(Heard(config.features, Speed(factor=speed)))
    heard += [Heard(config.features, disturbance) for disturbance in config.training.disturbed]
    return {"frames": heard, "functionals": [FunctionalsConfig()]}


def versions(config: ExperimentConfig) -> list[str]:
    """What each training copy of an utterance came through, in their order."""
    speeds = [f"speed {speed:g}" for speed in config.training.speeds if speed != 1]
    names = speeds + [one.kind for one in config.training.disturbed]
    return [f"{name} {i + 1}" if names.count(name) > 1 else name for i, name in enumerate(names)]


def kind_of(config: ExperimentConfig) -> str:
    """What a prediction table calls the features of a configuration."""
    if isinstance(config.features, Told):
        return "text"
    if isinstance(config.features, EmbeddingConfig | SamplesConfig):
        return "embeddings" if config.words is None else "embeddings+text"
    return "frames" if isinstance(config.features, FeatureConfig) else "functionals"
