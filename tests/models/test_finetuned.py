"""Speech encoders that are trained on: what learns, what stays, and what padding changes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from ehsaas.models.batch import Batch
from ehsaas.models.encoders import Checkpoint, EncoderError
from ehsaas.models.finetuned import FineTuned
from tests.models import checkpoints

KINDS = ("whisper", "wav2vec2", "wav2vec2-large", "wavlm", "hubert", "data2vec-audio")


def made(folder: Path, kind: str, **sizes: Any) -> tuple[FineTuned, Checkpoint]:
    checkpoint = Checkpoint.find(checkpoints.write(folder, kind))
    torch.manual_seed(3)
    given = {"architecture": dict(checkpoint.config), "layers": 2, "hidden": 16, **sizes}
    model = FineTuned(1, 3, **given)
    model.start_from(checkpoint)
    return model, checkpoint


def batch(lengths: tuple[int, ...] = (9000, 4000, 6500)) -> Batch:
    time = torch.arange(max(lengths)) / 16_000
    tones = [0.1 * torch.sin(2 * torch.pi * 150 * 3**i * time) for i in range(len(lengths))]
    samples = torch.stack(tones)[..., None]
    return Batch(samples, torch.tensor(lengths), torch.arange(len(lengths)) % 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_what_its_clips_are_alone(tmp_path: Path, kind: str) -> None:
    model = made(tmp_path, kind, pooling="attention")[0].eval()
    given = batch()
    with torch.no_grad():
        together = model(given).logits
        alone = [
            model(Batch(given.features[i : i + 1, :n], torch.tensor([n]))).logits
            for i, n in enumerate(given.lengths.tolist())
        ]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_one_batch_can_be_overfitted(tmp_path: Path, kind: str) -> None:
    model, _ = made(tmp_path, kind, dropout=0.0)
    given = batch((4000, 4000, 4000))
    assert given.labels is not None
    optimiser = torch.optim.AdamW(model.groups(1e-3, 1e-2))
    model.train()
    for _ in range(40):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(given).logits, given.labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert float(loss.detach()) < 0.2


def test_pooled_vectors_are_standardised_by_those_that_were_measured(tmp_path: Path) -> None:
    model, _ = made(tmp_path, "whisper", dropout=0.0)
    given = batch((9000, 4000, 6500, 8000))
    before = model(given).embedding
    model.measure([given])
    with torch.no_grad():
        pooled = (model._pooled(given)[0] - model.centre) / model.scale
    torch.testing.assert_close(pooled.mean(dim=0), torch.zeros(64), atol=1e-4, rtol=0)
    torch.testing.assert_close(pooled.std(dim=0, correction=0), torch.ones(64))
    assert not torch.allclose(model(given).embedding, before)
    assert {"centre", "scale"} <= set(model.state_dict())
    model.measure([batch((9000,))])  # one clip tells no deviation
    assert model.scale.eq(1).all() and model(given).embedding.isfinite().all()


def test_frozen_layers_do_not_learn(tmp_path: Path) -> None:
    model, _ = made(tmp_path, "whisper", frozen=1)
    learning = {name for name, p in model.encoder.named_parameters() if p.requires_grad}
    assert learning and all(name.startswith("layers.1.") for name in learning)


@pytest.mark.parametrize("kind", ("whisper", "wav2vec2"))
def test_lora_alone_learns_and_changes_nothing_at_first(tmp_path: Path, kind: str) -> None:
    model, checkpoint = made(tmp_path, kind, lora=2)
    plain = FineTuned(1, 3, dict(checkpoint.config), layers=2, hidden=16)
    plain.start_from(checkpoint)
    learning = {name for name, p in model.encoder.named_parameters() if p.requires_grad}
    assert learning and all(".lora_" in name for name in learning)
    rest = {name: p for name, p in model.state_dict().items() if not name.startswith("encoder.")}
    plain.load_state_dict(rest, strict=False)
    with torch.no_grad():
        expected = plain.eval()(batch()).logits
        torch.testing.assert_close(model.eval()(batch()).logits, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ("whisper", "wav2vec2", "wavlm", "hubert", "data2vec-audio"))
def test_lora_moves_in_every_kind_of_encoder(tmp_path: Path, kind: str) -> None:
    """B is 0 at first, and A learns nothing before B does."""
    model, _ = made(tmp_path, kind, lora=2)
    model.train()
    model(batch()).logits.square().sum().backward()
    adapters = {n: p for n, p in model.encoder.named_parameters() if ".lora_B" in n}
    assert len(adapters) == 4, "two matrices in each of two layers"
    for name, parameter in adapters.items():
        assert parameter.grad is not None and float(parameter.grad.abs().sum()) > 0, name


def test_lora_with_frozen_layers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="nothing else of the encoder learns"):
        made(tmp_path, "whisper", lora=2, frozen=1)


@pytest.mark.parametrize("kind", ("whisper", "wavlm"))
def test_what_is_trained_is_rebuilt_without_the_checkpoint(tmp_path: Path, kind: str) -> None:
    (tmp_path / "preprocessor_config.json").write_text('{"do_normalize": false}')
    model, checkpoint = made(tmp_path, kind, lora=2)
    again = FineTuned(1, 3, dict(checkpoint.config), layers=2, hidden=16, lora=2)
    again.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(model.eval()(batch()).logits, again.eval()(batch()).logits)


def test_a_clip_longer_than_the_span_is_heard_to_its_end(tmp_path: Path) -> None:
    model = made(tmp_path, "whisper", pooling="attention")[0].eval()
    with torch.no_grad():
        attention = model(batch((31 * 16000,))).attention
    assert attention is not None and attention.shape[1] == 31 * 50


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    model, _ = made(tmp_path / "a", "whisper")
    other = Checkpoint.find(checkpoints.write(tmp_path / "b", "whisper", encoder_ffn_dim=32))
    with pytest.raises(EncoderError, match="of another architecture than this model"):
        model.start_from(other)


def test_wrong_sizes_are_named(tmp_path: Path) -> None:
    config = dict(Checkpoint.find(checkpoints.write(tmp_path, "whisper")).config)
    with pytest.raises(EncoderError, match="one number a sample, not 40"):
        FineTuned(40, 3, config, layers=2)
    with pytest.raises(EncoderError, match="frozen layers: 3; expected 0 to 2"):
        FineTuned(1, 3, config, layers=2, frozen=3)
