"""What is told a user whose recogniser cannot be exported, compressed or taught from."""


class ExportError(ValueError):
    """A recogniser cannot be exported, or the file does not say what it says; told with why."""
