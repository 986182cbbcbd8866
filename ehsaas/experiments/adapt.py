"""A saved recogniser and a user's recordings, unlabelled or with a few labels → an adapted one.

What of the source a recogniser keeps (`training.adaptation.kept`) stands in for the source: a
method of the comparison fits a new last layer, the recordings' own statistics become the
recogniser's, and with labels its probabilities are calibrated on recordings like the user's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.experiments import expected
from ehsaas.features import EmbeddingConfig, scaling
from ehsaas.recogniser import SHORTEST, Recogniser
from ehsaas.training.adaptation import METHODS, Ground, Settings, Task, neural
from ehsaas.training.adaptation.kept import ADAPTABLE, Kept, Kind, head
from ehsaas.training.adaptation.standardising import VOICED
from ehsaas.training.adaptation.task import UNKNOWN, AdaptationError, Floats
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.calibrating import Calibrated, calibrate

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, recordings done, recordings in all)."""

UNLABELLED = "self-training"
LABELLED = "joint-training"
"""What is done without labels, and with some, where nothing else is asked for: what the comparison
of methods (`experiments/adaptation.yaml`) chose for most languages on the others."""

PARTS = 4
"""Parts of the labelled recordings, each judged by a layer fitted without it, to calibrate by."""

MANY = 5
"""Voices from which on the statistics of all recordings are those of a language or a place, and not
of these voices: another voice is judged worse by those of one than by the source's
(`docs/results/new_language.md`)."""

FEWEST = 20
"""Labelled recordings below which probabilities are not calibrated anew."""


