"""Fixtures that any test may ask for."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real corpora beside the project; tests that ask for it skip without it."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "corpora").is_dir():
        pytest.skip("the real corpora (../shared) are not on this machine")
    return folder
