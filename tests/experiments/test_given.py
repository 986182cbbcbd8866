"""A user's recordings as a recogniser hears them: labels, voices, long ones in windows."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from ehsaas import audio
from ehsaas.calibration import Statistics
from ehsaas.experiments.given import Recording, hear
from ehsaas.features.stack import FeatureConfig
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.recogniser import Recogniser
from ehsaas.training.adaptation import AdaptationError

CONFIG = FeatureConfig(parts=("mfcc",), hop_ms=20, n_mfcc=6)
D = len(CONFIG.names)


@pytest.fixture()
def recogniser() -> Recogniser:
    torch.manual_seed(0)
    own = Statistics(np.zeros(D, np.float32), np.ones(D, np.float32), 1, "source")
    classes = ("anger", "neutral", "sadness")
    return Recogniser(
        CONFIG,
        {},
        LinearProbe(D, 3),
        model="linear-probe",
        classes=classes,
        statistics=own,
        name="toy",
    )


def recording(
    folder: Path, name: str, seconds: float, emotion: str | None = None, speaker: str | None = None
) -> Recording:
    time = np.arange(int(seconds * audio.RATE)) / audio.RATE
    sf.write(folder / name, 0.3 * np.sin(2 * np.pi * 200 * time), audio.RATE)
    return Recording(name, folder / name, emotion, speaker)


def test_labels_and_voices_are_numbered(recogniser: Recogniser, tmp_path: Path) -> None:
    given = [recording(tmp_path, f"z{i}.wav", 0.5, "sadness", "zoya") for i in range(5)]
    given += [recording(tmp_path, "a.wav", 0.5, None, "amir"), recording(tmp_path, "u.wav", 0.5)]
    heard = hear(recogniser, given, 3)
    assert heard.examples.labels.tolist() == [2] * 5 + [-1, -1]
    assert heard.speaker.tolist() == [1] * 5 + [0, -1]
    assert heard.voices.tolist() == [0, 1] and not heard.few  # one recording may be anybody's
    assert set(heard.examples.corpus) == {3} and heard.recordings == 7
    assert heard.labelled(3).tolist() == [0, 0, 5]


def test_a_long_recording_is_heard_in_the_windows_it_is_judged_in(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    given = [recording(tmp_path, f"{i}.wav", 0.5) for i in range(4)]
    heard = hear(recogniser, [*given, recording(tmp_path, "long.wav", 22, "anger", "me")], 0)
    assert (
        heard.recordings == 5
        and heard.examples.ids == (*(f"{i}.wav" for i in range(4)),) + ("long.wav",) * 5
    )
    assert heard.examples.labels.tolist() == [-1] * 4 + [0] * 5
    assert heard.labelled(3).tolist() == [1, 0, 0]
    assert heard.speaker.tolist() == [-1] * 4 + [0] * 5
    assert heard.places.tolist() == [0, 1, 2, 3] + [4] * 5
    seconds = heard.examples.seconds
    assert seconds is not None
    np.testing.assert_allclose(seconds[4:], 5)
    np.testing.assert_allclose(heard.shares[4:], [1, 1, 1, 1, 0.4])  # 2 s are new in the last


def test_what_cannot_be_heard_is_a_line(recogniser: Recogniser, tmp_path: Path) -> None:
    given = [recording(tmp_path, f"{i}.wav", 0.5) for i in range(5)]
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    sf.write(tmp_path / "silent.wav", np.zeros(8000), audio.RATE)
    bad = [Recording(name, tmp_path / name) for name in ("broken.wav", "silent.wav")]
    told: list[tuple[int, int]] = []
    heard = hear(recogniser, [*given, *bad], 0, lambda _, done, total: told.append((done, total)))
    assert heard.recordings == 5 and told[-1] == (7, 7)
    assert heard.unread[0].startswith("broken.wav: ") and heard.unread[1] == "silent.wav: no speech"
    with pytest.raises(AdaptationError, match="4 recordings with speech in them; at least 5"):
        hear(recogniser, [*given[1:], *bad], 0)


def test_a_label_that_is_no_emotion_of_the_recogniser_is_named(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    given = [recording(tmp_path, f"{i}.wav", 0.5, "rage") for i in range(5)]
    with pytest.raises(AdaptationError, match=r"toy does not know: rage; its emotions are anger"):
        hear(recogniser, given, 0)


def test_voices_are_held_back_together_where_two_are_known(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    def given(*voices: str | None) -> list[Recording]:
        return [
            recording(tmp_path, f"{i}.wav", 0.5, "anger", voice) for i, voice in enumerate(voices)
        ]

    for voices, groups, whom in (
        (("a", "a", "b", "b", "b"), [0, 0, 1, 1, 1], "other voices"),
        (("a", "a", "b", None, None), [0, 0, 1, -4, -5], "other recordings, some of voices"),
        (("a", "a", "a", None, None), [0, 1, 2, 3, 4], "other recordings of the same voices"),
        ((None,) * 5, [0, 1, 2, 3, 4], "other recordings of the same voices"),
    ):
        heard = hear(recogniser, given(*voices), 0)
        found, told = heard.apart()
        assert found.tolist() == groups and told.startswith(whom)
        assert heard.few == (None not in voices)
    assert not hear(recogniser, given(*"abcde"), 0).few  # five voices are many
