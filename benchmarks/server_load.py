"""Many clients that post recordings for a while: how many are answered, how soon."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2
import numpy as np

from benchmarks.server_process import BEARER, Served


@dataclass(frozen=True)
class Load:
    """What `clients` got in `seconds`; times in s are those of answers with a recognised emotion.

    `together` is the mean number of clips that the model heard at once.
    """

    model: str
    clients: int
    seconds: float
    statuses: dict[int, int]
    errors: int
    a_second: float
    audio_a_second: float
    p50: float
    p95: float
    longest: float
    together: float


def load(
    served: Served, model: str, clips: Sequence[bytes], clients: int, seconds: float, seed: int
) -> Load:
    """Let the clients post recordings, each one after the other."""
    url = f"{served.url}/v1/recognise?model={model}"
    before = served.metrics()
    began = time.perf_counter()
    statuses, errors, times = asyncio.run(_posted(url, clips, clients, seconds, seed))
    took = time.perf_counter() - began
    after = served.metrics()

    def more(name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    heard = more("ehsaas_heard_together_count")
    return Load(
        model=model,
        clients=clients,
        seconds=took,
        statuses=dict(sorted(statuses.items())),
        errors=errors,
        a_second=len(times) / took,
        audio_a_second=more("ehsaas_audio_seconds_total") / took,
        p50=float(np.quantile(times, 0.5)),
        p95=float(np.quantile(times, 0.95)),
        longest=max(times),
        together=more("ehsaas_heard_together_sum") / heard if heard else 0.0,
    )


async def _posted(
    url: str, clips: Sequence[bytes], clients: int, seconds: float, seed: int
) -> tuple[Counter[int], int, list[float]]:
    statuses: Counter[int] = Counter()
    times: list[float] = []
    errors = 0
    until = time.monotonic() + seconds

    async def client(number: int) -> None:
        nonlocal errors
        drawn = random.Random(f"{seed} {number}")
        async with httpx2.AsyncClient(headers=BEARER, timeout=120) as asking:
            while time.monotonic() < until:
                began = time.perf_counter()
                try:
                    files = {"file": ("clip", drawn.choice(clips))}
                    answer = await asking.post(url, files=files)
                except httpx2.HTTPError:
                    errors += 1
                    continue
                statuses[answer.status_code] += 1
                if answer.status_code == 200:
                    times.append(time.perf_counter() - began)
                elif answer.status_code == 429:
                    await asyncio.sleep(float(answer.headers["retry-after"]))

    await asyncio.gather(*(client(number) for number in range(clients)))
    return statuses, errors, times
