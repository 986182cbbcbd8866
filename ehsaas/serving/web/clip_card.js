/** One recording on the page: its answer, ribbon, pictures, probabilities, language, segments. */

import { make } from "./dom.js";
import { NO_SPEECH, confidence, inWords, percent, seconds } from "./emotions.js";
import { languageChoice } from "./languages.js";
import { drawSpectrogram, drawWave } from "./pictures.js";
import * as player from "./player.js";
import { drawRibbon, probabilityBars, swatch } from "./ribbon.js";

/**
 * @param {object} clip with id, name, samples, duration, language, where, warnings; result, error
 *     and busy change.
 * @param {{again, elsewhere, remove, language, json, csv}} act what its controls do.
 */
export class ClipCard {
  constructor(clip, act) {
    this.clip = clip;
    this.act = act;
    this.parts = skeleton(clip, act, () => this.toggle());
    this.element = this.parts.card;
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.parts.wave);
  }

  /** Show what is known of the clip now. */
  update(about, whereNow) {
    const { clip, parts, act } = this;
    this.about = about;
    parts.card.setAttribute("aria-busy", String(clip.busy));
    parts.answer.replaceChildren(...answer(clip));
    parts.trouble.replaceChildren(...trouble(clip, act, whereNow));
    this.offerLanguages(about);
    parts.details.hidden = !clip.result;
    for (const one of [parts.json, parts.csv]) one.hidden = !clip.result;
    if (clip.result) this.showResult(clip.result, about);
    this.draw();
  }

  /** The choice of the language, anew only for another model: the person may be in it. */
  offerLanguages({ name, languages }) {
    const { parts, clip, act } = this;
    if (parts.language.dataset.model === name) return;
    parts.language.dataset.model = name;
    const [id, label] = [`language-${clip.id}`, "Spoken language"];
    const choice = languageChoice(id, label, languages ?? [], clip.language, act.language);
    parts.language.replaceChildren(choice);
  }

  showResult(result, about) {
    const { parts, clip } = this;
    const span = { start: 0, end: clip.duration };
    drawRibbon(parts.ribbon, result.estimates, span, (one) => this.play(one.start, one.end));
    parts.bars.replaceChildren(...probabilityBars(result.whole, result.classes));
    parts.shares.hidden = result.whole.emotion === NO_SPEECH;
    parts.legend.replaceChildren(...legend(result.estimates));
    parts.facts.replaceChildren(...facts(clip, result));
    parts.rows.replaceChildren(...result.estimates.map((one) => row(one, (a, b) => this.play(a, b))));
    parts.attended.textContent = attended(clip, result, about);
    parts.key.hidden = !attentionOf(result);
  }

  /** Draw the pictures anew, for another width or theme. */
  draw() {
    const { parts, clip } = this;
    if (!parts.wave.clientWidth) return;
    const attention = clip.result ? attentionOf(clip.result) : null;
    drawWave(parts.wave, clip.samples, clip.duration, attention);
    drawSpectrogram(parts.sound, clip.samples);
    parts.axis.replaceChildren(...ticks(clip.duration, parts.wave.clientWidth));
    parts.wave.setAttribute("aria-label", waveInWords(clip, attention));
  }

  toggle() {
    if (this.playing) player.stop();
    else this.play(0, this.clip.duration);
  }

  play(start, end) {
    const { parts, clip } = this;
    const at = (time) => (parts.head.style.left = `${(100 * time) / clip.duration}%`);
    const done = () => {
      this.playing = false;
      parts.head.hidden = true;
      parts.play.textContent = "Play";
    };
    player.play(clip.samples, start, end, at, done);
    this.playing = true;
    parts.head.hidden = false;
    parts.play.textContent = "Stop";
  }

  remove() {
    if (this.playing) player.stop();
    this.observer.disconnect();
    this.element.remove();
  }
}