@dataclass(frozen=True)
class Recording:
    """One of the user's recordings: a name to call it by, and what is known of it."""

    name: str
    audio: Path
    emotion: str | None = None
    speaker: str | None = None


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
        self.recogniser.save(folder)
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
        method: one of `METHODS` that takes vectors; by default self-training without labels and
            joint training with some.
        name: what to call the recordings.
        seed: of random choices.
        progress: told how many recordings were heard.

    Raises:
        AdaptationError: the recogniser cannot be adapted, a label is none of its emotions, or
            nothing can be heard in the recordings.
        RecogniserError: there is no recogniser in the folder.
    """
    recogniser, kept = _loaded(folder)
    _see_labels(recordings, recogniser)
    heard = _heard(recogniser, recordings, progress)
    chosen = method or (LABELLED if heard.labelled else UNLABELLED)
    by: Kind = "speaker" if heard.voices else "corpus"
    together = scaling.fit(heard.features, f"{name}: {len(heard.features)} recordings")
    states = _states(recogniser, heard, together, by)
    statistics = together if by == "corpus" or heard.voices >= MANY else recogniser.statistics
    W, b, what = _layer(recogniser, kept, states, heard, by, chosen, seed)
    calibrated = _calibrated(recogniser, kept, states, heard, by, chosen, seed)
    changed = _with(recogniser, W, b, statistics, calibrated, name, chosen, heard, by)
    said = (*_told(heard, what, by, calibrated), _expected(recogniser, heard, by, chosen))
    return Changed(changed, kept, said, heard.unread)


@dataclass(frozen=True)
class _Heard:
    """What could be heard: raw features, labels (−1 where unknown), voices (−1 likewise)."""

    features: Sequence[NDArray[np.float32]]
    labels: IntArray
    speakers: IntArray
    unread: tuple[str, ...]

    @property
    def labelled(self) -> int:
        """How many have a label."""
        return int((self.labels != UNKNOWN).sum())

    @property
    def voices(self) -> int:
        """Speakers with enough recordings for statistics of their own."""
        known = self.speakers[self.speakers >= 0]
        return int((np.bincount(known) >= VOICED).sum()) if len(known) else 0


def _loaded(folder: Path) -> tuple[Recogniser, Kept]:
    recogniser = Recogniser.load(folder)
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


def _see_labels(recordings: Sequence[Recording], recogniser: Recogniser) -> None:
    strange = sorted({r.emotion for r in recordings if r.emotion} - set(recogniser.classes))
    if strange:
        raise AdaptationError(
            f"labels that {recogniser.name} does not know: {', '.join(strange)}; its emotions are"
            f" {', '.join(recogniser.classes)}. Leave the emotion of such recordings empty"
        )


def _heard(
    recogniser: Recogniser, recordings: Sequence[Recording], progress: Progress | None
) -> _Heard:
    features: list[NDArray[np.float32]] = []
    labels: list[int] = []
    speakers: list[str | None] = []
    unread: list[str] = []
    for number, one in enumerate(recordings, 1):
        try:
            clip = audio.read(one.audio)
        except (audio.AudioError, OSError) as error:
            unread.append(f"{one.name}: {error}")
        else:
            if _silent(clip):
                unread.append(f"{one.name}: no speech")
            else:
                features.append(recogniser.measure(clip))
                labels.append(recogniser.classes.index(one.emotion) if one.emotion else UNKNOWN)
                speakers.append(one.speaker)
        if progress is not None:
            progress("listening", number, len(recordings))
    if len(features) < VOICED:
        raise AdaptationError(
            f"{len(features)} recordings with speech in them; at least {VOICED} are needed"
        )
    codes = {name: i for i, name in enumerate(sorted({s for s in speakers if s is not None}))}
    voices = np.array([-1 if s is None else codes[s] for s in speakers], dtype=np.int64)
    return _Heard(features, np.array(labels, dtype=np.int64), voices, tuple(unread))


def _silent(clip: Clip) -> bool:
    return clip.duration < SHORTEST or audio.is_silent(clip)


def _states(
    recogniser: Recogniser, heard: _Heard, statistics: Statistics, by: Kind
) -> NDArray[np.float32]:
    """Inputs of the last layer (M, D), each recording by its voice's statistics or by all."""
    scales = [statistics] * len(heard.features)
    if by == "speaker":
        for voice in range(int(heard.speakers.max()) + 1):
            rows = np.flatnonzero(heard.speakers == voice)
            if len(rows) >= VOICED:
                own = scaling.fit([heard.features[int(i)] for i in rows], f"speaker {voice}")
                for i in rows:
                    scales[i] = own
    scaled = [scale(x) for scale, x in zip(scales, heard.features, strict=True)]
    examples = _examples(scaled, heard.labels, 0)
    recogniser.network.eval()
    return np.asarray(neural.embeddings(recogniser.network, examples).numpy())


def _layer(
    recogniser: Recogniser,
    kept: Kept,
    states: NDArray[np.float32],
    heard: _Heard,
    by: Kind,
    method: str,
    seed: int,
) -> tuple[Floats, Floats, str]:
    """Weights and biases of the new last layer, and what was done."""
    if method not in METHODS or METHODS[method].neural:
        ready = [name for name, one in METHODS.items() if not one.neural]
        raise AdaptationError(
            f"method {method!r}; a saved recogniser can be adapted by {', '.join(ready)}"
        )
    settings = Settings(len(recogniser.classes), "none", seed)
    source = _examples([*kept.vectors[by][:, None, :]], kept.labels, kept.corpus)
    ground = Ground(source, settings)
    own = int(kept.corpus.max()) + 1
    target = _examples([*kept.on_axes(states)[:, None, :]], heard.labels, own)
    done = METHODS[method].adapt(Task(ground, target, settings))
    if done.model != "linear-probe":
        raise AdaptationError(f"{method} gives no last layer that a recogniser could take over")
    layer = head(done.network)
    W, b = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    return *kept.layer(W, b, head(recogniser.network).in_features), done.said


