"""A YAML file → `ExperimentConfig`; an unknown key is refused and the nearest known one named."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from ehsaas.evaluation.predictions import DENOISED, WHOLE
from ehsaas.experiments import agreement
from ehsaas.experiments.mistakes import ConfigError, hint, read, told
from ehsaas.experiments.parts import (
    CHANGEABLE,
    AdaptationConfig,
    AdversaryConfig,
    ClassicalConfig,
    EnrolmentConfig,
    JointConfig,
    Leak,
    MethodsConfig,
    Published,
    RobustnessConfig,
    Stage,
    SwitchingConfig,
    TrainingConfig,
    TransferConfig,
    WithinConfig,
)
from ehsaas.experiments.systems import (
    SIZES,
    ClafConfig,
    FineTunedConfig,
    FusionConfig,
    ModelConfig,
    ProbeConfig,
    RnnConfig,
    TextClassifierConfig,
)
from ehsaas.features import (
    FEATURES,
    FeatureConfig,
    HeardBy,
    SamplesConfig,
    TextEmbeddingConfig,
    TokensConfig,
    Told,
    kind_of,
)

Model = (
    ModelConfig
    | ClafConfig
    | RnnConfig
    | ProbeConfig
    | FineTunedConfig
    | TextClassifierConfig
    | FusionConfig
)

PageName = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


class ExperimentConfig(Stage):
    """One experiment: the three questions over some corpora.

    `words` are features of what was said, for a system that hears and reads. `called` is what
    tables call the system, e.g. by its encoder, and the recogniser's name. `never_by_speaker` are
    corpora in which the speaker gives the emotion away: where others are standardised by speaker,
    they are by corpus. `recogniser` says whether one is trained on everything at the end, and kept.
    `classical` is a grid of classifiers beside the system; with nothing else asked for, it runs
    alone. `methods` is the comparison of adaptation methods. `gathers` are experiments whose
    results pages follow this one's as chapters.
    """

    name: PageName
    question: str = ""
    system: Literal[
        "attention-bilstm",
        "claf-ser",
        "finetuned-speech",
        "finetuned-text",
        "fusion",
        "linear-probe",
        "simple-rnn",
    ] = "attention-bilstm"
    called: str | None = None
    corpora: tuple[str, ...] = Field(min_length=1)
    optional: tuple[str, ...] = ()
    neutral_styles: dict[str, tuple[str, ...]] = {}
    never_by_speaker: tuple[str, ...] = ()
    features: HeardBy | Told = FeatureConfig()
    words: TextEmbeddingConfig | None = None
    model: Model = ModelConfig()
    adversary: AdversaryConfig | None = None
    training: TrainingConfig = TrainingConfig()
    within: WithinConfig | None = WithinConfig()
    transfer: TransferConfig | None = TransferConfig()
    adaptation: AdaptationConfig | None = AdaptationConfig()
    joint: JointConfig | None = None
    robustness: RobustnessConfig | None = None
    switching: SwitchingConfig | None = None
    classical: ClassicalConfig | None = None
    methods: MethodsConfig | None = None
    enrolment: EnrolmentConfig | None = None
    variants: dict[str, dict[str, Any]] = {}
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    recogniser: bool = True
    shuffle_labels: bool = False
    workers: int = Field(default=2, ge=1)
    published: tuple[Published, ...] = ()
    notes: tuple[str, ...] = ()
    gathers: tuple[PageName, ...] = ()

    @property
    def name_of_system(self) -> str:
        """What prediction tables call the system."""
        return self.called or self.system

    @property
    def heard_by(self) -> HeardBy:
        """The features of a system that hears."""
        assert not isinstance(self.features, Told), "asked for only where something is heard"
        return self.features

    @property
    def reads(self) -> bool:
        """Whether the system reads texts and hears nothing."""
        return isinstance(self.features, Told)

    @property
    def scaled(self) -> bool:
        """Whether features are standardised; samples and ids of tokens are given as they are."""
        return not isinstance(self.features, SamplesConfig | TokensConfig)

    @property
    def by_speaker(self) -> bool:
        """Whether statistics of single speakers are asked for."""
        parts = (self.joint, self.transfer, self.methods)
        enrolled = self.enrolment is not None and "speaker" in self.enrolment.trained
        mixed = isinstance(self.model, ProbeConfig) and "speaker" in self.model.views
        return (
            enrolled
            or mixed
            or any(part is not None and "speaker" in part.statistics for part in parts)
        )

    @property
    def cross_labels(self) -> Literal["four", "seven"]:
        """The label set of what crosses languages, the same for transfer and adaptation."""
        part = self.transfer or self.adaptation
        return "four" if part is None else part.label_set

    @property
    def learned_labels(self) -> Literal["four", "seven"]:
        """The label set that a network of several languages learns."""
        learns = self.transfer.learns if self.transfer is not None else None
        return learns or self.cross_labels

    @property
    def mixed(self) -> bool:
        """Whether one network learns under several kinds of statistics, and is judged by each."""
        return isinstance(self.model, ProbeConfig) and len(self.model.views) > 1

    @property
    def styled_labels(self) -> str:
        """The label set in which reading styles count as neutral."""
        for part in (self.classical, self.methods):
            if part is not None and not (self.transfer or self.adaptation):
                return part.label_set
        return self.cross_labels

    @property
    def has_network(self) -> bool:
        """Whether anything is asked of `system`, and not of the classical grid alone."""
        asked = (
            *(self.within, self.transfer, self.adaptation, self.joint),
            *(self.robustness, self.enrolment),
        )
        if self.methods is not None and "network" in self.methods.features:
            return True
        return self.recogniser or any(part is not None for part in asked)

    def of(self, variant: str) -> "ExperimentConfig":
        """This configuration with the changes of one of its `variants`; "" changes nothing.

        Raises:
            ValidationError: a change is none that the configuration knows.
        """
        if not variant:
            return self
        values = self.model_dump() | {"variants": {}}
        for key, change in self.variants[variant].items():
            values[key] = _changed(values[key], change)
        return ExperimentConfig.model_validate(values)

    @model_validator(mode="before")
    @classmethod
    def _with_sizes(cls, values: Any) -> Any:
        """Sizes that are not given are the defaults of the system, and so is being adapted."""
        if not isinstance(values, dict):
            return values
        adapted = values.get("system", agreement.ADAPTED[0]) in agreement.ADAPTED
        return {"model": {}, **({} if adapted else {"adaptation": None}), **values}

    @field_validator("features", mode="before")
    @classmethod
    def _heard(cls, given: Any) -> Any:
        """`features` are settings, the name of ready ones, or ready ones (`like`) with changes."""
        if isinstance(given, HeardBy | Told):
            return given
        if isinstance(given, str):
            given = {"like": given}
        if isinstance(given, dict) and "like" in given:
            known = {name: ready for name, ready in FEATURES.items() if isinstance(ready, HeardBy)}
            like = str(given["like"])
            if like not in known:
                raise ValueError(f"nothing is called {like!r}{hint(like, known, tell=True)}")
            changes = {key: value for key, value in given.items() if key != "like"}
            return read(type(known[like]), known[like].model_dump() | changes, "features")
        return read(kind_of(given if isinstance(given, dict) else {}), given, "features")

    @field_validator("model", mode="before")
    @classmethod
    def _sized(cls, given: Any, info: ValidationInfo) -> Any:
        """`model` is read by its system; where there is none, that is what will be told."""
        system = info.data.get("system")
        return ModelConfig() if system is None else read(SIZES[system], given, "model")

    @field_validator("variants")
    @classmethod
    def _named(cls, variants: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name, changes in variants.items():
            if not re.fullmatch(r"([^\W_]|[ .,()-])+", name) or name != name.strip():
                raise ValueError(
                    f"{name!r} cannot name a variant: letters, digits, spaces and - . , ( ) can"
                )
            if name in get_args(Leak):
                raise ValueError(f"{name!r} is the name of a leak; call the variant otherwise")
            if name in (WHOLE, DENOISED):
                raise ValueError(f"{name!r} is what tables call something else; choose another")
            for key in changes:
                if key not in CHANGEABLE:
                    raise ConfigError(
                        f"variants.{name}.{key}: a variant may change {', '.join(CHANGEABLE)}"
                        f" only{hint(key, CHANGEABLE)}"
                    )
        return variants

    @model_validator(mode="after")
    def _parts_agree(self) -> "ExperimentConfig":
        agreement.check(self)
        return self

    @model_validator(mode="after")
    def _variants_fit(self) -> "ExperimentConfig":
        for name in self.variants:
            try:
                changed = self.of(name)
            except ValidationError as error:
                said = told(error, ExperimentConfig)
                raise ConfigError("; ".join(f"variants.{name}: {one}" for one in said)) from error
            if changed == self.model_copy(update={"variants": {}}):
                raise ConfigError(f"variants.{name}: changes nothing")
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
        return ExperimentConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{path}: {'; '.join(told(error, ExperimentConfig))}") from error


def _changed(old: Any, change: Any) -> Any:
    """`old` with the keys of a change; a change that stands for itself takes its place."""
    if not isinstance(old, dict) or not isinstance(change, dict) or "like" in change:
        return change
    if change.get("kind", old.get("kind")) != old.get("kind"):
        return change
    return {**old, **change}
