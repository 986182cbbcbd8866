"""Fixtures that any test may ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ehsaas.export import Exported
    from ehsaas.recogniser import Recogniser
    from ehsaas.serving.runtime import ModelFile


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real corpora beside the project; tests that ask for it skip without it."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "corpora").is_dir():
        pytest.skip("the real corpora (../shared) are not on this machine")
    return folder


@dataclass(frozen=True)
class Pair:
    """A toy recogniser and the file that was exported of it; neither is to be changed."""

    recogniser: "Recogniser"
    exported: "Exported"
    file: "ModelFile"

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.exported.path


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Pair]:
    """The pair of one of `tests.export.toys.TOYS`; each is exported once."""
    from ehsaas.export import export
    from ehsaas.serving import runtime
    from tests.export import toys

    @cache
    def made(name: str) -> Pair:
        folder = tmp_path_factory.mktemp("exported")
        recogniser = toys.TOYS[name](folder / "encoder")
        exported = export(recogniser, folder / "toy.onnx", toys.clips(), "CC-BY-4.0")
        return Pair(recogniser, exported, runtime.read(exported.path))

    return made
