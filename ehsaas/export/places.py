"""Where an export goes: looked at before the work, and written to when all of it is done."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ehsaas.export.mistakes import ExportError

PROGRAM = ".pt2"
"""How the name of a `torch.export` program ends: torch wants it so."""


def see_places(path: Path, program: Path | None) -> None:
    """See that a model file, and a program where one is asked for, can be written.

    Raises:
        ExportError: one is a folder, lies in what is none, or is not called as it should be.
    """
    if program is not None and program.suffix != PROGRAM:
        raise ExportError(f"{program}: expected the name of a program to end in {PROGRAM}")
    if program is not None and program.absolute() == path.absolute():
        raise ExportError(f"{path}: the file and its program cannot have the same name")
    for place in (path, *([] if program is None else [program])):
        if place.is_dir():
            raise ExportError(f"{place}: is a folder; expected the name of a file in it")
        nearest = next(one for one in place.absolute().parents if one.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK):
            raise ExportError(f"{place}: {nearest} is no folder that can be written to")


def move(made: Mapping[Path, Path]) -> None:
    """Move files to their places, whose folders are made; none moves before all lie beside theirs.

    Args:
        made: where each file lies, and its place; what was there is replaced.
    """
    aside = {place: place.with_name(place.name + ".part") for place in made.values()}
    try:
        for source, place in made.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, aside[place])
        for place, part in aside.items():
            part.replace(place)
    finally:
        for part in aside.values():
            part.unlink(missing_ok=True)
