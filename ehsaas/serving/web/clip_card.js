/** One recording on the page: its answer, ribbon, pictures, probabilities, language, segments. */

import {
  answer,
  attended,
  attentionOf,
  facts,
  legend,
  row,
  ticks,
  trouble,
  waveInWords,
} from "./clip_words.js";
import { make } from "./dom.js";
import { NO_SPEECH, seconds } from "./emotions.js";
import { languageChoice } from "./languages.js";
import { drawSpectrogram, drawWave } from "./pictures.js";
import * as player from "./player.js";
import { drawRibbon, probabilityBars } from "./ribbon.js";
import { guarded } from "./trouble.js";

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
    const within = parts.card.contains(document.activeElement);
    this.about = about;
    parts.card.setAttribute("aria-busy", String(clip.busy));
    parts.answer.replaceChildren(...answer(clip));
    parts.trouble.replaceChildren(...trouble(clip, act, whereNow));
    this.offerLanguages(about);
    parts.details.hidden = !clip.result;
    for (const one of [parts.json, parts.csv]) one.hidden = !clip.result;
    if (clip.result) this.showResult(clip.result, about);
    this.draw();
    // what was pressed may be gone: whoever pressed it goes on from the card
    if (within && !parts.card.contains(document.activeElement)) {
      parts.card.focus({ preventScroll: true });
    }
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
    parts.rows.replaceChildren(
      ...result.estimates.map((one) => row(one, (a, b) => this.play(a, b))),
    );
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
      label(parts.play, "Play", clip.name);
    };
    guarded(() => player.play(clip.samples, start, end, at, done));
    this.playing = true;
    parts.head.hidden = false;
    label(parts.play, "Stop", clip.name);
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
    play: make("button", { type: "button", class: "quiet", onclick: toggle }),
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
    json: make("button", { type: "button", class: "quiet", onclick: act.json }),
    csv: make("button", { type: "button", class: "quiet", onclick: act.csv }),
    remove: make("button", { type: "button", class: "quiet", onclick: act.remove }),
  };
  label(parts.play, "Play", clip.name);
  label(parts.remove, "Remove", clip.name);
  label(parts.json, "JSON", clip.name, "Download JSON of");
  label(parts.csv, "CSV", clip.name, "Download CSV of");
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

/** What a button says, and which clip it says that of, for those who do not see where it is. */
function label(button, text, name, verb = text) {
  button.textContent = text;
  button.setAttribute("aria-label", `${verb} ${name}`);
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
