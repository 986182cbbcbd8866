"""A teacher and recordings without labels → a student: a small recogniser that answers alike.

The student is trained on what the teacher says of every recording, and of the same at 0.9 and 1.1
times its speed: L = −τ² Σ_c q_c log softmax(z / τ)_c with q the teacher's probabilities raised to
1 / τ and scaled to sum to 1 (Hinton, Vinyals & Dean 2015, "Distilling the knowledge in a neural
network"). The teacher is anything that judges: a folder, a file, of whatever encoder.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ehsaas import audio, digests
from ehsaas.audio import RATE, Clip
from ehsaas.export.mistakes import ExportError
from ehsaas.features import FeatureConfig, scaling
from ehsaas.judging import LONGEST, Judge
from ehsaas.judging.stretches import as_judged
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.batch import Batch, Output
from ehsaas.recogniser import Recogniser
from ehsaas.training import batches, loop
from ehsaas.training.augment import FrameAugment
from ehsaas.training.batches import Examples
from ehsaas.training.loop import LoopSettings

FRAMES = FeatureConfig(
    parts=("mfcc", "logmel"), hop_ms=30, n_mels=40, n_mfcc=13, deltas=2, trim_db=40
)
"""What a student hears: 79 numbers every 30 ms, without quiet ends."""

_ITS_OWN = ("calibration", "pruned", "encoder")
"""What a teacher's facts say of its network alone."""

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class StudentSettings:
    """How large a student is, and how it is taught.

    `hidden` units of one LSTM direction, `dense` of the layer before the classes; `speeds` at which
    recordings are heard; `temperature` τ; `steps` batches of 32 at a rate that falls from `rate`.
    """

    features: FeatureConfig = FRAMES
    hidden: int = 64
    dense: int = 64
    dropout: float = 0.1
    speeds: tuple[float, ...] = (1.0, 0.9, 1.1)
    temperature: float = 2.0
    steps: int = 2000
    rate: float = 3e-3
    augment: FrameAugment = field(
        default_factory=lambda: FrameAugment(time_masks=2, feature_masks=2, noise=0.1)
    )


@dataclass(frozen=True)
class Lesson:
    """What there is to learn: raw features (T, D) of each piece, and what the teacher says of it.

    `targets` (N, C) sum to 1; `seconds` is how much recorded speech they are of.
    """

    features: Sequence[NDArray[np.float32]]
    targets: NDArray[np.float32]
    seconds: float


def distil(
    teacher: Judge,
    clips: Sequence[Clip],
    seed: int,
    settings: StudentSettings | None = None,
    tell: Tell = lambda what, done, total: None,
) -> Recogniser:
    """A student of `teacher`, of its classes and licence; it is not calibrated and gives no sets.

    Args:
        teacher: judges every clip.
        clips: recordings of the kind that the student is for, at 16 kHz.
        seed: of its first weights and of every random choice.
        settings: the student's size and lessons.
        tell: called with what is being done, steps done, and all of them.

    Raises:
        ExportError: no clip holds sound.
    """
    chosen = settings or StudentSettings()
    extractor = chosen.features.extractor().eval()
    lesson = listen(teacher, clips, extractor, chosen.speeds, tell)
    D, C = len(chosen.features.names), len(teacher.classes)
    sizes = {
        "hidden": chosen.hidden,
        "layers": 1,
        "dropout": chosen.dropout,
        "dense": chosen.dense,
    }
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = AttentionBiLSTM(D, C, chosen.hidden, 1, chosen.dropout, chosen.dense)
    statistics = scaling.fit(lesson.features, "source")
    blank = Recogniser(
        chosen.features,
        sizes,
        network,
        model="attention-bilstm",
        classes=teacher.classes,
        statistics=statistics,
        name=f"{teacher.name}-student",
        version=teacher.version,
        licence=teacher.licence,
        facts={
            **{key: value for key, value in teacher.facts.items() if key not in _ITS_OWN},
            **_digests(teacher, clips),
            "teacher": {
                "name": teacher.name,
                "version": teacher.version,
                "model": teacher.model,
                "recordings": len(clips),
                "seconds": round(lesson.seconds, 1),
            },
        },
    )
    teach(blank, lesson, chosen, seed, tell)
    return replace(blank, temperature=_temperature(blank, lesson))


