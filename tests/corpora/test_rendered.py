from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile

from ehsaas.corpora import rendered
from ehsaas.corpora.card import UnusedError
from ehsaas.corpora.espeak import Engine, RenderError
from ehsaas.corpora.rendered import SENTENCES, VARIANTS, render

pytest.importorskip("espeakng_loader", reason="the extra `demo` is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two languages, three voices, four emotions, four sentences."""
    place = tmp_path_factory.mktemp("rendered")
    render(place, ("de", "ur"), speakers=3, sentences=4)
    return place


def samples(path: Path) -> np.ndarray:
    return np.asarray(soundfile.read(path)[0])


def level(folder: Path, emotion: str) -> float:
    """Mean level of an emotion's clips in dB."""
    clips = sorted(folder.rglob(f"*_{emotion}.wav"))
    return float(np.mean([10 * np.log10(np.mean(samples(p) ** 2)) for p in clips]))


def test_every_voice_says_every_sentence_in_every_emotion(folder: Path) -> None:
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.wav"))
    assert len(names) == 2 * 3 * 4 * 4
    assert names[0] == "rendered_de/spk01m/de_spk01m_s01_anger.wav"
    assert {n.split("/")[1] for n in names} == {"spk01m", "spk02f", "spk03m"}


def test_clips_are_one_to_three_seconds_of_sound(folder: Path) -> None:
    for path in folder.rglob("*.wav"):
        assert 0.7 < soundfile.info(path).duration < 4.0
        assert np.abs(samples(path)).max() > 0.02


def test_anger_is_louder_than_neutral_and_sadness_softer(folder: Path) -> None:
    assert level(folder, "anger") > level(folder, "neutral") + 3
    assert level(folder, "sadness") < level(folder, "neutral") - 3


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    folder: Path, tmp_path: Path
) -> None:
    again = render(tmp_path / "again", ("ur",), speakers=3, sentences=4)
    for path in again:
        assert path.read_bytes() == (folder / path.relative_to(tmp_path / "again")).read_bytes()
    other = render(tmp_path / "other", ("ur",), speakers=1, sentences=1, seed=1)
    assert other[0].read_bytes() != again[0].read_bytes()


def test_progress_counts_up_to_all(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    render(tmp_path, ("en",), 1, 2, ("fear",), progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]


def test_the_engine_is_closed_where_rendering_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(Engine, "close", lambda engine: closed.append(True))

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(tmp_path, ("en",), 1, 2, ("fear",), progress=stop)
    assert closed == [True]


@pytest.mark.parametrize("language", SENTENCES)
def test_every_language_can_be_rendered(language: str, tmp_path: Path) -> None:
    (path,) = render(tmp_path, (language,), 1, 1, ("neutral",))
    assert soundfile.info(path).duration > 0.7


def test_every_variant_is_a_voice(tmp_path: Path) -> None:
    assert len(render(tmp_path, ("en",), len(VARIANTS), 1, ("neutral",))) == len(VARIANTS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"languages": ("ks",)}, "cannot render the language ks; known are bn, de"),
        ({"emotions": ("boredom",)}, "cannot render the emotion boredom; known are anger"),
        ({"speakers": 17}, "17 speakers were asked for; it can be 1 to 16"),
        ({"sentences": 0}, "0 sentences were asked for; it can be 1 to 8"),
    ],
)
def test_what_cannot_be_rendered_is_refused(
    arguments: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(RenderError, match=message):
        render(tmp_path, **arguments)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_name_is_read_back() -> None:
    row = rendered.parse(PurePosixPath("spk02f/ur_spk02f_s02_sadness.wav"))
    assert row["speaker"] == "spk02f"
    assert row["sex"] == "female"
    assert row["native_emotion"] == "sadness"
    assert row["sentence"] == "s02"
    assert row["text"] == SENTENCES["ur"][1]


@pytest.mark.parametrize("stem", ["03a01Fa", "de_spk01m_s09_anger", "ks_spk01m_s01_anger"])
def test_other_names_are_not_used(stem: str) -> None:
    with pytest.raises(UnusedError):
        rendered.parse(PurePosixPath(f"{stem}.wav"))


def test_each_language_is_a_corpus_that_says_it_is_rendered() -> None:
    assert set(rendered.CORPORA) == {f"rendered_{language}" for language in SENTENCES}
    for name, corpus in rendered.CORPORA.items():
        assert corpus.card.name == name
        assert "synthesiser" in corpus.card.traps[0].what
