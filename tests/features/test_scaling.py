import numpy as np
import pytest
import torch

from ehsaas.features.scaling import ScalingError, fit, merge, standardise

RANDOM = np.random.default_rng(0)
PARTS = [RANDOM.normal(1000, 3, (n, 4)).astype(np.float32) for n in (1, 50, 7, 200)]
WHOLE = np.concatenate(PARTS)


def test_streaming_equals_all_at_once() -> None:
    found = fit(iter(PARTS), "source")
    np.testing.assert_allclose(found.mean, WHOLE.mean(axis=0, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(found.std, WHOLE.std(axis=0, dtype=np.float64), rtol=1e-5)
    assert (found.count, found.name) == (258, "source")
    assert found.mean.dtype == np.float32


def test_vectors_count_as_one_frame_each_and_empty_arrays_as_none() -> None:
    found = fit([np.array([1.0, 2.0]), np.empty((0, 2)), np.array([3.0, 2.0])], "corpus: x")
    assert found.mean.tolist() == [2.0, 2.0] and found.std.tolist() == [1.0, 0.0]
    assert found.count == 2


def test_merged_equals_fitted_together() -> None:
    parts = [fit([part], "one") for part in PARTS]
    together, whole = merge(parts, "all"), fit(PARTS, "all")
    np.testing.assert_allclose(together.mean, whole.mean, rtol=1e-6)
    np.testing.assert_allclose(together.std, whole.std, rtol=1e-3)
    assert together.count == whole.count


def test_standardised_has_mean_zero_and_deviation_one_and_zero_behind_the_end() -> None:
    statistics = fit(PARTS, "source")
    batch = torch.from_numpy(WHOLE)[None].repeat(2, 1, 1)
    found = standardise(batch, torch.tensor([258, 5]), statistics)
    torch.testing.assert_close(found[0].mean(dim=0), torch.zeros(4), atol=1e-3, rtol=0)
    torch.testing.assert_close(found[0].std(dim=0, correction=0), torch.ones(4), atol=1e-3, rtol=0)
    assert (found[1, 5:] == 0).all()
    np.testing.assert_allclose(found[0].numpy(), statistics(WHOLE), atol=1e-4)


def test_a_constant_dimension_stays_finite() -> None:
    statistics = fit([np.ones((3, 1))], "source")
    assert torch.isfinite(standardise(torch.ones(1, 3, 1), torch.tensor([3]), statistics)).all()


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ScalingError, match="no frame"):
        fit([], "source")
    with pytest.raises(ScalingError, match="3 dimensions after 2"):
        fit([np.ones((1, 2)), np.ones((1, 3))], "source")
    with pytest.raises(ScalingError, match="not finite"):
        fit([np.array([np.nan])], "source")
    with pytest.raises(ScalingError, match="nothing|no statistics"):
        merge([], "all")
    with pytest.raises(ScalingError, match="other dimensions"):
        merge([fit([np.ones(2)], "a"), fit([np.ones(3)], "b")], "all")
