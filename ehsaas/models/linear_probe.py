"""Linear probe: the mean of an utterance's frames, or its one vector, and one layer to the classes.

What is to be known of an encoder is known best with the least behind it. It can be trained like any
model here; `training/probe.py` fits it exactly.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ehsaas.models.batch import DIMENSIONS, Batch, Output
from ehsaas.models.layers import masked_mean


class LinearProbe(nn.Module):
    """A batch (B, T, D) → `Output`; the embedding is what the layer sees, (B, D).

    Args:
        dims: D, size of a frame or vector.
        classes: number of emotions.
        bound: what the layer sees is kept within ± this, softly; None leaves it.
        places: arousal and valence of each class. With them there is a part (B, 2): their mean by
            the probabilities of the classes.
    """

    places: Tensor

    def __init__(
        self,
        dims: int,
        classes: int,
        bound: float | None = None,
        places: Sequence[Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        self.bound, self.placed = bound, places is not None
        self.head = nn.Linear(dims, classes)
        known = torch.zeros(classes, 2) if places is None else torch.tensor(places).float()
        self.register_buffer("places", known, persistent=False)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, D)."""
        mean = masked_mean(batch.features, batch.lengths)
        seen = mean if self.bound is None else softened(mean, self.bound)
        logits = self.head(seen)
        parts = {DIMENSIONS: torch.softmax(logits, dim=-1) @ self.places} if self.placed else {}
        return Output(logits, seen, parts=parts)


def softened(x: Tensor, bound: float) -> Tensor:
    """`bound` tanh(x / bound): x where it is small, never beyond ± `bound`.

    In a recording unlike all others, single numbers lie many deviations out; as they are, they
    would outweigh all the rest.
    """
    return bound * torch.tanh(x / bound)
