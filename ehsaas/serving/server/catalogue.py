"""`GET /v1/models…`: what is known of the models that are served, and their files."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import FileResponse, JSONResponse, Response

from ehsaas.judging import Judge
from ehsaas.serving.runtime import ModelFile
from ehsaas.serving.server import service
from ehsaas.serving.server.refusals import Refusal


async def models(request: Request) -> Response:
    """All models, the one that judges by default first."""
    judges = service.of(request).judges
    return JSONResponse([listed(name, judge) for name, judge in judges.items()])


async def model(request: Request, name: str) -> Response:
    """One model, with the card of its file."""
    name, judge = service.of(request).model(name)
    card = judge.card.model_dump(mode="json") if isinstance(judge, ModelFile) else None
    return JSONResponse(listed(name, judge) | {"card": card})


async def file(request: Request, name: str) -> Response:
    """The model's ONNX file, for those who judge where the audio is."""
    name, judge = service.of(request).model(name)
    if not isinstance(judge, ModelFile) or not judge.path.is_file():
        raise Refusal(404, f"{name} has no file; export it with `ehsaas export`")
    if not await asyncio.to_thread(judge.is_current):
        raise Refusal(409, f"the file of {name} is not what it was any more: start the server anew")
    tag = f'"{judge.card.sha256}"'
    known = request.headers.get("if-none-match", "")
    if tag in [one.strip().removeprefix("W/") for one in known.split(",")]:
        return Response(status_code=304, headers={"etag": tag})
    return FileResponse(judge.path, headers={"etag": tag}, media_type="application/octet-stream")


def listed(name: str, judge: Judge) -> dict[str, Any]:
    """What `Listed` says of a model."""
    card = judge.card if isinstance(judge, ModelFile) else None
    path: Path | None = judge.path if isinstance(judge, ModelFile) else None
    return {
        "name": name,
        "version": judge.version,
        "model": judge.model,
        "classes": list(judge.classes),
        "languages": list(judge.facts.get("languages", ())),
        "corpora": list(judge.facts.get("corpora", ())),
        "licence": judge.licence,
        "precision": "float32" if card is None else card.precision,
        "sha256": None if card is None else card.sha256,
        "bytes": path.stat().st_size if path is not None and path.is_file() else None,
        "hop_ms": None if card is None else card.hop_ms,
        "calibrated": judge.scores is not None,
        "standardises": judge.standardises,
        "trained_on": judge.training,
    }
