import io

from rich.console import Console

from ehsaas.cli.live_view import View, line
from ehsaas.emotions import NO_SPEECH, NOT_SURE, Estimate
from ehsaas.serving.stream import SPEECH, Event


def look(emotion: str, angry: float, end: float = 1.5) -> Event:
    said = {} if emotion == NO_SPEECH else {"anger": angry, "sadness": 1 - angry}
    return Event("look", Estimate(emotion, said, start=end - 1.5, end=end, extra={SPEECH: 0.87}))


def drawn(view: View, width: int = 60) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(view)
    return captured.get().splitlines()


def test_what_is_heard_now() -> None:
    view = View(("anger", "sadness"), 0.5)
    view.take(look("anger", 0.9, 64.25))
    head, angry, sad, ribbon = drawn(view)
    assert head.split() == "01:04.2 anger speech in 87% of the window".split()
    assert angry.split() == ["anger", "█" * 27 + "···", "0.90"]
    assert sad.split() == ["sadness", "███" + "·" * 27, "0.10"]
    assert ribbon == "A"


def test_the_ribbon_shows_the_last_minute_and_no_more() -> None:
    view = View(("anger", "sadness"), 0.5)
    for number in range(200):
        view.take(look(NO_SPEECH if number < 197 else "sadness", 0.1))
    view.take(look(NOT_SURE, 0.5))
    assert drawn(view, 200)[-1] == "·" * 116 + "SSS?"
    assert drawn(view, 10)[-1] == "·" * 6 + "SSS?"


def test_silence_has_no_probabilities() -> None:
    view = View(("anger", "sadness"), 0.5)
    view.take(look(NO_SPEECH, 0))
    assert drawn(view)[1].split() == ["anger", "·" * 30]


def test_onsets_and_ends_do_not_change_the_look() -> None:
    view = View(("anger", "sadness"), 0.5)
    view.take(look("anger", 0.9))
    before = drawn(view)
    view.take(Event("onset", Estimate("sadness", {"sadness": 1.0})))
    assert drawn(view) == before


def test_a_line_for_a_segment() -> None:
    said = {"anger": 0.7, "sadness": 0.2, "neutral": 0.1}
    segment = Estimate("anger", said, start=3599.96, end=3725.0)
    assert line(segment) == "1:00:00.0 – 1:02:05.0  anger  (anger 0.70, sadness 0.20)"
    unsure = Estimate(NOT_SURE, said, ("anger", "sadness"), end=2)
    assert line(unsure).startswith("00:00.0 – 00:02.0  not sure: anger or sadness")


def test_a_line_says_arousal_and_valence_where_they_are_known() -> None:
    placed = Estimate("anger", {"anger": 1.0}, arousal=0.6, valence=-0.25, end=2.0)
    assert line(placed).endswith("anger  (anger 1.00; arousal +0.60, valence -0.25)")
