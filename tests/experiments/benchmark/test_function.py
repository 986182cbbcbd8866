from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehsaas.audio import Clip
from ehsaas.experiments.benchmark import function
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from tests.experiments.benchmark import tables
from tests.judging.toys import tone

HERE = "tests.experiments.benchmark.test_function"
TABLES = "tests.experiments.benchmark.tables"


def silent(clip: Clip) -> dict[str, float] | None:
    return {"sad": 0.25, "ang": 0.75} if clip.samples.any() else None


def changing(clip: Clip) -> dict[str, float]:
    return {"anger": 0.5, "sadness": 0.5} if clip.duration == 1 else {"anger": 1.0}


def unsure(clip: Clip) -> dict[str, float]:
    return {"anger": 0.9, "sadness": 0.9}


def breaks(clip: Clip) -> dict[str, float]:
    raise KeyError("weights")


def informed(clip: Clip) -> dict[str, float]:
    return {"anger": 0.5, "sadness": 0.5}


informed.facts = {"languages": ["de"]}  # type: ignore[attr-defined]


def texts(clip: Clip) -> dict[str, Any]:
    return {"anger": "0.5", "sadness": 0.5} if clip.duration == 1 else {"anger": None, "sadness": 1}


def hears_short(clip: Clip) -> dict[str, float] | None:
    """Hears speech in what is shorter than the noise that it is asked about."""
    return {"y": 0.75, "x": 0.25} if clip.duration < 0.5 else None


def turned(clip: Clip) -> dict[str, float] | None:
    """The same in the other order where it is a little longer."""
    said = hears_short(clip)
    return dict(reversed(said.items())) if said and clip.duration > 0.25 else said


not_callable = 3


@pytest.mark.parametrize(
    ("model", "is_one"),
    [
        ("package.module:name", True),
        ("module:name", True),
        ("runs/model", False),
        ("C:/models/x.onnx", False),
        ("a.b:c.d", False),
        ("recipe.yaml", False),
    ],
)
def test_what_names_a_callable(model: str, is_one: bool) -> None:
    assert function.is_named(model) is is_one


def test_a_mapping_is_put_in_the_order_of_the_classes() -> None:
    found = function.entrant(f"{HERE}:silent", None)
    assert found.classes == ("anger", "sadness") and found.name == "silent"
    heard = found.hear(tone(200), None)
    assert heard is not None
    np.testing.assert_allclose(heard, [0.75, 0.25])
    assert found.hear(Clip(np.zeros(1600, np.float32)), None) is None
    assert found.judge is None and dict(found.facts) == {}


def test_numbers_are_named_by_labels() -> None:
    labels = ",".join(tables.PITCH)
    found = function.entrant(f"{TABLES}:logits", labels)
    heard = found.hear(tone(tables.PITCH["happiness"]), None)
    assert heard is not None
    assert found.classes[int(heard.argmax())] == "happiness"


def test_what_it_was_trained_on_is_an_attribute() -> None:
    assert function.entrant(f"{HERE}:informed", None).facts == {"languages": ("de",)}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"corpora": "emodb"}, "corpora"),
        ({"languages": [1]}, "languages"),
        ({"languages": ["German"]}, "languages"),
        ({"language": ["de"]}, "language"),
        ({"digests": "x"}, "digests"),
        (["de"], "expected keys with values"),
    ],
)
def test_facts_that_cannot_be_read_are_told(
    facts: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(informed, "facts", facts)
    with pytest.raises(BenchmarkError, match=f"its facts cannot be read: .*{why}"):
        function.entrant(f"{HERE}:informed", None)


def test_a_version_says_that_answers_are_still_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = function.entrant(f"{HERE}:informed", None)
    assert not bare.settled
    monkeypatch.setattr(informed, "version", "2", raising=False)
    second = function.entrant(f"{HERE}:informed", None)
    assert second.settled and second.digest != bare.digest
    monkeypatch.setattr(informed, "version", 2)
    with pytest.raises(BenchmarkError, match="its version is 2; expected a text"):
        function.entrant(f"{HERE}:informed", None)


def test_who_hears_no_speech_in_noise_is_asked_about_recordings() -> None:
    clips = [tone(200, 0.6), tone(200, 0.3), tone(200, 0.2)]
    with pytest.raises(BenchmarkError, match="'y', 'x' cannot be told for an emotion"):
        function.entrant(f"{HERE}:hears_short", None, lambda: clips)
    with pytest.raises(BenchmarkError, match="cannot be learned; give --labels"):
        function.entrant(f"{HERE}:hears_short", None, lambda: clips[:1])


def test_labels_name_the_keys_of_a_mapping_by_the_order_of_the_first() -> None:
    found = function.entrant(f"{HERE}:turned", "sadness,anger")
    for seconds in (0.2, 0.3):
        heard = found.hear(tone(200, seconds), None)
        assert heard is not None
        np.testing.assert_allclose(heard, [0.25, 0.75])  # anger is x
    assert found.hear(tone(200, 0.6), None) is None


@pytest.mark.parametrize("labels", ["anger,sadness", "sadness,anger,-"])
def test_labels_that_contradict_a_mapping_are_told(labels: str) -> None:
    found = function.entrant(f"{HERE}:silent", labels)  # sad, ang
    with pytest.raises(BenchmarkError, match="mapping of sad, ang, in this order, and --labels"):
        found.hear(tone(200), None)


def test_the_digest_tells_callables_and_labels_apart() -> None:
    a, b = (function.entrant(f"{HERE}:{name}", None).digest for name in ("silent", "informed"))
    assert a != b == function.entrant(f"{HERE}:informed", None).digest
    one, other = ("anger,fear,sadness,calm,neutral", "fear,anger,sadness,calm,neutral")
    digests = {function.entrant(f"{TABLES}:logits", x).digest for x in (one, other)}
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("nowhere_at_all:it", "there is no module nowhere_at_all"),
        (f"{HERE}:missing", "has no callable 'missing'"),
        (f"{HERE}:not_callable", "has no callable 'not_callable'"),
        (f"{HERE}:breaks", r"raised KeyError on a clip of 1.00 s"),
        (f"{TABLES}:logits", "returned ndarray for a second of noise; expected a mapping"),
    ],
)
def test_what_is_no_model_is_told(model: str, why: str) -> None:
    with pytest.raises(BenchmarkError, match=why):
        function.entrant(model, None)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("changing", "expected a probability for each"),
        ("unsure", "sum to 1"),
        ("texts", "expected numbers"),
    ],
)
def test_a_strange_answer_is_told_when_it_comes(name: str, why: str) -> None:
    found = function.entrant(f"{HERE}:{name}", None)
    with pytest.raises(BenchmarkError, match=why):
        found.hear(tone(200, 0.5), None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_like_it", "imports nothing_like_it, which is not installed"),
        ("raise OSError('no weights here')", r"raised OSError when .* \(no weights here\)"),
        ("raise SystemExit(3)", "raised SystemExit when it was imported"),
        ("it = (", "raised SyntaxError when it was imported"),
    ],
)
def test_a_module_of_ones_own_that_cannot_be_imported_is_told(
    text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "breaking_module.py").write_text(f"{text}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BenchmarkError, match=why):
        function.entrant("breaking_module:it", None)
