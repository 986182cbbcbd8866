import pytest
from pydantic import SecretStr

from ehsaas.serving.server.guard import HEADERS, may_ask
from tests.serving.server.conftest import Serve
from tests.serving.server.toy import wav

WAV = {"content-type": "audio/wav"}


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/toy", "/metrics", "/openapi.json"])
def test_a_token_is_asked_for(serve: Serve, path: str) -> None:
    client = serve(token=SecretStr("the token"))
    none = client.get(path)
    assert (none.status_code, none.headers["www-authenticate"]) == (401, "Bearer")
    assert none.json()["detail"].startswith("no token came")
    for wrong in ("Bearer the tokem", "Bearer", "Basic the token", "the token", "Bearer té"):
        refused = client.get(path, headers=[(b"authorization", wrong.encode())])
        assert refused.status_code == 401 and "wrong token" in refused.json()["detail"]
    assert client.get(path, headers={"authorization": "bearer the token"}).status_code == 200


def test_without_the_token_nothing_is_judged(serve: Serve) -> None:
    client = serve(token=SecretStr("the token"))
    for path in ("/v1/recognise", "/v1/recognise/batch"):
        assert client.post(path, content=wav(), headers=WAV).status_code == 401
    brought = WAV | {"authorization": "Bearer the token"}
    assert client.post("/v1/recognise", content=wav(), headers=brought).status_code == 200


def test_page_and_health_need_none(serve: Serve) -> None:
    client = serve(token=SecretStr("the token"))
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code != 401


def test_may_ask() -> None:
    token, brought = SecretStr("ü"), {b"authorization": "Bearer ü".encode()}
    assert may_ask(SecretStr(" ü\n"), brought)
    assert may_ask(None, {}) and may_ask(token, brought) and may_ask(token, {}, "ü")
    assert (
        not may_ask(token, {}) and not may_ask(token, brought, "u") and not may_ask(token, {}, "")
    )


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::1", "", "[x]:1"])
def test_a_name_that_was_made_to_point_here_is_refused(serve: Serve, host: str) -> None:
    answer = serve().get("/healthz", headers={"host": host})
    assert answer.status_code == 403 and "is not this server's" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:9", "127.0.0.2"])
def test_names_of_this_machine_are_known(serve: Serve, host: str) -> None:
    assert serve().get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000"])
def test_who_listens_elsewhere_is_called_by_addresses_only(serve: Serve, host: str) -> None:
    client = serve(host="0.0.0.0")
    for known in ("192.0.2.7:8000", "[2001:db8::1]", "localhost"):
        assert client.get("/healthz", headers={"host": known}).status_code == 200
    answer = client.get("/healthz", headers={"host": host, "origin": f"http://{host}"})
    assert answer.status_code == 403 and "--allowed-host" in answer.json()["detail"]
    named = serve(host="0.0.0.0", token=SecretStr("the token"))  # who was led here has none
    assert named.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.2", "LOCALHOST"])
def test_any_address_of_this_machine_is_local(serve: Serve, host: str) -> None:
    client = serve(host=host)
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 403
    assert client.get("/healthz", headers={"host": "localhost"}).status_code == 200


@pytest.mark.parametrize("host", ["own.example", "OWN.example:443", "127.0.0.1:8000"])
def test_a_proxy_in_front_has_a_name(serve: Serve, host: str) -> None:
    client = serve(allowed_hosts=("own.example",))
    headers = WAV | {"host": host, "origin": "https://own.example"}
    assert client.post("/v1/recognise", content=wav(), headers=headers).status_code == 200
    foreign = headers | {"origin": "https://evil.example"}
    assert client.post("/v1/recognise", content=wav(), headers=foreign).status_code == 403


def test_a_page_of_another_site_may_not_ask(serve: Serve) -> None:
    client = serve()
    headers = WAV | {"origin": "https://evil.example"}
    answer = client.post("/v1/recognise", content=wav(), headers=headers)
    assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers
    own = client.get("/v1/models", headers={"origin": "http://127.0.0.1:8000"})
    assert own.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/v1/models", "/v1/recognise"])
def test_every_answer_has_the_headers(serve: Serve, path: str) -> None:
    answer = serve().get(path)
    assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
    assert ("cache-control" in answer.headers) == path.startswith("/v1/")
