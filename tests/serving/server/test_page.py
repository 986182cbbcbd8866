from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ehsaas.serving.server.page import routes


@pytest.fixture()
def client(tmp_path: Path) -> TestClient:
    web = tmp_path / "web"
    (web / "vendor").mkdir(parents=True)
    (web / "index.html").write_text("<title>page</title>")
    (web / "vendor" / "runtime.wasm").write_bytes(b"\0asm")
    (web / ".hidden").write_text("no")
    (tmp_path / "secret").write_text("no")
    (web / "link").symlink_to(tmp_path / "secret")
    return TestClient(Starlette(routes=list(routes(web))), "http://127.0.0.1")


def test_the_page_and_its_files(client: TestClient) -> None:
    page = client.get("/")
    assert page.text == client.get("/index.html").text == "<title>page</title>"
    assert page.headers["content-type"].startswith("text/html")
    runtime = client.get("/vendor/runtime.wasm")
    assert runtime.headers["content-type"] == "application/wasm" and runtime.content == b"\0asm"


def test_what_a_browser_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["/.hidden", "/link", "/../secret", "/%2e%2e/secret", "/vendor", "/vendor/", "//etc/passwd"],
)
def test_nothing_else_is_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_without_a_page_there_are_no_routes(tmp_path: Path) -> None:
    assert list(routes(tmp_path / "none")) == []
