"""`ehsaas serve` under load, under attack, and with clients that are killed.

    python benchmarks/server.py --model FILE.onnx... [--corpora FOLDER] [--clients N] [--seconds S]
                                [--hostile N] [--rounds N] [-o DOCS/RESULTS]

Starts a server on 127.0.0.1 and asks nobody else; the first model is the one that is attacked.
FOLDER holds corpora (default ../shared/corpora); clips of emodb, or of whatever is there, are drawn
from it. Writes server.json and server.md.
"""

import argparse
import json
import os
import platform
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.model_files import described
from benchmarks.server_hostile import hostile
from benchmarks.server_killed import SECONDS, killed
from benchmarks.server_load import load
from benchmarks.server_page import Result, Token, page
from benchmarks.server_process import BEARER, HOST, Served
from ehsaas.audio import RATE, AudioError, info, read, recordings_in

ROOT = Path(__file__).resolve().parents[1]
CLIPS = 100
SEED = 0
FLAGS = {"upload-seconds": 15, "idle-seconds": 15, "streams": 16, "queue": 64}
VERSIONS = ("fastapi", "uvicorn", "starlette", "websockets", "onnxruntime", "schemathesis")


def measure(
    models: Sequence[Path], corpora: Path, clients: int, seconds: float, count: int, rounds: int
) -> Result:
    """Everything, on one server; the end of it is a stop."""
    clips = drawn(corpora)
    data = [clip.read_bytes() for clip in clips]
    lengths = [info(clip).duration for clip in clips]
    with (
        tempfile.TemporaryDirectory() as folder,
        Served(models, FLAGS, Path(folder) / "server.log") as served,
    ):
        loads = []
        for model in models:
            _tell(f"{clients} clients for {seconds:g} s: {model.stem}")
            loads.append(load(served, model.stem, data, clients, seconds, SEED))
        _tell(f"{count} hostile requests")
        attacked = hostile(served, data, count, SEED)
        _tell(f"{rounds} clients are killed")
        long = Path(folder) / "long.wav"
        soundfile.write(long, at_length(clips, SECONDS), RATE, subtype="PCM_16")
        left = killed(served, long, rounds)
        answered = tokens(served)
        stopped = served.stopped()
        said = served.log.read_text()
        _tell(f"the server said:\n{said[-10_000:]}")
    return Result(
        models=described(models),
        flags=FLAGS,
        clips=len(clips),
        corpus=clips[0].relative_to(corpora).parts[0],
        mean_clip_s=sum(lengths) / len(lengths),
        loads=loads,
        hostile=attacked,
        killed=left,
        token=answered,
        exit_status=stopped,
        tracebacks=said.count("Traceback"),
        machine=f"{_processor()}, {platform.system()}",
        cores=os.cpu_count() or 1,
        versions={"python": platform.python_version()} | {name: version(name) for name in VERSIONS},
    )


def at_length(clips: Sequence[Path], seconds: float) -> NDArray[np.float32]:
    """The clips one after the other, (N,) at 16 kHz, said again until they last so long."""
    return np.resize(np.concatenate([read(clip).samples for clip in clips]), round(seconds * RATE))


def tokens(served: Served) -> Token:
    """The statuses that wrong tokens, the right one and none get."""
    right = BEARER["Authorization"]
    wrong = (right[:-1], right + "x", right.upper(), "Bearer", "Basic abc", "Bearer " + "x" * 5000)
    return Token(
        wrong=[_status(served, "/v1/models", {"Authorization": one}) for one in wrong],
        none=[_status(served, path, {}) for path in ("/v1/models", "/metrics", "/openapi.json")],
        right=_status(served, "/v1/models", BEARER),
        health=_status(served, "/healthz", {}),
    )


def _status(served: Served, path: str, headers: dict[str, str]) -> int:
    connection = HTTPConnection(HOST, served.port, timeout=30)
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def drawn(corpora: Path) -> list[Path]:
    """`CLIPS` recordings of the first corpus there, emodb if it is one."""
    folders = sorted(one for one in corpora.iterdir() if one.is_dir())
    for folder in sorted(folders, key=lambda one: one.name != "emodb"):
        found = sorted(folder / path for path in recordings_in(folder))
        if found:
            return sorted(random.Random(SEED).sample(found, min(CLIPS, len(found))))
    raise AudioError(f"{corpora}: no recordings in it")


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the page and its twin."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, nargs="+", required=True)
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--hostile", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "results")
    given = parser.parse_args(arguments)
    result = measure(
        given.model, given.corpora, given.clients, given.seconds, given.hostile, given.rounds
    )
    given.output.mkdir(parents=True, exist_ok=True)
    text = page(result)
    twin = json.dumps(asdict(result), indent=1)
    (given.output / "server.json").write_text(twin + "\n", encoding="utf-8")
    (given.output / "server.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
