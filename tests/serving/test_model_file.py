from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import ehsaas
from ehsaas.judging import RecogniserError
from ehsaas.serving.model_file import FORMAT, KEY, OUTPUTS, digest_of, packed, unpacked
from ehsaas.serving.runtime import read
from tests.conftest import Pair
from tests.export import toys
from tests.serving.cards import changed

Made = Callable[[str], Pair]


@pytest.fixture(scope="module")
def both(pair: Made) -> Pair:
    return pair("attention-bilstm")


def test_arrays_are_packed_without_a_loss() -> None:
    values = np.array([0.1, -1e-30, 3e38, 0.0], np.float32)
    np.testing.assert_array_equal(unpacked(packed(values)), values)
    assert packed(np.array([1.0])) == "AACAPw=="  # little-endian float32
    assert len(unpacked(packed(np.zeros(0)))) == 0


def test_every_field_of_the_card(both: Pair) -> None:
    card, own = both.file.card, both.recogniser
    assert own.reach is not None
    assert (card.format, card.name, card.version) == (FORMAT, own.name, own.version)
    assert (card.model, card.classes) == ("attention-bilstm", own.classes)
    assert card.facts == own.facts and card.licence == "CC-BY-4.0"
    assert (card.precision, card.at_once, card.hop_ms) == ("float32", 8, 20.0)
    assert len(card.sha256) == 64
    assert card.statistics is not None and card.mean is not None and card.std is not None
    assert (card.statistics.count, card.statistics.name) == (own.statistics.count, "source")
    np.testing.assert_array_equal(unpacked(card.mean), own.statistics.mean)
    np.testing.assert_array_equal(unpacked(card.std), own.statistics.std)
    assert card.scores is not None and own.scores is not None
    np.testing.assert_array_equal(unpacked(card.scores), own.scores)
    assert card.limits == own.reach.limits
    assert {*card.equality} == {*("clips", "shortest", "longest", "source", "worst", "distance")}


def test_a_file_of_before_was_not_pruned(both: Pair, tmp_path: Path) -> None:
    assert read(changed(both, tmp_path, pruned=...)).card.pruned == 0.0 == both.file.card.pruned
    with pytest.raises(RecogniserError, match="(?s)metadata are damaged.*pruned"):
        read(changed(both, tmp_path, pruned=1.0))


def test_what_was_written_in_the_first_format_is_read(both: Pair, tmp_path: Path) -> None:
    """Its statistics hid nothing, and it had no model card; the second is what is written."""
    assert both.file.card.format == FORMAT == 2 and both.file.card.statistics is not None
    origin = {"count": both.file.card.statistics.count, "name": "source"}
    first = read(changed(both, tmp_path, format=1, about=..., statistics=origin))
    assert first.card.format == 1 and first.card.about is None and not first.statistics.hidden
    clip = toys.clips(1)[0]
    assert first(clip).probabilities == both.file(clip).probabilities


def test_what_a_model_has_not_is_not_on_its_card(pair: Made) -> None:
    """Of samples: no statistics, no frames of its own; no reach, so no limits."""
    card = pair("finetuned-speech").file.card
    assert (card.statistics, card.mean, card.std) == (None, None, None)
    assert (card.limits, card.hop_ms) == (None, None)


def test_the_graph_s_inputs_and_outputs(both: Pair, pair: Made) -> None:
    graph = onnx.load(both.path).graph
    assert [one.name for one in graph.input] == ["samples", "lengths", "mean", "std"]
    assert {"mean", "std"} <= {one.name for one in graph.initializer}  # so they may be left out
    assert {one.name for one in graph.output} == {*OUTPUTS} - {"dimensions"}
    placed = {one.name for one in onnx.load(pair(toys.PLACED).path).graph.output}
    assert placed == {*OUTPUTS}
    for one in (*graph.input[:2], *graph.output):  # how many clips, and how long, is open
        assert one.type.tensor_type.shape.dim[0].dim_param
    plain = {one.name for one in onnx.load(pair("finetuned-speech").path).graph.output}
    assert plain == {"probabilities", "embedding"}


def test_nothing_of_this_machine_is_in_the_file(both: Pair) -> None:
    data = both.path.read_bytes()
    assert b"/site-packages/" not in data and str(Path(__file__).parents[2]).encode() not in data


def test_the_digest_is_of_the_graph(both: Pair, tmp_path: Path) -> None:
    renamed = changed(both, tmp_path, name="another")
    assert digest_of(renamed.read_bytes()) == both.file.card.sha256
    assert ehsaas.load(renamed).name == "another"
    for data in (b"", b"\x08\x07", b"\xff" * 30, b"not protobuf at all"):
        with pytest.raises(ValueError, match="no graph|not a protobuf"):
            digest_of(data)