def _digests(teacher: Judge, clips: Sequence[Clip]) -> dict[str, str]:
    """What teacher and student heard.

    Where the teacher does not say by digest what it was trained on it is called `heard`, and holds
    what came after that training alone.
    """
    known = "digests" if "digests" in teacher.facts else "heard"
    return {known: digests.add(teacher.facts.get(known, ""), map(audio.digest, clips))}


def listen(
    teacher: Judge,
    clips: Sequence[Clip],
    extractor: nn.Module,
    speeds: Sequence[float],
    tell: Tell = lambda what, done, total: None,
) -> Lesson:
    """What the teacher says of every clip at every speed, and what the student hears of it.

    What would be longer than `LONGEST` when it is slowed down is left as it is.

    Raises:
        ExportError: no clip holds sound.
    """
    features, targets, seconds = [], [], 0.0
    for number, clip in enumerate(clips, 1):
        for part in as_judged(clip):
            if not part.sounds:
                continue
            seconds += part.clip.duration
            for speed in (one for one in speeds if part.clip.duration <= one * LONGEST):
                heard = _at_speed(part.clip, speed)
                targets.append(teacher.hear([heard])[0].probabilities)
                samples = torch.from_numpy(np.asarray(heard.samples))[None]
                with torch.no_grad():
                    features.append(extractor(samples, torch.tensor([samples.shape[1]]))[0][0])
        tell("listening to the teacher", number, len(clips))
    if not targets:
        raise ExportError("no recording with sound in it to learn from")
    return Lesson([x.numpy() for x in features], np.stack(targets), seconds)


def teach(
    student: Recogniser,
    lesson: Lesson,
    settings: StudentSettings,
    seed: int,
    tell: Tell = lambda what, done, total: None,
) -> None:
    """Train the student's network in place on what the teacher says."""
    N, size = len(lesson.features), 32
    nothing = np.zeros(N, dtype=np.int64)
    scaled = [student.statistics(x) for x in lesson.features]
    examples = Examples(scaled, nothing, nothing, tuple(map(str, range(N))))
    q = torch.from_numpy(lesson.targets).clamp(min=1e-8) ** (1 / settings.temperature)
    q = q / q.sum(dim=1, keepdim=True)

    def epoch(shuffle: np.random.Generator, noise: torch.Generator) -> Iterable[Batch]:
        for batch in batches.shuffled(examples, size, shuffle):
            yield settings.augment(batch, noise)

    def loss(output: Output, batch: Batch) -> Tensor:
        said = (output.logits / settings.temperature).log_softmax(dim=1)
        own = q[[int(name) for name in batch.ids]]
        return -(settings.temperature**2) * (own * said).sum(dim=1).mean()

    epochs = max(1, math.ceil(settings.steps / math.ceil(N / size)))
    how = LoopSettings(
        epochs, settings.rate, decay=0.01, schedule="cosine", batch_size=size, keep="last"
    )
    loop.fit(
        student.network,
        loss,
        epoch,
        None,
        how,
        seed,
        begin=lambda done, total: tell("teaching", done, total),
    )


def _temperature(student: Recogniser, lesson: Lesson) -> float:
    """What the student's logits are divided by to be as sure as its teacher, by cross-entropy."""
    nothing = np.zeros(len(lesson.features), dtype=np.int64)
    scaled = [student.statistics(x) for x in lesson.features]
    ids = tuple(map(str, range(len(scaled))))
    logits = loop.predict(student.network, Examples(scaled, nothing, nothing, ids))
    candidates = np.geomspace(0.5, 2.0, 41)
    losses = []
    for one in candidates:
        z = logits / one
        log_p = z - z.max(axis=1, keepdims=True)
        log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
        losses.append(-float((lesson.targets * log_p).sum(axis=1).mean()))
    return float(candidates[int(np.argmin(losses))])


def _at_speed(clip: Clip, speed: float) -> Clip:
    if speed == 1:
        return clip
    faster = soxr.resample(np.asarray(clip.samples), speed * RATE, RATE, quality="HQ")
    return replace(clip, samples=np.clip(faster, -1, 1).astype(np.float32))
