"""Text models: padding changes nothing, what is frozen stays, errors say what to do."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from ehsaas.models.batch import Batch, Output
from ehsaas.models.encoders import EncoderError
from ehsaas.models.text_classifier import TextClassifier
from ehsaas.models.text_encoders import TextCheckpoint
from tests.models import checkpoints, text_checkpoints
from tests.models.text_checkpoints import KINDS, WORDS, vocabulary

C = 3
TEXTS = ("oh no my cat is on fire !", "what joy", "we won !", "no")


@pytest.fixture(params=KINDS)
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> TextCheckpoint:
    return TextCheckpoint.find(text_checkpoints.write(tmp_path, request.param))


def started(checkpoint: TextCheckpoint, **settings: Any) -> TextClassifier:
    torch.manual_seed(1)
    model = TextClassifier(1, C, checkpoint.config, **settings)
    model.start_from(checkpoint)
    return model.eval()


def batch_of(checkpoint: TextCheckpoint, texts: tuple[str, ...] = TEXTS, spare: int = 0) -> Batch:
    """The texts as ids, with rubbish and `spare` more of it behind their ends."""
    ids = checkpoint.tokenizer()(list(texts))["input_ids"]
    lengths = [len(own) for own in ids]
    features = torch.full((len(ids), max(lengths) + spare, 1), -1e4)
    for i, own in enumerate(ids):
        features[i, : len(own), 0] = torch.tensor(own, dtype=torch.float32)
    return Batch(features, torch.tensor(lengths), labels=torch.arange(len(ids)) % C)


def logits(model: nn.Module, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        output: Output = model(batch)
    return output.logits


def learning(model: nn.Module) -> set[str]:
    return {name for name, p in model.named_parameters() if p.requires_grad}


def train(model: TextClassifier, batch: Batch, steps: int) -> None:
    optimiser = torch.optim.AdamW(model.groups(3e-3, 1e-2))
    assert batch.labels is not None
    for _ in range(steps):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(batch).logits, batch.labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_ids_between_the_marks_and_back(tmp_path: Path, kind: str) -> None:
    known = vocabulary(kind)
    tokenizer = TextCheckpoint.find(text_checkpoints.write(tmp_path, kind)).tokenizer()
    ids = tokenizer("Oh no zebra !")["input_ids"]
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    assert ids == [first, known["oh"], known["no"], tokenizer.unk_token_id, known["!"], last]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "oh no !"


def test_a_checkpoint_says_its_sizes(checkpoint: TextCheckpoint) -> None:
    positions = 32
    roberta = checkpoint.config["model_type"] == "roberta"
    assert checkpoint.dims == 32
    assert checkpoint.span == (positions - 2 if roberta else positions)
    longest = " ".join(["joy"] * (checkpoint.span - 2))
    model = started(checkpoint)
    assert logits(model, batch_of(checkpoint, (longest,))).isfinite().all()
    with pytest.raises(ValueError, match=f"{checkpoint.span + 1} tokens; at most"):
        model(batch_of(checkpoint, (f"{longest} joy",)))


@pytest.mark.parametrize("pooling", ("mean", "first"))
def test_padding_changes_nothing_and_a_batch_equals_its_items(
    checkpoint: TextCheckpoint, pooling: str
) -> None:
    model = started(checkpoint, pooling=pooling)
    together = logits(model, batch_of(checkpoint))
    assert together.shape == (4, C)
    padded = logits(model, batch_of(checkpoint, spare=7))
    alone = torch.cat([logits(model, batch_of(checkpoint, (text,))) for text in TEXTS])
    torch.testing.assert_close(together, padded, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


def test_it_computes_what_transformers_computes(checkpoint: TextCheckpoint) -> None:
    from transformers import AutoModel

    theirs = AutoModel.from_pretrained(checkpoint.folder).eval()
    ids = checkpoint.tokenizer()(TEXTS[0], return_tensors="pt")
    with torch.no_grad():
        states = theirs(**ids).last_hidden_state[0]
        for pooling, expected in (("mean", states.mean(dim=0)), ("first", states[0])):
            output = started(checkpoint, pooling=pooling)(batch_of(checkpoint, TEXTS[:1]))
            torch.testing.assert_close(output.embedding[0], expected, atol=1e-5, rtol=1e-5)


def test_an_item_without_words_has_the_embedding_0(checkpoint: TextCheckpoint) -> None:
    model = started(checkpoint)
    batch = batch_of(checkpoint, TEXTS[:2])
    output = model(Batch(batch.features, torch.tensor([int(batch.lengths[0]), 0])))
    torch.testing.assert_close(output.logits[:1], logits(model, batch)[:1], atol=1e-4, rtol=1e-4)
    assert not output.embedding[1].any() and torch.equal(output.logits[1], model.head.bias)
    nothing = model(Batch(torch.zeros(2, 0, 1), torch.zeros(2, dtype=torch.long)))
    assert not nothing.embedding.any()


def test_one_batch_can_be_overfitted(checkpoint: TextCheckpoint) -> None:
    model, batch = started(checkpoint), batch_of(checkpoint)
    train(model, batch, 30)
    assert batch.labels is not None
    assert (logits(model, batch).argmax(dim=1) == batch.labels).all()


def test_frozen_layers_and_embeddings_do_not_learn(checkpoint: TextCheckpoint) -> None:
    model, batch = started(checkpoint, frozen=2), batch_of(checkpoint)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    train(model, batch, 1)
    changed = {name for name, x in model.state_dict().items() if not torch.equal(x, before[name])}
    frozen = ("encoder.embeddings.", "encoder.encoder.layer.0.", "encoder.encoder.layer.1.")
    assert {name for name in before if name.startswith(frozen)} == set(before) - learning(model)
    assert not any(name.startswith(frozen) for name in changed)
    assert changed >= {"encoder.encoder.layer.2.attention.self.query.weight", "head.weight"}
    assert learning(started(checkpoint)) == set(before)


def test_lora_trains_its_own_weights_and_the_head_alone(checkpoint: TextCheckpoint) -> None:
    plain, batch = started(checkpoint), batch_of(checkpoint)
    model = started(checkpoint, lora=2)
    model.head.load_state_dict(plain.head.state_dict())
    torch.testing.assert_close(logits(model, batch), logits(plain, batch))  # B = 0 at first
    before = {name: value.clone() for name, value in model.state_dict().items()}
    train(model, batch, 2)  # at the first step A has no gradient yet, as B = 0
    changed = {name for name, x in model.state_dict().items() if not torch.equal(x, before[name])}
    assert changed == learning(model)
    own = {name for name in before if ".lora_" in name}
    assert changed == own | {"head.weight", "head.bias"}
    assert {name.split(".lora_")[0].rsplit(".", 1)[-1] for name in own} == {"query", "value"}
    assert len(own) == 3 * 2 * 2
    above = {name for name in own if "layer.2." in name} | {"head.weight", "head.bias"}
    assert learning(started(checkpoint, lora=2, frozen=2)) == above


@pytest.mark.parametrize("settings", ({}, {"lora": 2}, {"lora": 2, "frozen": 1}))
def test_a_saved_model_is_rebuilt_without_its_checkpoint(
    checkpoint: TextCheckpoint, settings: Mapping[str, Any]
) -> None:
    model, batch = started(checkpoint, **settings), batch_of(checkpoint)
    train(model, batch, 2)
    architecture = json.loads(json.dumps(dict(checkpoint.config)))
    again = TextClassifier(1, C, architecture, **settings).eval()
    assert not torch.equal(logits(again, batch), logits(model, batch))
    again.load_state_dict(model.state_dict())
    assert torch.equal(logits(again, batch), logits(model, batch))


def test_groups_have_the_rates_that_were_asked_for(checkpoint: TextCheckpoint) -> None:
    model = started(checkpoint, frozen=3)
    assert model.groups(1e-5, 1e-3) == [{"params": [*model.head.parameters()], "lr": 1e-3}]
    model = started(checkpoint, frozen=2)
    encoder, head = model.groups(1e-5, 1e-3)
    assert (encoder["lr"], head["lr"]) == (1e-5, 1e-3)
    given = [p for group in (encoder, head) for p in group["params"]]  # type: ignore[attr-defined]
    assert {id(p) for p in given} == {id(p) for p in model.parameters() if p.requires_grad}


def test_the_architecture_must_be_the_checkpoint_s(tmp_path: Path) -> None:
    bert = TextCheckpoint.find(text_checkpoints.write(tmp_path / "bert"))
    config = {**bert.config, "intermediate_size": 48}
    with pytest.raises(EncoderError, match="of another architecture than this model: 9 weights"):
        TextClassifier(1, C, config).start_from(bert)


def test_settings_out_of_range_are_refused(tmp_path: Path) -> None:
    config = TextCheckpoint.find(text_checkpoints.write(tmp_path)).config
    with pytest.raises(EncoderError, match="one id a token, not 40 features"):
        TextClassifier(40, C, config)
    with pytest.raises(EncoderError, match="expected 0 to 3"):
        TextClassifier(1, C, config, frozen=4)
    with pytest.raises(EncoderError, match="expected mean or first"):
        TextClassifier(1, C, config, pooling="last")  # type: ignore[arg-type]
    with pytest.raises(EncoderError, match="LoRA of rank -1 cannot be put"):
        TextClassifier(1, C, config, lora=-1)
    with pytest.raises(EncoderError, match="'t5' has a decoder"):
        TextClassifier(1, C, {"model_type": "t5"})
    with pytest.raises(EncoderError, match="of the kind 'nothing' can be made"):
        TextClassifier(1, C, {"model_type": "nothing"})


def test_a_speech_encoder_is_refused(tmp_path: Path) -> None:
    speech = TextCheckpoint.find(checkpoints.write(tmp_path, "hubert"))
    with pytest.raises(EncoderError, match="reads input_values, not text"):
        speech.load()


def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"config\.json is missing"):
        TextCheckpoint.find(tmp_path)
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(EncoderError, match="no weights"):
        TextCheckpoint.find(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(EncoderError, match=r"config\.json is damaged"):
        TextCheckpoint.find(tmp_path).config  # noqa: B018
    (tmp_path / "config.json").write_text('{"model_type": "bert", "hidden_size": 32}')
    with pytest.raises(EncoderError, match="weights cannot be used"):
        TextCheckpoint.find(tmp_path).load()
    with pytest.raises(EncoderError, match=r"no tokenizer here \(expected one of tokenizer\.json"):
        TextCheckpoint.find(tmp_path).tokenizer()
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(EncoderError, match="the tokenizer cannot be used"):
        TextCheckpoint.find(tmp_path).tokenizer()


def test_weights_that_are_not_whole_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = text_checkpoints.write(tmp_path)
    weights = load_file(folder / "model.safetensors")
    pooler = [name for name in weights if name.startswith("pooler.")]
    assert pooler
    for name in pooler:
        del weights[name]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    TextCheckpoint.find(folder).load()
    del weights["encoder.layer.2.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(
        EncoderError, match=r"1 weights are missing, first encoder\.layer\.2\.output"
    ):
        TextCheckpoint.find(folder).load()


def test_the_digest_is_of_weights_and_tokenizer(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder, seed in zip(folders, (0, 0, 1), strict=True):
        text_checkpoints.write(folder, seed=seed)
    same, twin, other = (TextCheckpoint.find(folder).sha256 for folder in folders)
    assert same == twin != other
    file = folders[1] / "tokenizer.json"
    file.write_text(file.read_text().replace(WORDS[0], "ah"))
    assert TextCheckpoint.find(folders[1]).sha256 != same


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = TextCheckpoint.find(text_checkpoints.write(tmp_path))
    config = checkpoint.config
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(EncoderError, match=r"LoRA needs peft: pip install 'ehsaas\[encoders\]'"):
        TextClassifier(1, C, config, lora=2)
    monkeypatch.setitem(sys.modules, "transformers", None)
    for use in (checkpoint.load, checkpoint.tokenizer, lambda: TextClassifier(1, C, config)):
        with pytest.raises(EncoderError, match="need transformers: pip install 'ehsaas"):
            use()


def test_a_name_that_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="no checkpoint of this name"):
        TextCheckpoint.find("nobody/nothing-at-all")


def test_a_name_is_looked_for_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789abcdef0123456789abcdef01234567"
    home = tmp_path / "models--nobody--tiny"
    text_checkpoints.write(home / "snapshots" / commit, tokenizer=False)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    found = TextCheckpoint.find("nobody/tiny")
    assert found.name == "nobody/tiny" and found.dims == 32
    with pytest.raises(EncoderError, match="no tokenizer here"):
        found.tokenizer()
    text_checkpoints.write(home / "snapshots" / commit)
    assert TextCheckpoint.find("nobody/tiny").tokenizer()("joy")["input_ids"][1] == 12
