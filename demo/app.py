"""A Gradio page over a recogniser: a recording in, emotions, their timeline and warnings out.

    pip install 'ehsaas[demo]'
    python demo/app.py

For people who know this shape; `ehsaas serve` has a page that needs no Gradio and can judge inside
the browser. Gradio keeps what is uploaded in a temporary folder while the page runs.
"""

import os
from typing import Any

import ehsaas
from ehsaas import audio
from ehsaas.emotions import NO_SPEECH, Estimate
from ehsaas.evaluation.timeline import timeline_picture
from ehsaas.judging import Judge

NOT_FOR = (
    "An estimate is what a model trained on acted or staged speech makes of a voice. It is no"
    " statement of what somebody feels, and it must not decide over people."
)

Row = list[str | float]
"""A segment: from, to, emotion, how sure, what else it may be."""


def judged(
    judge: Judge, recording: str | None, coverage: float
) -> tuple[dict[str, float], list[Row], str, str]:
    """Probabilities, the timeline's rows and its picture (HTML), and what is to be said, as text.

    Args:
        judge: the recogniser.
        recording: a path that Gradio gives; None where nothing was recorded.
        coverage: of the prediction sets, between 0 and 1; 0 for none.
    """
    if recording is None:
        return {}, [], "", "Record something, or choose a file."
    try:
        clip = audio.read(recording)
    except audio.AudioError as error:
        return {}, [], "", str(error).replace(recording, "the recording")
    wanted = coverage or None
    whole = judge(clip, coverage=wanted)
    segments = judge.timeline(clip, coverage=wanted)
    rows: list[Row] = [_row(one) for one in segments]
    drawn = _on_paper(timeline_picture(segments, judge.classes, "timeline")) if segments else ""
    told = [_answer(whole), *clip.warnings, *whole.warnings]
    return dict(whole.probabilities), rows, drawn, "\n\n".join(dict.fromkeys(told))


def _on_paper(picture: str) -> str:
    """A picture whose dark letters are also seen on a dark page."""
    return f'<div style="background: white; border-radius: 8px; padding: 8px">{picture}</div>'


def _answer(estimate: Estimate) -> str:
    if estimate.emotion == NO_SPEECH:
        return "**No speech** was heard."
    if len(estimate.prediction_set) > 1:
        return f"**Not sure**: {' or '.join(estimate.prediction_set)}."
    return f"**{estimate.emotion}**, {estimate.probabilities[estimate.emotion]:.0%}."


def _row(one: Estimate) -> Row:
    shares = one.probabilities
    sure = round(shares.get(one.emotion, max(shares.values())), 3) if shares else ""
    others = ", ".join(one.prediction_set)
    return [round(one.start, 2), round(one.end, 2), one.emotion, sure, others]


def introduced(judge: Judge) -> str:
    """What stands above the page, in Markdown: what the model is, its licence, what it is not."""
    languages = ", ".join(judge.facts.get("languages", ())) or "languages that it does not say"
    licence = f" Its licence: {judge.licence}." if judge.licence else ""
    return (
        f"# ehsaas\n\nEmotion in speech, and how far to trust it. The model *{judge.name}* was"
        f" trained on {languages}.{licence} {NOT_FOR}"
    )


def page(judge: Judge) -> Any:
    """The page over one recogniser, Gradio's `Blocks`."""
    import gradio as gr

    with gr.Blocks(title="ehsaas") as blocks:
        gr.Markdown(introduced(judge))
        with gr.Row():
            heard = gr.Audio(
                sources=["microphone", "upload"],
                type="filepath",
                label="Recording",
                buttons=["download"],
            )
            with gr.Column():
                said = gr.Markdown()
                shares = gr.Label(label="Probabilities")
        promised: Any = gr.Slider(
            0,
            0.95,
            value=0,
            step=0.05,
            label="Coverage of the answer (0: the most probable emotion, however unsure)",
            visible=judge.scores is not None,
        )
        picture = gr.HTML(label="Timeline")
        table = gr.Dataframe(
            headers=["from, s", "to, s", "emotion", "how sure", "it may be"], label="Segments"
        )
        gr.on(
            [heard.change, promised.change],
            lambda recording, coverage: judged(judge, recording, coverage),
            [heard, promised],
            [shares, table, picture, said],
            api_name="recognise",
        )
    return blocks


def main() -> None:
    """Open the page over the recogniser that `EHSAAS_MODEL` names, or the shipped default."""
    page(ehsaas.load(os.environ.get("EHSAAS_MODEL") or None)).launch()


if __name__ == "__main__":
    main()
