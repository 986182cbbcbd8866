"""A saved recogniser and a user's recordings, unlabelled or with a few labels → an adapted one.

What of the source a recogniser keeps (`training.adaptation.kept`) stands in for the source: a
method of the comparison fits a new last layer; the recordings' own statistics become the
recogniser's unless they are of a few known voices; with labels enough its probabilities are
calibrated on recordings like the user's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ehsaas import digests
from ehsaas.calibration import Statistics
from ehsaas.enrolment import enrol
from ehsaas.experiments import told
from ehsaas.experiments.given import Heard, Progress, Recording, hear
from ehsaas.experiments.last_layer import Fitted, LastLayer
from ehsaas.features import EmbeddingConfig
from ehsaas.reach import Reach, pooled
from ehsaas.recogniser import Recogniser, load, save
from ehsaas.training.adaptation import METHODS, AdaptationError, neural
from ehsaas.training.adaptation.kept import ADAPTABLE, Kept, Kind, head
from ehsaas.training.batches import IntArray
from ehsaas.training.calibrating import Calibrated, tempered

UNLABELLED = "self-training"
LABELLED = "joint-training"
"""What is done without labels, and with some, where nothing else is asked for. On embeddings each
is what the comparison of methods (`docs/results/adaptation.md`) chose for every language on the
others where speakers are known; where they are not, the second is, too, and without labels nothing
there is told from the recordings' own statistics alone, which come with the first in any case."""

APART: tuple[str, ...] = ("knn-memory", "running-statistics", "target-only")
READY = tuple(name for name, one in METHODS.items() if not one.neural and name not in APART)
"""Methods that fit a last layer to what was kept: no network of their own, no memory in its place,
no stream of recordings to come, nothing that leaves out what was kept."""


@dataclass(frozen=True)
class Changed:
    """The adapted recogniser, what was kept for it, and what was done in sentences.

    `unread` are lines about recordings that could not be used.
    """

    recogniser: Recogniser
    kept: Kept
    said: tuple[str, ...]
    unread: tuple[str, ...]

    def save(self, folder: Path) -> None:
        """Write it as a recogniser's folder; it can be adapted again."""
        save(self.recogniser, folder)
        self.kept.save(folder)


def adapt(
    folder: Path,
    recordings: Sequence[Recording],
    *,
    method: str | None = None,
    name: str = "own",
    seed: int = 0,
    progress: Progress | None = None,
) -> Changed:
    """Adapt the recogniser in a folder to recordings.

    Args:
        folder: of a recogniser that `ehsaas run` saved.
        recordings: of one corpus; emotions and speakers may be unknown.
        method: one of `READY`; by default self-training without labels and joint training with
            some.
        name: what to call the recordings.
        seed: of random choices.
        progress: told how many recordings were heard.

    Raises:
        AdaptationError: the recogniser cannot be adapted, or not by this method, a label is none of
            its emotions, or nothing can be heard in the recordings.
        RecogniserError: there is no recogniser in the folder.
    """
    chosen = _method(method, any(one.emotion for one in recordings))
    recogniser, kept = _loaded(folder)
    heard = hear(recogniser, recordings, kept.corpora, progress)
    by: Kind = "speaker" if len(heard.voices) else "corpus"
    whole, scales = _scales(recogniser, heard, name)
    scaled = [scale(x) for scale, x in zip(scales, heard.examples.features, strict=True)]
    recogniser.network.eval()
    states = neural.embeddings(recogniser.network, replace(heard.examples, features=scaled))
    last = LastLayer(recogniser, kept, states.numpy(), by, chosen, seed)
    fitted = last.fit(heard.examples.labels)
    groups, whose = heard.apart()
    calibrated = last.calibrated(heard, groups)
    counts = heard.labelled(len(recogniser.classes))
    facts: dict[str, Any] = {
        "to": name,
        "method": chosen,
        "recordings": heard.recordings,
        "labels": int(counts.sum()),
        "statistics": by,
    }
    changed = replace(
        _with(recogniser, fitted, facts, calibrated, whose, heard.digests),
        statistics=recogniser.statistics if heard.few else whole,
        reach=_reach(recogniser, heard),
    )
    said = told.sentences(
        told.Done(
            heard,
            recogniser.classes,
            chosen,
            fitted.said,
            by,
            isinstance(recogniser.features, EmbeddingConfig),
            "" if calibrated is None else whose,
        )
    )
    return Changed(changed, kept, said, heard.unread)


