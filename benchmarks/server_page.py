"""What the benchmark of the server measured, and its page."""

from dataclasses import dataclass

from benchmarks.model_files import listed
from benchmarks.server_hostile import CLOSED, Hostile
from benchmarks.server_killed import LARGE, REQUESTS, STREAMS, UPLOADS, Killed
from benchmarks.server_load import Load
from benchmarks.server_process import Held


@dataclass(frozen=True)
class Token:
    """Statuses of requests with a wrong token, with none, with the right one; and of the health."""

    wrong: list[int]
    none: list[int]
    right: int
    health: int


@dataclass(frozen=True)
class Result:
    """What was measured, with what, and where."""

    models: dict[str, str]
    flags: dict[str, int]
    clips: int
    corpus: str
    mean_clip_s: float
    loads: list[Load]
    hostile: Hostile
    killed: Killed
    token: Token
    exit_status: int
    tracebacks: int
    machine: str
    cores: int
    versions: dict[str, str]


def page(r: Result) -> str:
    """The result as a page."""
    first = r.loads[0]
    versions = ", ".join(f"{name} {number}" for name, number in r.versions.items())
    flags = ", ".join(f"--{name} {value}" for name, value in r.flags.items())
    return f"""# The server under load, under attack, and with clients that are killed

`python benchmarks/server.py --model {" ".join(r.models)} --clients {first.clients} --seconds \
{first.seconds:.0f} --hostile {r.hostile.requests // 1000 * 1000} --rounds {r.killed.clients}`;
one `ehsaas serve` on 127.0.0.1 with a token, two processes that decode, a thread a core that
judges, and {flags}. The clients run on the same {r.cores} cores. The models:

{listed(r.models)}

## Load

{first.clients} clients post recordings of {r.corpus} for {first.seconds:.0f} s to each model,
each client one after the other: {r.clips} of {r.mean_clip_s:.1f} s on average.

| model | answers | a second | seconds of audio a second | p50 | p95 | longest | heard at once |
|---|---|---|---|---|---|---|---|
{_loads(r.loads)}

Heard at once: clips of about one length that wait for the same model are heard together, where its
file says that this changes no answer. {_load_verdict(r.loads)}

## Hostile requests

{r.hostile.requests} requests. Schemathesis makes its own from the OpenAPI document and checks
every answer against it ({"no check failed" if r.hostile.schemathesis == 0 else "checks failed"});
the others are recordings that were tampered with, forms, paths, broken HTTP, bodies that drip, and
abused WebSockets, whose codes of closing stand for a status.

| kind | answers |
|---|---|
{_kinds(r.hostile)}

Answers of 5xx: {r.hostile.server_errors}. Tracebacks in the server's log: {r.tracebacks}.

| | memory, all processes | processes | open files | threads |
|---|---|---|---|---|
| after a warm-up | {_held(r.hostile.before)} |
| halfway | {_held(r.hostile.halfway)} |
| after all of them | {_held(r.hostile.after)} |

## Killed clients

{r.killed.clients} client processes were killed (SIGKILL) while each had {UPLOADS} uploads half
sent, {REQUESTS} requests to be answered, {STREAMS} streams open, and {LARGE} large uploads of raw
samples, half of them sent slowly.

| | requests in hand | bytes held | clips waiting | streams |
|---|---|---|---|---|
| most at once | {_counted(r.killed.open_then)} |
| left | {_counted(r.killed.left)} |

| | memory, all processes | processes | open files | threads |
|---|---|---|---|---|
| before | {_held(r.killed.before)} |
| after | {_held(r.killed.after)} |

Memory after each of them: {", ".join(f"{one:.0f}" for one in r.killed.rss_mib)} MiB. What rises
there is what allocators keep for the next request; requests, bytes, clips and streams are counted
above, and {_left_verdict(r.killed)}.

## Token and stop

Wrong tokens got {_list(r.token.wrong)}, none {_list(r.token.none)}, the right one
{r.token.right}; `/healthz` needs none ({r.token.health}). Asked to stop (SIGTERM), the server
ended with status {r.exit_status}.

Machine: {r.machine}, {r.cores} cores. {versions}.

JSON twin: [server.json](server.json).
"""


def _loads(found: list[Load]) -> str:
    return "\n".join(
        f"| {one.model} | {_statuses(one.statuses)} | {one.a_second:.1f} |"
        f" {one.audio_a_second:.0f} |"
        f" {one.p50 * 1000:.0f} ms | {one.p95 * 1000:.0f} ms | {one.longest * 1000:.0f} ms |"
        f" {one.together:.2f} |"
        for one in found
    )


def _load_verdict(found: list[Load]) -> str:
    wrong = sum(
        one.errors + sum(n for status, n in one.statuses.items() if status not in (200, 429))
        for one in found
    )
    if wrong:
        return f"The goal of no error but 429 was not met: {wrong} others."
    return "The goal of no error but 429, and no connection that fails, was met."


def _left_verdict(found: Killed) -> str:
    left = sum(found.left.values())
    return f"{left:.0f} of them were left" if left else "none of them was left"


def _statuses(found: dict[int, int]) -> str:
    return ", ".join(
        f"{n} × {'closed' if status == CLOSED else status}" for status, n in found.items()
    )


def _kinds(found: Hostile) -> str:
    return "\n".join(
        f"| {kind} ({sum(statuses.values())}) | {_statuses(statuses)} |"
        for kind, statuses in found.answers.items()
    )


def _held(held: Held) -> str:
    return f"{held.rss_mib:.0f} MiB | {held.processes} | {held.files} | {held.threads}"


def _counted(found: dict[str, float]) -> str:
    return " | ".join(f"{value:.0f}" for value in found.values())


def _list(statuses: list[int]) -> str:
    return ", ".join(str(one) for one in statuses)
