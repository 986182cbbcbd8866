"""The parts of a configuration, a frozen model each; `config.py` puts them together.

What `model` may hold is in `systems.py`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ehsaas.disturbances import Recipe
from ehsaas.emotions import VOCABULARY
from ehsaas.experiments.mistakes import hint


class Stage(BaseModel):
    """What every part of a configuration has in common: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Share = Annotated[float, Field(gt=0, le=1)]


class AdversaryConfig(Stage):
    """Domains that the network is to hide behind a gradient reversal.

    `reads` is the part of the output that must not show them: `embedding`, or for CLAF-SER
    `f_adapted` (the paper's wiring) or `f_attn` (the repaired one); `READABLE` lists them. `peak`
    is α in the last epoch.
    """

    against: tuple[Literal["corpus", "language", "speaker"], ...] = Field(min_length=1)
    reads: str = "embedding"
    peak: float = Field(default=1.0, ge=0)


class TrainingConfig(Stage):
    """How a network is trained: `epochs`, but at least and at most so many steps (batches).

    `speeds` are those at which a training utterance is heard, one drawn anew each epoch; 1 is
    always among them. `keep` is the epoch that is kept: the best one on a validation part, which
    is taken from the training part, or the last, and then everything is trained on. `disturbed`
    are further versions of each training utterance that may be drawn. `attack` is the size of
    adversarial noise, in deviations of a feature. `balanced` has every class of every corpus count
    the same; otherwise every utterance does.
    """

    epochs: int = Field(default=40, ge=1)
    least_steps: int = Field(default=0, ge=0)
    most_steps: int | None = Field(default=None, ge=1)
    speeds: tuple[Annotated[float, Field(ge=0.5, le=2)], ...] = (1.0,)
    disturbed: tuple[Recipe, ...] = ()
    rate: float = Field(default=1e-3, gt=0)
    decay: float = Field(default=0.0, ge=0)
    patience: int = Field(default=8, ge=1)
    schedule: Literal["constant", "cosine", "linear"] = "constant"
    keep: Literal["best", "last"] = "best"
    batch_size: int = Field(default=32, ge=1)
    max_frames: int | None = Field(default=None, ge=1)
    smoothing: float = Field(default=0.0, ge=0, lt=1)
    balanced: bool = True
    time_masks: int = Field(default=0, ge=0)
    feature_masks: int = Field(default=0, ge=0)
    noise: float = Field(default=0.0, ge=0)
    shift: float = Field(default=0.0, ge=0)
    attack: float = Field(default=0.0, ge=0)


class WithinConfig(Stage):
    """Question 1: how well does it work within a language, strictly and on a random split."""

    protocols: tuple[Literal["strict", "random"], ...] = ("strict", "random")
    label_set: Literal["native", "four", "seven"] = "native"
    folds: int = Field(default=5, ge=2)
    strict_folds: str | None = None


By = Literal["source", "corpus", "speaker"]
"""Whose statistics standardise the features: those of the training part, or those of all
recordings of each corpus or of each speaker, without their labels. A speaker of fewer than five
recordings has those of the corpus."""


class TransferConfig(Stage):
    """Question 2: what is lost when a model comes from another language, or from the others.

    `statistics` are those under which it is judged. Pooled networks may learn a larger label set
    than they are judged in (`learns`); of their probabilities, those of `label_set` are kept.
    `disturbed` has them judged in noise, over a line and at other levels, too.
    """

    label_set: Literal["four", "seven"] = "four"
    learns: Literal["four", "seven"] | None = None
    disturbed: bool = False
    pairs: bool = True
    pooled: bool = True
    statistics: tuple[By, ...] = Field(default=("source", "corpus"), min_length=1)


