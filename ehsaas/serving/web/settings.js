/** How audio is judged: where, by which model, how sure, and the language of what comes next. */

import * as api from "./api.js";
import * as browser from "./browser.js";
import { find, make } from "./dom.js";
import { languageChoice, languageName } from "./languages.js";
import * as microphone from "./microphone.js";
import { guarded } from "./trouble.js";

export const SERVER = "on the server";
export const BROWSER = "in this browser";

export class Settings {
  /**
   * @param {function} otherwise called when clips are to be judged anew.
   * @param {function} elsewhere called when what comes next is judged elsewhere.
   */
  constructor(otherwise, elsewhere) {
    this.where = SERVER;
    this.starting = null;
    this.about = null; // the model in use, its card included
    this.language = null; // null where it is not said
    this.coverage = null; // null where no sets are asked for
    this.otherwise = otherwise;
    this.elsewhere = elsewhere;
    find("model").onchange = ({ target }) => guarded(() => this.changeModel(target.value));
    find("modes").onchange = ({ target }) => guarded(() => this.changeMode(target.value));
    find("unsure").onchange = find("coverage").onchange = () => this.changeCoverage();
    find("coverage").oninput = () => this.showCoverage();
    this.showMode();
  }

  /** See that the server said by what is judged: it may be on its way, or have been away. */
  async ready() {
    if (this.about) return;
    this.starting ??= this.start().finally(() => (this.starting = null));
    await this.starting;
  }

  /** Ask the server for its models and use the first. */
  async start() {
    const models = await api.models();
    const options = models.map(({ name }) => make("option", { value: name, text: name }));
    find("model").replaceChildren(...options);
    find("model-row").hidden = models.length < 2;
    await this.use(await api.model(models[0].name));
  }

  async changeModel(name) {
    try {
      const about = await api.model(name);
      if (this.where === BROWSER) await this.load(about);
      this.use(about);
      this.showMode();
      this.otherwise();
    } finally {
      find("model").value = this.about.name;
    }
  }

  use(about) {
    this.about = about;
    find("about").replaceChildren(...aboutRows(about));
    this.showCoverage();
    const known = about.languages ?? [];
    const changed = (value) => (this.language = value);
    const choice = languageChoice("language", "Spoken language", known, this.language, changed);
    find("language-row").replaceChildren(choice);
  }

  async changeMode(value) {
    try {
      await this.ready();
      if (value === "browser") await this.load(this.about);
      this.where = value === "browser" ? BROWSER : SERVER;
    } finally {
      const now = this.where === BROWSER ? "browser" : "server";
      find("modes").querySelector(`[value=${now}]`).checked = true;
      this.showMode();
    }
    this.elsewhere();
  }

  /** Have all that this browser needs at hand; after it, no network is needed. */
  async load(about) {
    await browser.load(about, (text) => (find("mode-now").textContent = text));
    await microphone.prepare().catch(() => null); // without a sound device, files still work
    this.showMode();
  }

  showMode() {
    const here = this.where === BROWSER;
    document.body.dataset.mode = here ? "browser" : "server";
    find("mode-now").textContent = here
      ? `Audio is judged in this browser. It never leaves this machine, and no network is needed.${this.rounding()}`
      : `Audio is sent to ${location.host}, which judges it and keeps none of it.`;
  }

  /** A file of 8 bits is rounded by each runtime in its own way, and that adds up. */
  rounding() {
    return this.about.precision === "float32"
      ? ""
      : " This model computes in 8 bits: the server's numbers may differ by some hundredths.";
  }

  changeCoverage() {
    this.showCoverage();
    this.otherwise();
  }

  showCoverage() {
    const { card } = this.about;
    find("unsure").disabled = !card.scores;
    const asked = find("unsure").checked && Boolean(card.scores);
    const share = find("coverage").value;
    this.coverage = asked ? Number(share) / 100 : null;
    find("coverage-row").hidden = !asked;
    find("coverage-value").textContent = `${share} %`;
    find("coverage-note").textContent = coverageNote(card, asked, share);
  }
}

/** For whom the promise of a coverage holds, as `ehsaas recognise` says it. */
function coverageNote({ scores, facts }, asked, share) {
  if (!scores) return "This model was not calibrated, so it cannot say when it is not sure.";
  if (!asked)
    return "Each answer is then a set of emotions; where it holds several, it is not sure.";
  const told = facts.calibration ?? {};
  const whom = (told.corpora ?? []).join(", ") || "what the model was trained on";
  const doubts = ["for the short looks of the ribbon"];
  if (told.data !== "target") doubts.unshift("for another language");
  if (told.statistics === "speaker") doubts.push("without statistics of each speaker");
  return (
    `The set holds the true emotion of ${share} recordings in 100, for recordings like the ` +
    `${told.utterances ?? ""} of ${whom} that it was calibrated on. It is no promise ` +
    `${doubts.join(", nor ")}.`
  );
}

function aboutRows(about) {
  const size = `${(about.bytes / 1e6).toFixed(1)} MB, ${about.precision}`;
  const rows = {
    Name: `${about.name} ${about.version}`,
    Network: about.model,
    Emotions: about.classes.join(", "),
    Languages: (about.languages ?? []).map(languageName).join(", "),
    Corpora: (about.corpora ?? []).join(", "),
    Licence: about.licence ?? "nobody said",
    File: `${size}, sha256 ${about.sha256.slice(0, 12)}…`,
  };
  return Object.entries(rows)
    .filter(([, text]) => text)
    .map(([name, text]) => make("div", {}, make("dt", { text: name }), make("dd", { text })));
}
