from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ehsaas.audio import Clip
from ehsaas.export import ExportError
from ehsaas.export.prune import pruned
from ehsaas.features import EmbeddingConfig
from ehsaas.judging import RecogniserError
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.recogniser import Recogniser, load, save
from tests.export import toys

CLIPS = toys.clips()[:3]


def encoded(folder: Path, kind: str = "whisper") -> Recogniser:
    return toys.recogniser("linear-probe", toys.embeddings(folder, kind))


def blocks(recogniser: Recogniser) -> list[tuple[nn.Linear, nn.Linear]]:
    """Both feed-forward matrices of each layer of its encoder."""
    assert recogniser.front is not None
    names = (("fc1", "fc2"), ("intermediate_dense", "output_dense"))
    return [
        (getattr(part, a), getattr(part, b))
        for part in recogniser.front.modules()
        for a, b in names
        if hasattr(part, a) and hasattr(part, b)
    ]


def see_same(one: Recogniser, other: Recogniser) -> None:
    for clip in CLIPS:
        a, b = one.hear([clip])[0], other.hear([clip])[0]
        np.testing.assert_allclose(b.probabilities, a.probabilities, atol=1e-5)
        np.testing.assert_allclose(b.embedding, a.embedding, atol=1e-4)


@pytest.mark.parametrize("kind", ("whisper", "wav2vec2"))
@pytest.mark.parametrize("share", (0.25, 0.5, 0.99))
def test_the_share_of_units_goes(tmp_path: Path, kind: str, share: float) -> None:
    made = encoded(tmp_path, kind)
    small = pruned(made, share, CLIPS)
    left = max(1, round((1 - share) * 64))
    assert len(blocks(small)) == 2
    for expand, shrink in blocks(small):
        assert expand.weight.shape == (left, 32) and expand.bias.shape == (left,)
        assert shrink.weight.shape == (32, left) and shrink.bias.shape == (32,)
        assert (expand.out_features, shrink.in_features) == (left, left)
    assert np.isfinite(small.hear(CLIPS[:1])[0].probabilities).all()


@pytest.mark.parametrize("silent", ("nothing follows", "never active"))
def test_silent_units_go_first_and_nothing_changes(tmp_path: Path, silent: str) -> None:
    made = encoded(tmp_path)
    made = replace(made, front=made.features.extractor().eval())
    for expand, shrink in blocks(made):
        with torch.no_grad():
            if silent == "nothing follows":
                shrink.weight[:, 1::2] = 0
                expand.weight[1::2] *= 50  # loud, but nobody listens
            else:
                expand.weight[1::2] = 0
                expand.bias[1::2] = 0
                shrink.weight[:, 1::2] *= 50  # listened to, but silent
    small = pruned(made, 0.5, CLIPS)
    for (expand, _), (whole, _) in zip(blocks(small), blocks(made), strict=True):
        torch.testing.assert_close(expand.weight, whole.weight[0::2])
    see_same(made, small)
    less = pruned(made, 0.75, CLIPS)
    gap = np.abs(less.hear(CLIPS[:1])[0].embedding - made.hear(CLIPS[:1])[0].embedding)
    assert gap.max() > 1e-3


def test_silent_units_of_a_bilstm_go_and_nothing_changes() -> None:
    """Different ones ahead and back; what they tell later frames is nothing, too."""
    made = toys.bilstm()
    network, H = made.network, 6
    assert isinstance(network, AttentionBiLSTM)
    gone = {"ahead": [1, 4], "back": [0, 5]}
    with torch.no_grad():
        for way, units in gone.items():
            getattr(network.lstm, way)[0].weight_hh_l0[:, units] = 0
            columns = [unit + (H if way == "back" else 0) for unit in units]
            network.attention.score.weight[:, columns] = 0
            network.dense.weight[:, columns] = 0
    small = pruned(made, 1 / 3, CLIPS)
    assert isinstance(small.network, AttentionBiLSTM)
    assert small.network.dense.weight.shape == (8, 8)
    ahead = small.network.lstm.ahead[0]
    assert isinstance(ahead, nn.LSTM) and ahead.hidden_size == 4
    see_same(made, small)
    assert network.dense.weight.shape == (8, 12)  # what was given is as it was


def test_a_finetuned_encoder_is_pruned_in_the_network(tmp_path: Path) -> None:
    made = toys.finetuned(tmp_path)
    small = pruned(made, 0.5, CLIPS)
    before, after = (sum(p.numel() for p in x.network.parameters()) for x in (made, small))
    assert before - after == 2 * 32 * (32 + 1 + 32)  # two layers
    assert np.isfinite(small.hear(CLIPS[:1])[0].probabilities).all()


def bilstm(_: Path) -> Recogniser:
    return toys.bilstm()


def finetuned(folder: Path) -> Recogniser:
    return toys.finetuned(folder)


def of_wav2vec(folder: Path) -> Recogniser:
    return toys.finetuned(folder, "wav2vec2")


@pytest.mark.parametrize("made", (bilstm, finetuned, of_wav2vec))
def test_what_was_pruned_in_the_network_is_saved(
    made: Callable[[Path], Recogniser], tmp_path: Path
) -> None:
    small = pruned(made(tmp_path / "encoder"), 0.5, CLIPS)
    assert small.front is None
    save(small, tmp_path / "model")
    see_same(small, load(tmp_path / "model"))


def test_the_pruned_promises_nothing_of_the_whole(tmp_path: Path) -> None:
    """Where its features are the same, it knows how far its training data reach."""
    whole = toys.bilstm()
    whole = replace(whole, facts={**whole.facts, "calibration": {"utterances": 40}})
    small = pruned(whole, 0.5, CLIPS)
    assert whole.scores is not None and small.scores is None
    assert small.facts == {"corpora": ["first"], "languages": ["de"], "pruned": 0.5}
    assert pruned(small, 0.5, CLIPS).facts["pruned"] == 0.75
    assert small.reach is whole.reach is not None
    features = toys.embeddings(tmp_path)
    encoded = toys.recogniser("linear-probe", features, reach=True)
    assert encoded.reach is not None and pruned(encoded, 0.5, CLIPS).reach is None


def test_a_pruned_front_is_exported_and_not_saved(tmp_path: Path) -> None:
    small = pruned(encoded(tmp_path / "encoder"), 0.5, CLIPS)
    assert isinstance(small.features, EmbeddingConfig)
    with pytest.raises(RecogniserError, match="has a pruned encoder: export it instead"):
        save(small, tmp_path / "model")


@pytest.mark.parametrize("share", (0.0, 1.0, -0.1, 2.0))
def test_a_share_is_one(share: float) -> None:
    with pytest.raises(ExportError, match="expected one between 0 and 1"):
        pruned(toys.bilstm(), share, CLIPS)


def test_what_cannot_be_pruned_is_said() -> None:
    none: tuple[Clip, ...] = ()
    with pytest.raises(ExportError, match=r"give some \(--clips\)"):
        pruned(toys.bilstm(), 0.5, none)
    with pytest.raises(ExportError, match="an attention-bilstm of one layer"):
        pruned(toys.bilstm(layers=2), 0.5, CLIPS)
    with pytest.raises(ExportError, match="is a perceptron without a pretrained encoder.*student"):
        pruned(toys.recogniser("perceptron", hidden=4, width=4), 0.5, CLIPS)
