"""What of a configuration cannot go together, said before anything is computed."""

from typing import TYPE_CHECKING

from ehsaas.emotions import LABEL_SETS
from ehsaas.experiments.mistakes import hint
from ehsaas.experiments.systems import READABLE
from ehsaas.features import (
    EmbeddingConfig,
    HeardBy,
    TextEmbeddingConfig,
    Told,
    UtteranceVectorConfig,
)

if TYPE_CHECKING:
    from ehsaas.experiments.config import ExperimentConfig

ADAPTED = ("attention-bilstm", "claf-ser")
"""Systems whose parts are unfrozen one after the other in progressive adaptation."""


def check(config: "ExperimentConfig") -> None:
    """See that the parts of a configuration fit one another.

    Raises:
        ValueError: two of them do not; its text names the key and what to write.
    """
    for see in (
        _system_gets_what_it_takes,
        _corpora_are_there,
        _switching_has_networks,
        _agrees,
        _groups_are_there,
        _gathers_others,
        _adversary_has_its_part,
        _last_epoch_is_kept,
        _enrolment_has_speakers,
        _methods_can_hear,
        _mixed_learns,
    ):
        see(config)


def _mixed_learns(config: "ExperimentConfig") -> None:
    """See that what several kinds of statistics, or other emotions, are asked of can have them."""
    transfer = config.transfer
    if config.mixed and config.robustness is not None:
        raise ValueError("robustness: not for a probe of several views; leave out model.views")
    if transfer is None:
        return
    if transfer.learns is not None and not set(LABEL_SETS[transfer.label_set]) <= set(
        LABEL_SETS[transfer.learns]
    ):
        raise ValueError(
            f"transfer.learns: {transfer.learns} lacks emotions of {transfer.label_set}, by which"
            " it is judged"
        )
    if transfer.disturbed and not (transfer.pooled and config.scaled):
        raise ValueError("transfer.disturbed: needs transfer.pooled, and features that are scaled")
    if transfer.disturbed and not config.mixed and "source" not in transfer.statistics:
        raise ValueError("transfer.disturbed: one clip alone needs source among the statistics")


def are_vectors(features: HeardBy | Told) -> bool:
    """Whether features are one vector an utterance."""
    if isinstance(features, EmbeddingConfig | TextEmbeddingConfig):
        return features.pooling != "none"
    return isinstance(features, UtteranceVectorConfig)


def _system_gets_what_it_takes(config: "ExperimentConfig") -> None:
    wanted = {"finetuned-speech": "samples", "finetuned-text": "tokens"}.get(config.system)
    kind = getattr(config.features, "kind", "frames")
    if wanted is not None and kind != wanted:
        raise ValueError(f"features.kind: {config.system} takes {wanted}, not {kind}")
    if wanted is None and kind in ("samples", "tokens"):
        raise ValueError(f"features.kind: {config.system} cannot take {kind}")
    if config.adaptation is not None and config.system not in ADAPTED:
        raise ValueError(f"adaptation: {config.system} is not adapted; write adaptation: null")
    changed = [
        name
        for name in ("noise", "shift", "time_masks", "feature_masks", "attack")
        if getattr(config.training, name)
    ]
    if changed and (not config.scaled or config.system == "linear-probe"):
        raise ValueError(f"training.{changed[0]}: not for {config.system}; leave it out")
    if config.system == "linear-probe":
        _probed(config)
    if (config.system == "fusion") != (config.words is not None):
        raise ValueError("words: features of the text are for fusion, and fusion needs them")
    if config.adversary is not None and not config.training.balanced:
        raise ValueError("training.balanced: false is not for training against an adversary")
    if config.reads and (config.robustness is not None or config.words is not None):
        raise ValueError("robustness and words: for systems that hear, and this one reads")
    if config.recogniser and (config.reads or config.words is not None):
        raise ValueError(
            "recogniser: one is saved for systems that hear alone; write recogniser: false"
        )


def _probed(config: "ExperimentConfig") -> None:
    vectors = are_vectors(config.features)
    if not vectors:
        raise ValueError("features: linear-probe takes one vector an utterance; give a pooling")
    several = len(config.seeds) > 1 and config.methods is None
    if config.training.keep != "last" or several:
        raise ValueError(
            "linear-probe has no epochs and nothing random: write training.keep: last and one"
            " of the seeds"
        )


