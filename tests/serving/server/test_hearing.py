import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ehsaas.audio import Clip
from ehsaas.judging import Judge
from ehsaas.serving.server.hearing import Hearing, LateError, Turn
from tests.serving.server.toy import Toy, tone, toy


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread does, and not for ever."""
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about in 30 s")


def asked_together(judge: Toy, clips: list[Clip]) -> list[dict[str, float]]:
    """Answers to clips that all wait before the first is heard, in their order."""
    hearing = Hearing(1)
    first = hearing.judge(judge, Turn(30))
    with ThreadPoolExecutor(len(clips) + 1) as threads:
        busy = threads.submit(first, Clip(tone(9)))
        assert judge.begun.wait(10)
        answers = [threads.submit(hearing.judge(judge, Turn(30)), clip) for clip in clips]
        until(lambda: hearing.waiting >= len(clips))
        judge.gate.set()
        busy.result(30)
        found = [dict(answer.result(30).probabilities) for answer in answers]
    hearing.stop()
    return found


def test_what_waits_is_heard_together_and_judged_as_alone() -> None:
    judge, clips = toy(closed=True), [Clip(tone(1, 0.05 * i)) for i in range(1, 9)]
    found = asked_together(judge, clips)
    assert judge.batches == [1, 8]
    for said, clip in zip(found, clips, strict=True):
        assert said == pytest.approx(dict(toy()(clip).probabilities), abs=1e-5)


def test_no_more_are_heard_together_than_the_model_allows() -> None:
    alone = toy(closed=True, at_once=1)
    asked_together(alone, [Clip(tone(1))] * 5)
    assert alone.batches == [1] * 6
    three = toy(closed=True, at_once=3)
    asked_together(three, [Clip(tone(1))] * 5)
    assert three.batches == [1, 3, 2]


def test_only_clips_of_about_one_length_are_heard_together() -> None:
    judge = toy(closed=True)
    asked_together(judge, [Clip(tone(1)), Clip(tone(3)), Clip(tone(1.05)), Clip(tone(3.1))])
    assert judge.batches == [1, 2, 2]


def test_a_clip_that_cannot_be_heard_spoils_no_other() -> None:
    judge = toy(closed=True, bad=0.4)
    hearing = Hearing(1)
    with ThreadPoolExecutor(3) as threads:
        busy = threads.submit(hearing.judge(judge, Turn(30)), Clip(tone(9)))
        assert judge.begun.wait(10)
        good = threads.submit(hearing.judge(judge, Turn(30)), Clip(tone(1, 0.3)))
        loud = threads.submit(hearing.judge(judge, Turn(30)), Clip(tone(1, 0.9)))
        until(lambda: hearing.waiting >= 2)
        judge.gate.set()
        busy.result(30)
        assert good.result(30).probabilities == toy()(Clip(tone(1, 0.3))).probabilities
        with pytest.raises(RuntimeError, match="cannot hear"):
            loud.result(30)
    hearing.stop()


def test_two_models_share_the_threads_and_no_batch() -> None:
    hearing = Hearing(2)
    one, other = toy(), toy(classes=("fear", "calm", "anger"))
    judges: list[Judge] = [hearing.judge(one, Turn(30)), hearing.judge(other, Turn(30))]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda i: judges[i % 2](Clip(tone(1))), range(40)))
    assert {tuple(said.probabilities) for said in found[1::2]} == {("fear", "calm", "anger")}
    assert sum(one.batches) == sum(other.batches) == 20
    hearing.stop()


def test_who_left_is_not_heard_any_more() -> None:
    judge = toy(closed=True)
    hearing, turn = Hearing(1), Turn(30)
    with ThreadPoolExecutor(2) as threads:
        busy = threads.submit(hearing.judge(judge, Turn(30)), Clip(tone(1)))
        assert judge.begun.wait(10)
        late = threads.submit(hearing.judge(judge, turn), Clip(tone(1)))
        until(lambda: hearing.waiting > 0)
        turn.left = True
        judge.gate.set()
        busy.result(30)
        with pytest.raises(LateError):
            late.result(30)
    hearing.stop()
    assert judge.batches == [1]


def test_the_end_answers_who_waits() -> None:
    judge = toy(closed=True)
    hearing = Hearing(1)
    with ThreadPoolExecutor(3) as threads:
        busy = threads.submit(hearing.judge(judge, Turn(30)), Clip(tone(1)))
        assert judge.begun.wait(10)
        waits = threads.submit(hearing.judge(judge, Turn(30)), Clip(tone(1)))
        until(lambda: hearing.waiting > 0)
        ending = threading.Thread(target=hearing.stop)
        ending.start()
        with pytest.raises(LateError, match="stopped"):
            waits.result(30)
        judge.gate.set()
        assert busy.result(30).emotion in judge.classes
        ending.join(30)
    with pytest.raises(LateError, match="stopped"):
        hearing.judge(judge, Turn(30))(Clip(tone(1)))


def test_timelines_and_long_clips_are_judged_as_without_a_queue() -> None:
    hearing, plain = Hearing(2), toy()
    queued = hearing.judge(toy(), Turn(30))
    clip = Clip(tone(18) * np.linspace(0.1, 1, 18 * 16_000, dtype=np.float32))
    assert queued(clip, coverage=0.5) == plain(clip, coverage=0.5)
    assert queued.timeline(clip) == plain.timeline(clip)
    hearing.stop()
