"""The runtime: a model file → a judge of clips, with onnxruntime and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.judging import Heard, Judge, RecogniserError
from ehsaas.reach import Limits
from ehsaas.serving.model_file import Card, card_of, digest_of, unpacked

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ModelFile(Judge):
    """A judge that hears with an exported graph.

    `card` is what the file at `path` says of itself; several threads may ask it at once.
    """

    card: Card
    session: Any
    path: Path

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        """What the graph makes of some clips, as `Judge.hear` says.

        Raises:
            RecogniserError: a clip is not at 16 kHz, or the statistics are of other features.
        """
        samples, lengths = _batch(clips)
        feed: dict[str, Any] = {"samples": samples, "lengths": lengths}
        if statistics is not None and self.standardises:
            self._see_size(statistics)
            feed |= {"mean": statistics.mean, "std": statistics.std}
        names = [output.name for output in self.session.get_outputs()]
        found = dict(zip(names, self.session.run(names, feed), strict=True))
        return tuple(_heard(found, i, samples[i, :n]) for i, n in enumerate(lengths.tolist()))

    def _see_size(self, statistics: Statistics) -> None:
        own = self.statistics.mean.shape
        for given in (statistics.mean.shape, statistics.std.shape):
            if given != own:
                raise RecogniserError(
                    f"{self.name}: statistics of the shape {given}; those of this file are"
                    f" {own}: take them with the file itself (`statistics_of`)"
                )

    def is_current(self) -> bool:
        """Whether the file still holds the graph that is heard with."""
        try:
            return digest_of(self.path.read_bytes()) == self.card.sha256
        except (OSError, ValueError):
            return False

    @property
    def standardises(self) -> bool:
        """Whether statistics make a difference."""
        return self.card.mean is not None

    @property
    def limits(self) -> Limits | None:
        """From where on a recording is far from the training data."""
        return self.card.limits


def read(path: Path, threads: int = 1) -> ModelFile:
    """The recogniser in a file that `ehsaas export` wrote.

    Args:
        path: of the file.
        threads: that one clip is heard with.

    Raises:
        RecogniserError: there is no such file, it is damaged, or no recogniser.
    """
    if not path.is_file():
        raise RecogniserError(f"{path}: no such file; `ehsaas export MODEL -o {path}` writes one")
    data = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3  # what it warns of is of no use to who reads it
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        metadata = session.get_modelmeta().custom_metadata_map
    except Exception as error:  # onnxruntime's errors share no class but this
        raise RecogniserError(f"{path}: no model that can be run ({error})") from error
    card = card_of(path, data, metadata)
    sizes = {output.name: output.shape[-1] for output in session.get_outputs()}
    if sizes.get("probabilities") != len(card.classes):
        raise RecogniserError(f"{path}: its metadata are damaged (other classes than the graph's)")
    if sizes.get("dimensions", 2) != 2:
        raise RecogniserError(f"{path}: dimensions are {sizes['dimensions']} and not 2")
    return ModelFile(
        card=card,
        session=session,
        path=path,
        model=card.model,
        classes=card.classes,
        statistics=_statistics(card),
        name=card.name,
        version=card.version,
        facts=card.facts,
        scores=None if card.scores is None else unpacked(card.scores),
        at_once=card.at_once,
        licence=card.licence,
    )


def _batch(clips: Sequence[Clip]) -> tuple[Array, NDArray[np.int64]]:
    """Samples (B, N), zero behind a clip's end, and lengths (B,).

    Raises:
        RecogniserError: a clip is not at 16 kHz.
    """
    if wrong := [clip.rate for clip in clips if clip.rate != audio.RATE]:
        raise RecogniserError(
            f"a clip at {wrong[0]} Hz; expected {audio.RATE} Hz, as ehsaas.audio.read gives it"
        )
    lengths = np.array([len(clip.samples) for clip in clips], dtype=np.int64)
    samples = np.zeros((len(clips), int(lengths.max())), dtype=np.float32)
    for row, clip in zip(samples, clips, strict=True):
        row[: len(clip.samples)] = clip.samples
    return samples, lengths


def _heard(found: Mapping[str, NDArray[Any]], i: int, samples: Array) -> Heard:
    """What the outputs say of clip `i`."""
    features = samples[:, None]
    if "features" in found:
        features = found["features"][i, : int(found["frames"][i])]
    attention = None
    if "attention" in found:
        attention = found["attention"][i, : int(found["spans"][i])]
    return Heard(
        found["probabilities"][i],
        features,
        found["embedding"][i],
        attention,
        float(found["distance"][i]) if "distance" in found else None,
        found["dimensions"][i] if "dimensions" in found else None,
    )


def _statistics(card: Card) -> Statistics:
    if card.mean is None or card.std is None or card.statistics is None:
        plain = np.zeros(1, np.float32), np.ones(1, np.float32)
        return Statistics(*plain, 1, "none")
    about = card.statistics
    mean, std = unpacked(card.mean), unpacked(card.std)
    return Statistics(mean, std, about.count, about.name, hidden=about.hidden)
