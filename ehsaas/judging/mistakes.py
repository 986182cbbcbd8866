"""What is told a user whose recogniser or clip cannot be used."""


class RecogniserError(ValueError):
    """A recogniser cannot be had, or cannot do what is asked of it; the message says why."""
