"""`ehsaas serve`: recognition over HTTP and WebSocket, and a page that uses it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehsaas.cli import terminal
from ehsaas.cli.model import DEFAULT, SHIPPED, named, opened

if TYPE_CHECKING:
    from pydantic import SecretStr

    from ehsaas.judging import Judge

TOKEN = "EHSAAS_TOKEN"


def serve(
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="A model file (`ehsaas export`), served under its name without the ending, or one"
            f" that comes with the package ({SHIPPED}); several times for several models, the"
            f" first judges by default; default is {DEFAULT}.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(envvar="EHSAAS_HOST", help="The address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="EHSAAS_PORT", min=0, max=65535, help="0 for any free one.")
    ] = 8000,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            envvar="EHSAAS_ALLOWED_HOSTS",
            help="A name that it is also asked by, as a proxy in front of it has one; several times"
            " for several.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=f"Holds the token that clients have to bring; or ${TOKEN} is it."
        ),
    ] = None,
    max_bytes: Annotated[
        int,
        typer.Option(envvar="EHSAAS_MAX_BYTES", min=1024, max=1 << 30, help="Of one request."),
    ] = 32 << 20,
    max_seconds: Annotated[
        float,
        typer.Option(
            envvar="EHSAAS_MAX_SECONDS",
            min=1,
            max=86400,
            help="Of audio in one request.",
        ),
    ] = 600.0,
    max_files: Annotated[
        int, typer.Option(envvar="EHSAAS_MAX_FILES", min=1, help="Recordings in one batch.")
    ] = 32,
    max_looks: Annotated[
        int, typer.Option(envvar="EHSAAS_MAX_LOOKS", min=1, help="Windows of one timeline.")
    ] = 2400,
    queue: Annotated[
        int,
        typer.Option(
            envvar="EHSAAS_QUEUE", min=1, help="Requests in hand; others are told to come back."
        ),
    ] = 64,
    memory: Annotated[
        int, typer.Option(envvar="EHSAAS_MEMORY", min=1, help="MiB that all requests may hold.")
    ] = 512,
    streams: Annotated[
        int, typer.Option(envvar="EHSAAS_STREAMS", min=0, help="Streams that are open at once.")
    ] = 16,
    workers: Annotated[
        int | None,
        typer.Option(
            envvar="EHSAAS_WORKERS", min=1, help="Processor cores to judge on; default all."
        ),
    ] = None,
    decoders: Annotated[
        int, typer.Option(envvar="EHSAAS_DECODERS", min=1, help="Processes that decode.")
    ] = 2,
    upload_seconds: Annotated[
        float,
        typer.Option(
            envvar="EHSAAS_UPLOAD_SECONDS", min=0.1, max=86400, help="For a body to arrive."
        ),
    ] = 30.0,
    decode_seconds: Annotated[
        float,
        typer.Option(
            envvar="EHSAAS_DECODE_SECONDS", min=0.1, max=86400, help="For a recording's decoding."
        ),
    ] = 10.0,
    answer_seconds: Annotated[
        float,
        typer.Option(
            envvar="EHSAAS_ANSWER_SECONDS", min=0.1, max=86400, help="For an answer in all."
        ),
    ] = 60.0,
    idle_seconds: Annotated[
        float,
        typer.Option(
            envvar="EHSAAS_IDLE_SECONDS", min=0.1, max=86400, help="That a stream may be silent."
        ),
    ] = 30.0,
    stop_seconds: Annotated[
        float,
        typer.Option(
            envvar="EHSAAS_STOP_SECONDS",
            min=0,
            max=86400,
            help="For requests in hand when it is stopped.",
        ),
    ] = 30.0,
) -> None:
    """Recognition over HTTP and WebSocket, and a page that uses it."""
    from ehsaas.serving.server.app import app
    from ehsaas.serving.server.running import run
    from ehsaas.serving.server.settings import MIB, Settings

    settings = Settings(
        host=host,
        port=port,
        allowed_hosts=tuple(name.lower() for name in allowed_host or ()),
        token=_token(token_file),
        max_bytes=max_bytes,
        max_seconds=max_seconds,
        max_files=max_files,
        max_looks=max_looks,
        queue=queue,
        memory=memory * MIB,
        streams=streams,
        hearers=workers or os.cpu_count() or 1,
        decoders=decoders,
        upload_seconds=upload_seconds,
        decode_seconds=decode_seconds,
        answer_seconds=answer_seconds,
        idle_seconds=idle_seconds,
        stop_seconds=stop_seconds,
    )
    judges = _judges(model or [named(None)])
    if not settings.is_local and settings.token is None:
        terminal.say(
            f"warning: anybody who reaches {host} may ask; set a token with --token-file or {TOKEN}"
        )
    for lacking in _lacking():
        terminal.say(lacking)
    run(app(judges, settings), settings, terminal.say)


def _lacking() -> Iterator[str]:
    """What the server cannot do for want of a part that is not installed."""
    from ehsaas.serving.server.page import RUNTIME
    from ehsaas.serving.voice import VoiceError, model_path

    if not RUNTIME.is_dir():
        yield (
            "the page cannot judge inside the browser: its runtime is missing (`make web` gets it)"
        )
    try:
        model_path()
    except VoiceError as error:
        yield f"streams and the page's live mode are refused: {error}"


def _judges(given: list[str]) -> "dict[str, Judge]":
    """The models, each under its file's name without the ending."""
    judges: dict[str, Judge] = {}
    for one in given:
        name = Path(one).resolve().stem
        if name in judges:
            raise terminal.UsageError(f"--model {one}: there is already a model called {name}")
        judges[name] = opened(one)
    return judges


def _token(file: Path | None) -> "SecretStr | None":
    """The token that clients have to bring, taken out of the environment where it is there."""
    given = os.environ.pop(TOKEN, None)  # no process that is started here is to know it
    if file is not None:
        try:
            given = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise terminal.UsageError(f"--token-file {file}: no text (UTF-8)") from error
    if given is not None and not (given := given.strip()):
        raise terminal.UsageError(f"an empty token in {file or TOKEN}; leave it out, or set one")
    if given is None:
        return None
    from pydantic import SecretStr

    return SecretStr(given)
