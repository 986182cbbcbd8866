from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, numpy_helper

from ehsaas.audio import Clip
from ehsaas.export import ExportError, onnx_file
from ehsaas.export.int8 import AXES, Way, quantised, scaled_together
from ehsaas.export.waveform import Waveform
from ehsaas.serving import runtime
from ehsaas.serving.runtime import ModelFile
from tests.conftest import Pair
from tests.export import toys

Made = Callable[[str], Pair]


@dataclass(frozen=True)
class Small:
    """A file of 8 bits, and the pair that it was made of."""

    both: Pair
    model: ModelProto
    file: ModelFile
    buffers: tuple[str, ...]


@pytest.fixture(scope="module")
def small(pair: Made, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Way], Small]:
    @cache
    def made(name: str, way: Way) -> Small:
        both = pair(name)
        buffers = tuple(n for n, _ in Waveform(both.recogniser).named_buffers())
        model = quantised(onnx.load(both.path), way, buffers, toys.clips())
        path = tmp_path_factory.mktemp("int8") / "small.onnx"
        card = both.file.card.model_dump(exclude={"sha256"}) | {"precision": way}
        onnx_file.write(model, card | ({"at_once": 1} if scaled_together(model) else {}), path)
        return Small(both, onnx.load(path), runtime.read(path), buffers)

    return made


WAYS: tuple[Way, ...] = ("int8", "int8-static")
NAMES = ("attention-bilstm", toys.WHISPER)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_answers_are_near(small: Callable[[str, Way], Small], name: str, way: Way) -> None:
    made = small(name, way)
    gaps = [
        np.abs(a.probabilities - b.probabilities).max()
        for clip in toys.clips()
        for a, b in zip(made.both.file.hear([clip]), made.file.hear([clip]), strict=True)
    ]
    assert max(gaps) < 0.1
    if not (name == "attention-bilstm" and way == "int8-static"):  # little of that is quantised
        assert max(gaps) > 1e-6


LSTMS = (
    *("attention-bilstm", "attention-bilstm without quiet ends", toys.PLACED),
    *("claf-ser", "nnpm"),
)


@pytest.mark.parametrize("name", toys.TOYS)
def test_every_kind(small: Callable[[str, Way], Small], name: str) -> None:
    """Answers are near, and those of clips together are those alone; with an LSTM, one by one."""
    made = small(name, "int8")
    exact = [made.both.file.hear([clip])[0].probabilities for clip in toys.clips()]
    alone = [made.file.hear([clip])[0].probabilities for clip in toys.clips()]
    assert np.abs(np.stack(alone) - np.stack(exact)).max() < 0.1
    assert made.file.at_once == (1 if name in LSTMS else made.both.file.at_once)
    if made.file.at_once > 1:
        together = [one.probabilities for one in made.file.hear(toys.clips())]
        np.testing.assert_allclose(np.stack(together), np.stack(alone), atol=1e-4)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_weights_are_of_8_bits(small: Callable[[str, Way], Small], name: str, way: Way) -> None:
    made = small(name, way)
    eight = [
        one.dims for one in made.model.graph.initializer if one.data_type == onnx.TensorProto.INT8
    ]
    assert any(len(dims) > 1 for dims in eight)
    operations = {node.op_type for node in made.model.graph.node}
    if name == "attention-bilstm" and way == "int8":
        assert "DynamicQuantizeLSTM" in operations and "LSTM" not in operations


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_matrices_of_the_features_stay_exact(
    small: Callable[[str, Way], Small], name: str, way: Way
) -> None:
    """Their constants are what they were, but for those of a distance."""
    made = small(name, way)
    before = {one.name: one for one in onnx.load(made.both.path).graph.initializer}
    after = {one.name: one for one in made.model.graph.initializer}
    front = ({*made.buffers} - {AXES}) & {*before}
    assert any("outer" in name for name in front)
    for one in front:
        np.testing.assert_array_equal(
            numpy_helper.to_array(after[one]), numpy_helper.to_array(before[one])
        )


@pytest.mark.parametrize("way", WAYS)
def test_features_are_exactly_those_of_float32(
    small: Callable[[str, Way], Small], way: Way
) -> None:
    made = small("attention-bilstm", way)
    for clip in toys.clips():
        np.testing.assert_allclose(
            made.file.measure(clip), made.both.file.measure(clip), atol=1e-3, rtol=1e-5
        )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_the_last_layer_stays_in_float32(
    small: Callable[[str, Way], Small], name: str, way: Way
) -> None:
    made = small(name, way)
    after = {one.name: one for one in made.model.graph.initializer}
    heads = {n: one for n, one in after.items() if n.startswith("network.head.matrix")}
    assert [one.data_type for one in heads.values()] == [onnx.TensorProto.FLOAT]


def test_large_constants_are_stored_in_halves(small: Callable[[str, Way], Small]) -> None:
    model = small(toys.WHISPER, "int8").model
    halves = {one.name for one in model.graph.initializer if one.name.endswith("_half")}
    assert any("positions" in name for name in halves)
    for one in model.graph.initializer:
        assert (one.data_type == onnx.TensorProto.FLOAT16) == (one.name in halves)


@pytest.mark.parametrize("way", WAYS)
def test_statistics_can_still_be_given(small: Callable[[str, Way], Small], way: Way) -> None:
    made = small("attention-bilstm", way)
    assert [one.name for one in made.model.graph.input] == ["samples", "lengths", "mean", "std"]
    given = made.file.statistics_of(toys.clips()[:3], "zoya")
    clip = toys.clips()[3]
    one, other = made.both.file(clip, given), made.file(clip, given)
    assert other.probabilities == pytest.approx(one.probabilities, abs=0.1)
    assert other.probabilities != made.file(clip).probabilities


def test_the_static_way_hears_several_at_once(small: Callable[[str, Way], Small]) -> None:
    file = small("attention-bilstm", "int8-static").file
    for one, clip in zip(file.hear(toys.clips()), toys.clips(), strict=True):
        (alone,) = file.hear([clip])
        np.testing.assert_allclose(one.probabilities, alone.probabilities, atol=0.02)


def test_the_static_way_needs_clips(pair: Made) -> None:
    none: tuple[Clip, ...] = ()
    with pytest.raises(ExportError, match=r"measures activations on recordings: .*\(--clips\)"):
        quantised(onnx.load(pair("attention-bilstm").path), "int8-static", (), none)


def test_the_model_that_was_given_is_as_it_was(pair: Made, tmp_path: Path) -> None:
    model = onnx.load(pair("attention-bilstm").path)
    before = model.SerializeToString(deterministic=True)
    quantised(model, "int8", ())
    assert model.SerializeToString(deterministic=True) == before