def _method(asked: str | None, labelled: bool) -> str:
    """What is done.

    Raises:
        AdaptationError: it cannot be, or not without labels.
    """
    chosen = asked or (LABELLED if labelled else UNLABELLED)
    if chosen not in READY:
        raise AdaptationError(
            f"method {chosen!r}; a saved recogniser can be adapted by {', '.join(READY)}"
        )
    if METHODS[chosen].labels == "needed" and not labelled:
        raise AdaptationError(
            f"method {chosen!r} needs labels, and no recording has one; without, try {UNLABELLED}"
        )
    return chosen


def _scales(recogniser: Recogniser, heard: Heard, name: str) -> tuple[Statistics, list[Statistics]]:
    """Statistics of all recordings, and (M) of each one's voice, or else of all.

    Shrunk towards the recogniser's own as those of a baseline are, which it is judged by later.
    """

    def of(rows: IntArray, whose: str) -> Statistics:
        features, seconds, shares = heard.examples.features, heard.seconds, heard.shares
        given = ((features[i], float(seconds[i]), float(shares[i])) for i in rows)
        found = enrol(given, recogniser.statistics, whose)
        assert found is not None, "there is at least one utterance"
        return replace(found, warnings=())

    whole = of(np.arange(len(heard.examples)), f"{name}: {heard.recordings} recordings")
    scales = [whole] * len(heard.examples)
    for voice in heard.voices:
        rows = np.flatnonzero(heard.speaker == voice)
        own = of(rows, f"speaker {voice}")
        for i in rows:
            scales[i] = own
    return whole, scales


def _reach(recogniser: Recogniser, heard: Heard) -> Reach | None:
    """How far the recogniser reaches now that it was adapted to these recordings."""
    if recogniser.reach is None:
        return None
    return recogniser.reach.knowing(np.stack([pooled(x) for x in heard.examples.features]))


def _loaded(folder: Path) -> tuple[Recogniser, Kept]:
    recogniser = load(folder)
    if recogniser.model not in ADAPTABLE:
        raise AdaptationError(
            f"{folder}: {recogniser.model} cannot be adapted; {', '.join(ADAPTABLE)} can"
        )
    kept = Kept.load(folder)
    if kept is None:
        raise AdaptationError(
            f"{folder}: nothing of its source was kept beside it; train it again with `ehsaas run`,"
            " or judge by the statistics of your recordings (`ehsaas recognise --baseline FOLDER`)"
        )
    return recogniser, kept


def _with(
    recogniser: Recogniser,
    fitted: Fitted,
    adapted: Mapping[str, Any],
    calibrated: Calibrated | None,
    whose: str,
    recordings: Sequence[str],
) -> Recogniser:
    """The recogniser with the new layer and its calibration; the old one spoke of the old layer.

    Where it says by digest what it was trained on, it says so of these `recordings`, too; where it
    does not, these are what it `heard` since.
    """
    layer = head(recogniser.network)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(fitted.W))
        layer.bias.copy_(torch.from_numpy(fitted.b))
    facts: dict[str, Any] = {**recogniser.facts, "adapted": dict(adapted)}
    facts.pop("calibration", None)
    known = "digests" if "digests" in facts else "heard"
    facts[known] = digests.add(facts.get(known, ""), recordings)
    if calibrated is not None:
        calibrated = tempered(recogniser.network, calibrated)
        facts["calibration"] = {
            "data": "target",
            "utterances": adapted["labels"],
            "corpora": [adapted["to"]],
            "statistics": adapted["statistics"],
            "how": "each judged by a layer without its label",
            "for": whose,
        }
    return replace(
        recogniser,
        name=f"{recogniser.name}-{adapted['to']}",
        facts=facts,
        temperature=1.0 if calibrated is None else calibrated.temperature,
        scores=None if calibrated is None else calibrated.scores,
    )
