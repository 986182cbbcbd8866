"""Sizes of the systems: what `model` of a configuration holds, a frozen model for each system."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ehsaas.experiments.parts import By, Stage


class ModelConfig(Stage):
    """Sizes of the attention Bi-LSTM; the defaults are those of METHODS.md A."""

    hidden: int = Field(default=128, ge=1)
    layers: int = Field(default=2, ge=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    dense: int = Field(default=64, ge=1)


class ClafConfig(Stage):
    """Sizes and parts of CLAF-SER; the defaults are those of METHODS.md B and ours."""

    hidden: int = Field(default=128, ge=1)
    heads: int = Field(default=4, ge=1)
    phones: int = Field(default=16, ge=1)
    dense: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    unknown: float = Field(default=0.1, ge=0, lt=1)
    attention: bool = True
    phonetic: bool = True
    language: bool = True


class RnnConfig(Stage):
    """Sizes of the plain RNN."""

    hidden: tuple[int, int] = (256, 128)
    dense: int = Field(default=64, ge=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)


Frames = Literal["loud", "all", "both"]


class Choices(Stage):
    """What a linear probe is chosen from.

    Layers are chosen first, with what stands first everywhere else, then frames or thirds,
    whitening, copies, share and C; steps each time. What stands first everywhere is taken where
    nothing else is ahead by more than a standard error, and where nothing can be chosen.

    Attributes:
        layers: layers of the encoder that stand side by side, one list a candidate; all that the
            features hold where there is no list.
        frames: of the loud frames alone, of all, or both side by side, for features that hold them.
        thirds: with the means of a clip's thirds beside its mean and deviation, or without; for
            features that hold them.
        whiten: λ, the share of the mean variance within classes that is added to the covariance
            within classes before W is measured by it; 0 measures W by itself.
        copies: with the versions of an utterance that training may hear, or without; for training
            that has them.
        share: a corpus weighs as its number of utterances to this power: 0 all corpora the same, 1
            as they come.
        C: inverse regularisations.
        steps: after so many steps of the optimiser it is stopped.
    """

    layers: tuple[tuple[int, ...], ...] = ()
    frames: tuple[Frames, ...] = Field(default=("loud",), min_length=1)
    thirds: tuple[bool, ...] = Field(default=(True,), min_length=1)
    whiten: tuple[Annotated[float, Field(ge=0)], ...] = Field(default=(0.0,), min_length=1)
    copies: tuple[bool, ...] = Field(default=(True,), min_length=1)
    share: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(default=(0.0,), min_length=1)
    C: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(0.01,), min_length=1)
    steps: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(300,), min_length=1)


class ProbeConfig(Choices):
    """A linear probe, what it is chosen from inside each training part, and how it learns.

    Attributes:
        within: what it is chosen from where speakers are left out for that, and not languages.
        alone: what is taken where too few speakers train to leave some out, one value each.
        views: whose statistics an utterance is standardised by when it trains, once by each. With
            more than one, a single network is judged under every kind of statistics, and what is
            left out is judged under all of these, too, when something is chosen, but not in noise
            or over a line.
        bound: standardised numbers are kept within ± this, softly; null leaves them.
        own_classes: an utterance is told apart from the emotions of its own corpus alone, where
            corpora have different ones.
        level_gain: how many times as large the level, where features hold it, is made for the fit.
        dimensions: whether it says arousal and valence, too.
    """

    within: Choices | None = None
    alone: Choices | None = None
    views: tuple[By, ...] = Field(default=("source",), min_length=1)
    bound: float | None = Field(default=None, gt=0)
    own_classes: bool = False
    level_gain: float = Field(default=1.0, gt=0)
    dimensions: bool = False

    @field_validator("alone")
    @classmethod
    def _one(cls, alone: Choices | None) -> Choices | None:
        if alone is not None:
            several = [name for name, values in alone if len(values) > 1]
            if several:
                raise ValueError(f"one value each; it has more of {', '.join(several)}")
        return alone


class FineTunedConfig(Stage):
    """A pretrained speech encoder that is trained on; `encoder` is its folder or its name.

    `training.rate` is that of the encoder's own weights, `head_rate` that of all behind it.
    """

    encoder: str
    layers: int = Field(default=4, ge=1)
    frozen: int = Field(default=0, ge=0)
    lora: int = Field(default=0, ge=0)
    mix: bool = True
    pooling: Literal["mean", "attention"] = "mean"
    hidden: int = Field(default=256, ge=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    head_rate: float = Field(default=1e-3, gt=0)


class TextClassifierConfig(Stage):
    """A pretrained text encoder that is trained on: that of the features' tokens.

    `training.rate` is that of the encoder's own weights, `head_rate` that of the layer behind it.
    """

    frozen: int = Field(default=0, ge=0)
    lora: int = Field(default=0, ge=0)
    pooling: Literal["mean", "first"] = "mean"
    dropout: float = Field(default=0.1, ge=0, lt=1)
    head_rate: float = Field(default=1e-3, gt=0)


class FusionConfig(Stage):
    """Sizes of the fusion of speech and text; `drop` is the share of utterances that lose one."""

    how: Literal["concat", "gated", "cross-attention"] = "concat"
    hidden: int = Field(default=256, ge=1)
    heads: int = Field(default=8, ge=1)
    dense: int = Field(default=512, ge=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    drop: float = Field(default=0.15, ge=0, lt=1)


SIZES: Mapping[str, type[Stage]] = MappingProxyType(
    {
        "attention-bilstm": ModelConfig,
        "claf-ser": ClafConfig,
        "finetuned-speech": FineTunedConfig,
        "finetuned-text": TextClassifierConfig,
        "fusion": FusionConfig,
        "linear-probe": ProbeConfig,
        "simple-rnn": RnnConfig,
    }
)
"""What `model` holds for each system."""

READABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "attention-bilstm": ("embedding", "context"),
        "claf-ser": ("embedding", "f_attn", "f_adapted"),
        "simple-rnn": ("embedding",),
    }
)
"""What an adversary can read of each system that can be trained against one."""
