"""Text: token ids (B, T, 1) → logits, by a pretrained transformer that is trained on.

A checkpoint is a folder with `config.json`, safetensors weights and a tokenizer, or a name on the
Hugging Face Hub, looked for in the local cache first: BERT, RoBERTa, XLM-R, MiniLM and any other
that `AutoModel` reads ids with. LoRA: Hu et al. 2022, ΔW = (α / r) B A with α = 2 r, B = 0 at
first. Extra `encoders`.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor, nn

from ehsaas.models.batch import Batch, Output
from ehsaas.models.encoders import Checkpoint, EncoderError, needed, quietly
from ehsaas.models.layers import frame_mask, masked_mean, whole

_VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "sentencepiece.bpe.model",
    "spm.model",
    "vocab.json",
)
_TOKENIZER = (*_VOCABULARIES, "merges.txt", "tokenizer_config.json", "special_tokens_map.json")

_UNSAID = 512
"""Tokens that a model takes where its configuration sets no limit."""

_PROJECTIONS = (
    *("query", "value"),  # BERT, RoBERTa, XLM-R, ELECTRA, ALBERT
    *("query_proj", "value_proj"),  # DeBERTa
    *("q_lin", "v_lin"),  # DistilBERT
    *("q", "v"),  # MPNet
    "Wqkv",  # ModernBERT
)
"""What query and value projections are called."""


@dataclass(frozen=True)
class TextCheckpoint:
    """A folder that holds a pretrained text encoder and its tokenizer."""

    name: str
    folder: Path

    @classmethod
    def find(cls, where: str | Path) -> "TextCheckpoint":
        """The checkpoint in the folder `where`, or the one of that name on the Hub.

        Raises:
            EncoderError: there is none, or none can be fetched.
        """
        found = Checkpoint.find(where)
        if not Path(where).is_dir() and not _has_vocabulary(found.folder):
            _fetch_tokenizer(found)
        return cls(found.name, found.folder)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """What `config.json` says; a `TextClassifier` is built from it.

        Raises:
            EncoderError: it is no JSON object, or of no kind of text encoder known here.
        """
        try:
            values = dict(json.loads((self.folder / "config.json").read_text(encoding="utf-8")))
        except (ValueError, TypeError, OSError) as error:
            raise EncoderError(f"{self.folder}: config.json is damaged ({error})") from error
        _settings(values)
        return values

    @property
    def dims(self) -> int:
        """D, the size of a hidden state."""
        return int(_settings(self.config).hidden_size)

    @property
    def span(self) -> int:
        """The longest text in tokens, those at its ends included."""
        return _span(_settings(self.config))

    @cached_property
    def sha256(self) -> str:
        """Digest of the weights and the tokenizer, over their files in the order of their names."""
        digest = hashlib.sha256(Checkpoint(self.name, self.folder).sha256.encode())
        for file in sorted(self.folder / name for name in _TOKENIZER):
            if file.is_file():
                digest.update(file.read_bytes())
        return digest.hexdigest()

    def tokenizer(self) -> Any:
        """The `AutoTokenizer` of this checkpoint.

        Raises:
            EncoderError: there is none, it is damaged, or transformers is missing.
        """
        if not _has_vocabulary(self.folder):
            raise EncoderError(
                f"{self.folder}: no tokenizer here (expected one of {', '.join(_VOCABULARIES)})"
            )
        auto = _transformers().AutoTokenizer
        try:
            return auto.from_pretrained(self.folder, trust_remote_code=False)
        except Exception as error:  # tokenizers raises plain Exception where a file is damaged
            raise EncoderError(f"{self.folder}: the tokenizer cannot be used ({error})") from error

    def load(self) -> Any:
        """The encoder in float32, without the pooler that some kinds have behind it.

        Raises:
            EncoderError: the weights are damaged or not whole, or transformers is missing.
        """
        auto = _transformers().AutoModel
        _settings(self.config)
        try:
            with quietly():
                model, told = auto.from_pretrained(
                    self.folder,
                    dtype=torch.float32,
                    use_safetensors=True,
                    trust_remote_code=False,
                    output_loading_info=True,
                )
        except (OSError, RuntimeError, ValueError, SafetensorError) as error:
            raise EncoderError(f"{self.folder}: the weights cannot be used ({error})") from error
        try:
            whole(told["missing_keys"], but=("pooler.",))
        except ValueError as error:
            raise EncoderError(f"{self.folder}: the weights cannot be used ({error})") from error
        return _reader(model).eval()


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
        settings = _settings(architecture)
        self.encoder = _reader(
            _transformers().AutoModel.from_config(
                settings, dtype=torch.float32, trust_remote_code=False
            )
        )
        self.span, self.pooling = _span(settings), pooling
        self.padding = settings.pad_token_id or 0
        if lora:
            _add_lora(self.encoder, lora)
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
        learning = [p for p in self.encoder.parameters() if p.requires_grad]
        own = {"params": list(self.head.parameters()), "lr": head}
        return [{"params": learning, "lr": rate}, own] if learning else [own]


def _transformers() -> Any:
    needed()
    import transformers

    return transformers


def _settings(architecture: Mapping[str, Any]) -> Any:
    """The `transformers` configuration that a parsed `config.json` stands for."""
    values = dict(architecture)
    kind = values.pop("model_type", None)
    auto = _transformers().AutoConfig
    try:
        settings = auto.for_model(kind, **values)
        settings.hidden_size, settings.num_hidden_layers  # noqa: B018
    except (ValueError, TypeError, AttributeError) as error:
        raise EncoderError(
            f"config.json: no text encoder of the kind {kind!r} can be made of it ({error})"
        ) from error
    if settings.is_encoder_decoder:
        raise EncoderError(
            f"a model of the kind {kind!r} has a decoder; known are encoders such as bert, roberta,"
            " xlm-roberta, distilbert and deberta-v2"
        )
    return settings


def _span(settings: Any) -> int:
    """Tokens that have a position; RoBERTa's positions begin behind that of padding."""
    positions = int(getattr(settings, "max_position_embeddings", None) or -1)
    if positions < 0:
        return _UNSAID
    shifted = "roberta" in settings.model_type or settings.model_type in ("camembert", "mpnet")
    return positions - settings.pad_token_id - 1 if shifted else positions


def _reader(model: Any) -> Any:
    """The model without its pooler, where it reads ids."""
    if model.main_input_name != "input_ids":
        raise EncoderError(
            f"an encoder of the kind {model.config.model_type!r} reads {model.main_input_name}, not"
            " text; give a text encoder"
        )
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    return model


def _add_lora(encoder: Any, rank: int) -> None:
    """Put LoRA into `encoder`; nothing else of it learns any more."""
    try:
        import peft
    except ImportError as error:
        raise EncoderError("LoRA needs peft: pip install 'ehsaas[encoders]'") from error
    try:
        settings = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=[*_PROJECTIONS])
        peft.inject_adapter_in_model(settings, encoder)
    except ValueError as error:
        raise EncoderError(
            f"LoRA of rank {rank} cannot be put into an encoder of the kind"
            f" {encoder.config.model_type!r} ({error})"
        ) from error


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


def _has_vocabulary(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _VOCABULARIES)


def _fetch_tokenizer(found: Checkpoint) -> None:
    """Put the tokenizer beside the weights in the cache; where it cannot be had, it is missed."""
    from huggingface_hub import snapshot_download

    with suppress(OSError, ValueError):  # without a network: `tokenizer` says that there is none
        snapshot_download(found.name, revision=found.folder.name, allow_patterns=[*_TOKENIZER])
