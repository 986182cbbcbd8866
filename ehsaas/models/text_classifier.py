"""Text: token ids (B, T, 1) → logits, by a pretrained transformer that is trained on."""

from collections.abc import Mapping
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ehsaas.models import lora as adapters
from ehsaas.models.batch import Batch, Output
from ehsaas.models.encoders import EncoderError
from ehsaas.models.layers import frame_mask, masked_mean
from ehsaas.models.text_encoders import TextCheckpoint, blank, settings_of, span_of

_PROJECTIONS = (
    *("query", "value"),  # BERT, RoBERTa, XLM-R, ELECTRA, ALBERT
    *("query_proj", "value_proj"),  # DeBERTa
    *("q_lin", "v_lin"),  # DistilBERT
    *("q", "v"),  # MPNet
    "Wqkv",  # ModernBERT
)
"""What query and value projections are called."""


class TextClassifier(nn.Module):
    """Token ids as a batch's features (B, T, 1) → `Output`; there is no attention.

    An item of length 0, whose words nobody knows, has the embedding 0.

    Args:
        dims: 1, an id for each token.
        classes: number of emotions.
        architecture: what the checkpoint's `config.json` says; weights are random at first.
        frozen: so many of the lowest layers, and with them the embeddings, do not learn; 0 for all
            learn.
        dropout: share of the embedding dropped before the head.
        pooling: `mean` over an item's own tokens, or its `first` token.
        lora: rank r of LoRA on the query and value projections of all layers that are not frozen,
            which then learn alone, with the head; 0 for none.

    Raises:
        EncoderError: a value is out of its range, or transformers or peft is missing.
    """

    def __init__(
        self,
        dims: int,
        classes: int,
        architecture: Mapping[str, Any],
        frozen: int = 0,
        dropout: float = 0.1,
        pooling: Literal["mean", "first"] = "mean",
        lora: int = 0,
    ) -> None:
        super().__init__()
        if dims != 1:
            raise EncoderError(f"a text encoder reads one id a token, not {dims} features")
        if pooling not in ("mean", "first"):
            raise EncoderError(f"pooling is {pooling!r}; expected mean or first")
        settings = settings_of(architecture)
        self.encoder = blank(architecture)
        self.span, self.pooling = span_of(settings), pooling
        self.padding = settings.pad_token_id or 0
        if lora:
            adapters.add(self.encoder, lora, _PROJECTIONS, settings.model_type)
        if frozen:
            _freeze(self.encoder, frozen)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(settings.hidden_size, classes)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, D).

        Raises:
            ValueError: a text has more tokens than `span`.
        """
        x = F.pad(batch.features, (0, 0, 0, 0 if batch.features.shape[1] else 1))
        B, T, _ = x.shape
        if T > self.span:
            raise ValueError(f"a text of {T} tokens; at most {self.span} at once")
        known = frame_mask(batch.lengths, T)
        ids = torch.where(known, x[:, :, 0].round().long(), self.padding)
        lengths = batch.lengths.clamp(min=1)
        mask = frame_mask(lengths, T).long()
        h = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        pooled = h[:, 0] if self.pooling == "first" else masked_mean(h, lengths)
        embedding = torch.where(known[:, :1], pooled, 0.0)
        return Output(self.head(self.dropout(embedding)), embedding)

    def start_from(self, checkpoint: TextCheckpoint) -> None:
        """Take over the pretrained weights of `checkpoint`; LoRA and the head stay as they are.

        Raises:
            EncoderError: it is of another architecture.
        """
        theirs: Mapping[str, Tensor] = checkpoint.load().state_dict()
        mine: Mapping[str, Tensor] = self.encoder.state_dict()
        plain = {name: name.replace(".base_layer.", ".") for name in mine if ".lora_" not in name}
        strange = [
            name
            for own, name in plain.items()
            if name not in theirs or theirs[name].shape != mine[own].shape
        ]
        if strange:
            raise EncoderError(
                f"{checkpoint.name}: of another architecture than this model: {len(strange)}"
                f" weights do not fit, first {strange[0]}; build the model from its config.json"
            )
        taken = {own: theirs[name] for own, name in plain.items()}
        self.encoder.load_state_dict(taken, strict=False)

    def groups(self, rate: float, head: float) -> list[dict[str, object]]:
        """Optimiser groups: what learns of the encoder at `rate`, the head at `head`."""
        return adapters.groups(self, self.encoder, rate, head)


def _freeze(encoder: Any, layers: int) -> None:
    """The embeddings and the lowest `layers` no longer learn."""
    depth = encoder.config.num_hidden_layers
    stacks = [m for m in encoder.modules() if isinstance(m, nn.ModuleList) and len(m) == depth]
    if not stacks or not 0 <= layers <= depth:
        raise EncoderError(
            f"layers to freeze: {layers}; expected 0 to {depth if stacks else 0} for an encoder of"
            f" the kind {encoder.config.model_type!r}"
        )
    embeddings = getattr(encoder, "embeddings", None) or encoder.get_input_embeddings()
    for part in (embeddings, *stacks[0][:layers]):
        part.requires_grad_(False)
