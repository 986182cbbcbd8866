"""What a recogniser keeps of its source, so that it can be adapted where the source is not.

The last layer's inputs of every training utterance, on at most so many principal axes, as float16:
a few megabytes, from which no recording can be made again. They are kept twice, the features of the
source standardised corpus by corpus and voice by voice, for targets whose speakers are not known
and for those where they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ehsaas.calibration import Statistics
from ehsaas.training.adaptation import neural
from ehsaas.training.adaptation.axes import Axes
from ehsaas.training.adaptation.standardising import Standardiser
from ehsaas.training.adaptation.task import AdaptationError, Floats
from ehsaas.training.batches import Examples, IntArray

FILE = "source.safetensors"
AXES = 256
"""Axes that are kept at most."""

ADAPTABLE: tuple[str, ...] = ("attention-bilstm", "linear-probe", "simple-rnn")
"""Models whose last layer is one matrix on their embedding, which an adapted one replaces."""

Kind = Literal["corpus", "speaker"]


@dataclass(frozen=True)
class Kept:
    """Inputs of the last layer of N source utterances.

    `columns` (C,) are those of the layer's inputs that it looks at; `axes` puts these onto P axes.
    `vectors` are (N, P) by each kind of statistics; `labels` and `corpus` (N,) are indices.
    """

    columns: IntArray
    axes: Axes
    vectors: Mapping[Kind, Floats]
    labels: IntArray
    corpus: IntArray

    @classmethod
    def of(
        cls, network: nn.Module, source: Examples, statistics: Mapping[int, Statistics]
    ) -> "Kept":
        """What a network makes of its labelled source, whose features are raw.

        Args:
            network: with a last layer `head`.
            source: all labelled.
            statistics: of whole corpora, by their index.
        """
        weight = head(network).weight.detach()
        columns = np.flatnonzero(weight.abs().sum(dim=0).numpy()).astype(np.int64)
        seen: dict[Kind, Floats] = {}
        kinds: tuple[Kind, ...] = ("corpus", "speaker")
        for by in kinds:
            standardise = Standardiser.fit(source, by, statistics)
            states = neural.embeddings(network, standardise(source)).numpy()
            seen[by] = np.ascontiguousarray(states[:, columns])
        axes = Axes.fit(seen["corpus"], AXES)
        vectors = {by: axes(states) for by, states in seen.items()}
        return cls(columns, axes, vectors, source.labels, source.corpus)

    @property
    def corpora(self) -> int:
        """How many corpora the source has at most: the index of the next one."""
        return int(self.corpus.max()) + 1

    def on_axes(self, states: Floats) -> Floats:
        """Inputs of the last layer (M, D) on the axes, (M, P)."""
        return self.axes(np.ascontiguousarray(states[:, self.columns]))

    def layer(
        self, W: NDArray[np.floating], b: NDArray[np.floating], dims: int
    ) -> tuple[Floats, Floats]:
        """Weights (K, dims) and biases (K,) of the last layer for W (K, P), b (K,) on the axes."""
        whole = np.zeros((len(W), dims), dtype=np.float32)
        own = W @ self.axes.axes.T
        whole[:, self.columns] = own
        return whole, (b - own @ self.axes.mean).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write `source.safetensors` into a recogniser's folder."""
        from safetensors.numpy import save_file

        numbers = {
            "columns": self.columns,
            "mean": self.axes.mean,
            "axes": self.axes.axes.astype(np.float16),
            "labels": self.labels,
            "corpus": self.corpus,
            **{f"by {by}": x.astype(np.float16) for by, x in self.vectors.items()},
        }
        save_file({name: np.ascontiguousarray(x) for name, x in numbers.items()}, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> "Kept | None":
        """What lies in a recogniser's folder, or None where nothing was kept.

        Raises:
            AdaptationError: the file is damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = folder / FILE
        if not path.is_file():
            return None
        try:
            numbers = load_file(path)
            axes = Axes(numbers["mean"], numbers["axes"].astype(np.float32))
            kinds: tuple[Kind, ...] = ("corpus", "speaker")
            vectors = {by: numbers[f"by {by}"].astype(np.float32) for by in kinds}
            return cls(numbers["columns"], axes, vectors, numbers["labels"], numbers["corpus"])
        except (SafetensorError, KeyError, OSError) as error:
            raise AdaptationError(f"{path}: damaged ({error})") from error


def head(network: nn.Module) -> nn.Linear:
    """The last layer of a network that can be adapted.

    Raises:
        AdaptationError: it has none that is one matrix.
    """
    found = getattr(network, "head", None)
    if not isinstance(found, nn.Linear):
        raise AdaptationError(f"{type(network).__name__} has no last layer that could be replaced")
    return found
