from ehsaas.emotions import NO_SPEECH, NOT_SURE, Estimate
from ehsaas.evaluation.timeline import timeline_picture


def test_a_row_for_each_emotion_found_and_the_silence_last() -> None:
    segments = [
        Estimate("anger", {"anger": 0.9, "sadness": 0.1}, start=0.0, end=2.0),
        Estimate(NO_SPEECH, {}, start=2.0, end=3.0),
        Estimate("sadness", {"anger": 0.4, "sadness": 0.6}, start=3.0, end=4.5),
    ]
    svg = timeline_picture(segments, ("anger", "happiness", "sadness"), "talk.wav")
    assert "<svg" in svg and "talk.wav" in svg
    assert svg.index(">anger<") < svg.index(">sadness<") < svg.index(">no speech<")
    assert ">happiness<" not in svg
    assert "anger 0.0–2.0 s, no speech 2.0–3.0 s, sadness 3.0–4.5 s" in svg


def test_where_it_is_not_sure_there_is_a_row_for_that() -> None:
    segments = [
        Estimate("anger", {"anger": 0.9, "sadness": 0.1}, start=0.0, end=2.0),
        Estimate(NOT_SURE, {"anger": 0.5, "sadness": 0.5}, ("anger", "sadness"), end=3.0),
    ]
    assert ">not sure<" in timeline_picture(segments, ("anger", "sadness"), "talk.wav")
