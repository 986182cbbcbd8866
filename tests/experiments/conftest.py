from pathlib import Path

import pytest

from tests.experiments.encoded import encoded


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpora with encoders; a test that renames one gives it its name back."""
    return encoded(tmp_path_factory.mktemp("encoded"))
