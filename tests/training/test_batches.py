import numpy as np
import torch

from ehsaas.training import batches
from tests.training.builders import examples


def test_collate_pads_with_zeros_and_keeps_lengths() -> None:
    data = examples(6)
    batch = batches.collate(data, np.array([0, 3]))
    assert batch.lengths.tolist() == [len(data.features[0]), len(data.features[3])]
    shorter = int(batch.lengths.argmin())
    assert batch.features[shorter, int(batch.lengths.min()) :].abs().sum() == 0
    assert batch.ids == ("0-0", "0-3")


def test_shuffled_gives_every_utterance_once() -> None:
    data = examples(50)
    seen = [i for b in batches.shuffled(data, 8, np.random.default_rng(0)) for i in b.ids]
    assert sorted(seen) == sorted(data.ids)
    assert tuple(seen) != data.ids


def test_shuffled_is_repeatable_and_differs_by_seed() -> None:
    data = examples(50)

    def order(seed: int) -> list[str]:
        stream = batches.shuffled(data, 8, np.random.default_rng(seed))
        return [i for b in stream for i in b.ids]

    assert order(1) == order(1) != order(2)


def test_batches_hold_similar_lengths() -> None:
    data = examples(200)
    spread = [
        int(b.lengths.max() - b.lengths.min())
        for b in batches.shuffled(data, 8, np.random.default_rng(0))
    ]
    assert np.mean(spread) < 2


def test_long_utterances_are_cut_to_a_stretch_of_their_own() -> None:
    data = examples(20)
    for batch in batches.shuffled(data, 4, np.random.default_rng(0), max_frames=6):
        assert int(batch.lengths.max()) <= 6
        for i, name in enumerate(batch.ids):
            whole = torch.from_numpy(data.features[data.ids.index(name)])
            n = int(batch.lengths[i])
            windows = whole.unfold(0, n, 1).transpose(1, 2)
            assert (windows == batch.features[i, :n]).all(dim=(1, 2)).any()


def test_in_order_covers_all_rows() -> None:
    data = examples(23)
    rows = np.concatenate([r for r, _ in batches.in_order(data, 5)])
    assert sorted(rows.tolist()) == list(range(23))


def test_take_and_joined_keep_labels_with_features() -> None:
    one, other = examples(6), examples(6, seed=1, corpus=1)
    both = one.take(np.array([5, 5])).joined(other)
    assert both.ids[:2] == ("0-5", "0-5") and len(both) == 8
    assert both.labels[0] == one.labels[5] and both.corpus.tolist() == [0, 0, 1, 1, 1, 1, 1, 1]


def test_to_moves_all_tensors() -> None:
    batch = batches.collate(examples(4), np.arange(4))
    moved = batches.to(batch, torch.device("meta"))
    assert moved.features.is_meta and moved.labels is not None and moved.labels.is_meta
    assert moved.speaker is None
