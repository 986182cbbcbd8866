from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from ehsaas.judging import Judge
from ehsaas.serving.server.app import app
from ehsaas.serving.server.settings import Settings
from tests.serving.server.toy import toy

Serve = Callable[..., TestClient]


@pytest.fixture()
def serve() -> Iterator[Serve]:
    """A client of a server with these models (a toy where none are given) and settings."""
    with ExitStack() as stack:

        def started(judges: dict[str, Judge] | None = None, **settings: object) -> TestClient:
            told = Settings(**({"decoders": 1} | settings))  # type: ignore[arg-type]
            made = app(judges or {"toy": toy()}, told)
            client = TestClient(made, "http://127.0.0.1:8000", raise_server_exceptions=False)
            return stack.enter_context(client)

        yield started
