from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.export import ExportedProgram

import ehsaas
from ehsaas.audio import Clip
from ehsaas.export import ExportError, export, exporting
from ehsaas.export.equality import Equality, compare
from ehsaas.export.exporting import see_equality
from ehsaas.export.narrow import narrowed
from ehsaas.export.program import program_of
from ehsaas.export.waveform import Waveform
from ehsaas.judging import AT_ONCE
from ehsaas.models import classical
from ehsaas.recogniser import Recogniser, save
from ehsaas.serving.runtime import read
from tests.conftest import Pair
from tests.export import toys

Made = Callable[[str], Pair]


def test_a_file_whose_answers_differ_is_refused(pair: Made) -> None:
    both, clips = pair("attention-bilstm"), toys.clips()

    def found(made: Recogniser) -> Equality:
        return compare([made.hear([clip])[0] for clip in clips], both.file, clips, "voices")

    with pytest.raises(
        ExportError, match=r"x: not written: .*\(probabilities by 0\.\d+.*0\.0001 was"
    ):
        see_equality(found(replace(both.recogniser, temperature=1.0)), Path("x"))
    see_equality(found(both.recogniser), Path("x"))
    assert both.recogniser.reach is not None
    moved = replace(both.recogniser.reach, centres=both.recogniser.reach.centres + 1)
    with pytest.raises(ExportError, match=r"not written: .*distance by 0\.\d+"):
        see_equality(found(replace(both.recogniser, reach=moved)), Path("x"))


def without_bias(given: Recogniser) -> tuple[ExportedProgram, Waveform]:
    """As if tracing had lost a layer's bias."""
    network = deepcopy(given.network)
    network.get_parameter("head.bias").data += 0.1 * torch.arange(3)
    return program_of(replace(given, network=network))


