"""A clip → `Estimate`, whatever hears it: what a saved recogniser and a model file share."""

from ehsaas.judging.judge import (
    AT_ONCE,
    DISTANCE,
    LOOK,
    STEP,
    Baseline,
    Heard,
    Judge,
)
from ehsaas.judging.mistakes import RecogniserError
from ehsaas.judging.sets import settling
from ehsaas.judging.stretches import LONGEST, SHORTEST, WINDOW, Stretch

__all__ = ["AT_ONCE", "DISTANCE", "LONGEST", "LOOK", "SHORTEST", "STEP", "WINDOW"]
__all__ += ["Baseline", "Heard", "Judge", "RecogniserError", "Stretch", "settling"]
