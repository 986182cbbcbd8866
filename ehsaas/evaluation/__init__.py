"""Prediction table → numbers, pictures and pages. Reads prediction tables only, never a model."""
