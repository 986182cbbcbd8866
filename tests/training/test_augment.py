from dataclasses import replace

import torch

from ehsaas.models.batch import Batch
from ehsaas.training.augment import FrameAugment


def ones() -> Batch:
    return Batch(torch.ones(40, 50, 20), torch.full((40,), 50))


def changed(augment: FrameAugment, seed: int = 0) -> torch.Tensor:
    return augment(ones(), torch.Generator().manual_seed(seed)).features


def test_no_setting_changes_nothing() -> None:
    assert torch.equal(changed(FrameAugment()), ones().features)


def test_the_given_batch_is_left_alone() -> None:
    batch = ones()
    FrameAugment(2, 0.3, 2, 0.3, 1.0, 1.0)(batch, torch.Generator())
    assert torch.equal(batch.features, ones().features)


def test_time_masks_hide_whole_frames_in_one_run() -> None:
    x = changed(FrameAugment(time_masks=1, time_share=0.4))
    hidden = (x == 0).all(dim=2)
    assert torch.equal(hidden, (x == 0).any(dim=2))
    assert 0 < hidden.sum(dim=1).max() <= 20
    starts = (hidden[:, 1:] & ~hidden[:, :-1]).sum(dim=1) + hidden[:, 0]
    assert starts.max() == 1


def test_feature_masks_hide_whole_dimensions() -> None:
    x = changed(FrameAugment(feature_masks=1, feature_share=0.5))
    hidden = (x == 0).all(dim=1)
    assert torch.equal(hidden, (x == 0).any(dim=1)) and 0 < hidden.sum(dim=1).max() <= 10


def test_noise_and_shift_have_the_given_deviation() -> None:
    noise = changed(FrameAugment(noise=0.5)) - 1
    assert abs(float(noise.std()) - 0.5) < 0.01
    shift = changed(FrameAugment(shift=0.5)) - 1
    assert torch.equal(shift, shift[:, :1].expand_as(shift))
    assert abs(float(shift[:, 0].std()) - 0.5) < 0.05


def test_the_same_seed_gives_the_same_batch() -> None:
    augment = replace(FrameAugment(1, 0.2, 1, 0.2, 0.1, 0.1))
    assert torch.equal(changed(augment, 3), changed(augment, 3))
    assert not torch.equal(changed(augment, 3), changed(augment, 4))
