"""Loggers of other packages, kept to errors for a while: their advice is not for who exports."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_advice(*names: str) -> Iterator[None]:
    """Without what loggers of these names, and those below them, say short of an error.

    Args:
        names: as `logging.getLogger` takes them; an empty one is the root.
    """
    logs = [logging.getLogger(name) for name in names]
    before = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for log, level in zip(logs, before, strict=True):
            log.setLevel(level)
