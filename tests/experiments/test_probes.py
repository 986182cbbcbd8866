"""What probes find in states that are known to hold a corpus, or not."""

import numpy as np
import torch
from torch import nn

from ehsaas.experiments import probes
from ehsaas.models.batch import Batch, Output
from ehsaas.training.batches import Examples
from tests.experiments.builders import config


class Mean(nn.Module):
    """An utterance's mean frame is its embedding; `blind` sees the second half of it only."""

    def forward(self, batch: Batch) -> Output:
        mean = batch.features.sum(dim=1) / batch.lengths[:, None]
        return Output(mean[:, :2], mean, None, {"blind": mean[:, 2:]})


def utterances(n: int = 200) -> Examples:
    """Two corpora, told apart by the first two dimensions alone; few of the second."""
    generator = np.random.default_rng(0)
    corpus = (np.arange(n) % 5 == 0).astype(np.int64)
    frames = []
    for k in corpus:
        x = generator.standard_normal((int(generator.integers(3, 9)), 4)).astype(np.float32)
        x[:, :2] += 6 * k
        frames.append(x)
    ids = tuple(str(i) for i in range(n))
    return Examples(frames, np.zeros(n, dtype=np.int64), corpus, ids)


def test_a_probe_finds_the_corpus_where_it_is_and_only_there() -> None:
    examples = utterances()
    found = dict(probes.probed(Mean(), examples, ["embedding", "blind"]))
    assert (found["embedding"] == examples.corpus).mean() > 0.98
    few = examples.corpus == 1
    recalls = [(found["blind"][rows] == examples.corpus[rows]).mean() for rows in (few, ~few)]
    assert 0.35 < np.mean(recalls) < 0.65  # a fit on the same rows, or by the larger class, is not


def test_states_stand_in_the_order_of_the_utterances() -> None:
    examples = utterances(70)
    states = probes.seen(Mean(), examples, "embedding")
    expected = np.stack([x.mean(axis=0) for x in examples.features])
    np.testing.assert_allclose(states, expected, atol=1e-5)
    assert torch.is_grad_enabled()


def test_too_few_of_a_corpus_are_not_probed() -> None:
    examples = utterances(5)
    assert list(probes.probed(Mean(), examples, ["embedding"])) == []


def test_what_is_probed_is_what_the_docstring_says_and_what_the_adversary_reads() -> None:
    assert probes.parts(config(system="claf-ser", model={})) == ["f_attn", "f_adapted"]
    against = {"against": ("corpus",), "reads": "context"}
    assert probes.parts(config(adversary=against)) == ["embedding", "context"]
