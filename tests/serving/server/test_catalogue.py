from dataclasses import fields
from hashlib import sha256
from pathlib import Path

import pytest

from ehsaas.judging import Judge
from ehsaas.serving.model_file import Card
from ehsaas.serving.runtime import ModelFile
from tests.serving.server.conftest import Serve
from tests.serving.server.toy import CLASSES, toy

GRAPH = b"its graph"
FILE = b"\x3a" + bytes([len(GRAPH)]) + GRAPH
SHA = sha256(GRAPH).hexdigest()


@pytest.fixture()
def model(tmp_path: Path) -> ModelFile:
    path = tmp_path / "a model.onnx"
    path.write_bytes(FILE)
    card = Card(
        format=1,
        name="toy",
        version="1",
        model="toy",
        classes=CLASSES,
        facts={"languages": ["ks"]},
        licence="CC0",
        precision="int8",
        sha256=SHA,
        hop_ms=20.0,
    )
    known = {one.name: getattr(toy(), one.name) for one in fields(Judge)}
    known |= {"facts": card.facts, "licence": card.licence}
    return ModelFile(**known, card=card, session=None, path=path)


def test_what_is_known_of_a_file(serve: Serve, model: ModelFile) -> None:
    client = serve({"a model": model})
    (listed,) = client.get("/v1/models").json()
    assert listed == {
        "name": "a model",
        "version": "1",
        "model": "toy",
        "classes": list(CLASSES),
        "languages": ["ks"],
        "corpora": [],
        "licence": "CC0",
        "precision": "int8",
        "sha256": SHA,
        "bytes": len(FILE),
        "hop_ms": 20.0,
        "calibrated": True,
        "standardises": False,
        "trained_on": "what the model was trained on (languages ks)",
    }
    told = client.get("/v1/models/a%20model").json()
    assert told == listed | {"card": model.card.model_dump(mode="json")}


def test_the_file_is_sent_once(serve: Serve, model: ModelFile) -> None:
    client = serve({"a model": model})
    sent = client.get("/v1/models/a%20model/file")
    assert (sent.status_code, sent.content, sent.headers["etag"]) == (200, FILE, f'"{SHA}"')
    for known in (f'"{SHA}"', f'"other", W/"{SHA}"'):
        again = client.get("/v1/models/a%20model/file", headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
    model.path.write_bytes(FILE.replace(b"its", b"new"))
    told = client.get("/v1/models/a%20model/file")
    assert told.status_code == 409 and "start the server anew" in told.json()["detail"]
    model.path.unlink()
    assert client.get("/v1/models/a%20model/file").status_code == 404
    assert client.get("/v1/models").json()[0]["bytes"] is None
