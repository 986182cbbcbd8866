"""What a recogniser keeps of its source: the inputs of its last layer, on a few axes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ehsaas.features import scaling
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training.adaptation import AdaptationError, neural
from ehsaas.training.adaptation.kept import Kept, head
from ehsaas.training.adaptation.standardising import Standardiser
from ehsaas.training.batches import Examples
from tests.training.adaptation import builders

UNSEEN = 2
"""An input that the last layer does not look at."""


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    made = LinearProbe(builders.DIMS, builders.CLASSES)
    with torch.no_grad():
        made.head.weight[:, UNSEEN] = 0
    return made.eval()


def kept(network: nn.Module, source: Examples) -> Kept:
    statistics = {
        index: scaling.fit(source.take(np.flatnonzero(source.corpus == index)).features, f"{index}")
        for index in (0, 1)
    }
    return Kept.of(network, source, statistics)


def test_vectors_are_the_layer_s_inputs_by_each_kind_of_statistics(network: nn.Module) -> None:
    source = builders.source(voice=2.0)
    made = kept(network, source)
    assert UNSEEN not in made.columns and len(made.columns) == builders.DIMS - 1
    assert made.corpora == 2
    by_corpus, by_voice = made.vectors["corpus"], made.vectors["speaker"]
    assert by_corpus.shape == by_voice.shape == (len(source), builders.DIMS - 1)
    states = {
        by: neural.embeddings(network, Standardiser.fit(source, by, {})(source)).numpy()
        for by in ("corpus", "speaker")
    }
    for by, vectors in (("corpus", by_corpus), ("speaker", by_voice)):
        np.testing.assert_allclose(made.on_axes(states[by]), vectors, atol=1e-4)
    assert np.abs(by_corpus - by_voice).max() > 0.5  # a voice's own statistics take its sound away


def test_a_layer_on_the_axes_says_what_it_says_on_the_inputs(network: nn.Module) -> None:
    source = builders.source()
    made = kept(network, source)
    P = made.vectors["corpus"].shape[1]
    rng = np.random.default_rng(0)
    W, b = rng.standard_normal((builders.CLASSES, P)), rng.standard_normal(builders.CLASSES)
    states = rng.standard_normal((20, builders.DIMS)).astype(np.float32)
    whole, bias = made.layer(W, b, builders.DIMS)
    assert (whole[:, UNSEEN] == 0).all()
    np.testing.assert_allclose(states @ whole.T + bias, made.on_axes(states) @ W.T + b, atol=1e-4)


def test_what_is_kept_comes_back_as_half_precision(network: nn.Module, tmp_path: Path) -> None:
    made = kept(network, builders.source())
    made.save(tmp_path)
    back = Kept.load(tmp_path)
    assert back is not None
    for name in ("columns", "labels", "corpus"):
        np.testing.assert_array_equal(getattr(back, name), getattr(made, name))
    for by, vectors in made.vectors.items():
        np.testing.assert_allclose(back.vectors[by], vectors, rtol=1e-3, atol=1e-3)


def test_nothing_kept_is_nothing_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    assert Kept.load(tmp_path) is None
    (tmp_path / "source.safetensors").write_bytes(b"no numbers")
    with pytest.raises(AdaptationError, match=r"source\.safetensors: damaged"):
        Kept.load(tmp_path)


def test_a_network_without_one_last_layer_has_no_head() -> None:
    with pytest.raises(AdaptationError, match="Sequential has no last layer"):
        head(nn.Sequential(nn.Linear(2, 2)))
