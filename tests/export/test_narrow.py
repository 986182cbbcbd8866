from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ehsaas.export.narrow import narrowed
from ehsaas.features import EmbeddingConfig
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.recogniser import Recogniser
from tests.export import toys


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Recogniser:
    """Layers 0 to 3 with mean, deviation and thirds, and a reach that looks at six columns."""
    folder = tmp_path_factory.mktemp("encoder")
    features = toys.embeddings(folder, layers=(0, 1, 2, 3), pooling="mean-std-thirds")
    return toys.recogniser("linear-probe", features, reach=True)


def reading(whole: Recogniser, names: tuple[str, ...], reach: tuple[int, ...]) -> Recogniser:
    """It, with weights on columns whose names begin so alone, and a reach of these columns."""
    probe = LinearProbe(len(whole.features.names), 3)
    read = torch.tensor([name.startswith(names) for name in whole.features.names])
    assert isinstance(whole.network, LinearProbe)
    probe.head.weight = torch.nn.Parameter(torch.where(read, whole.network.head.weight, 0.0))
    assert whole.reach is not None
    looking = replace(whole.reach, columns=np.array(reach))
    return replace(whole, network=probe, reach=looking)


@pytest.mark.parametrize(
    ("names", "layers", "pooling", "parts"),
    [
        (("layer1_mean",), (1,), "mean", 1),
        (("layer0_std", "layer2_mean"), (0, 2), "mean-std", 2),
        (("layer2_second",), (2,), "mean-std-thirds", 5),
    ],
)
def test_columns_that_nothing_reads_go(
    whole: Recogniser, names: tuple[str, ...], layers: tuple[int, ...], pooling: str, parts: int
) -> None:
    columns = list(whole.features.names)
    reach = tuple(columns.index(f"layer{layers[0]}_mean_{i}") for i in (3, 4, 9, 11, 20, 31))
    made = reading(whole, names, reach)
    small = narrowed(made)
    assert isinstance(small.features, EmbeddingConfig)
    assert (small.features.layers, small.features.pooling) == (layers, pooling)
    D = len(small.features.names)
    assert D == 32 * len(layers) * parts < len(columns)
    assert small.statistics.mean.shape == small.statistics.std.shape == (D,)
    looked = [small.features.names[i] for i in small.reach.columns] if small.reach else []
    assert looked == [columns[i] for i in reach]
    for one, other in zip(made.hear(toys.clips(3)), small.hear(toys.clips(3)), strict=True):
        np.testing.assert_allclose(other.probabilities, one.probabilities, atol=1e-6)
        assert other.distance == pytest.approx(one.distance, rel=1e-5)
    assert len(made.features.names) == len(columns)  # what was given is as it was


def test_what_the_reach_looks_at_stays(whole: Recogniser) -> None:
    """Nothing else reads layer 3."""
    columns = list(whole.features.names)
    reach = tuple(columns.index(f"layer3_std_{i}") for i in range(6))
    small = narrowed(reading(whole, ("layer1_mean",), reach))
    assert isinstance(small.features, EmbeddingConfig)
    assert (small.features.layers, small.features.pooling) == ((1, 3), "mean-std")


def test_where_all_is_read_or_no_weight_says_what_is_it_stays(
    whole: Recogniser, tmp_path: Path
) -> None:
    assert narrowed(whole) is whole
    frames = toys.bilstm()
    assert narrowed(frames) is frames