def test_a_flipped_byte_of_a_weight_is_found(both: Pair, tmp_path: Path) -> None:
    data = bytearray(both.path.read_bytes())
    graph = onnx.load(both.path).graph
    raw = max((one.raw_data for one in graph.initializer), key=len)
    at = bytes(data).find(raw) + len(raw) // 2
    data[at] ^= 1
    (tmp_path / "flipped.onnx").write_bytes(data)
    with pytest.raises(RecogniserError, match="the checksum differs"):
        ehsaas.load(tmp_path / "flipped.onnx")


def test_bytes_flipped_anywhere_are_said_or_change_no_weight(both: Pair, tmp_path: Path) -> None:
    """What lies outside of the graph, a word of the card say, can be changed; never a crash."""
    data = both.path.read_bytes()
    rng = np.random.default_rng(0)
    places = [*range(30), *rng.integers(0, len(data), 60), *range(len(data) - 60, len(data))]
    refused = 0
    for at in places:
        hurt = bytearray(data)
        hurt[at] ^= 1 << int(rng.integers(8))
        path = tmp_path / "hurt.onnx"
        path.write_bytes(hurt)
        try:
            ehsaas.load(path)
        except RecogniserError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
    assert refused > len(places) // 2


@pytest.mark.parametrize("share", (0.0, 0.01, 0.5, 0.9, 0.999))
def test_a_truncated_file_is_said(both: Pair, tmp_path: Path, share: float) -> None:
    data = both.path.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(RecogniserError, match=r"cut\.onnx: "):
        ehsaas.load(path)


def test_what_is_no_onnx_and_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "letter.onnx").write_text("Dear graph, …")
    with pytest.raises(RecogniserError, match="no model that can be run"):
        ehsaas.load(tmp_path / "letter.onnx")
    with pytest.raises(RecogniserError, match="no such file; `ehsaas export MODEL -o"):
        ehsaas.load(tmp_path / "none.onnx")


def test_somebody_else_s_onnx_is_no_recogniser(tmp_path: Path) -> None:
    x, y = (onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy")
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "theirs", [x], [y])
    opset = onnx.helper.make_opsetid("", 20)
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=[opset], ir_version=10), tmp_path / "x.onnx"
    )
    with pytest.raises(RecogniserError, match="says nothing of emotions.*`ehsaas export MODEL`"):
        ehsaas.load(tmp_path / "x.onnx")


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"format": 3, "colour": "red"}, "in format 3; this version reads 1 and 2: update ehsaas"),
        ({"format": ...}, "metadata are damaged"),
        ({"classes": ["anger", "glee", "sadness"]}, "unknown emotions glee"),
        ({"classes": ["anger", "sadness"]}, "other classes than the graph's"),
        ({"sha256": "0" * 64}, "the checksum differs"),
        ({"colour": "red"}, "metadata are damaged.*colour"),
        ({"name": ...}, "metadata are damaged.*name"),
        ({"at_once": 0}, "metadata are damaged.*at_once"),
        ({"mean": "AAAA"}, "metadata are damaged"),
        ({"scores": "~"}, "metadata are damaged"),
        ({"std": packed(np.ones(2))}, "do not fit each other"),
        ({"statistics": None}, "do not fit each other"),
        ({"statistics": {"name": "source"}}, "metadata are damaged.*count"),
        ({"limits": {"limit": 1.0}}, "metadata are damaged.*together"),
    ],
)
def test_a_card_that_cannot_be_used_is_said(
    both: Pair, tmp_path: Path, card: dict[str, Any], message: str
) -> None:
    path = changed(both, tmp_path, **card)
    with pytest.raises(RecogniserError, match=f"(?s)changed.onnx: .*{message}"):
        ehsaas.load(path)


@pytest.mark.parametrize("said", ("", "{", "[]", "null", '"ehsaas"', '{"format": 1}'))
def test_metadata_that_are_no_card(both: Pair, tmp_path: Path, said: str) -> None:
    model = onnx.load(both.path)
    assert model.metadata_props[0].key == KEY
    model.metadata_props[0].value = said
    onnx.save(model, tmp_path / "x.onnx")
    with pytest.raises(RecogniserError, match="metadata are damaged"):
        ehsaas.load(tmp_path / "x.onnx")


def test_the_same_recogniser_gives_the_same_answers_from_both(both: Pair) -> None:
    (clip, *_) = toys.clips(1)
    one, other = both.recogniser(clip), ehsaas.load(str(both.path))(clip)
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-4)
    assert (one.model, one.version) == (other.model, other.version)
