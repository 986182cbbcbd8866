from dataclasses import replace
from typing import Any, cast, get_args

import pytest
import torch
from torch import nn

from ehsaas.models.batch import Batch
from ehsaas.models.fusion import Fusion, How, drop_modality, without

B, T, D, S, E, C, H = 5, 11, 9, 6, 7, 3, 16
EVERY: tuple[How, ...] = get_args(How)
SMALL = {"hidden": H, "heads": 4, "dense": 24}


@pytest.fixture(params=EVERY)
def model(request: pytest.FixtureRequest) -> Fusion:
    torch.manual_seed(0)
    return Fusion(D, C, E, request.param, **SMALL).eval()


def batch() -> Batch:
    """Items with both, with a single frame, without text, without speech, and with neither."""
    generator = torch.Generator().manual_seed(1)
    return Batch(
        torch.randn(B, T, D, generator=generator),
        torch.tensor([T, 1, 4, 0, 0]),
        words=torch.randn(B, S, E, generator=generator),
        word_lengths=torch.tensor([S, 3, 0, 1, 0]),
    )


def with_both(items: int, seed: int = 1) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        torch.randn(items, T, D, generator=generator),
        torch.full((items,), T),
        words=torch.randn(items, S, E, generator=generator),
        word_lengths=torch.full((items,), S),
    )


def learn(model: Fusion, seen: Batch, labels: torch.Tensor, steps: int = 40) -> None:
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(seen).logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def accuracy(model: Fusion, seen: Batch, labels: torch.Tensor) -> float:
    return float((model(seen).logits.argmax(dim=1) == labels).float().mean())


def test_output_has_its_sizes_and_is_finite_whatever_an_item_lacks(model: Fusion) -> None:
    output = model(batch())
    assert output.logits.shape == (B, C) and output.logits.isfinite().all()
    assert output.embedding.shape == (B, 24)
    assert output.attention is None
    gate = {"gate"} if model.gate is not None else set()
    assert {*output.parts} == {"speech", "text"} | gate
    assert {part.shape for part in output.parts.values()} == {(B, H)}


@pytest.mark.parametrize("rubbish", [1e4, float("nan")])
def test_padding_changes_nothing(model: Fusion, rubbish: float) -> None:
    plain = batch()
    assert plain.words is not None and plain.word_lengths is not None
    features = torch.cat([plain.features, torch.zeros(B, 4, D)], dim=1)
    words = torch.cat([plain.words, torch.zeros(B, 2, E)], dim=1)
    for row in range(B):
        features[row, plain.lengths[row] :] = rubbish
        words[row, plain.word_lengths[row] :] = -rubbish
    found, expected = model(replace(plain, features=features, words=words)), model(plain)
    torch.testing.assert_close(found.logits, expected.logits, atol=1e-5, rtol=0)
    for name, part in expected.parts.items():
        torch.testing.assert_close(found.parts[name], part, atol=1e-5, rtol=0)


def test_a_batch_equals_its_items_alone(model: Fusion) -> None:
    whole = batch()
    assert whole.words is not None and whole.word_lengths is not None
    alone = []
    for row in range(B):
        frames, tokens = whole.lengths[row : row + 1], whole.word_lengths[row : row + 1]
        item = Batch(
            whole.features[row : row + 1, : max(1, int(frames))],
            frames,
            words=whole.words[row : row + 1, : int(tokens)],  # S is 0 where there is no text
            word_lengths=tokens,
        )
        alone.append(model(item).logits)
    torch.testing.assert_close(model(whole).logits, torch.cat(alone), atol=1e-4, rtol=0)


