"""The models that come with the package: a name → its file, which lies beside this one."""

from collections.abc import Mapping
from pathlib import Path

MODELS: Mapping[str, str] = {"ehsaas-base": "ehsaas-base.onnx", "ehsaas-open": "ehsaas-open.onnx"}
"""The file of each; its licence is on its card (`Judge.licence`), the text of it in `LICENSES`."""

DEFAULT = "ehsaas-base"
"""What judges where nothing else is asked for."""

FREE = frozenset({"ehsaas-open"})
"""Names of those that may be used for anything, whether or not they are in this copy; every other
model is taken to be restricted, whatever its card says."""

FOLDER = Path(__file__).parent


def free() -> str | None:
    """The first of `MODELS` that may be used for anything; None where none of them may."""
    return next((name for name in MODELS if name in FREE), None)


def name_of(given: str) -> str | None:
    """Which of `MODELS` is meant, by its name or by a path to its file; None where none is."""
    if given in MODELS:
        return given
    place = Path(given).resolve()
    return next((one for one, file in MODELS.items() if (FOLDER / file).resolve() == place), None)


def file_of(name: str) -> Path:
    """The file of a shipped model.

    Args:
        name: one of `MODELS`.

    Raises:
        RecogniserError: this copy of the package has no such file.
    """
    path = FOLDER / MODELS[name]
    if not path.is_file():
        from ehsaas.judging import RecogniserError  # which brings in numpy

        raise RecogniserError(
            f"{name}: the file of this model ({path.name}) is not in this copy of the package;"
            " give another recogniser, on the command line with --model or EHSAAS_MODEL: `ehsaas"
            " run CONFIG.yaml` writes one to RUN/model, and `make demo` trains a small one"
        )
    return path
