"""What a user can do wrong with the benchmark."""


class BenchmarkError(ValueError):
    """A model or a table cannot be entered; the message says why and what to do."""
