"""ehsaas: emotion in speech across languages, and how far to trust what was recognised."""

from pathlib import Path
from typing import TYPE_CHECKING

from ehsaas.emotions import Estimate

if TYPE_CHECKING:
    from ehsaas.recogniser import Recogniser

__version__ = "0.1.0"
__all__ = ["Estimate", "__version__", "load"]


def load(model: str | Path) -> "Recogniser":
    """The recogniser saved in the folder `model`; call it with a `Clip` to get an `Estimate`.

    Raises:
        RecogniserError: the folder is missing or holds no recogniser.
        ImportError: torch is not installed.
    """
    try:
        from ehsaas.recogniser import Recogniser
    except ModuleNotFoundError as error:
        if str(error.name).startswith("ehsaas"):
            raise
        raise ImportError(
            f"{error.name} is not installed, which recognisers need: pip install 'ehsaas[train]'",
            name=error.name,
        ) from error

    return Recogniser.load(Path(model))
