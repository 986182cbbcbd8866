from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.export import ExportedProgram

from ehsaas.audio import Clip
from ehsaas.export import (
    ExportError,
    operators,  # noqa: F401  (a saved program calls them)
)
from ehsaas.export.program import INPUTS, buffers_of, program_of, save_program, see_program
from ehsaas.export.waveform import Waveform
from ehsaas.recogniser import Recogniser
from tests import signals
from tests.export import toys


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return toys.bilstm(layers=2)


@pytest.fixture(scope="module")
def traced(recogniser: Recogniser) -> tuple[ExportedProgram, Waveform]:
    return program_of(recogniser)


def test_saved_and_read_back_it_says_the_same(
    recogniser: Recogniser, traced: tuple[ExportedProgram, Waveform], tmp_path: Path
) -> None:
    """Of five clips, and of one, of lengths that it was not traced with."""
    program, module = traced
    save_program(program, tmp_path / "toy.pt2")
    again = torch.export.load(tmp_path / "toy.pt2").module()
    own = recogniser.statistics
    mean, std = torch.from_numpy(own.mean), torch.from_numpy(own.std)
    voices = [signals.voice(150, seconds) for seconds in (0.5, 1.3, 0.3, 2.0, 0.1)]
    for some in (voices, voices[1:2]):
        samples, lengths = signals.batch(*some)
        with torch.no_grad():
            found = dict(zip(module.names, again(samples, lengths, mean, std), strict=True))
        for i, signal in enumerate(some):
            (expected,) = recogniser.hear([Clip(signal)])
            np.testing.assert_allclose(found["probabilities"][i], expected.probabilities, atol=1e-5)
            n = int(found["frames"][i])
            assert n == len(expected.features)
            np.testing.assert_allclose(found["features"][i, :n], expected.features, atol=2e-3)
            assert expected.distance is not None
            assert float(found["distance"][i]) == pytest.approx(expected.distance, rel=1e-3)


def test_constants_that_are_no_weights_have_names(
    traced: tuple[ExportedProgram, Waveform],
) -> None:
    program, module = traced
    names = buffers_of(program)
    assert {*names} <= {name for name, _ in module.named_buffers()}
    assert any("taper" in name for name in names) and any("outer" in name for name in names)
    weights = {name for name, _ in module.named_parameters()}
    assert not weights & {*names} and "network.head.matrix" in weights


def test_its_inputs(traced: tuple[ExportedProgram, Waveform]) -> None:
    assert {*INPUTS} == {*traced[0].graph_signature.user_inputs}


def test_what_takes_but_what_it_was_traced_with_is_refused(tmp_path: Path) -> None:
    """WavLM's attention, as transformers writes it, is traced for more than one clip."""
    made = toys.recogniser("linear-probe", toys.embeddings(tmp_path, "wavlm-large"))
    program, module = program_of(made)
    with pytest.raises(ExportError, match="for 1 clips of .* leave --program out"):
        see_program(program, module, made)


def test_what_gives_something_else_is_refused(
    recogniser: Recogniser, traced: tuple[ExportedProgram, Waveform]
) -> None:
    program, _ = traced
    see_program(program, traced[1], recogniser)
    other = Waveform(replace(recogniser, temperature=1.0)).eval()
    with pytest.raises(ExportError, match="it gives something else"):
        see_program(program, other, recogniser)
