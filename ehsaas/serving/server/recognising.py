"""`POST /v1/recognise` and `/v1/recognise/batch`: recordings → estimates."""

import asyncio
import math
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response

from ehsaas.audio import Clip
from ehsaas.judging import Judge
from ehsaas.serving.server import refusals, service, uploads
from ehsaas.serving.server.answers import Asked, AskedOfOne
from ehsaas.serving.server.decoder import Pcm
from ehsaas.serving.server.hearing import Turn, turn
from ehsaas.serving.server.refusals import GONE, Refusal
from ehsaas.serving.server.room import Share
from ehsaas.serving.server.service import Service
from ehsaas.serving.server.uploads import Upload

T = TypeVar("T")


async def recognise(request: Request, asked: Annotated[AskedOfOne, Query()]) -> Response:
    """Judge one recording: a form's `file`, or the whole body."""
    serving = service.of(request)
    name, judge = serving.model(asked.model)
    with serving.room.share() as share:
        upload = await uploads.one(request, serving.settings, share)
        pcm = None
        if uploads.content_type(request) == uploads.PCM:
            pcm = Pcm(asked.rate, asked.encoding, asked.channels)
        with serving.room.place():
            work = _one(_Case(serving, judge, asked, share), upload, pcm)
            told = await _in_time(request, serving.settings.answer_seconds, work)
    if told is None:
        return Response(status_code=GONE)
    return JSONResponse({"model": name} | told)


async def batch(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Judge several recordings: a form's `files`. What is wrong with one is told in its place."""
    serving = service.of(request)
    name, judge = serving.model(asked.model)
    with serving.room.share() as share:
        most = serving.settings.max_files
        sent = await uploads.parts(request, serving.settings, share, "files", most)
        with serving.room.place():
            work = _all(_Case(serving, judge, asked, share), sent)
            told = await _in_time(request, serving.settings.answer_seconds, work)
    if told is None:
        return Response(status_code=GONE)
    return JSONResponse({"model": name, "results": told})


class _Case:
    """One request's part in the service; its recordings share the seconds that it may last."""

    def __init__(self, serving: Service, judge: Judge, asked: Asked, share: Share) -> None:
        self.serving = serving
        self.judge = judge
        self.asked = asked
        self.share = share
        self.seconds = serving.settings.max_seconds

    async def clip(self, upload: Upload, pcm: Pcm | None) -> Clip:
        """A recording, decoded and counted.

        Raises:
            Refusal: 413, together with those before it it lasts too long; 422, a timeline of it
                would be of too many looks.
        """
        began = time.perf_counter()
        decoders, most = self.serving.decoders, self.serving.settings.max_seconds
        clip = await decoders.decode(upload.data, pcm, most)
        self.serving.metrics.decoding.observe(time.perf_counter() - began)
        self.share.hold(clip.samples.nbytes)
        self.seconds -= clip.duration
        if self.seconds < 0:
            raise Refusal(413, f"together longer than {most:g} s; send fewer at once")
        self.serving.metrics.audio.inc(clip.duration)
        looks = math.ceil(clip.duration / self.asked.hop)
        if self.asked.timeline and looks > self.serving.settings.max_looks:
            raise Refusal(
                422,
                f"a timeline of {looks} looks; at most {self.serving.settings.max_looks} are made:"
                " ask for a longer hop",
            )
        return replace(clip, warnings=(*clip.warnings, *_unheard(self.judge, self.asked.language)))


def _unheard(judge: Judge, language: str | None) -> list[str]:
    """A warning where the model never heard a language (BCP-47)."""
    known = judge.facts.get("languages", ())
    if language is None or not known:
        return []
    if _without_region(language) in [_without_region(code) for code in known]:
        return []
    return [f"the model never heard {language}; it was trained on {', '.join(known)}"]


def _without_region(code: str) -> str:
    return code.lower().partition("-")[0]


async def _one(case: _Case, upload: Upload, pcm: Pcm | None = None) -> dict[str, Any]:
    """What is answered of one recording."""
    clip = await case.clip(upload, pcm)
    with turn(case.serving.settings.answer_seconds) as own:
        return await case.serving.threaded(lambda: _judged(case, own, clip))


async def _all(case: _Case, sent: list[Upload]) -> list[dict[str, Any]]:
    """What is answered of several recordings, or why it cannot be."""

    async def told(upload: Upload) -> dict[str, Any]:
        try:
            return {"name": upload.name} | await _one(case, upload)
        except Exception as error:
            refusal = refusals.of(error)
            if refusal is None:
                raise
            return {"name": upload.name, "error": refusal.detail, "status": refusal.status}

    return list(await asyncio.gather(*(told(upload) for upload in sent)))


def _judged(case: _Case, own: Turn, clip: Clip) -> dict[str, Any]:
    """What the model says of a clip, in a thread."""
    judge, asked = case.serving.hearing.judge(case.judge, own), case.asked
    whole = judge(clip, coverage=asked.coverage).to_dict()
    told: dict[str, Any] = {"duration": clip.duration, "estimates": [whole]}
    if asked.timeline:
        found = judge.timeline(clip, asked.window, asked.hop, coverage=asked.coverage)
        told |= {"estimates": [one.to_dict() for one in found], "whole": whole}
    return told


async def _in_time(request: Request, seconds: float, work: Coroutine[Any, Any, T]) -> T | None:
    """What the work gives; None, and an end to it, where the client leaves before.

    Raises:
        TimeoutError: not in time; the work is ended.
    """
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        first = asyncio.FIRST_COMPLETED
        done, _ = await asyncio.wait({doing, leaving}, timeout=seconds, return_when=first)
        if not done:
            raise TimeoutError(f"no answer within {seconds:g} s; send a shorter recording")
        return await doing if doing.done() else None
    finally:
        for task in (doing, leaving):
            task.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)
        # An error keeps this frame; were it to know the task that keeps the error, the recording
        # would stay until somebody looks for such circles.
        del doing, leaving, task
        done = _ = set()


async def _left(request: Request) -> None:
    """Return when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
