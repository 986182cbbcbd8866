"""Before and after every route: whose request it is, whether it may ask, what a browser is told."""

import hmac
import ipaddress
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ehsaas.serving.server.refusals import EXAMPLES, Refusal, answer
from ehsaas.serving.server.service import Service
from ehsaas.serving.server.settings import Settings, is_loopback

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""On every answer. The page may run WebAssembly and its own workers, and load nothing foreign."""

_GUARDED = ("/v1/", "/metrics", "/openapi.json")


class Guard:
    """The application behind it is asked only what may be asked; all answers are counted."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = _foreign(self.service.settings, headers)
        if scope["type"] == "websocket":  # its token comes in the first message
            await (_closed if refusal else self.app)(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_own(scope, message)]
            await send(message)

        try:
            if refusal := refusal or self._refused(scope, headers):
                told: Response = JSONResponse(
                    {"detail": refusal.detail}, refusal.status, refusal.headers
                )
                await told(scope, receive, guarded)
            else:
                await self.app(scope, receive, guarded)
        except Exception as error:
            if not status:
                told = await answer(Request(scope), error)
                await told(scope, receive, guarded)
            raise  # to be logged
        finally:
            route = getattr(scope.get("route"), "path", None) or "other"
            self.service.metrics.answered(route, status, time.perf_counter() - began)

    def _refused(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Refusal | None:
        if self.service.stopping.is_set() and scope["path"] != "/metrics":
            refusal = Refusal(503, EXAMPLES[503])
            refusal.headers["connection"] = "close"
            return refusal
        guarded = scope["path"].startswith(_GUARDED)
        if guarded and not may_ask(self.service.settings.token, headers):
            came = "a wrong token" if b"authorization" in headers else "no token"
            refusal = Refusal(401, f"{came} came; expected `Authorization: Bearer TOKEN`")
            refusal.headers["www-authenticate"] = "Bearer"
            return refusal
        return None


def may_ask(
    token: SecretStr | None, headers: Mapping[bytes, bytes], given: str | None = None
) -> bool:
    """Whether the token came, in the header or `given` otherwise; how long that takes tells none.

    Where no token is set anybody may.
    """
    if token is None:
        return True
    kind, _, brought = headers.get(b"authorization", b"").partition(b" ")
    if given is not None:
        brought = given.encode("utf-8", "replace")
    elif kind.lower() != b"bearer":
        brought = b""
    return hmac.compare_digest(brought.strip(), token.get_secret_value().strip().encode())


def _foreign(settings: Settings, headers: Mapping[bytes, bytes]) -> Refusal | None:
    """A refusal of what another site's page sends through a visitor's browser.

    Its `Origin` names that site. A name that is not ours was made to point here (DNS rebinding),
    for then both are the same; that harms nobody where a token is asked for.
    """
    host = headers.get(b"host", b"").decode("latin-1")
    if not _is_ours(settings, _name(host)):
        known = ", ".join((*settings.allowed_hosts, settings.host))
        return Refusal(
            403,
            f"the host {host[:64]!r} is not this server's; expected {known} (--allowed-host NAME"
            " makes it one)",
        )
    origin = headers.get(b"origin", b"").decode("latin-1")
    asks = origin.partition("://")[2]
    if origin and asks.lower() != host.lower() and _name(asks) not in settings.allowed_hosts:
        return Refusal(403, f"a page of {origin[:64]!r} asks; only this server's own may")
    return None


def _is_ours(settings: Settings, name: str | None) -> bool:
    """Whether a request was sent to us by this name, as far as that can be known."""
    if name is None:
        return False
    if name in settings.allowed_hosts or is_loopback(name):
        return True
    if settings.is_local:
        return False
    return settings.token is not None or name == settings.host.lower() or _is_address(name)


def _name(host: str) -> str | None:
    """The name in `name:port`, in small letters; None where it is no address."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own(scope: Scope, message: Message) -> list[tuple[bytes, bytes]]:
    """Headers of ours that an answer has not."""
    there = {name.lower() for name, _ in message.get("headers", ())}
    ours = dict(HEADERS)
    if scope["path"].startswith(_GUARDED):
        ours["cache-control"] = "no-store" if not scope["path"].endswith("/file") else "private"
    pairs = [(name.encode(), value.encode()) for name, value in ours.items()]
    return [(name, value) for name, value in pairs if name not in there]


async def _closed(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})
