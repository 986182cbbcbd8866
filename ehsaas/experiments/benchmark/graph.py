"""An ONNX file that is none of ours → an entrant: one waveform in, logits or probabilities out."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.experiments.benchmark import outputs
from ehsaas.experiments.benchmark.entrants import Entrant, digest_of
from ehsaas.experiments.benchmark.mistakes import BenchmarkError

OURS = "ehsaas"
"""The metadata entry of the files that `ehsaas export` writes."""


def is_ours(path: Path) -> bool:
    """Whether `ehsaas export` wrote the file."""
    return OURS in _session(path).get_modelmeta().custom_metadata_map


def entrant(path: Path, labels: str | None) -> Entrant:
    """The model in an ONNX file with one input, (N,) or (B, N) float32 at 16 kHz, and one output.

    Raises:
        BenchmarkError: it has other inputs or outputs, or nobody says what the outputs are.
    """
    if labels is None:
        raise BenchmarkError(
            f"{path}: does not say what its outputs are; give --labels anger,happiness,…, an"
            " emotion an output"
        )
    session = _session(path)
    taken, given = session.get_inputs(), session.get_outputs()
    if len(taken) != 1 or taken[0].type != "tensor(float)" or len(taken[0].shape) not in (1, 2):
        raise BenchmarkError(
            f"{path}: takes {_listed(taken)}; expected one waveform, (N,) or (B, N) float32"
        )
    if len(given) != 1 or given[0].type not in ("tensor(float)", "tensor(double)"):
        raise BenchmarkError(
            f"{path}: gives {_listed(given)}; expected one output of logits or probabilities"
        )
    meant = outputs.labels(labels, path.name)
    size = given[0].shape[-1] if given[0].shape else None
    if isinstance(size, int) and size != len(meant.emotions):
        raise BenchmarkError(
            f"{path}: has {size} outputs and --labels {len(meant.emotions)}; give one an output"
        )
    name, batched = taken[0].name, len(taken[0].shape) == 2

    def hear(clip: Clip, statistics: Statistics | None) -> NDArray[np.floating]:
        samples = np.ascontiguousarray(clip.samples, dtype=np.float32)
        try:
            (found,) = session.run(None, {name: samples[None] if batched else samples})
        except Exception as error:  # onnxruntime's errors share no class but this
            raise BenchmarkError(
                f"{path}: cannot hear a clip of {clip.duration:.2f} s ({_short(error)})"
            ) from error
        return meant(found, path.name)

    return Entrant(
        name=path.stem,
        kind="ONNX file",
        system=path.stem,
        digest=digest_of(path, labels),
        classes=meant.classes,
        hear=hear,
    )


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise BenchmarkError(f"{path}: no model that can be run ({_short(error)})") from error


def _listed(found: Any) -> str:
    told = [f"{one.name} {one.type} {one.shape}" for one in found]
    return "; ".join(told) or "nothing"


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
