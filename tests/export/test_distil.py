from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from ehsaas import digests
from ehsaas.audio import Clip, digest
from ehsaas.calibration import Statistics
from ehsaas.export import ExportError
from ehsaas.export.distil import StudentSettings, distil, listen
from ehsaas.judging import Heard
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.recogniser import Recogniser
from tests import signals
from tests.conftest import Pair
from tests.export import toys
from tests.judging.toys import ByPitch, judge, silence, tone

SMALL = StudentSettings(hidden=12, dense=12, steps=150)
LITTLE = StudentSettings(hidden=4, dense=4, steps=2, speeds=(1.0,))


def tones(count: int, seed: int) -> list[Clip]:
    """Of 90 to 420 Hz, 0.4 to 0.8 s, with a little noise."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        seconds = float(rng.uniform(0.4, 0.8))
        sound = signals.tone(float(rng.uniform(90, 420)), seconds, float(rng.uniform(0.2, 0.6)))
        made.append(Clip(sound + signals.noise(seconds, 1e-4, seed=number)))
    return made


@pytest.fixture(scope="module")
def taught() -> Recogniser:
    of_its_own = {"calibration": {"utterances": 9}, "pruned": 0.5, "encoder": "large"}
    teacher = judge(
        facts={"corpora": ["first"], **of_its_own},
        name="ear",
        version="7",
        scores=np.ones(9, np.float32),
        licence="CC-BY-NC-SA-4.0",
    )
    return distil(teacher, tones(48, seed=1), 3, SMALL)


def test_a_student_answers_as_its_teacher_does(taught: Recogniser) -> None:
    """On tones that it was not taught with; a third would be chance."""
    teacher, others = judge(), tones(45, seed=2)
    said = [teacher(clip).emotion for clip in others]
    assert min(said.count(name) for name in teacher.classes) >= 8
    agreed = np.mean([taught(clip).emotion == one for clip, one in zip(others, said, strict=True)])
    assert agreed > 0.8
    gap = [
        abs(taught(clip).probabilities[name] - teacher(clip).probabilities[name])
        for clip in others
        for name in teacher.classes
    ]
    assert np.mean(gap) < 0.1  # it is as sure, too


def test_what_a_student_says_of_itself(taught: Recogniser) -> None:
    assert taught.name == "ear-student" and taught.version == "7"
    assert taught.model == "attention-bilstm" and taught.classes == judge().classes
    assert {*taught.facts} == {"corpora", "heard", "teacher"}
    assert taught.facts["corpora"] == ["first"]
    assert taught.licence == "CC-BY-NC-SA-4.0"
    assert distil(judge(), tones(6, seed=1), 3, LITTLE).licence is None
    assert taught.scores is None and taught.reach is None
    seconds = sum(clip.duration for clip in tones(48, seed=1))
    teacher = {"name": "ear", "version": "7", "model": "toy", "recordings": 48}
    assert taught.facts["teacher"] == teacher | {"seconds": round(seconds, 1)}


def test_a_student_says_by_digest_what_both_heard_where_its_teacher_does() -> None:
    clips = tones(6, seed=1)
    known = digests.pack(["00" * 16])
    student = distil(judge(facts={"digests": known}), clips, 3, LITTLE)
    assert student.facts["digests"] == digests.add(known, [digest(clip) for clip in clips])
    silent = distil(judge(), clips, 3, LITTLE).facts
    assert "digests" not in silent
    assert silent["heard"] == digests.pack([digest(clip) for clip in clips])


def test_the_same_seed_gives_the_same_student() -> None:
    clips = tones(6, seed=1)
    state = torch.get_rng_state()
    one, again, other = (distil(judge(), clips, seed, LITTLE) for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), state)  # the global one is left alone
    for name, values in one.network.state_dict().items():
        torch.testing.assert_close(again.network.state_dict()[name], values, atol=0, rtol=0)
    assert one.temperature == again.temperature
    assert isinstance(one.network, AttentionBiLSTM) and isinstance(other.network, AttentionBiLSTM)
    assert not torch.equal(one.network.head.weight, other.network.head.weight)


def test_each_recording_is_heard_at_every_speed() -> None:
    teacher = judge()
    extractor = SMALL.features.extractor().eval()
    lesson = listen(teacher, [tone(200.0), silence(), tone(300.0)], extractor, (1.0, 0.9, 1.1))
    assert teacher.heard == [(200,), (180,), (220,), (300,), (270,), (330,)]
    assert len(lesson.features) == len(lesson.targets) == 6
    assert lesson.seconds == pytest.approx(2.0)
    frames = [len(x) for x in lesson.features[:3]]
    assert frames[1] > frames[0] > frames[2]  # slower is longer
    np.testing.assert_allclose(lesson.targets.sum(axis=1), 1, atol=1e-5)


def test_a_long_recording_is_heard_in_windows() -> None:
    teacher = judge()
    listen(teacher, [tone(200.0, 17.0)], SMALL.features.extractor().eval(), (1.0,))
    assert len(teacher.heard) == 4


@pytest.mark.parametrize(("seconds", "heard"), [(13.5, [13.5, 15.0]), (14.9, [14.9])])
def test_nothing_is_slowed_down_beyond_what_is_heard_in_one_piece(
    seconds: float, heard: list[float]
) -> None:
    lengths: list[float] = []

    class Noting(ByPitch):
        def hear(
            self, clips: Sequence[Clip], statistics: Statistics | None = None
        ) -> tuple[Heard, ...]:
            lengths.extend(clip.duration for clip in clips)
            return super().hear(clips, statistics)

    ear = Noting(**vars(judge()))
    lesson = listen(ear, [tone(200.0, seconds)], SMALL.features.extractor().eval(), (1.0, 0.9))
    assert lengths == pytest.approx(heard, abs=1e-3)
    assert len(lesson.targets) == len(heard)


def test_a_file_of_an_encoder_teaches_by_long_recordings(pair: Callable[[str], Pair]) -> None:
    """It knows no positions behind 15 s."""
    long = Clip(signals.voice(150, 14.9))
    settings = replace(LITTLE, speeds=(1.0, 0.9))
    student = distil(pair(toys.WHISPER).file, [long], 0, settings)
    assert student.facts["teacher"]["seconds"] == 14.9


def test_an_exported_file_teaches(pair: Callable[[str], Pair]) -> None:
    teacher = pair("attention-bilstm").file
    student = distil(teacher, toys.clips(3), 0, LITTLE)
    assert student.classes == teacher.classes
    assert student.facts["teacher"]["model"] == "attention-bilstm"
    assert sum(student(toys.clips(3)[1]).probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("clips", ([], [silence()], [tone(200.0, 0.02)]))
def test_without_sound_nothing_is_learned(clips: list[Clip]) -> None:
    with pytest.raises(ExportError, match="no recording with sound in it to learn from"):
        distil(judge(), clips, 0, LITTLE)


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []

    def tell(what: str, done: int, total: int) -> None:
        told.append((what, done, total))

    distil(ByPitch(**vars(judge())), tones(4, seed=1), 0, LITTLE, tell)
    assert told[3] == ("listening to the teacher", 4, 4)
    assert {what for what, _, _ in told} == {"listening to the teacher", "teaching"}
