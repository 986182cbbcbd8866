"""What a wheel says of its licences, and that it holds what it has to."""

import json
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import ehsaas
from ehsaas import audio, shipped
from ehsaas.corpora import CORPORA
from ehsaas.emotions import LABEL_SETS
from ehsaas.serving.runtime import ModelFile
from tests import signals

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


TEXTS = {
    "LicenseRef-ehsaas-base": "LicenseRef-ehsaas-base.txt",
    "CC-BY-4.0": "CC-BY-4.0-ehsaas-open.txt",
    "MIT": "MIT-Whisper.txt",
}
"""What is said in LICENSES by each licence of the expression but the code's own."""

TRAINED_ON = {
    "ehsaas-base": ("ravdess", "urdu", "emodb", "banglaser", "kashmiri_rasa"),
    "ehsaas-open": ("banglaser", "kashmiri_rasa"),
}
"""The published corpora that a licence speaks of; an open one is trained on rendered ones, too."""


def text_of(model: str) -> str:
    """The licence of a model, on one line."""
    (path,) = (ROOT / "LICENSES").glob(f"*{model}.txt")
    return " ".join(path.read_text(encoding="utf-8").split())


def test_every_licence_in_the_expression_has_its_text_and_all_are_packed(
    told: dict[str, Any],
) -> None:
    project = told["project"]
    assert project["license"].split(" AND ") == ["Apache-2.0", *TEXTS]
    packed = {path for glob in project["license-files"] for path in ROOT.glob(glob)}
    assert packed == {ROOT / "LICENSE", *(ROOT / "LICENSES" / name for name in TEXTS.values())}


@pytest.mark.parametrize("name", [*shipped.MODELS, *sorted(shipped.FREE - {*shipped.MODELS})])
def test_a_model_s_licence_names_its_file_its_corpora_and_its_encoder(name: str) -> None:
    text = text_of(name)
    assert f"ehsaas/shipped/{shipped.MODELS.get(name, f'{name}.onnx')}" in text
    for corpus in TRAINED_ON[name]:
        card = CORPORA[corpus].card
        assert card.citation is not None and card.licence is not None
        assert f"{card.citation} {card.home} {card.licence}" in text
    assert text.count("https://creativecommons.org/licenses/by/4.0/ ") == 2
    assert "OpenAI's Whisper-base, under the MIT License (LICENSES/MIT-Whisper.txt)" in text
    assert "frozen: nothing of it was trained on. It is cut down to the layers" in text
    assert "rounded to 8 bits" in text and "What it is not for This is advice, not a term." in text


def test_the_restricted_licence_is_for_research_and_leaves_share_alike_as_it_is() -> None:
    text = text_of("ehsaas-base")
    assert "for research that is not commercial. Where" in text and "other purposes" not in text
    assert "CC BY-NC-SA 4.0, https://creativecommons.org/licenses/by-nc-sa/4.0/" in text
    assert "as far as the rights in RAVDESS reach, as under CC BY-NC-SA 4.0" in text
    assert "nothing in this text takes away what that licence gives, or adds to what it" in text
    for more in ("business", "inner use", "cite", "under these terms", "must not"):
        assert more not in text, "a restriction that no corpus asks for"


def test_the_free_licence_adds_no_term() -> None:
    text = text_of("ehsaas-open")
    assert "by/4.0/legalcode, with no term beside it." in text and "also commercially" in text
    assert "must not" not in text and '"rendered"' in text
    assert {CORPORA[corpus].card.licence for corpus in TRAINED_ON["ehsaas-open"]} == {"CC BY 4.0"}


def test_shipped_models_are_packed(told: dict[str, Any]) -> None:
    globs = told["tool"]["setuptools"]["package-data"]["ehsaas"]
    for file in shipped.MODELS.values():
        path = PurePosixPath("shipped", file)
        assert any(path.match(glob) for glob in globs), file


LARGEST = 18_000_000
"""Bytes of the file of the model that is taken by default."""


@pytest.fixture(scope="module", params=shipped.MODELS)
def model(request: pytest.FixtureRequest) -> ModelFile:
    found = ehsaas.load(str(request.param))
    assert isinstance(found, ModelFile)
    return found


def test_a_shipped_model_says_what_it_is(model: ModelFile) -> None:
    assert shipped.MODELS[model.name] == f"{model.name}.onnx"
    assert model.card.precision == "int8" and model.path.stat().st_size <= LARGEST
    assert set(model.classes) <= set(LABEL_SETS["seven"])
    assert model.scores is not None and model.facts["calibration"]["data"] == "languages"
    assert model.facts["corpora"] and model.facts["languages"] and model.facts["digests"]
    published = {one for one in model.facts["corpora"] if not one.startswith("rendered")}
    assert published == {*TRAINED_ON[model.name]}, "its licence names others"


def test_the_default_knows_seven_emotions_and_its_licence() -> None:
    model = ehsaas.load()
    assert set(model.classes) == set(LABEL_SETS["seven"])
    assert {"emodb", "ravdess", "urdu", "banglaser", "kashmiri_rasa"} == set(model.facts["corpora"])
    assert model.licence is not None and "LicenseRef-ehsaas-base" in model.licence


def test_a_shipped_model_carries_the_card_that_the_docs_have(model: ModelFile) -> None:
    card = ROOT / "docs" / "models" / f"{model.name}.md"
    assert model.card.about == card.read_text(encoding="utf-8")
    assert "Article 5 (1) f" in model.card.about and "## How it fails" in model.card.about
    told = json.loads(card.with_suffix(".json").read_text(encoding="utf-8"))
    assert [one["corpus"] for one in told["data"]] == list(model.facts["corpora"])


def test_a_shipped_model_judges_a_clip_alone(model: ModelFile) -> None:
    clip = audio.Clip(signals.voice(200, 0.5), audio.RATE)
    answer = model(clip)
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert answer.arousal is not None and -1 <= answer.arousal <= 1
    assert answer.valence is not None and -1 <= answer.valence <= 1
    assert model.settles(0.9) is not None
