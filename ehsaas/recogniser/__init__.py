"""The recogniser: features + model + labels, audio in → `Estimate` out; one folder on disk."""

from ehsaas.recogniser.judging import (
    DISTANCE,
    LONGEST,
    LOOK,
    SHORTEST,
    STEP,
    WINDOW,
    Baseline,
    Recogniser,
    RecogniserError,
)

__all__ = ["DISTANCE", "LONGEST", "LOOK", "SHORTEST", "STEP", "WINDOW"]
__all__ += ["Baseline", "Recogniser", "RecogniserError"]