class AdaptationConfig(Stage):
    """Question 3: how much of a language's own data buys how much back."""

    label_set: Literal["four", "seven"] = "four"
    shares: tuple[Share, ...] = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
    test_share: float = Field(default=0.35, gt=0, lt=1)
    epochs: int = Field(default=10, ge=1)
    least_steps: int = Field(default=0, ge=0)
    replay: float = Field(default=0.5, ge=0.5, lt=1)
    all_unfrozen: bool = True


Leak = Literal["copies", "best-epoch"]
"""How a figure comes to be too good: altered copies of a clip on both sides of the split; the
epoch chosen by what the test says."""


class Parts(Stage):
    """The speakers of a published split, as the table names them."""

    test: tuple[str, ...] = Field(min_length=1)
    validation: tuple[str, ...] = ()


class JointConfig(Stage):
    """The question of the CLAF-SER study: one network for all corpora, or one for each.

    Attributes:
        together: one network for all corpora; otherwise each corpus has its own.
        protocols: `random` is one split, stratified by corpus and emotion; `strict` goes by the
            fold file; `official` by the publisher's own parts, or the speakers of `parts`; `loco`
            leaves each corpus out in turn.
        parts: of `official`, for a corpus that has none of its own: its `test` speakers, and those
            of `validation`, who are on neither side. A corpus without either is not asked.
        test_share: of the random split.
        strict_folds: the fold file; without one, speaker-disjoint folds are made.
        folds: strict folds at most; those of the file are dealt out to as many.
        statistics: of the training part (`source`), or of all recordings of each corpus (`corpus`)
            or each speaker (`speaker`), without their labels; a network each.
        leaks: ways to a better figure that is not true, each measured on the random split.
        copies: what the leak `copies` makes of each clip; without them, the versions of it that
            training may draw.
        drop: emotions left out.
        most: utterances of an emotion of a corpus at most, drawn at random; all by default.
        borrow: whether, where fewer than three speakers of a corpus train, there is a second
            network that utterances of the run's other corpora with its emotions train along with;
            together they weigh as much as its own. Not where corpora are trained on together.
    """

    together: bool = True
    protocols: tuple[Literal["random", "strict", "official", "loco"], ...] = ("random", "strict")
    parts: dict[str, Parts] = {}
    test_share: float = Field(default=0.2, gt=0, lt=1)
    strict_folds: str | None = None
    folds: int = Field(default=5, ge=2)
    statistics: tuple[By, ...] = ("source",)
    leaks: tuple[Leak, ...] = ()
    copies: tuple[Recipe, ...] = ()
    drop: tuple[str, ...] = ()
    most: int | None = Field(default=None, ge=1)
    borrow: bool = False

    @field_validator("drop")
    @classmethod
    def _emotions(cls, drop: tuple[str, ...]) -> tuple[str, ...]:
        for name in drop:
            if name not in VOCABULARY:
                raise ValueError(f"{name!r} is no emotion{hint(name, VOCABULARY, tell=True)}")
        return drop


class RobustnessConfig(Stage):
    """How a network stands what a microphone, a line or a room does to its clips.

    A network of each variant is trained on the clean training part of one joint strict fold and
    judged on the test part, clean and disturbed.

    Attributes:
        fold: the joint strict fold.
        most: test utterances of a corpus at most, drawn at random.
        snr_db: ratios at which white, pink and babble noise are added.
        babble: corpora whose speakers babble, other than those that are judged.
        voices: how many of them at once.
        denoise: whether the plain network is also judged behind a denoiser.
    """

    fold: str = "1"
    most: int = Field(default=300, ge=1)
    snr_db: tuple[float, ...] = (20, 15, 10, 5, 0, -5)
    babble: tuple[str, ...] = ()
    voices: int = Field(default=6, ge=1)
    denoise: bool = True


class SwitchingConfig(Stage):
    """How a network stands two languages in one clip.

    Two utterances of one emotion by different speakers are joined, of two languages or, as the
    control, of one; both halves have the same level.

    The clips are those of the robustness bench's test part, judged by its plain network.

    Attributes:
        gap_s: silence between the halves.
        pairs: joined clips of each ordered pair of languages at most.
    """

    gap_s: float = Field(default=0.2, ge=0)
    pairs: int = Field(default=200, ge=1)


