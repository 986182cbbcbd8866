import numpy as np
import torch

from ehsaas.features.moments import MOMENTS, mean_std, moments


def test_moments_are_numpys_over_the_chosen_frames() -> None:
    values = torch.randn(2, 30, 3, generator=torch.Generator().manual_seed(0))
    mask = torch.rand(2, 30, generator=torch.Generator().manual_seed(1)) > 0.4
    found = moments(values, mask).reshape(2, 3, len(MOMENTS)).numpy()
    for clip, chosen, own in zip(found, mask, values, strict=True):
        kept = own[chosen].numpy()
        low, middle, high = np.percentile(kept, [20, 50, 80], axis=0)
        expected = np.stack([kept.mean(0), kept.std(0), low, middle, high, high - low], axis=-1)
        np.testing.assert_allclose(clip, expected, atol=1e-5)


def test_nothing_chosen_gives_zeros() -> None:
    values = torch.full((1, 4, 2), torch.nan)
    nothing = torch.zeros(1, 4, dtype=torch.bool)
    assert (moments(values, nothing) == 0).all()
    assert (mean_std(values, nothing) == 0).all()
