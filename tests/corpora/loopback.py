"""A server of files on this machine that drops, forgets, lies or changes its mind when told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ehsaas.corpora import CORPORA
from ehsaas.corpora.card import Card, Download


@dataclass
class Server:
    """What the server sends, how it misbehaves, and what it was asked for."""

    body: bytes = b""
    drops: int = 0  # how many answers break off half way
    ranges: bool = True
    lies: bool = False  # whether it says that a stretch begins elsewhere
    versions: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    compares: bool = True  # whether it looks at If-Range
    measured: bool = True  # whether it says how long its answer is
    chunked: bool = False  # sends its answer piece by piece, without a length
    status: int | None = None
    asked: list[str | None] = field(default_factory=list)
    supposed: list[str | None] = field(default_factory=list)  # versions that were asked for
    url: str = ""

    def card(self, **facts: object) -> Card:
        download = Download(f"{self.url}/corpus.zip", "corpus.zip")
        card = replace(CORPORA["emodb"].card, downloads=(download,))
        return replace(card, downloads=(replace(download, **facts),))  # type: ignore[arg-type]

    def changes(self, body: bytes, **versions: str) -> None:
        """From now on another file lies there."""
        self.body, self.drops, self.versions = body, 0, versions


@contextmanager
def serving() -> Iterator[Server]:
    """A server that is up while the block runs."""
    said = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted, version = self.headers.get("Range"), self.headers.get("If-Range")
            said.asked.append(wanted)
            said.supposed.append(version)
            if said.status:
                self.send_error(said.status)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and said.ranges else 0
            if version and said.compares and version not in said.versions.values():
                start = 0
            if start and start >= len(said.body):
                self.send_error(416)
                return
            rest = said.body[start:]
            self.protocol_version = "HTTP/1.1" if said.chunked else "HTTP/1.0"
            self.close_connection = True
            self.send_response(206 if start else 200)
            for name, value in said.versions.items():
                self.send_header(name, value)
            if said.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif said.measured:
                self.send_header("Content-Length", str(len(rest)))
            if start:
                first = 0 if said.lies else start
                whole = len(said.body)
                self.send_header("Content-Range", f"bytes {first}-{whole - 1}/{whole}")
            self.end_headers()
            broken = said.drops > 0
            said.drops -= broken
            if said.chunked:
                rest = b"%x\r\n%b\r\n0\r\n\r\n" % (len(rest), rest)
            self.wfile.write(rest[: len(rest) // 2] if broken else rest)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    said.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield said
    finally:
        http.shutdown()
        http.server_close()
