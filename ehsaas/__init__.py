"""ehsaas: emotion in speech across languages, and how far to trust what was recognised."""

from pathlib import Path
from typing import TYPE_CHECKING

from ehsaas import shipped
from ehsaas.emotions import Estimate

if TYPE_CHECKING:
    from ehsaas.judging import Judge

__version__ = "0.1.0"
__all__ = ["Estimate", "__version__", "load"]


def load(model: str | Path | None = None) -> "Judge":
    """A recogniser: one that comes with the package, a folder of a run, or an exported file.

    Call it with a `Clip` to get an `Estimate`. A file needs nothing but the core install.

    Args:
        model: the name of a shipped model (`ehsaas.shipped.MODELS`), or where another lies: the
            folder that a run saved, or the one file that `ehsaas export` wrote. The shipped default
            where None; its licence is `licence` of what is given back.

    Raises:
        RecogniserError: nothing is there, or no recogniser that can be used.
        ImportError: a folder is to be loaded and torch is not installed.
    """
    if model is None:
        model = shipped.DEFAULT
    named = isinstance(model, str) and model in shipped.MODELS
    where = shipped.file_of(str(model)) if named else Path(model)
    if where.is_file() or where.suffix == ".onnx":
        from ehsaas.serving.runtime import read

        return read(where)
    if not where.exists():
        from ehsaas.judging import RecogniserError

        raise RecogniserError(
            f"{model}: no such file or folder, nor a model that comes with the package"
            f" ({', '.join(shipped.MODELS)})"
        )
    try:
        from ehsaas.recogniser import load as load_folder
    except ModuleNotFoundError as error:
        if str(error.name).startswith("ehsaas"):
            raise
        raise ImportError(
            f"{error.name} is not installed, which saved folders need: pip install"
            " 'ehsaas[train]', or export the recogniser once where it is (`ehsaas export`)",
            name=error.name,
        ) from error

    return load_folder(where)