class EnrolmentConfig(Stage):
    """What a little speech of a voice is worth to a probe that never heard its language.

    Each language is left out in turn. Statistics of the speech given are shrunk towards those of
    the training data, as strongly as is best on the other languages, and not at all beside it.

    Attributes:
        seconds: of speech that is given; 0 is always among them.
        kinds: of the same speaker: `mixed` is any, `emotional` all that is not neutral or calm,
            and the rest are emotions; `same sex` and `other sex` are another speaker of the corpus.
        parts: that a speaker's clips are dealt into; one is judged, the others are given.
        trained: statistics that the training part is standardised by, a probe each; with the first
            of them guards are measured, too.
        strengths: seconds that training statistics may count for.
        draws: of the speech given; they stand as seeds.
    """

    label_set: Literal["four", "seven"] = "four"
    seconds: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(5, 10, 20, 60), min_length=1
    )
    kinds: tuple[
        Literal["mixed", "neutral", "emotional", "anger", "sadness", "same sex", "other sex"], ...
    ] = ("mixed", "neutral", "emotional", "anger", "sadness", "same sex", "other sex")
    parts: int = Field(default=4, ge=2)
    trained: tuple[Literal["source", "speaker"], ...] = Field(
        default=("source", "speaker"), min_length=1
    )
    strengths: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(1, 2, 4, 8, 16), min_length=1
    )
    draws: int = Field(default=3, ge=1)


class Group(Stage):
    """Utterances that the classical grid takes as a corpus: all of a corpus, or of one language."""

    corpus: str
    language: str | None = None


FeatureSet = Literal["functionals", "egemaps", "compare", "is09", "is10", "prosody"]


class ClassicalConfig(Stage):
    """Classical classifiers on one vector an utterance: every group × protocol × feature set.

    Attributes:
        features: our own functionals, or sets of openSMILE (extra `opensmile`).
        classifiers: names of `ehsaas.models.classical.CLASSIFIERS`.
        protocols: `random` is stratified folds of utterances; `strict` goes by the fold file;
            `pair` trains on one group and tests on each other one.
        label_set: `common` is the emotions that all groups share, reading styles that count as
            neutral included.
        parts: groups by name; a corpus that none of them names is a group under its own name.
        statistics: under which it is judged: those of the training part (`source`), or those of all
            recordings of each group (`corpus`), without their labels.
        folds: of `random`, and of `strict` where folds are made.
        strict_folds: the fold file; without one, speaker-disjoint folds are made.
        published: whether features were published and are read from the corpora's folders, where
            there may be no recordings; then there is `prosody`, too.
        save: whether those of whole groups are kept, in `RUN/model/GROUP-FEATURES-CLASSIFIER`.
    """

    features: tuple[FeatureSet, ...] = Field(default=("functionals",), min_length=1)
    classifiers: tuple[
        Literal["svm-rbf", "linear-svm", "random-forest", "mlp", "logistic-regression"], ...
    ] = Field(default=("svm-rbf", "random-forest", "mlp"), min_length=1)
    protocols: tuple[Literal["random", "strict", "pair"], ...] = Field(
        default=("random", "strict"), min_length=1
    )
    label_set: Literal["native", "four", "seven", "common"] = "native"
    parts: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Group] = {}
    statistics: tuple[Literal["source", "corpus"], ...] = Field(
        default=("source", "corpus"), min_length=1
    )
    folds: int = Field(default=5, ge=2)
    strict_folds: str | None = None
    published: bool = False
    save: bool = False

    @field_validator("features", "classifiers", "protocols", "statistics")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError(f"{', '.join(names)}; name each once")
        return names

    @model_validator(mode="after")
    def _can_be_had(self) -> "ClassicalConfig":
        if self.published and "functionals" in self.features:
            raise ValueError("functionals are computed here; published: true has none of them")
        if not self.published and "prosody" in self.features:
            raise ValueError(
                "prosody is computed by no one here; it is read where features were published"
                " (published: true)"
            )
        if self.label_set == "native" and "pair" in self.protocols:
            raise ValueError(
                "pair needs the same emotions on both sides: write label_set: common, four or seven"
            )
        return self


