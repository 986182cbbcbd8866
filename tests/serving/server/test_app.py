import logging
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from ehsaas.audio import Clip
from ehsaas.serving.server.app import app
from ehsaas.serving.server.settings import Settings
from tests.judging.toys import judge
from tests.serving.server.conftest import Serve
from tests.serving.server.toy import CLASSES, tone, toy, wav

WAV = {"content-type": "audio/wav"}
PCM = {"content-type": "audio/pcm"}


def as_written(seconds: float = 1.0, level: float = 0.3) -> Clip:
    """What a server hears of `wav`."""
    rounded = np.round(tone(seconds, level) * 32768) / 32768
    return Clip(rounded.astype(np.float32))


def test_a_form_and_a_body_are_judged_alike(serve: Serve) -> None:
    client = serve()
    form = client.post("/v1/recognise", files={"file": ("a.wav", wav())})
    body = client.post("/v1/recognise", content=wav(), headers=WAV)
    raw = client.post(
        "/v1/recognise?encoding=f32le&rate=16000", content=tone().tobytes(), headers=PCM
    )
    assert form.status_code == body.status_code == raw.status_code == 200
    assert form.json() == body.json()
    (said,) = form.json()["estimates"]
    assert (form.json()["model"], form.json()["duration"]) == ("toy", 1.0)
    assert said["path"] is None and said["model"] == "toy"
    expected = toy()(as_written()).probabilities
    assert said["probabilities"] == pytest.approx(dict(expected), abs=1e-4)
    (unwritten,) = raw.json()["estimates"]
    assert unwritten["probabilities"] == pytest.approx(said["probabilities"], abs=1e-4)


def test_a_timeline_and_the_whole(serve: Serve) -> None:
    sound = tone(6)
    sound[3 * 16_000 :] = 0
    query = "?timeline=true&hop=1&window=1&encoding=f32le"
    told = serve().post("/v1/recognise" + query, content=sound.tobytes(), headers=PCM).json()
    first, silent = told["estimates"]
    assert (first["start"], silent["emotion"], silent["end"]) == (0, "no speech", 6)
    assert told["whole"]["end"] == 6 and set(told["whole"]["probabilities"]) == set(CLASSES)


def test_arousal_and_valence_are_told(serve: Serve) -> None:
    client = serve({"ear": judge(placed=True), "toy": toy()})
    for name, known in (("ear", True), ("toy", False)):
        told = client.post(f"/v1/recognise?model={name}", content=wav(f0=400), headers=WAV).json()
        (said,) = told["estimates"]
        assert said["arousal"] == (pytest.approx(1.0, abs=0.01) if known else None)
        assert said["valence"] == (pytest.approx(-0.5, abs=0.01) if known else None)


def test_coverage_gives_sets(serve: Serve) -> None:
    client = serve({"toy": toy(), "plain": toy(scores=None)})
    judged = client.post("/v1/recognise?coverage=0.9", content=wav(), headers=WAV)
    (said,) = judged.json()["estimates"]
    assert said["prediction_set"] == ["anger"]
    refused = client.post("/v1/recognise?coverage=0.9&model=plain", content=wav(), headers=WAV)
    assert refused.status_code == 422 and "not calibrated" in refused.json()["detail"]


def test_a_batch_answers_in_order_and_names_what_failed(serve: Serve) -> None:
    sent = [
        ("files", ("../../one.wav", wav(1))),
        ("files", ("two.txt", b"no audio")),
        ("files", ("three.flac", wav(2, form="FLAC"))),
    ]
    told = serve().post("/v1/recognise/batch", files=sent).json()
    one, two, three = told["results"]
    assert (one["name"], one["duration"], three["duration"]) == ("../../one.wav", 1.0, 2.0)
    assert set(two) == {"name", "error", "status"}
    assert "not audio" in two["error"] and two["status"] == 422
    assert three["estimates"][0]["end"] == 2.0


def test_what_may_be_tried_again_is_told_in_a_batch(serve: Serve) -> None:
    body = wav(8, form="FLAC")
    client = serve(memory=4 * len(body) + 8 * 16000 * 4)
    told = client.post("/v1/recognise/batch", files=[("files", ("a", body))] * 2).json()
    assert sorted(one.get("status", 200) for one in told["results"]) == [200, 429]


def test_what_is_asked_and_not_known_is_refused(serve: Serve) -> None:
    answer = serve().post("/v1/recognise?coverge=0.9", content=wav(), headers=WAV)
    assert answer.status_code == 422 and "coverge" in answer.json()["detail"]