def test_nothing_is_left_where_answers_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is what was there before touched; the message names what was asked for."""
    made = toys.recogniser("perceptron", hidden=4, width=4)
    good = tmp_path / "good.onnx"
    good.write_text("an older file")
    monkeypatch.setattr(exporting, "program_of", without_bias)
    monkeypatch.setattr(exporting, "see_program", lambda *_: None)
    for path in (tmp_path / "made" / "toy.onnx", good):
        with pytest.raises(ExportError, match=f"^{path}: not written: its answers differ"):
            export(made, path, toys.clips(), program=tmp_path / "made" / "toy.pt2")
    assert [*tmp_path.iterdir()] == [good] and good.read_text() == "an older file"


def test_a_file_of_8_bits_replaces_another_when_it_was_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(*_: object) -> float:
        raise ExportError("the file gives probabilities that are not finite")

    monkeypatch.setattr(exporting, "change", deaf)
    good = tmp_path / "good.onnx"
    good.write_text("an older file")
    made = toys.recogniser("perceptron", hidden=4, width=4)
    with pytest.raises(ExportError, match="not finite"):
        export(made, good, toys.clips(2), program=tmp_path / "x.pt2", precision="int8")
    assert [*tmp_path.iterdir()] == [good] and good.read_text() == "an older file"


def reading(folder: Path, *names: str) -> Recogniser:
    """A probe of two layers of which it reads the columns whose names begin so, and a reach."""
    whole = toys.recogniser("linear-probe", toys.embeddings(folder), reach=True)
    read = torch.tensor([name.startswith(names) for name in whole.features.names])
    weight = whole.network.get_parameter("head.weight")
    weight.data = torch.where(read, weight, 0.0)
    return whole


def test_columns_that_nobody_reads_go_and_the_whole_is_what_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reading(tmp_path / "encoder", "layer1_")
    made = export(whole, tmp_path / "x.onnx", toys.clips(3))
    assert made.equality.distance is not None and made.change is None
    file = ehsaas.load(made.path)
    own = file.statistics.mean
    assert len(own) == len(whole.statistics.mean) // 2 == 64
    with pytest.raises(
        ehsaas.judging.RecogniserError, match=r"\(128,\); those of this file are \(64"
    ):
        file(toys.clips()[2], whole.statistics)

    def wrongly(given: Recogniser) -> Recogniser:
        small = narrowed(given)
        assert small.reach is not None
        return replace(small, reach=replace(small.reach, columns=small.reach.columns[::-1].copy()))

    monkeypatch.setattr(exporting, "narrowed", wrongly)
    with pytest.raises(ExportError, match="not written: .*distance by"):
        export(whole, tmp_path / "y.onnx", toys.clips(3))
    with pytest.raises(ExportError, match="not written: .*distance by"):
        export(whole, tmp_path / "y.onnx", toys.clips(3), prune=0.5)
    assert not (tmp_path / "y.onnx").exists()


@pytest.mark.parametrize("precision", ("float32", "int8"))
def test_what_pruning_changes_is_measured_on_the_whole(
    tmp_path: Path, precision: exporting.Precision
) -> None:
    whole, clips = toys.bilstm(), toys.clips(3)
    path = tmp_path / "x.onnx"
    made = export(whole, path, clips, precision=precision, prune=0.5)
    file = read(path)
    gaps = [
        np.abs(file.hear([clip])[0].probabilities - whole.hear([clip])[0].probabilities).max()
        for clip in clips
    ]
    assert made.change is not None and made.equality.holds()
    assert made.change == pytest.approx(max(gaps), abs=1e-5) and made.change > 1e-3
    assert (file.card.pruned, file.card.scores) == (0.5, None)
    assert file.card.limits == whole.limits  # its features are what they were
    with pytest.raises(ehsaas.judging.RecogniserError, match="a pruned recogniser cannot be"):
        file(clips[2], coverage=0.9)


def test_int8_and_a_program_beside_it(tmp_path: Path, pair: Made) -> None:
    told: list[str] = []
    made = export(
        pair("attention-bilstm").recogniser,
        tmp_path / "new" / "small.onnx",
        toys.clips(),
        program=tmp_path / "toy.pt2",
        precision="int8",
        tell=told.append,
    )
    assert told == ["tracing", "translating", "comparing", "quantising"]
    assert [path.name for path in made.path.parent.iterdir()] == ["small.onnx"]
    assert made.size == made.path.stat().st_size
    assert (tmp_path / "toy.pt2").stat().st_size > 10_000
    file = ehsaas.load(made.path)
    assert file.at_once == 1  # so that no clip's answer hangs on its neighbours
    parts = [clip.samples[:16000] for clip in toys.clips() if clip.duration >= 1]
    together = file.windows(Clip(np.concatenate(parts)), 1.0, 1.0)
    for one, samples in zip(together, parts, strict=True):
        assert one.probabilities == file(Clip(samples)).probabilities
    assert file.card.precision == "int8" and file.card.licence is None  # type: ignore[attr-defined]


def test_of_long_recordings_the_beginning_is_compared(tmp_path: Path) -> None:
    made = toys.recogniser("linear-probe", toys.embeddings(tmp_path / "encoder"))
    long = Clip(np.tile(toys.clips()[4].samples, 2))
    found = export(made, tmp_path / "x.onnx", [long]).equality
    assert long.duration == 30 and (found.shortest, found.longest) == (15.0, 15.0)


def test_by_rows_several_are_heard_at_once(tmp_path: Path) -> None:
    made = toys.recogniser("perceptron", hidden=4, width=4)
    file = read(export(made, tmp_path / "x.onnx", toys.clips(2), precision="int8").path)
    assert file.at_once == AT_ONCE and file.card.precision == "int8"


def test_two_exports_are_the_same_file(tmp_path: Path, pair: Made) -> None:
    both = pair("perceptron")
    again = export(both.recogniser, tmp_path / "again.onnx", toys.clips(), "CC-BY-4.0")
    assert again.path.read_bytes() == both.path.read_bytes()


@pytest.mark.parametrize("model", ("fusion", "finetuned-text"))
def test_what_reads_texts_stays_in_python(model: str, tmp_path: Path) -> None:
    made = replace(toys.bilstm(), model=model)
    with pytest.raises(ExportError, match=f"is a {model}, which reads texts.*stays in Python"):
        export(made, tmp_path / "x.onnx", toys.clips())


def test_what_hears_at_another_speed_is_refused(tmp_path: Path) -> None:
    faster = toys.FRAMES.model_copy(update={"speed": 1.1})
    with pytest.raises(ExportError, match="hears clips at 1.1 times their speed"):
        export(replace(toys.bilstm(), features=faster), tmp_path / "x.onnx", toys.clips())


def test_pruning_needs_clips(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"give some \(--clips\)"):
        export(toys.bilstm(), tmp_path / "x.onnx", prune=0.5)


def test_a_saved_recogniser_is_opened_and_a_classical_pipeline_is_not(tmp_path: Path) -> None:
    save(toys.bilstm(), tmp_path / "toy")
    assert exporting.opened(tmp_path / "toy").name == "toy attention-bilstm"
    rng = np.random.default_rng(0)
    fitted = classical.fit(
        "logistic-regression", rng.normal(size=(8, 3)), ["anger", "neutral"] * 4, None, 0
    )
    fitted.save(tmp_path / "classical")
    with pytest.raises(ExportError, match="a classical pipeline .* stays in Python; what can be"):
        exporting.opened(tmp_path / "classical")
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ehsaas.judging.RecogniserError, match="no recogniser here"):
            exporting.opened(folder)
