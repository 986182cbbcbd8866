"""The server as a process of its own, with a toy model."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ehsaas.serving.server.running import MESSAGE
from tests.serving.server.toy import wav

PROGRAM = """
    import sys, threading, time
    class Absent:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in ("torch", "sklearn", "transformers"):
                raise ModuleNotFoundError(name, name=name)
    sys.meta_path.insert(0, Absent())
    from ehsaas.serving.server.app import app
    from ehsaas.serving.server.running import run
    from ehsaas.serving.server.settings import Settings
    from tests.serving.server.toy import toy
    judge = toy(closed=True)
    def open_late():
        judge.begun.wait()
        time.sleep(float(sys.argv[1]))
        judge.gate.set()
    threading.Thread(target=open_late, daemon=True).start()
    settings = Settings(port=0, decoders=1, stop_seconds=20)
    run(app({"toy": judge}, settings), settings, lambda line: print(line, flush=True))
"""

LIVES_ON = """
    import os, signal, time
    from ehsaas.serving.server import running
    from ehsaas.serving.server.app import app
    from ehsaas.serving.server.settings import Settings
    from tests.serving.server.toy import toy
    running._MOST = 1
    settings = Settings(port=0, decoders=1, stop_seconds=0)
    stop = lambda line: os.kill(os.getpid(), signal.SIGTERM)
    running.run(app({"toy": toy()}, settings), settings, stop)
    time.sleep(1.5)
    print("lives on")
"""
"""A program that goes on once its server was stopped."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


class Running:
    """A server that hears its first clip only after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(PROGRAM), str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rpartition(":")[2])
        self.connections: list[HTTPConnection] = []

    def connected(self) -> HTTPConnection:
        self.connections.append(HTTPConnection("127.0.0.1", self.port, timeout=30))
        return self.connections[-1]

    def asked(self) -> HTTPConnection:
        """A connection on which a recording was sent."""
        connection = self.connected()
        connection.request("POST", "/v1/recognise", wav(), {"content-type": "audio/wav"})
        return connection

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def children(self) -> list[str]:
        tasks = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return tasks.read_text().split()

    def ended(self) -> tuple[int, str]:
        """Its exit status, and what it said on stderr."""
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture()
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    server = Running(getattr(request, "param", 0.0))
    yield server
    for connection in server.connections:
        connection.close()
    if server.process.poll() is None:
        server.process.kill()
        server.process.communicate()


def test_it_serves_without_torch(running: Running) -> None:
    with running.asked().getresponse() as answer:
        assert answer.status == 200
        assert json.load(answer)["estimates"][0]["model"] == "toy"
    running.process.terminate()
    assert running.ended() == (0, "")


@pytest.mark.parametrize("running", [1.0], indirect=True)
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_finishes_what_is_in_hand_and_refuses_what_is_new(
    running: Running, sent: signal.Signals
) -> None:
    first, kept = running.asked(), running.connected()
    kept.request("GET", "/healthz")
    kept.getresponse().read()
    time.sleep(0.3)
    running.process.send_signal(sent)
    time.sleep(0.3)
    kept.request("GET", "/healthz")
    refused = kept.getresponse()
    assert refused.status == 503 and b"being stopped" in refused.read()
    with first.getresponse() as answer:
        assert answer.status == 200
    assert running.ended() == (0, "")


def test_a_second_signal_ends_it_at_once(running: Running) -> None:
    running.process.terminate()
    running.process.terminate()
    assert running.ended()[0] == 0


def test_whoever_ran_it_lives_on() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIVES_ON)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "lives on\n", "")


def test_a_streams_message_has_its_own_limit(running: Running) -> None:
    with connect(f"ws://127.0.0.1:{running.port}/v1/stream", max_size=None) as stream:
        stream.send('{"encoding": "s16le"}')
        stream.send(bytes(MESSAGE))
        assert json.loads(stream.recv(10))["kind"] == "look"
    with connect(f"ws://127.0.0.1:{running.port}/v1/stream", max_size=None) as stream:
        stream.send(bytes(MESSAGE + 1))
        with pytest.raises(ConnectionClosed, match="1009"):
            stream.recv(10)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_nothing_stays_of_clients_that_were_cut_off(running: Running) -> None:
    running.asked().getresponse().read()
    before = running.open_files()
    for _ in range(20):
        raw = socket.create_connection(("127.0.0.1", running.port))
        raw.sendall(b"POST /v1/recognise HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n")
        raw.sendall(b"Content-Type: audio/wav\r\n\r\nRIFF")
        raw.close()
    deadline = time.monotonic() + 20
    while running.open_files() > before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running.open_files() <= before


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_its_decoders_end_with_it(running: Running) -> None:
    (child,) = running.children()
    running.process.kill()
    running.ended()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{child}/cmdline").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
        if b"" == Path(f"/proc/{child}/cmdline").read_bytes():  # a zombie that nobody reaps
            return
    assert not Path(f"/proc/{child}").exists()
