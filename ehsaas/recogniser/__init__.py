"""The recogniser: features + network + labels, audio in → `Estimate` out; one folder on disk."""

from ehsaas.recogniser.folder import load, save
from ehsaas.recogniser.network import Recogniser

__all__ = ["Recogniser", "load", "save"]
