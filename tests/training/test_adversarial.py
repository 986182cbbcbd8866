from dataclasses import replace

import numpy as np
import pytest
import torch

from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.batch import Batch, Output
from ehsaas.training import batches, loop, supervised
from ehsaas.training.adversarial import (
    NOT_KNOWN,
    Adversary,
    Against,
    told,
    total,
    train,
)
from ehsaas.training.augment import FrameAugment
from ehsaas.training.batches import Examples
from ehsaas.training.loop import LoopSettings
from ehsaas.training.losses import balance, cross_entropy
from tests.training.builders import examples

SETTINGS = LoopSettings(epochs=6, rate=1e-2, batch_size=16, keep="last")


def network(seed: int = 0, dropout: float = 0.3) -> AttentionBiLSTM:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AttentionBiLSTM(4, 3, hidden=6, layers=1, dense=8, dropout=dropout)


def two_corpora(offset: float = 1.0) -> Examples:
    """The second corpus lies `offset` away in all dimensions; speakers alternate."""
    both = examples(60, seed=0).joined(examples(60, seed=1, corpus=1, offset=offset))
    return replace(both, speaker=np.arange(120) % 4, language=both.corpus)


def share_told(adversary: Adversary, data: Examples) -> float:
    """Share of the utterances whose corpus the classifier tells."""
    return float((told(adversary, data)["corpus"] == data.corpus).mean())


def test_without_reversal_training_is_plain_training_bit_for_bit() -> None:
    data, noise = two_corpora(), FrameAugment(noise=0.1)
    plain, hidden = network(), network()
    against = [Against("corpus", 2), Against("speaker", 4, "context")]
    first = supervised.train(plain, data, None, SETTINGS, 3, classes=3, augment=noise)
    second, _ = train(hidden, against, data, None, SETTINGS, 3, classes=3, augment=noise, peak=0)
    for (name, one), other in zip(plain.named_parameters(), hidden.parameters(), strict=True):
        assert torch.equal(one, other), name
    assert [e.accuracy for e in first.epochs] == [e.accuracy for e in second.epochs]


def test_the_model_gets_minus_alpha_times_the_domain_s_gradient() -> None:
    data, model = two_corpora(), network(dropout=0.0)
    against = [Against("corpus", 2)]
    adversary = Adversary(model, against, [8])
    batch = batches.collate(data, np.arange(8) * 15)

    def gradient(alpha: float) -> list[torch.Tensor]:
        adversary.alpha = alpha
        loss = total(cross_entropy(balance(data, 3, 2), 0.0), against)
        value = loss(adversary(batch), batch)
        return list(torch.autograd.grad(value, [*model.parameters()], allow_unused=True))

    emotion, full, half = gradient(0.0), gradient(1.0), gradient(0.5)
    moved = 0.0
    for none, one, part in zip(emotion, full, half, strict=True):
        if none is None:
            continue
        torch.testing.assert_close(part - none, 0.5 * (one - none), atol=1e-6, rtol=0)
        moved = max(moved, float((one - none).abs().max()))
    assert moved > 1e-4


def test_classifiers_learn_at_full_strength_while_alpha_is_zero() -> None:
    data, settings = two_corpora(), replace(SETTINGS, epochs=60, rate=3e-3)
    _, adversary = train(
        network(), [Against("corpus", 2, "context")], data, None, settings, 0, classes=3, peak=0
    )
    assert share_told(adversary, data) > 0.9


def test_making_the_states_larger_does_not_fool_the_classifier() -> None:
    adversary = Adversary(network(dropout=0.0), [Against("corpus", 2)], [8])
    seen = torch.randn(5, 8)
    small, large = (adversary.classifiers["corpus"](seen * scale) for scale in (1.0, 1000.0))
    torch.testing.assert_close(small, large, atol=1e-4, rtol=1e-4)


def test_reversal_hides_the_corpus() -> None:
    """The classifier that could tell two corpora apart no longer can; emotions are still told."""
    data = two_corpora(offset=1.0)
    settings = replace(SETTINGS, epochs=60, rate=3e-3, schedule="cosine")
    found, right = {}, {}
    for peak in (0.0, 1.0):
        model = network(dropout=0.0)
        _, adversary = train(
            model, [Against("corpus", 2, "context")], data, None, settings, 0, classes=3, peak=peak
        )
        found[peak] = share_told(adversary, data)
        right[peak] = float((loop.predict(model, data).argmax(axis=1) == data.labels).mean())
    assert found[0.0] > 0.95 and found[1.0] < 0.7
    assert right[1.0] > 0.9


def test_alpha_rises_from_zero_to_its_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    forward = Adversary.forward

    def watched(self: Adversary, batch: Batch) -> Output:
        if self.training and (not seen or seen[-1] != self.alpha):
            seen.append(self.alpha)
        return forward(self, batch)

    monkeypatch.setattr(Adversary, "forward", watched)
    settings = replace(SETTINGS, epochs=5)
    train(network(), [Against("corpus", 2)], two_corpora(), None, settings, 0, classes=3, peak=0.8)
    assert seen == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])


def test_utterances_of_unknown_domain_say_nothing_of_it() -> None:
    data = two_corpora()
    assert data.speaker is not None
    against = [Against("speaker", 4)]
    adversary = Adversary(network(dropout=0.0), against, [8])
    emotion = cross_entropy(balance(data, 3, 2), 0.0)
    loss = total(emotion, against)

    def extra(speaker: np.ndarray) -> float:
        batch = batches.collate(replace(data, speaker=speaker), np.arange(16))
        output = adversary(batch)
        return float((loss(output, batch) - emotion(output, batch)).detach())

    nobody = np.full(len(data), NOT_KNOWN)
    one = nobody.copy()
    one[3] = data.speaker[3]
    wrong = one.copy()
    wrong[3] = (one[3] + 1) % 4
    assert extra(nobody) == 0
    assert extra(one) > 0 and extra(one) != pytest.approx(extra(wrong))


def test_a_domain_that_is_not_told_is_named() -> None:
    with pytest.raises(ValueError, match="no speaker to hide"):
        train(network(), [Against("speaker", 4)], examples(), None, SETTINGS, 0, classes=3)
