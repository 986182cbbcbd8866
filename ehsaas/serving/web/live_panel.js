/** The live panel: what is heard now, a scrolling ribbon, and the segments so far. */

import { find, make, say } from "./dom.js";
import { NO_SPEECH, NOT_SURE, confidence, inWords, percent, seconds } from "./emotions.js";
import { settling } from "./judging.js";
import { inBrowser, onServer } from "./live.js";
import { drawLevels } from "./pictures.js";
import { drawRibbon, probabilityBars, swatch } from "./ribbon.js";

const SHOWN = 30; // seconds of the ribbon
const BLOCKS = 10 * SHOWN; // of 0.1 s each
const LOGGED = 200; // segments in the table

export class LivePanel {
  /** Begin: → stop(). `over(error)` is called at its end, with null where it was asked for. */
  async start(here, about, coverage, over) {
    this.about = about;
    [this.looks, this.levels, this.heard] = [[], [], 0];
    this.clear(here);
    const end = (error) => {
      say("Live has stopped.");
      over(error);
    };
    const begin = here ? inBrowser : onServer;
    const settle = settling(about.card, coverage);
    const asked = { about, coverage, settle };
    const [hear, take] = [(block) => this.hear(block), (event) => this.take(event)];
    try {
      return await begin(asked, hear, take, end);
    } catch (error) {
      find("live-panel").hidden = true;
      throw error;
    }
  }

  clear(here) {
    find("live-panel").hidden = false;
    find("live-log").replaceChildren();
    find("live-bars").replaceChildren();
    find("live-ribbon").replaceChildren();
    find("live-answer").replaceChildren(make("span", { class: "busy", text: "Listening …" }));
    find("live-note").textContent = here
      ? "In this browser nothing looks for a voice: what is quiet is no speech, but music and noise are judged as if they spoke."
      : "On the server speech is looked for first: silence and music are no speech.";
  }

  hear(block) {
    let squares = 0;
    for (const sample of block) squares += sample * sample;
    const decibels = 10 * Math.log10(squares / block.length + 1e-9);
    this.levels = [...this.levels, Math.max(0, 1 + decibels / 60)].slice(-BLOCKS);
    drawLevels(find("live-level"), this.levels, BLOCKS);
  }

  take(event) {
    if (event.kind === "look") this.look(event);
    else if (event.kind === "onset") say(`From ${seconds(event.start)}: ${event.emotion}`);
    else if (event.kind === "end") this.log(event);
  }

  look(event) {
    this.looks = [
      ...this.looks.filter((one) => one.end > event.end - SHOWN),
      piece(this.looks, event),
    ];
    const span = { start: event.end - SHOWN, end: event.end };
    drawRibbon(find("live-ribbon"), joined(this.looks), span);
    const sure = confidence(event);
    const said = event.emotion === NOT_SURE ? inWords(event).slice(NOT_SURE.length + 2) : "";
    find("live-answer").replaceChildren(
      swatch(event.emotion),
      make("strong", { text: event.emotion }),
      make("span", { class: "sure", text: said || (sure === null ? "" : percent(sure)) }),
    );
    const bars = event.emotion === NO_SPEECH ? [] : probabilityBars(event, this.about.classes);
    find("live-bars").replaceChildren(...inOrder(bars, this.about.classes));
  }

  log(event) {
    if (event.emotion === NO_SPEECH) return;
    const log = find("live-log");
    log.prepend(
      make(
        "tr",
        {},
        make("td", { text: seconds(event.start) }),
        make("td", { text: seconds(event.end) }),
        make("td", {}, swatch(event.emotion), event.emotion),
      ),
    );
    while (log.children.length > LOGGED) log.lastElementChild.remove();
  }
}

/** What a look adds to those before it: from where the last one ended. */
function piece(looks, look) {
  const last = looks.at(-1);
  return { ...look, start: last ? Math.max(look.start, last.end) : look.start };
}

/** Neighbouring pieces of one emotion as one. */
function joined(pieces) {
  const found = [];
  for (const one of pieces) {
    const last = found.at(-1);
    if (last && last.emotion === one.emotion && one.start - last.end < 0.05) last.end = one.end;
    else found.push({ ...one });
  }
  return found;
}

/** Bars that stay in their places while they change: in the order of the classes. */
function inOrder(bars, classes) {
  const place = (bar) => classes.indexOf(bar.querySelector(".name").textContent);
  return bars.sort((a, b) => place(a) - place(b));
}
