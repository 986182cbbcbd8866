"""The page: every file in `web/` at start is a route of its own, so that no path is ever joined."""

from collections.abc import Iterator
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WEB = Path(__file__).parents[1] / "web"
"""The page's files."""

RUNTIME = WEB / "vendor"
"""Where npm puts what judges inside the browser."""


def routes(folder: Path = WEB) -> Iterator[Route]:
    """`GET /` and one route a file."""
    files = StaticFiles(directory=folder, check_dir=False)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in Path(name).parts):
            yield _route(files, f"/{name}", name)
            if name == "index.html":
                yield _route(files, "/", name)


def _route(files: StaticFiles, path: str, name: str) -> Route:
    async def file(request: Request) -> Response:
        response = await files.get_response(name, request.scope)
        response.headers["cache-control"] = "no-cache"  # kept, but asked for again
        return response

    return Route(path, file, methods=["GET"], include_in_schema=False)
