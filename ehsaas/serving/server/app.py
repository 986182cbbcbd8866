"""`app`: models + settings → the server's application, an explicit list of routes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

try:
    from fastapi import FastAPI, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse, Response
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "fastapi is not installed: pip install 'ehsaas[serve]'", name=error.name
    ) from error
from starlette.exceptions import HTTPException

from ehsaas.audio import AudioError
from ehsaas.judging import Judge, RecogniserError
from ehsaas.serving.server import (
    answers,
    catalogue,
    live,
    metrics,
    page,
    recognising,
    refusals,
    service,
)
from ehsaas.serving.server.guard import Guard
from ehsaas.serving.server.refusals import Refusal, documented
from ehsaas.serving.server.service import Service
from ehsaas.serving.server.settings import Settings

_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_ONE = {
    "requestBody": {
        "required": True,
        "description": "A form with one part `file`, a whole audio file, or raw samples.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "audio/wav": _BYTES,
            "audio/pcm": _BYTES,
            "application/octet-stream": _BYTES,
        },
    }
}
_MANY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                        }
                    },
                }
            }
        },
    }
}


def app(judges: Mapping[str, Judge], settings: Settings) -> FastAPI:
    """The application that serves some models.

    Args:
        judges: by the names under which they are served; the first judges where none is named.
        settings: its limits.

    Raises:
        ValueError: there is no model.
    """
    serving = Service(judges, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with serving.running():
            yield

    made = FastAPI(
        title="ehsaas",
        description="Emotion in speech across languages, and how far to trust what was recognised.",
        version="1",
        docs_url=None,  # its page is loaded from a foreign host
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    made.state.service = serving
    for kind in (
        *(Refusal, HTTPException, RequestValidationError, AudioError, RecogniserError),
        *(TimeoutError, Exception),
    ):
        made.add_exception_handler(kind, refusals.answer)
    _add_routes(made)
    made.add_middleware(Guard, service=serving)
    return made


def _add_routes(made: FastAPI) -> None:
    judging = documented(400, 401, 403, 404, 408, 413, 415, 422, 429, 503, 504)
    looking = documented(401, 403, 503)
    found = documented(401, 403, 404, 422, 503)
    for path, endpoint, method, shape, example, others, extra in (
        ("/v1/recognise", recognising.recognise, "POST", answers.Answer, answers.ANSWER)
        + (judging, _ONE),
        ("/v1/recognise/batch", recognising.batch, "POST", answers.Answers, answers.ANSWERS)
        + (judging, _MANY),
        ("/v1/models", catalogue.models, "GET", list[answers.Listed], answers.MODELS)
        + (looking, None),
        ("/v1/models/{name}", catalogue.model, "GET", answers.Described, answers.MODEL)
        + (found, None),
        ("/healthz", health, "GET", answers.Health, {"status": "ok"}, documented(403, 503), None),
    ):
        content = {"application/json": {"example": example}}
        made.add_api_route(
            path,
            endpoint,
            methods=[method],
            response_model=shape,
            responses=others | {200: {"content": content}},
            openapi_extra=extra,
        )
    made.add_api_route(
        "/v1/models/{name}/file",
        catalogue.file,
        methods=["GET"],
        response_class=Response,
        responses=found
        | {
            200: {"content": {"application/octet-stream": _BYTES}, "description": "ONNX"},
            304: {"description": "The client has it (If-None-Match)."},
        },
    )
    made.add_api_route(
        "/metrics",
        told,
        methods=["GET"],
        response_class=Response,
        responses=looking | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    made.add_api_websocket_route("/v1/stream", live.stream)
    made.router.routes.extend(page.routes())


async def health() -> Response:
    """Whether the server is there."""
    return JSONResponse({"status": "ok"})


async def told(request: Request) -> Response:
    """What was counted, for Prometheus."""
    return Response(service.of(request).metrics.text(), media_type=metrics.TYPE)
