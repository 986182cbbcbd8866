"""A recogniser → a `torch.export` program, with the number and the length of clips left open."""

import warnings
from pathlib import Path

import numpy as np
import torch
from torch.export import Dim, ExportedProgram

from ehsaas.export.mistakes import ExportError
from ehsaas.export.sounds import voices
from ehsaas.export.waveform import Waveform
from ehsaas.recogniser import Recogniser

INPUTS = ("samples", "lengths", "mean", "std")


def program_of(recogniser: Recogniser) -> tuple[ExportedProgram, Waveform]:
    """The program, called with `INPUTS`, and the module that it was traced from.

    Args:
        recogniser: as `export.narrow.narrowed` gives it.
    """
    module = Waveform(recogniser).eval()
    statistics = recogniser.statistics
    mean, std = torch.from_numpy(statistics.mean), torch.from_numpy(statistics.std)
    samples, lengths = torch.zeros(3, 17_123), torch.tensor([17_123, 9_000, 12_000])
    several = Dim.DYNAMIC
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.export.export(
            module,
            (samples, lengths, mean, std),
            dynamic_shapes={
                "samples": {0: several, 1: several},
                "lengths": {0: several},
                "mean": None,
                "std": None,
            },
            prefer_deferred_runtime_asserts_over_guards=True,
        )
    return program, module


def see_program(program: ExportedProgram, module: Waveform, recogniser: Recogniser) -> None:
    """See that the program gives, of one clip and of two, what it was traced from gives.

    Args:
        program: of `recogniser`.
        module: as `program_of` gives it.
        recogniser: whose statistics it is called with.

    Raises:
        ExportError: it takes but what it was traced with, or gives something else.
    """
    statistics = recogniser.statistics
    mean, std = torch.from_numpy(statistics.mean), torch.from_numpy(statistics.std)
    again = program.module()
    for clips in (voices(1), voices(2)):
        N = max(len(clip.samples) for clip in clips)
        samples = torch.stack([torch.from_numpy(np.resize(clip.samples, N)) for clip in clips])
        given = samples, torch.full((len(clips),), N), mean, std
        try:
            with torch.no_grad():
                pairs = zip(again(*given)[:2], module(*given)[:2], strict=True)  # no padding there
                same = all(torch.allclose(a, b, rtol=1e-4, atol=1e-4) for a, b in pairs)
        except RuntimeError as error:  # what tracing took for granted does not hold
            same, why = False, str(error).splitlines()[0]
        else:
            why = "it gives something else"
        if not same:
            raise ExportError(
                f"no torch.export program of {recogniser.name} for {len(clips)} clips of {N}"
                f" samples ({why}); leave --program out"
            )


def buffers_of(program: ExportedProgram) -> tuple[str, ...]:
    """Names of the program's constants that are no weights: tapers, filters, transforms."""
    return tuple(program.graph_signature.inputs_to_buffers.values())


def save_program(program: ExportedProgram, path: Path) -> None:
    """Write the program; `torch.export.load` reads it where `ehsaas.export.operators` is imported.

    It is written for torch's own tools. Nothing here reads one: its format can hold pickles.
    """
    torch.export.save(program, path)