@pytest.mark.parametrize(("language", "warned"), [("ks", 1), ("de-AT", 0), ("DE", 0)])
def test_a_language_that_was_never_heard_is_a_warning(
    serve: Serve, language: str, warned: int
) -> None:
    judge = replace(toy(), facts={"languages": ["de", "ur"]})
    client = serve({"toy": judge})
    path = f"/v1/recognise?language={language}"
    (told,) = client.post(path, content=wav(), headers=WAV).json()["estimates"]
    found = [one for one in told["warnings"] if "never heard" in one]
    assert len(found) == warned
    assert all("ks; it was trained on de, ur" in one for one in found)


def test_a_batch_is_limited_in_recordings_and_seconds(serve: Serve) -> None:
    client = serve(max_files=2, max_seconds=2.5)
    refused = client.post("/v1/recognise/batch", files=[("files", ("a", wav()))] * 3)
    assert refused.status_code == 422 and "more than 2 parts" in refused.json()["detail"]
    told = client.post("/v1/recognise/batch", files=[("files", ("a", wav(2)))] * 2).json()
    assert sorted("error" in one for one in told["results"]) == [False, True]


@pytest.mark.parametrize(
    ("body", "headers", "query", "status", "said"),
    [
        (b"abc", {"content-type": "text/plain"}, "", 415, "text/plain came; expected audio/"),
        (b"abc", {}, "", 415, "no content type"),
        (b"no audio", WAV, "", 422, "not audio that can be read"),
        (b"", WAV, "", 422, "empty"),
        (b"abc", PCM, "", 422, "multiple of 2"),
        (wav(), WAV, "?model=other", 404, "no model 'other'; there are toy"),
        (wav(), WAV, "?model=../../etc/passwd", 404, "no model"),
        (wav(), WAV, "?coverage=1", 422, "coverage: Input should be less than 1"),
        (wav(), WAV, "?coverage=nan", 422, "coverage"),
        (wav(), WAV, "?hop=2&window=1&timeline=1", 422, "hop 2 is longer than window 1"),
        (wav(), WAV, "?hop=inf", 422, "hop"),
        (wav(), WAV, "?language=%00", 422, "language"),
        (wav(4), WAV, "", 413, "longer than 3 s"),
        (tone(4).tobytes(), PCM, "?encoding=f32le", 413, "more than 3 s"),
        (bytes(300_001), WAV, "", 413, "300001 bytes came; expected at most 300000"),
        (wav(), WAV, "?timeline=1&hop=0.05&window=1", 422, "20 looks; at most 10"),
        (b"abc", {"content-type": "multipart/form-data"}, "", 422, "malformed"),
        (b"abc", {"content-type": "multipart/form-data; boundary=x"}, "", 422, "malformed"),
        (
            b"--x--\r\n",
            {"content-type": "multipart/form-data; boundary=x"},
            "",
            422,
            "without a rec",
        ),
    ],
)
def test_what_cannot_be_done_is_said(
    serve: Serve, body: bytes, headers: dict[str, str], query: str, status: int, said: str
) -> None:
    client = serve(max_bytes=300_000, max_seconds=3, max_looks=10)
    answer = client.post("/v1/recognise" + query, content=body, headers=headers)
    assert (answer.status_code, set(answer.json())) == (status, {"detail"})
    assert said in answer.json()["detail"]


