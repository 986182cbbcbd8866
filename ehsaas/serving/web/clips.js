/** The recordings on the page: added, judged, compared, downloaded, removed. */

import * as api from "./api.js";
import * as browser from "./browser.js";
import { ClipCard } from "./clip_card.js";
import { drawComparison } from "./comparison.js";
import { complain, find, say } from "./dom.js";
import { csv, plain, save } from "./downloads.js";
import { inWords } from "./emotions.js";
import { TokenNeeded, wordsFor } from "./mistakes.js";
import { BROWSER } from "./settings.js";
import { RATE, decoded } from "./sound.js";
import { askForToken } from "./trouble.js";

export class Clips {
  constructor() {
    this.clips = [];
    this.count = 0;
    find("json").onclick = () => saveJson(this.clips);
    find("csv").onclick = () => saveCsv(this.clips);
    find("clear").onclick = () => [...this.clips].forEach((clip) => this.remove(clip));
  }

  /** Judge by these settings from now on. */
  follow(settings) {
    this.settings = settings;
  }

  /** Read files, judge them as was told when they came, and say which are no recordings. */
  async addFiles(files, told) {
    const mistakes = [];
    let place = 0;
    for (const file of files) {
      try {
        this.add(file.name, await decoded(file), told, place++);
      } catch (error) {
        mistakes.push(wordsFor(error));
      }
    }
    if (mistakes.length) complain(mistakes.join(" "));
  }

  /** Show a recording before the others, or at a place among them, and judge it. */
  add(name, { samples, warnings }, { language, where }, place = 0) {
    const clip = { id: ++this.count, name, samples, warnings, language, where };
    Object.assign(clip, { duration: samples.length / RATE, result: null, error: null, turn: 0 });
    const judge = (change) => this.judge(Object.assign(clip, change));
    clip.card = new ClipCard(clip, {
      again: () => judge({}),
      elsewhere: () => judge({ where: this.settings.where }),
      language: (value) => judge({ language: value }),
      remove: () => this.remove(clip),
      json: () => saveJson([clip]),
      csv: () => saveCsv([clip]),
    });
    const next = this.clips[place]?.card.element ?? null;
    this.clips.splice(place, 0, clip);
    find("clips").insertBefore(clip.card.element, next);
    this.judge(clip);
  }

  /**
   * Judge a clip where it is to be judged. One kept in this browser is never sent unasked, and
   * while nothing is to leave this machine, nothing does: not even what was sent before.
   */
  async judge(clip) {
    if (this.settings.where === BROWSER) clip.where = BROWSER;
    const turn = ++clip.turn;
    Object.assign(clip, { busy: true, error: null });
    this.show(clip);
    try {
      const result = await this.answer(clip);
      if (clip.turn !== turn) return;
      clip.result = result;
      say(`${clip.name}: ${inWords(result.whole)}. Segments: ${result.estimates.length}.`);
    } catch (error) {
      if (clip.turn !== turn) return;
      clip.error = wordsFor(error);
      say(`${clip.name}: ${clip.error}`);
      const again = () => clip.turn === turn && this.judge(clip); // unless it was done meanwhile
      if (error instanceof TokenNeeded) askForToken(error.message, again);
    }
    clip.busy = false;
    this.show(clip);
  }

  /** The answer, and what is to be kept of the model that gave it. */
  async answer(clip) {
    const { about, coverage } = this.settings;
    const here = clip.where === BROWSER;
    if (here) await browser.load(about);
    const asked = { model: about.name, coverage, language: clip.language || null };
    const found = await (here ? browser : api).recognise(clip.samples, asked);
    const kept = { classes: about.classes, hopMs: about.hop_ms, limits: about.card.limits };
    return { ...found, ...kept, coverage, where: clip.where };
  }

  judgeAgain() {
    this.clips.forEach((clip) => this.judge(clip));
  }

  /** Say of each clip where it was judged, now that others are judged elsewhere. */
  showWhere() {
    this.clips.forEach((clip) => this.show(clip));
  }

  redraw() {
    this.clips.forEach((clip) => clip.card.draw());
  }

  remove(clip) {
    clip.turn += 1;
    clip.card.remove();
    this.clips = this.clips.filter((one) => one !== clip);
    this.showAll();
    find("results").focus({ preventScroll: true });
  }

  show(clip) {
    clip.card.update(this.settings.about, this.settings.where);
    this.showAll();
  }

  showAll() {
    const judged = this.clips.filter((clip) => clip.result);
    find("nothing").hidden = this.clips.length > 0;
    find("all").hidden = judged.length === 0;
    find("comparison").hidden = judged.length < 2;
    if (judged.length > 1) drawComparison(find("comparison-table"), judged);
  }
}

function saveJson(clips) {
  save("emotions.json", "application/json", JSON.stringify(plain(clips), null, 1));
}

function saveCsv(clips) {
  save("emotions.csv", "text/csv", csv(clips));
}