def _calibrated(
    recogniser: Recogniser,
    kept: Kept,
    states: NDArray[np.float32],
    heard: _Heard,
    by: Kind,
    method: str,
    seed: int,
) -> Calibrated | None:
    """Temperature and scores from labelled recordings, each judged by a layer that lacks its label.

    None where there are too few.
    """
    rows = np.flatnonzero(heard.labels != UNKNOWN)
    if len(rows) < FEWEST:
        return None
    part = np.random.default_rng(seed).permutation(len(rows)) % PARTS
    logits = np.zeros((len(rows), len(recogniser.classes)))
    for one in range(PARTS):
        labels = heard.labels.copy()
        labels[rows[part == one]] = UNKNOWN
        without = replace(heard, labels=labels)
        W, b, _ = _layer(recogniser, kept, states, without, by, method, seed)
        logits[part == one] = states[rows[part == one]] @ W.T + b
    return calibrate(logits, heard.labels[rows])


def _with(
    recogniser: Recogniser,
    W: Floats,
    b: Floats,
    statistics: Statistics,
    calibrated: Calibrated | None,
    name: str,
    method: str,
    heard: _Heard,
    by: Kind,
) -> Recogniser:
    """The recogniser with the new layer, statistics and calibration."""
    layer = head(recogniser.network)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(W))
        layer.bias.copy_(torch.from_numpy(b))
    facts: dict[str, Any] = dict(recogniser.facts)
    facts["adapted"] = {
        "to": name,
        "method": method,
        "recordings": len(heard.features),
        "labels": heard.labelled,
        "statistics": by,
    }
    changes: Mapping[str, Any] = {}
    if calibrated is not None:
        facts["calibration"] = {
            "data": "target",
            "utterances": heard.labelled,
            "corpora": [name],
            "statistics": by,
            "how": f"in {PARTS} parts, each judged without its own labels",
        }
        changes = {"temperature": calibrated.temperature, "scores": calibrated.scores}
    return replace(
        recogniser,
        statistics=statistics,
        name=f"{recogniser.name}-{name}",
        facts=facts,
        **changes,
    )


def _told(heard: _Heard, what: str, by: Kind, calibrated: Calibrated | None) -> tuple[str, ...]:
    """What was done, in sentences."""
    own = "those of each speaker" if by == "speaker" else "their own, taken together"
    said = [
        f"{len(heard.features)} recordings were heard, {heard.labelled} with a label.",
        f"Last layer: {what}.",
        f"Statistics of the recordings while it was fitted: {own}.",
    ]
    if by == "speaker":
        whose = "all recordings" if heard.voices >= MANY else "the model as it was"
        few = f", as {MANY - 1} voices or fewer are no language" if heard.voices < MANY else ""
        said.append(
            f"Alone, a recording is judged by the statistics of {whose}{few}; a voice of which you"
            " have some recordings is judged better by its own: `ehsaas recognise --baseline"
            " FOLDER`."
        )
    else:
        said.append(
            "A recording is judged by the statistics of all these. Are they of a few voices? Then"
            " say so (`--speakers`): others are judged worse by them."
        )
    if calibrated is not None:
        said.append(f"Probabilities and --coverage: calibrated on {heard.labelled} of them.")
    elif heard.labelled:
        said.append(f"Not calibrated anew: that takes {FEWEST} labels.")
    return tuple(said)


def _expected(recogniser: Recogniser, heard: _Heard, by: Kind, method: str) -> str:
    """What the comparison of methods lets one expect."""
    kind = "embeddings" if isinstance(recogniser.features, EmbeddingConfig) else "frames"
    found = expected.gain(method, by, kind, heard.labelled / len(recogniser.classes))
    if found is None:
        return f"To be expected: not measured for {method} on {kind}."
    return f"To be expected: {found}"


def _examples(
    features: Sequence[NDArray[np.float32]], labels: IntArray, corpus: int | IntArray
) -> Examples:
    of = np.full(len(labels), corpus) if isinstance(corpus, int) else corpus
    return Examples(features, labels, of.astype(np.int64), tuple(map(str, range(len(labels)))))
