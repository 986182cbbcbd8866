"""How long the first emotion takes: core install alone, no network, start-up and all.

    python benchmarks/first_run.py [RECORDING] [--model FILE] [--runs N] [-o OUT]

Makes a wheel of this checkout and an environment with nothing but the wheel and what it needs, and
runs `ehsaas recognise RECORDING` in it, a process each time, with the network taken away where the
system allows that (`unshare`). RECORDING is a made-up voice of about 3 s where none is given; the
model is the one that is shipped, or FILE. Writes first_run.json and first_run.md.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import soundfile

from benchmarks.features import processor
from benchmarks.first_run_page import Result, page
from ehsaas import audio, shipped
from ehsaas.export.sounds import voices

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 3.0
NOT_CORE = ("torch", "transformers", "scikit-learn", "scipy", "onnx")
CUT_OFF = ("unshare", "--map-root-user", "--net")
INSTALLING = ("PYTHONPATH", "PYTHONHOME", "EHSAAS_MODEL", "EHSAAS_HOME")
"""What of this process's environment another installation must not see."""

LAUNCHER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
taken = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([done.returncode, taken, peak, done.stdout.decode()]))
"""
"""Starts a command. A process of its own, since one counts as as large as the one it comes from."""


@dataclass(frozen=True)
class Run:
    """One process: its seconds, peak memory in MiB, and what it printed."""

    seconds: float
    peak_mib: float
    stdout: str


def environment(folder: Path) -> Path:
    """A new environment with the core install alone; its folder of programs.

    Raises:
        SystemExit: something came in that is not of the core.
    """
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    bin, made = folder / "core" / "bin", folder / "wheel"
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir")
    subprocess.run([*pip, made, ROOT], check=True, env=outside())
    subprocess.run([sys.executable, "-m", "venv", folder / "core"], check=True, env=outside())
    (wheel,) = made.glob("*.whl")
    install = (bin / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt")
    subprocess.run([*install, wheel], check=True, env=outside())
    if found := [name for name in NOT_CORE if name in packages(bin)]:
        raise SystemExit(f"the core install brought {', '.join(found)}")
    return bin


def outside() -> dict[str, str]:
    """This process's environment as another installation may see it."""
    return {name: value for name, value in os.environ.items() if name not in INSTALLING}


def packages(bin: Path) -> dict[str, str]:
    """Name → version of what is installed beside what a new environment has."""
    asked = (bin / "python", "-m", "pip", "list", "--format", "json")
    done = subprocess.run(asked, check=True, capture_output=True, env=outside())
    listed = json.loads(done.stdout)
    own = ("pip", "setuptools")
    return {one["name"]: one["version"] for one in listed if one["name"] not in own}


def cut_off() -> tuple[Sequence[str], str]:
    """What takes the network away from a command, and that in words."""
    try:
        subprocess.run([*CUT_OFF, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return (), "without proxies (the system allows no process without a network)"
    return CUT_OFF, "without a network"


def run(command: Sequence[str | Path], environ: Mapping[str, str]) -> Run:
    """Run a command to its end.

    Raises:
        SystemExit: it failed.
    """
    launched = [sys.executable, "-S", "-c", LAUNCHER, *command]
    told = subprocess.run(launched, check=True, stdout=subprocess.PIPE, env=environ).stdout
    status, seconds, peak, stdout = json.loads(told)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {status}")
    return Run(seconds, peak, stdout)


def recording_in(folder: Path) -> Path:
    """A WAV of the made-up voice that is nearest to `SECONDS`."""
    clip = min(voices(), key=lambda one: abs(one.duration - SECONDS))
    soundfile.write(folder / "my.wav", clip.samples, clip.rate, subtype="PCM_16")
    return folder / "my.wav"


def measure(recording: Path | None, model: Path | None, runs: int) -> Result:
    """Everything, in a temporary folder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        bin = environment(folder)
        heard = recording or recording_in(folder)
        wall, how = cut_off()
        command: list[str | Path] = [bin / "ehsaas", "recognise", heard, "--format", "json"]
        if model is not None:
            command += ["--model", model.resolve()]
        kept = {name: value for name, value in outside().items() if "proxy" not in name.lower()}
        kept |= {"EHSAAS_HOME": str(folder / "home")}
        found = [run([*wall, *command], kept) for _ in range(runs)]
        (answer,) = json.loads(found[-1].stdout)
        library = next((bin.parent / "lib").glob("python*/site-packages"))
        file = model or library / "ehsaas" / "shipped" / shipped.MODELS[shipped.DEFAULT]
        return Result(
            command=f"ehsaas recognise {heard.name} --format json"
            + ("" if model is None else f" --model {model.name}"),
            seconds=tuple(one.seconds for one in found),
            peak_mib=tuple(one.peak_mib for one in found),
            clip_s=audio.read(heard).duration,
            recording="a made-up voice" if recording is None else "a recording",
            emotion=answer["emotion"],
            model=f"{answer['model']} {answer['version']}",
            model_bytes=file.stat().st_size,
            offline=how,
            installed=packages(bin),
            installed_mib=sum(p.stat().st_size for p in library.rglob("*") if p.is_file()) / 2**20,
            machine=processor(),
            cores=os.cpu_count() or 1,
            system=platform.platform(terse=True),
            python=platform.python_version(),
        )


def main() -> None:
    """Measure, and write the page and its twin."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("recording", type=Path, nargs="?")
    asked.add_argument("--model", type=Path)
    asked.add_argument("--runs", type=int, default=20)
    asked.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = asked.parse_args()
    found = measure(given.recording, given.model, given.runs)
    given.output.mkdir(parents=True, exist_ok=True)
    held = json.dumps(asdict(found), ensure_ascii=False, indent=1) + "\n"
    (given.output / "first_run.json").write_text(held, encoding="utf-8")
    (given.output / "first_run.md").write_text(page(found), encoding="utf-8")
    print(page(found))


if __name__ == "__main__":
    main()
