"""Model files that say something else of themselves."""

import json
from pathlib import Path
from typing import Any

import onnx

from tests.conftest import Pair


def changed(both: Pair, folder: Path, **card: Any) -> Path:
    """A copy of the file with other values on its card; None takes a key away."""
    model = onnx.load(both.path)
    (entry,) = model.metadata_props
    about = {k: v for k, v in (json.loads(entry.value) | card).items() if v is not ...}
    entry.value = json.dumps(about)
    onnx.save(model, folder / "changed.onnx")
    return folder / "changed.onnx"
