from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.export import ExportedProgram

import ehsaas
from ehsaas.audio import Clip
from ehsaas.export import ExportError, export, exporting
from ehsaas.export.program import program_of
from ehsaas.export.waveform import Waveform
from ehsaas.models import classical
from ehsaas.recogniser import Recogniser, save
from tests.conftest import Pair
from tests.export import toys

Made = Callable[[str], Pair]


def test_a_file_whose_answers_differ_is_refused(pair: Made) -> None:
    both = pair("attention-bilstm")
    hotter = replace(both.recogniser, temperature=1.0)
    with pytest.raises(ExportError, match=r"not kept: .*\(probabilities by 0\.\d+.*0\.0001 was"):
        exporting.see_equality(hotter, both.path, toys.clips())
    found = exporting.see_equality(both.recogniser, both.path)
    assert found.source == "sounds made for it" and found.holds()


def test_nothing_is_left_where_answers_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if tracing had lost a layer's bias."""
    made = toys.recogniser("perceptron", hidden=4, width=4)

    def without_bias(given: Recogniser) -> tuple[ExportedProgram, Waveform]:
        from copy import deepcopy

        network = deepcopy(given.network)
        network.get_parameter("head.bias").data += 0.1 * torch.arange(3)
        return program_of(replace(given, network=network))

    monkeypatch.setattr(exporting, "program_of", without_bias)
    path = tmp_path / "made" / "toy.onnx"
    with pytest.raises(ExportError, match="not kept: its answers differ"):
        export(made, path, toys.clips())
    assert not list(tmp_path.rglob("*.onnx*"))


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
