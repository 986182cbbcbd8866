"""What a client is told when it gets no answer: a status, what came and what was expected."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ehsaas.audio import AudioError, TooLongError
from ehsaas.judging import RecogniserError
from ehsaas.serving.server.decoding import DecodingTimeoutError

GONE = 499
"""The status that is counted for a client that left; nobody gets it."""


class Refusal(Exception):  # noqa: N818  (it is an answer)
    """A request that is answered with `status` and `detail`."""

    def __init__(self, status: int, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = {} if retry_after is None else {"retry-after": str(retry_after)}


class Problem(BaseModel):
    """Why there is no answer: what came, what was expected, what to do."""

    detail: str


EXAMPLES: Mapping[int, str] = {
    400: "the body was broken off",
    401: "no token came; expected the header `Authorization: Bearer TOKEN`",
    403: "the host 'evil.example' is not this server's; expected 127.0.0.1",
    404: "no model 'best'; there are whisper, bilstm",
    408: "the body did not arrive within 30 s",
    413: "33554433 bytes came; expected at most 33554432",
    415: "text/plain came; expected audio/*, application/octet-stream or multipart/form-data",
    422: "the recording: not audio that can be read; WAV, FLAC, OGG/Opus, MP3 and AIFF can",
    429: "64 requests are in hand; try again in 1 s",
    503: "the server is being stopped",
    504: "no answer within 60 s; send a shorter recording",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of these statuses."""
    return {
        status: {
            "model": Problem,
            "description": EXAMPLES[status],
            "content": {"application/json": {"example": {"detail": EXAMPLES[status]}}},
        }
        for status in statuses
    }


def of(error: Exception) -> Refusal | None:
    """The refusal that an error about audio or a model is; None for a defect of ours."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, TooLongError):
        return Refusal(413, str(error))
    if isinstance(error, AudioError | RecogniserError):
        return Refusal(422, str(error))
    if isinstance(error, DecodingTimeoutError):
        return Refusal(422, str(error))
    if isinstance(error, TimeoutError):
        return Refusal(504, str(error) or "it took too long; send a shorter recording")
    return None


async def answer(_: Request, error: Exception) -> Response:
    """A refusal, or any other error, as JSON, without a word of where it came from."""
    found = of(error)
    if found is not None:
        return JSONResponse({"detail": found.detail}, found.status, found.headers)
    if isinstance(error, HTTPException):
        return JSONResponse({"detail": str(error.detail)}, error.status_code, error.headers)
    if isinstance(error, RequestValidationError):
        return JSONResponse({"detail": _said(error.errors())}, 422)
    return JSONResponse({"detail": "a mistake of the server's own; its log says more"}, 500)


def _said(errors: Sequence[Any]) -> str:
    """What is wrong with a request's parameters, in a line."""
    told = [
        f"{'.'.join(str(part) for part in error['loc'][1:]) or 'the query'}: {error['msg']}"
        for error in errors
    ]
    return "; ".join(told)
