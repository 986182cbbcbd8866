"""A real `ehsaas serve` in a process of its own, and what it holds: memory, files, threads."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

TOKEN = "a token of the benchmark"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HOST = "127.0.0.1"
COUNTED = ("in_hand", "held_bytes", "waiting", "streams")
"""What a server counts of requests that are not over."""


@dataclass(frozen=True)
class Held:
    """What a server's processes hold together: `rss_mib` (resident), `files`, `threads`."""

    rss_mib: float
    processes: int
    files: int
    threads: int


class Served:
    """A server that runs while the block does. It asks for `TOKEN`.

    Args:
        models: their files; the first judges where none is named.
        flags: of `ehsaas serve`.
        log: where what it says is kept.
    """

    def __init__(self, models: Sequence[Path], flags: Mapping[str, object], log: Path) -> None:
        told = [("model", model) for model in models] + [*flags.items()]
        words = [str(word) for name, value in told for word in (f"--{name}", value)]
        self.log = log
        with log.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ehsaas", "serve", "--port", "0", *words],
                stderr=said,
                env=os.environ | {"EHSAAS_TOKEN": TOKEN, "PYTHONFAULTHANDLER": "1"},
            )
        self.port = self._port()

    def __enter__(self) -> "Served":
        """It runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """It does not run any more."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    def stopped(self) -> int:
        """Its exit status, once it was asked to stop.

        Raises:
            RuntimeError: it did not stop; what its threads were doing is told.
        """
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(10)
            raise RuntimeError(f"the server did not stop: {self.log.read_text()}") from None

    def held(self) -> Held:
        """What it and the processes that it started hold now."""
        family = _family(self.process.pid)
        status = [(Path("/proc") / str(pid) / "status").read_text() for pid in family]
        return Held(
            rss_mib=sum(_number(text, "VmRSS") for text in status) / 1024,
            processes=len(family),
            files=sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in family),
            threads=sum(_number(text, "Threads") for text in status),
        )

    def metrics(self) -> dict[str, float]:
        """What it counts, by name and labels."""
        connection = HTTPConnection(HOST, self.port, timeout=30)
        connection.request("GET", "/metrics", headers=BEARER)
        text = connection.getresponse().read().decode()
        connection.close()
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    def statuses(self) -> Counter[int]:
        """How many requests were answered with which status so far."""
        found: Counter[int] = Counter()
        for name, value in self.metrics().items():
            if match := re.match(r'ehsaas_requests_total\{.*status="(\d+)"\}', name):
                found[int(match[1])] += int(value)
        return found

    def at_rest(self, seconds: float = 60.0) -> Held:
        """What it holds once nothing is in hand and every connection is closed.

        Raises:
            RuntimeError: that is not so after so many seconds.
        """
        until, last = time.monotonic() + seconds, self.held()
        while time.monotonic() < until:
            time.sleep(0.5)
            told, now = self.metrics(), self.held()
            busy = any(told[f"ehsaas_{name}"] for name in COUNTED)
            if not busy and (now.files, now.threads) == (last.files, last.threads):
                return now
            last = now
        raise RuntimeError(f"the server does not come to rest: {told}")

    def _port(self) -> int:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            if found := re.search(r"listening on http://\S+:(\d+)", self.log.read_text()):
                return int(found[1])
            time.sleep(0.05)
        raise RuntimeError(f"the server did not start: {self.log.read_text()}")


def _family(pid: int) -> list[int]:
    children = (Path("/proc") / str(pid) / "task" / str(pid) / "children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _number(status: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", status, re.M)
    return int(found[1]) if found else 0