def test_a_form_may_hold_one_file_and_nothing_else(serve: Serve) -> None:
    client = serve()
    other = client.post("/v1/recognise", files={"sound": wav()})
    assert other.status_code == 422
    assert other.json()["detail"] == "a part called 'sound'; expected 'file'"
    two = client.post("/v1/recognise", files=[("file", wav()), ("file", wav())])
    assert two.status_code == 422 and "more than 1 parts" in two.json()["detail"]
    plain = client.post("/v1/recognise/batch", content=wav(), headers=WAV)
    assert plain.status_code == 415
    cut = client.post(
        "/v1/recognise",
        content=b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + wav(),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert cut.status_code == 422 and "broken off" in cut.json()["detail"]


def test_a_body_without_a_length_is_cut_off_at_the_limit(serve: Serve) -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield bytes(10_000)

    client = serve(max_bytes=50_000)
    answer = client.post("/v1/recognise", content=endless(), headers=WAV)
    assert answer.status_code == 413 and "more bytes came" in answer.json()["detail"]
    service = client.app.state.service  # type: ignore[attr-defined]
    assert service.room.bytes == 0


def test_a_full_queue_says_when_to_come_back(serve: Serve) -> None:
    judge = toy(closed=True)
    client = serve({"toy": judge}, queue=1)
    first: list[int] = []

    def ask() -> None:
        first.append(client.post("/v1/recognise", content=wav(), headers=WAV).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    assert judge.begun.wait(10)
    second = client.post("/v1/recognise", content=wav(), headers=WAV)
    judge.gate.set()
    asking.join(30)
    assert (second.status_code, second.headers["retry-after"], first) == (429, "1", [200])
    assert "1 requests are in hand" in second.json()["detail"]


def test_more_than_there_is_memory_for_is_refused(serve: Serve) -> None:
    client = serve(memory=100_000)
    assert client.post("/v1/recognise", content=wav(0.2), headers=WAV).status_code == 200
    assert client.post("/v1/recognise", content=wav(3), headers=WAV).status_code == 429


def test_judging_that_takes_too_long_is_given_up(serve: Serve) -> None:
    judge = toy(closed=True)
    client = serve({"toy": judge}, answer_seconds=0.3)
    answer = client.post("/v1/recognise", content=wav(), headers=WAV)
    assert answer.status_code == 504 and "within 0.3 s" in answer.json()["detail"]
    judge.gate.set()


def test_decoding_that_takes_too_long_is_given_up(serve: Serve) -> None:
    client = serve(decode_seconds=0.02)
    samples = np.zeros(8_000_000, "<i2").tobytes()
    answer = client.post("/v1/recognise?rate=48000", content=samples, headers=PCM)
    assert answer.status_code == 422 and "not decoded within" in answer.json()["detail"]


def test_a_server_that_is_being_stopped_refuses(serve: Serve) -> None:
    client = serve()
    client.app.state.service.stopping.set()  # type: ignore[attr-defined]
    answer = client.post("/v1/recognise", content=wav(), headers=WAV)
    assert (answer.status_code, answer.headers["connection"]) == (503, "close")


def test_a_mistake_of_ours_tells_nothing(serve: Serve) -> None:
    answer = serve({"toy": toy(bad=0.0)}).post("/v1/recognise", content=wav(), headers=WAV)
    assert answer.status_code == 500
    assert answer.json() == {"detail": "a mistake of the server's own; its log says more"}
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_models_are_listed(serve: Serve) -> None:
    client = serve({"one": toy(), "two": toy(scores=None)})
    one, two = client.get("/v1/models").json()
    assert (one["name"], one["calibrated"], two["calibrated"]) == ("one", True, False)
    assert one["trained_on"] == "what the model was trained on (one)"
    assert client.get("/v1/models/two").json() == two | {"card": None}
    assert client.get("/v1/models/two/file").status_code == 404
    for name in ("three", "..%2f..%2fetc%2fpasswd", "%00", "a/b"):
        assert client.get(f"/v1/models/{name}").status_code == 404


def test_health_metrics_and_what_is_not_there(serve: Serve) -> None:
    client = serve()
    assert client.get("/healthz").json() == {"status": "ok"}
    client.post("/v1/recognise", content=wav(2), headers=WAV)
    told = client.get("/metrics").text.splitlines()
    assert "ehsaas_audio_seconds_total 2.0" in told
    assert 'ehsaas_requests_total{route="/v1/recognise",status="200"} 1.0' in told
    assert "ehsaas_in_hand 0.0" in told and "ehsaas_held_bytes 0.0" in told
    assert client.get("/nothing").status_code == 404
    assert client.get("/v1/recognise").status_code == 405
    assert client.get("/docs").status_code == 404


def test_openapi_tells_every_route_with_examples_and_errors(serve: Serve) -> None:
    paths = serve().get("/openapi.json").json()["paths"]
    assert {*paths} == {
        *("/v1/recognise", "/v1/recognise/batch", "/v1/models", "/v1/models/{name}"),
        *("/v1/models/{name}/file", "/healthz", "/metrics"),
    }
    told = paths["/v1/recognise"]["post"]["responses"]
    assert {*told} >= {"200", "401", "413", "415", "422", "429", "503", "504"}
    for response in told.values():
        assert "example" in response["content"]["application/json"]


def test_nothing_is_written_or_logged(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = serve()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))  # what writes there fails
    big, statuses = wav(60), []
    for data in (big, big[:-99], b"no audio " * 500_000):
        answer = client.post("/v1/recognise", files={"file": ("secret-name.wav", data)})
        statuses.append(answer.status_code)
    assert statuses == [200, 200, 422]
    with pytest.raises(FileNotFoundError), tempfile.SpooledTemporaryFile(max_size=1) as spooled:
        spooled.write(b"more than is held")
    assert "secret-name" not in caplog.text and "RIFF" not in caplog.text


def test_a_server_needs_a_model() -> None:
    with pytest.raises(ValueError, match="at least one model"):
        app({}, Settings())


def test_a_second_start_is_another_server(serve: Serve) -> None:
    made = app({"toy": toy()}, Settings(decoders=1))
    for _ in range(2):
        with TestClient(made, "http://127.0.0.1") as client:
            assert client.post("/v1/recognise", content=wav(), headers=WAV).status_code == 200
