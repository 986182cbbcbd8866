"""Pretrained text encoders: a folder with weights and a tokenizer → a reader of token ids.

A checkpoint is a folder with `config.json`, safetensors weights and a tokenizer, or a name on the
Hugging Face Hub, looked for in the local cache first: BERT, RoBERTa, XLM-R, MiniLM and any other
that `AutoModel` reads ids with. Extra `encoders`.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from ehsaas.models.encoders import Checkpoint, EncoderError, needed, quietly
from ehsaas.models.layers import whole

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
        settings_of(values)
        return values

    @property
    def dims(self) -> int:
        """D, the size of a hidden state."""
        return int(settings_of(self.config).hidden_size)

    @property
    def span(self) -> int:
        """The longest text in tokens, those at its ends included."""
        return span_of(settings_of(self.config))

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
        settings_of(self.config)
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


def blank(architecture: Mapping[str, Any]) -> Any:
    """A text encoder with random weights.

    Args:
        architecture: what a checkpoint's `config.json` says.

    Raises:
        EncoderError: nothing can be made of it, or transformers is missing.
    """
    auto = _transformers().AutoModel
    settings = settings_of(architecture)
    return _reader(auto.from_config(settings, dtype=torch.float32, trust_remote_code=False))


def _transformers() -> Any:
    needed()
    import transformers

    return transformers


def settings_of(architecture: Mapping[str, Any]) -> Any:
    """The `transformers` configuration that a parsed `config.json` stands for.

    Raises:
        EncoderError: it is of no kind of text encoder known here, or transformers is missing.
    """
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


def span_of(settings: Any) -> int:
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


def _has_vocabulary(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _VOCABULARIES)


def _fetch_tokenizer(found: Checkpoint) -> None:
    """Put the tokenizer beside the weights in the cache; where it cannot be had, it is missed."""
    from huggingface_hub import snapshot_download

    with suppress(OSError, ValueError):  # without a network: `tokenizer` says that there is none
        snapshot_download(found.name, revision=found.folder.name, allow_patterns=[*_TOKENIZER])