def _corpora_are_there(config: "ExperimentConfig") -> None:
    judged = (*config.corpora, *config.optional)
    parts = config.joint.parts if config.joint is not None else ()
    for key, names in (("never_by_speaker", config.never_by_speaker), ("joint.parts", parts)):
        for name in names:
            if name not in judged:
                raise ValueError(f"{key}: {name!r} is no corpus{hint(name, judged, tell=True)}")


def _switching_has_networks(config: "ExperimentConfig") -> None:
    if config.switching is not None and config.robustness is None:
        raise ValueError("switching judges the network of the robustness part; ask for both")


def _agrees(config: "ExperimentConfig") -> None:
    if config.transfer and config.adaptation:
        if config.transfer.label_set != config.adaptation.label_set:
            raise ValueError(
                f"transfer.label_set is {config.transfer.label_set} and adaptation.label_set"
                f" {config.adaptation.label_set}; adaptation starts from the transferred network,"
                " so both must be the same"
            )
        learned = config.learned_labels
        if learned != config.adaptation.label_set:
            raise ValueError(
                f"transfer.learns is {learned} and adaptation.label_set"
                f" {config.adaptation.label_set}; adaptation starts from the transferred network,"
                " whose emotions must be those; leave out learns, or write adaptation: null"
            )
    if len(set(config.corpora)) < len(config.corpora):
        raise ValueError(f"corpora are {', '.join(config.corpora)}; name each once")
    judged = (*config.corpora, *config.optional)
    if len(set(judged)) < len(judged):
        raise ValueError(
            f"corpora are {', '.join(config.corpora)} and optional are"
            f" {', '.join(config.optional)}; name each once, in one of the two"
        )
    if config.robustness is not None:
        both = [name for name in config.robustness.babble if name in judged]
        if both:
            raise ValueError(
                f"robustness.babble: {', '.join(both)} is judged; let the speakers of other"
                " corpora babble"
            )


def _groups_are_there(config: "ExperimentConfig") -> None:
    if config.classical is None:
        return
    judged = (*config.corpora, *config.optional)
    parts = config.classical.parts
    for name, group in parts.items():
        if group.corpus not in judged:
            near = hint(group.corpus, judged, tell=True)
            raise ValueError(f"classical.parts.{name}.corpus: {group.corpus!r} is no corpus{near}")
    whole = [name for name in judged if name not in {one.corpus for one in parts.values()}]
    if both := [name for name in parts if name in whole]:
        raise ValueError(
            f"classical.parts: {', '.join(both)} is a corpus of this experiment, and a group"
            " under its own name; call the part otherwise"
        )
    if "pair" in config.classical.protocols and len(parts) + len(whole) < 2:
        raise ValueError("classical.protocols: pair needs two groups at least")


def _gathers_others(config: "ExperimentConfig") -> None:
    if config.name in config.gathers:
        raise ValueError(f"gathers: {config.name} cannot gather itself; leave it out")


def _adversary_has_its_part(config: "ExperimentConfig") -> None:
    parts = READABLE.get(config.system, ())
    if config.adversary is not None and not parts:
        raise ValueError(f"adversary: {config.system} is not trained against one; leave it out")
    if config.adversary is not None and config.adversary.reads not in parts:
        raise ValueError(
            f"adversary.reads: {config.system} has no part {config.adversary.reads!r}; it has"
            f" {', '.join(parts)}"
        )


def _last_epoch_is_kept(config: "ExperimentConfig") -> None:
    if (config.joint or config.robustness) and config.training.keep != "last":
        raise ValueError(
            "joint and robustness keep the last epoch: their test part is looked at for"
            " curves; write training.keep: last"
        )


def _enrolment_has_speakers(config: "ExperimentConfig") -> None:
    if config.enrolment is None:
        return
    if config.system != "linear-probe":
        raise ValueError("enrolment: judged by a linear probe; write system: linear-probe")
    enrolled = set(config.corpora) - set(config.never_by_speaker)
    if len(enrolled) < 2 or len(config.corpora) < 3:
        raise ValueError(
            "enrolment: needs three corpora, two of them not in never_by_speaker; how strongly"
            " statistics are shrunk for one is chosen on the others, by what heard neither"
        )


def _methods_can_hear(config: "ExperimentConfig") -> None:
    part = config.methods
    if part is None or "network" not in part.features:
        return
    trained = are_vectors(config.features) or config.system == "attention-bilstm"
    if config.reads or config.words is not None or not trained:
        raise ValueError(
            "methods.features: network is one vector an utterance, or frames for attention-bilstm,"
            f" and not what {config.system} gets here; write methods.features: [functionals]"
        )
