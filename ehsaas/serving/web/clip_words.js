/** What a clip's card says: its answer, what is the matter with it, its facts, segments, times. */

import { make } from "./dom.js";
import { NO_SPEECH, confidence, percent, ranked, seconds } from "./emotions.js";
import { swatch } from "./ribbon.js";

/** A line of the table of segments; `play(start, end)` lets it be heard. */
export function row(one, play) {
  const when = `${seconds(one.start)} to ${seconds(one.end)}`;
  const listen = () => play(one.start, one.end);
  const button = make("button", { type: "button", class: "quiet", text: "Play", onclick: listen });
  button.setAttribute("aria-label", `Play ${when}`);
  const sure = confidence(one);
  return make(
    "tr",
    {},
    make("td", { text: seconds(one.start) }),
    make("td", { text: seconds(one.end) }),
    make("td", {}, swatch(one.emotion), one.emotion),
    make("td", { text: one.prediction_set.join(", ") || "–" }),
    make("td", { text: sure === null ? "–" : percent(sure) }),
    make("td", {}, button),
  );
}

/** The emotion, and how sure that is. */
export function answer(clip) {
  if (clip.busy) return [make("p", { class: "busy", text: `Judging ${clip.where} …` })];
  if (!clip.result) return [];
  const { whole } = clip.result;
  return [
    make(
      "p",
      { class: "verdict" },
      swatch(whole.emotion),
      make("strong", { text: whole.emotion }),
      make("span", { class: "sure", text: howSure(whole) }),
    ),
    whole.prediction_set.length > 1
      ? make("p", { class: "set", text: `It may be ${listed(whole.prediction_set)}.` })
      : "",
  ];
}

/** The emotions of a ribbon, each with its mark: where a segment is too narrow for its word. */
export function legend(estimates) {
  const names = [...new Set(estimates.map((one) => one.emotion))].filter(
    (one) => one !== NO_SPEECH,
  );
  return names.map((name) => make("span", {}, swatch(name), name));
}

function howSure(whole) {
  if (whole.emotion === NO_SPEECH) return "nothing to judge";
  const [[likeliest, probability]] = ranked(whole);
  const many = whole.prediction_set.length > 1;
  return many
    ? `likeliest ${likeliest}, ${percent(probability)}`
    : `confidence ${percent(probability)}`;
}

function listed(names) {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** What went wrong, what is odd, and where else it could be judged. */
export function trouble(clip, act, whereNow) {
  const found = [];
  if (clip.error) {
    found.push(make("p", { class: "warning", text: clip.error }));
    found.push(make("button", { type: "button", text: "Try again", onclick: act.again }));
  }
  const warnings = [...clip.warnings, ...(clip.result?.whole.warnings ?? [])];
  if (warnings.length) {
    found.push(make("ul", { class: "warnings" }, ...warnings.map((text) => make("li", { text }))));
  }
  if (!clip.busy && clip.where !== whereNow) {
    const text = `Judge ${whereNow} instead`;
    found.push(make("button", { type: "button", class: "quiet", text, onclick: act.elsewhere }));
  }
  return found;
}

/** The weights a frame and its seconds, where the model has any of the whole clip. */
export function attentionOf(result) {
  const { attention } = result.whole;
  if (!attention?.length || !result.hopMs) return null;
  return { weights: attention, hop: result.hopMs / 1000 };
}

/** What is said below the picture of the attention. */
export function attended(clip, result, about) {
  if (result.whole.emotion === NO_SPEECH) return "";
  if (attentionOf(result)) return "What the model attended to: the higher the line, the more.";
  if (!result.hopMs) return `This model (${about.model}) has no attention that could be shown.`;
  return "Attention is shown for recordings of up to 15 s; longer ones are judged in windows.";
}

/** How it was judged. */
export function facts(clip, result) {
  const distance = result.whole.extra?.distance;
  const far = result.limits ? ` (far from ${result.limits.limit.toFixed(1)} on)` : "";
  const rows = [
    ["Judged", clip.result.where],
    ["Model", `${result.model} ${result.whole.version}`],
    ["Arousal (−1 to 1)", result.whole.arousal?.toFixed(2) ?? null],
    ["Valence (−1 to 1)", result.whole.valence?.toFixed(2) ?? null],
    ["Coverage", result.coverage ? percent(result.coverage) : "not asked for"],
    ["Distance from training", distance === undefined ? null : `${distance.toFixed(2)}${far}`],
  ];
  return rows
    .filter(([, value]) => value !== null)
    .map(([name, value]) =>
      make("div", {}, make("dt", { text: name }), make("dd", { text: value })),
    );
}

/** The picture of the waveform for those who do not see it. */
export function waveInWords(clip, attention) {
  const said = `Waveform of ${clip.name}, ${seconds(clip.duration)}`;
  if (!attention) return said;
  const { weights, hop } = attention;
  const most = weights.indexOf(Math.max(...weights)) * hop;
  return `${said}. The model attended most to ${seconds(most)}`;
}

/** Marks of the time axis: as many as there is room for, at round times. */
export function ticks(duration, width) {
  const least = (duration * 64) / width;
  const step =
    [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((s) => s >= least) ?? 1200;
  const marks = [];
  for (let i = 0; i * step < duration - step / 3; i++) {
    const text = duration < 60 ? `${Number((i * step).toFixed(1))}` : minutes(i * step);
    const mark = make("span", { text: i ? text : duration < 60 ? "0 s" : "0:00" });
    mark.style.left = `${(100 * i * step) / duration}%`;
    marks.push(mark);
  }
  return marks;
}

function minutes(time) {
  return `${Math.floor(time / 60)}:${String(Math.round(time % 60)).padStart(2, "0")}`;
}