MethodName = Literal[
    "source-only",
    "running-statistics",
    "subspace-alignment",
    "coral",
    "em-prior",
    "bbse",
    "self-training",
    "knn-memory",
    "joint-training",
    "target-only",
    "source-network",
    "deep-coral",
    "mmd",
    "dann",
    "supcon",
    "nnpm",
    "nnpm-balanced",
    "fine-tuning",
    "linear-probe",
    "progressive",
]
"""The adaptation methods, as `ehsaas.training.adaptation.METHODS` has them."""


class PerceptronConfig(Stage):
    """Sizes of the network that neural methods train on vectors, and how long and fast they do.

    There are `epochs` of them, but at least `least_steps` batches. `peak` is the weight of a
    method's own loss in the last epoch.
    """

    hidden: int = Field(default=256, ge=1)
    width: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.7, ge=0, lt=1)
    epochs: int = Field(default=10, ge=1)
    least_steps: int = Field(default=300, ge=0)
    batch_size: int = Field(default=64, ge=2)
    rate: float = Field(default=1e-3, gt=0)
    decay: float = Field(default=0.3, ge=0)
    peak: float = Field(default=1.0, ge=0)


class MethodsConfig(Stage):
    """The comparison of adaptation methods.

    Attributes:
        label_set: classes.
        features: `network` are those of the configuration; `functionals` our own beside them.
        methods: by name; a method that takes no frames is left out where they are frames.
        statistics: that features are standardised by; neural methods are not asked for `source`.
        labels_per_class: of the target, 0 for none.
        folds: speaker-disjoint parts of the target, each judged by what was adapted on the others.
        strict_folds: the fold file; its folds are dealt out to so many.
        protocols: from all other languages to each corpus (`lolo`), from each to each (`pair`).
        axes: principal axes of vectors, at most.
        network: of the neural methods, for vectors; for frames it is `model` and `training`.
    """

    label_set: Literal["four", "seven", "valence"] = "four"
    features: tuple[Literal["network", "functionals"], ...] = Field(
        default=("network", "functionals"), min_length=1
    )
    methods: tuple[MethodName, ...] = Field(default=("source-only",), min_length=1)
    statistics: tuple[By, ...] = Field(default=("source", "corpus", "speaker"), min_length=1)
    labels_per_class: tuple[Annotated[int, Field(ge=0)], ...] = Field(default=(0,), min_length=1)
    folds: int = Field(default=5, ge=2)
    strict_folds: str | None = None
    protocols: tuple[Literal["lolo", "pair"], ...] = Field(default=("lolo",), min_length=1)
    axes: int = Field(default=512, ge=1)
    network: PerceptronConfig = PerceptronConfig()

    @field_validator("features", "methods", "statistics", "labels_per_class", "protocols")
    @classmethod
    def _once(cls, asked: tuple[str | int, ...]) -> tuple[str | int, ...]:
        if len(set(asked)) < len(asked):
            raise ValueError(f"{', '.join(map(str, asked))}; name each once")
        return asked


class Published(Stage):
    """One figure of a paper, to stand beside ours."""

    system: str
    train: tuple[str, ...]
    test: str
    protocol: str
    leakage: str
    features: FeatureSet | None = None
    ours: str | None = None
    metric: Literal["uar", "accuracy", "weighted_f1", "macro_f1"]
    value: float = Field(ge=0, le=1)
    source: str


CHANGEABLE = ("features", "model", "adversary", "training")
"""What a variant may change; everything else is that of the whole experiment."""
