"""A YAML file → `ExperimentConfig`; an unknown key is refused and the nearest known one named."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ehsaas.features.stack import FeatureConfig


class ConfigError(ValueError):
    """A configuration cannot be used; the message names the key and what is expected."""


class Stage(BaseModel):
    """What every part of a configuration has in common: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Share = Annotated[float, Field(gt=0, le=1)]


class ModelConfig(Stage):
    """Sizes of the attention Bi-LSTM; the defaults are those of METHODS.md A."""

    hidden: int = Field(default=128, ge=1)
    layers: int = Field(default=2, ge=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    dense: int = Field(default=64, ge=1)


class TrainingConfig(Stage):
    """How a network is trained: `epochs`, but at least and at most so many steps (batches).

    `speeds` are those at which a training utterance is heard, one drawn anew each epoch; 1 is
    always among them.
    """

    epochs: int = Field(default=40, ge=1)
    least_steps: int = Field(default=0, ge=0)
    most_steps: int | None = Field(default=None, ge=1)
    speeds: tuple[Annotated[float, Field(ge=0.5, le=2)], ...] = (1.0,)
    rate: float = Field(default=1e-3, gt=0)
    decay: float = Field(default=0.0, ge=0)
    patience: int = Field(default=8, ge=1)
    schedule: Literal["constant", "cosine"] = "constant"
    batch_size: int = Field(default=32, ge=1)
    max_frames: int | None = Field(default=None, ge=1)
    smoothing: float = Field(default=0.0, ge=0, lt=1)
    time_masks: int = Field(default=0, ge=0)
    feature_masks: int = Field(default=0, ge=0)
    noise: float = Field(default=0.0, ge=0)
    shift: float = Field(default=0.0, ge=0)


class WithinConfig(Stage):
    """Question 1: how well does it work within a language, strictly and on a random split."""

    protocols: tuple[Literal["strict", "random"], ...] = ("strict", "random")
    label_set: Literal["native", "four", "seven"] = "native"
    folds: int = Field(default=5, ge=2)
    strict_folds: str | None = None


class TransferConfig(Stage):
    """Question 2: what is lost when a model comes from another language, or from the others."""

    label_set: Literal["four", "seven"] = "four"
    pairs: bool = True
    pooled: bool = True


class AdaptationConfig(Stage):
    """Question 3: how much of a language's own data buys how much back."""

    label_set: Literal["four", "seven"] = "four"
    shares: tuple[Share, ...] = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
    test_share: float = Field(default=0.35, gt=0, lt=1)
    epochs: int = Field(default=10, ge=1)
    least_steps: int = Field(default=0, ge=0)
    replay: float = Field(default=0.5, ge=0.5, lt=1)
    all_unfrozen: bool = True


class Published(Stage):
    """One figure of a paper, to stand beside ours."""

    system: str
    train: tuple[str, ...]
    test: str
    protocol: str
    leakage: str
    ours: str | None = None
    metric: Literal["uar", "accuracy", "weighted_f1", "macro_f1"]
    value: float = Field(ge=0, le=1)
    source: str


class ExperimentConfig(Stage):
    """One experiment: the three questions over some corpora."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    question: str = ""
    corpora: tuple[str, ...] = Field(min_length=1)
    neutral_styles: dict[str, tuple[str, ...]] = {}
    features: FeatureConfig = FeatureConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    within: WithinConfig | None = WithinConfig()
    transfer: TransferConfig | None = TransferConfig()
    adaptation: AdaptationConfig | None = AdaptationConfig()
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    shuffle_labels: bool = False
    workers: int = Field(default=2, ge=1)
    published: tuple[Published, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def cross_labels(self) -> Literal["four", "seven"]:
        """The label set of what crosses languages, the same for transfer and adaptation."""
        part = self.transfer or self.adaptation
        return "four" if part is None else part.label_set

    @model_validator(mode="after")
    def _agrees(self) -> "ExperimentConfig":
        if self.transfer and self.adaptation:
            if self.transfer.label_set != self.adaptation.label_set:
                raise ValueError(
                    f"transfer.label_set is {self.transfer.label_set} and adaptation.label_set"
                    f" {self.adaptation.label_set}; adaptation starts from the transferred network,"
                    " so both must be the same"
                )
        if len(set(self.corpora)) < len(self.corpora):
            raise ValueError(f"corpora are {', '.join(self.corpora)}; name each once")
        return self


def load(path: Path) -> ExperimentConfig:
    """Read and check a configuration.

    Raises:
        ConfigError: the file is missing, is not YAML, or a key or a value is not known.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such configuration; see experiments/ for examples")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML ({error})") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected keys such as `name:` and `corpora:`")
    try:
        return ExperimentConfig(**values)
    except ValidationError as error:
        raise ConfigError(f"{path}: {'; '.join(_explain(e) for e in error.errors())}") from error


def _explain(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"{place}: {error['msg']} (got {error['input']!r})"
    near = get_close_matches(str(error["loc"][-1]), _known(error["loc"][:-1]), n=1)
    return f"{place}: unknown key" + (f"; did you mean {near[0]!r}?" if near else "")


def _known(place: tuple[Any, ...]) -> list[str]:
    model: Any = ExperimentConfig
    for part in place:
        field = getattr(model, "model_fields", {}).get(part)
        if field is None:
            return []
        choices = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((c for c in choices if hasattr(c, "model_fields")), None)
    return list(getattr(model, "model_fields", {}))
