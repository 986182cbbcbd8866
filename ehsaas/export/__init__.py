"""A recogniser → one ONNX file from waveform to emotion, as it is or made smaller."""

from ehsaas.export.exporting import KINDS, Exported, export
from ehsaas.export.mistakes import ExportError

__all__ = ["KINDS", "ExportError", "Exported", "export"]
