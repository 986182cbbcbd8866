"""Tiny random text checkpoints with a tokenizer that knows a dozen words, as found on disk."""

from pathlib import Path
from typing import Any

import torch

WORDS = ("oh", "no", "my", "cat", "is", "on", "fire", "what", "joy", "we", "won", "!")
"""What the tokenizers know; all else is one unknown token."""

KINDS = ("bert", "roberta")

_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 32,
}
_MARKS = {
    "bert": {"cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "unk": "[UNK]"},
    "roberta": {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>"},
}


def vocabulary(kind: str) -> dict[str, int]:
    """Every token of `kind` and its id; RoBERTa's padding is 1, as it is in the real one."""
    return {word: i for i, word in enumerate((*_MARKS[kind].values(), *WORDS))}


def write(
    folder: Path, kind: str = "bert", *, seed: int = 0, tokenizer: bool = True, **changes: Any
) -> Path:
    """Write a tiny random checkpoint of `kind`, bert or roberta, into `folder`.

    Args:
        folder: where it goes.
        kind: of model and of special tokens.
        seed: of its weights.
        tokenizer: write its tokenizer, too.
        changes: values of its configuration that differ.
    """
    import transformers

    torch.manual_seed(seed)
    known, marks = vocabulary(kind), _MARKS[kind]
    numbers: dict[str, Any] = {"vocab_size": len(known), "pad_token_id": known[marks["pad"]]}
    parts: dict[str, tuple[Any, Any]] = {
        "bert": (transformers.BertConfig, transformers.BertModel),
        "roberta": (transformers.RobertaConfig, transformers.RobertaModel),
    }
    config, model = parts[kind]
    model(config(**(_SIZES | numbers | changes))).eval().save_pretrained(folder)
    if tokenizer:
        _tokenizer(kind).save_pretrained(folder)
    return folder


def _tokenizer(kind: str) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    known, marks = vocabulary(kind), _MARKS[kind]
    made: Any = Tokenizer(models.WordLevel(known, unk_token=marks["unk"]))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    cls, sep = marks["cls"], marks["sep"]
    made.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}", special_tokens=[(cls, known[cls]), (sep, known[sep])]
    )
    named = {f"{name}_token": mark for name, mark in marks.items()}
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=made, **named)