def test_no_words_at_all_equals_words_of_length_0(model: Fusion) -> None:
    silent = without(batch(), "text")
    nothing = replace(batch(), words=None, word_lengths=None)
    no_room = replace(silent, words=torch.zeros(B, 0, E))
    expected = model(silent).logits
    assert expected.isfinite().all()
    torch.testing.assert_close(model(nothing).logits, expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(model(without(nothing, "text")).logits, expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(model(no_room).logits, expected, atol=1e-6, rtol=0)


def test_what_is_taken_away_is_not_seen(model: Fusion) -> None:
    one, other = with_both(4, seed=1), with_both(4, seed=2)
    mixed = replace(one, features=other.features)
    gap = (model(one).logits - model(mixed).logits).abs().amax(dim=1)
    assert (gap > 1e-3).all()
    deaf, also = model(without(one, "speech")), model(without(mixed, "speech"))
    torch.testing.assert_close(deaf.logits, also.logits, atol=1e-6, rtol=0)
    mute, also = model(without(mixed, "text")), model(without(other, "text"))
    torch.testing.assert_close(mute.logits, also.logits, atol=1e-6, rtol=0)


@pytest.mark.parametrize("how", ["concat", "gated"])
def test_a_missing_modality_is_its_learned_vector(how: How) -> None:
    made = Fusion(D, C, E, how, **SMALL).eval()
    parts = made(batch()).parts
    torch.testing.assert_close(parts["text"][[2, 4]], made.text.absent.expand(2, H))
    torch.testing.assert_close(parts["speech"][[3, 4]], made.speech.absent.expand(2, H))


def test_gradients_are_finite_whatever_an_item_lacks(model: Fusion) -> None:
    model(batch()).logits.sum().backward()
    found = [parameter.grad for parameter in model.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in found)


def test_the_gate_weighs_text_against_speech() -> None:
    made = Fusion(D, C, E, "gated", **SMALL).eval()
    assert made.gate is not None
    nn.init.zeros_(made.gate.weight)
    for bias, text_share in ((-50.0, 0.0), (0.0, 0.5), (50.0, 1.0)):
        nn.init.constant_(made.gate.bias, bias)
        output = made(with_both(4))
        t, a = output.parts["text"], output.parts["speech"]
        expected = made.dense(text_share * t + (1 - text_share) * a).relu()
        torch.testing.assert_close(output.embedding, expected, atol=1e-5, rtol=0)
        torch.testing.assert_close(output.parts["gate"], torch.full((4, H), text_share))


def test_attending_to_one_token_is_its_value_whatever_the_query() -> None:
    """With one key the attention weight is 1: LN(a + W_o W_v t + b) for every frame."""
    torch.manual_seed(0)
    made = Fusion(D, C, E, "cross-attention", **SMALL).eval()
    assert made.cross is not None
    speech, token = torch.randn(2, 5, H), torch.randn(2, 1, H)
    attend, one = made.cross.to_text, torch.tensor([1, 1])
    value = nn.functional.linear(
        token, attend.in_proj_weight[2 * H :], attend.in_proj_bias[2 * H :]
    )
    expected = made.cross.norm_speech(speech + attend.out_proj(value))
    found, _ = made.cross(speech, torch.tensor([5, 3]), token, one)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_one_modality_is_dropped_for_the_stated_share_and_never_both() -> None:
    torch.manual_seed(0)
    ones = torch.ones(4000, dtype=torch.long)
    speech, text = drop_modality(ones, ones, 0.3)
    assert ((speech == 0) & (text == 0)).sum() == 0
    for left in (speech, text):
        assert 0.127 < (left == 0).float().mean() < 0.173  # half of 0.3, ± 4 deviations


def test_an_item_with_one_modality_keeps_it() -> None:
    one = torch.tensor([4, 0, 0]).repeat(50)
    other = torch.tensor([0, 2, 0]).repeat(50)
    speech, text = drop_modality(one, other, 1.0)
    assert torch.equal(speech, one) and torch.equal(text, other)


@pytest.mark.parametrize("part", ["speech", "text"])
def test_only_training_drops_a_modality(part: str) -> None:
    torch.manual_seed(0)
    made, many = Fusion(D, C, E, drop=0.2, hidden=H), with_both(1000)
    absent = made.get_submodule(part).get_parameter("absent")

    def share() -> float:
        gaps = (made(many).parts[part] - absent).abs().amax(dim=1)
        return float((gaps < 1e-5).float().mean())

    assert 0.062 < share() < 0.138  # half of 0.2, ± 4 deviations
    made.drop = 0.0
    assert share() == 0
    made.drop = 0.2
    made.eval()
    assert share() == 0


def test_the_seed_decides_what_is_dropped(model: Fusion) -> None:
    model.train()
    found = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        found.append(model(with_both(64)).logits)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_one_batch_can_be_overfitted(model: Fusion) -> None:
    seen, labels = with_both(12), torch.arange(12) % C
    learn(model, seen, labels)
    assert accuracy(model, seen, labels) == 1


def test_an_emotion_that_only_the_words_tell_is_read_from_them(model: Fusion) -> None:
    labels = torch.arange(90) % C
    seen, fresh = with_both(90, seed=1), with_both(90, seed=2)
    for one in (seen, fresh):
        assert one.words is not None
        one.words[:, :, 0] += 4.0 * (labels[:, None] - 1)
    learn(model.train(), seen, labels)
    model.eval()
    assert accuracy(model, fresh, labels) > 0.95
    assert accuracy(model, without(fresh, "speech"), labels) > 0.95
    assert accuracy(model, without(fresh, "text"), labels) < 0.55  # chance 1/3, ± 4 deviations


def test_an_unknown_way_to_fuse_is_named() -> None:
    with pytest.raises(ValueError, match="'sum': choose one of concat, gated, cross-attention"):
        Fusion(D, C, E, cast(Any, "sum"))


def test_words_without_their_lengths_are_refused(model: Fusion) -> None:
    with pytest.raises(ValueError, match="no word_lengths"):
        model(replace(batch(), word_lengths=None))


def test_only_speech_or_text_can_be_taken_away() -> None:
    with pytest.raises(ValueError, match="choose speech or text"):
        without(batch(), cast(Any, "video"))