function skeleton(clip, act, toggle) {
  const title = `clip-${clip.id}`;
  const parts = {
    play: make("button", { type: "button", class: "quiet", text: "Play", onclick: toggle }),
    answer: make("div", { class: "answer" }),
    trouble: make("div", { class: "trouble" }),
    ribbon: make("div", { class: "ribbon", role: "group", "aria-label": "Emotion over time" }),
    wave: make("canvas", { class: "wave", role: "img" }),
    sound: make("canvas", {
      class: "sound",
      role: "img",
      "aria-label": `Spectrogram of ${clip.name}, 60 Hz to 8 kHz`,
    }),
    axis: make("div", { class: "axis ticks", "aria-hidden": "true" }),
    head: make("div", { class: "head", hidden: true }),
    attended: make("span"),
    key: make("span", { class: "key", "aria-hidden": "true" }),
    bars: make("ul", { class: "bars" }),
    legend: make("span", { class: "legend", "aria-hidden": "true" }),
    language: make("div"),
    facts: make("dl", { class: "facts" }),
    rows: make("tbody"),
    json: make("button", { type: "button", class: "quiet", text: "JSON", onclick: act.json }),
    csv: make("button", { type: "button", class: "quiet", text: "CSV", onclick: act.csv }),
    remove: make("button", { type: "button", class: "quiet", text: "Remove", onclick: act.remove }),
  };
  for (const name of ["play", "json", "csv", "remove"]) {
    const verb = name === "json" || name === "csv" ? `Download ${parts[name].textContent} of` : "";
    parts[name].setAttribute("aria-label", `${verb || parts[name].textContent} ${clip.name}`);
  }
  parts.bars.setAttribute("aria-label", `Probabilities of ${clip.name}`);
  parts.shares = make("div", {}, make("h4", { text: "The whole recording" }), parts.bars);
  parts.details = make(
    "div",
    { class: "columns" },
    parts.shares,
    make("div", {}, parts.language, parts.facts),
    make(
      "details",
      { class: "wide" },
      make("summary", { text: "The ribbon as a table" }),
      make("div", { class: "table" }, segmentTable(clip, parts.rows)),
    ),
  );
  const picture = make("div", { class: "picture" });
  picture.append(parts.ribbon, parts.wave, parts.sound, parts.axis, parts.head);
  parts.card = make(
    "article",
    { class: "panel clip", "aria-labelledby": title, tabindex: "-1" },
    make(
      "div",
      { class: "clip-head" },
      make("h3", { id: title, title: clip.name, text: clip.name }),
      make("span", { class: "small", text: seconds(clip.duration) }),
      make("div", { class: "buttons" }, parts.play, parts.json, parts.csv, parts.remove),
    ),
    parts.answer,
    parts.trouble,
    picture,
    make(
      "div",
      { class: "small under" },
      make("p", { class: "attended" }, parts.key, parts.attended),
      parts.legend,
    ),
    parts.details,
  );
  return parts;
}

function segmentTable(clip, rows) {
  const names = ["From", "To", "Emotion", "Set", "Likeliest"];
  const heads = names.map((text) => make("th", { scope: "col", text }));
  return make(
    "table",
    {},
    make("caption", { class: "unseen", text: `Segments of ${clip.name}` }),
    make("thead", {}, make("tr", {}, ...heads, make("td"))),
    rows,
  );
}

function row(one, play) {
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

function answer(clip) {
  if (clip.busy) return [make("p", { class: "busy", text: `Judging ${clip.where} …` })];
  if (!clip.result) return [];
  const { whole } = clip.result;
  const sure = confidence(whole);
  const said = whole.emotion === NO_SPEECH ? "nothing to judge" : `confidence ${percent(sure)}`;
  return [
    make(
      "p",
      { class: "verdict" },
      swatch(whole.emotion),
      make("strong", { text: whole.emotion }),
      make("span", { class: "sure", text: said }),
    ),
    whole.prediction_set.length > 1
      ? make("p", { class: "set", text: `It may be ${listed(whole.prediction_set)}.` })
      : "",
  ];
}

/** The emotions of a ribbon, each with its mark: where a segment is too narrow for its word. */
function legend(estimates) {
  const names = [...new Set(estimates.map((one) => one.emotion))].filter((one) => one !== NO_SPEECH);
  return names.map((name) => make("span", {}, swatch(name), name));
}

function listed(names) {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function trouble(clip, act, whereNow) {
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
function attentionOf(result) {
  const { attention } = result.whole;
  if (!attention?.length || !result.hopMs) return null;
  return { weights: attention, hop: result.hopMs / 1000 };
}

function attended(clip, result, about) {
  if (result.whole.emotion === NO_SPEECH) return "";
  if (attentionOf(result)) return "What the model attended to: the higher the line, the more.";
  if (!result.hopMs) return `This model (${about.model}) has no attention that could be shown.`;
  return "Attention is shown for recordings of up to 15 s; longer ones are judged in windows.";
}

function facts(clip, result) {
  const distance = result.whole.extra?.distance;
  const far = result.limits ? ` (far from ${result.limits.limit.toFixed(1)} on)` : "";
  const rows = [
    ["Judged", clip.result.where],
    ["Model", `${result.model} ${result.whole.version}`],
    ["Coverage", result.coverage ? percent(result.coverage) : "not asked for"],
    ["Distance from training", distance === undefined ? null : `${distance.toFixed(2)}${far}`],
  ];
  return rows
    .filter(([, value]) => value !== null)
    .map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: value })));
}

function waveInWords(clip, attention) {
  const said = `Waveform of ${clip.name}, ${seconds(clip.duration)}`;
  if (!attention) return said;
  const { weights, hop } = attention;
  const most = weights.indexOf(Math.max(...weights)) * hop;
  return `${said}. The model attended most to ${seconds(most)}`;
}

/** Marks of the time axis: as many as there is room for, at round times. */
function ticks(duration, width) {
  const least = (duration * 64) / width;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((s) => s >= least) ?? 1200;
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
