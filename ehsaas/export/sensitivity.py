"""Matrices of a model → those whose rounding to 8 bits costs the most.

Each is rounded alone, and what that does to the embedding of some sounds is measured. The few that
cost the most for their size are named; in an encoder they are the first block's, whose error goes
through all the others.
"""

from collections.abc import Collection, Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto

from ehsaas.audio import Clip
from ehsaas.export.rows import by_rows

SHARE = 0.06
"""Of the weights of all matrices, how many the costliest may have together."""

HEARD = 4
"""Clips that each matrix is measured on."""


def costliest(model: ModelProto, names: Collection[str], clips: Sequence[Clip]) -> set[str]:
    """The matrices that should not be rounded, with at most `SHARE` of the weights.

    Args:
        model: of float32.
        names: of the matrices that could be.
        clips: at least one; the first `HEARD` are heard.
    """
    sizes = {one.name: int(np.prod(one.dims)) for one in model.graph.initializer}
    left = SHARE * sum(sizes[name] for name in names)
    small = [name for name in names if sizes[name] <= left]
    if not small:
        return set()
    exact = _embeddings(model, clips[:HEARD])
    worth = {name: _cost(model, name, exact, clips[:HEARD]) / sizes[name] for name in small}
    found: set[str] = set()
    for name in sorted(small, key=lambda name: -worth[name]):
        if sizes[name] > left:
            break
        found.add(name)
        left -= sizes[name]
    return found


def _cost(model: ModelProto, name: str, exact: NDArray[np.float32], clips: Sequence[Clip]) -> float:
    """The mean square by which the embeddings move where one matrix is rounded."""
    return float(np.square(_embeddings(by_rows(model, {name}), clips) - exact).mean())


def _embeddings(model: ModelProto, clips: Sequence[Clip]) -> NDArray[np.float32]:
    """The embedding of each clip (n, dims)."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    found = [
        session.run(
            ["embedding"],
            {"samples": clip.samples[None], "lengths": np.array([len(clip.samples)])},
        )[0]
        for clip in clips
    ]
    return np.concatenate(found)
