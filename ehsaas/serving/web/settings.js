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
   * @param {function} changed called when what comes next is judged elsewhere, or has to wait.
   */
  constructor(otherwise, changed) {
    this.where = SERVER; // as the person chose last, even where the model is still on its way
    this.moving = null; // the change of the mode that is under way; a later one is another
    this.choosing = null; // likewise of the model
    this.held = null; // what is to be pressed before any of it can be changed
    this.starting = null;
    this.about = null; // the model in use, its card included
    this.language = null; // null where it is not said
    this.coverage = null; // null where no sets are asked for
    this.otherwise = otherwise;
    this.changed = changed;
    find("model").onchange = ({ target }) => guarded(() => this.changeModel(target.value));
    find("modes").onchange = ({ target }) => guarded(() => this.changeMode(target.value));
    find("unsure").onchange = find("coverage").onchange = () => this.changeCoverage();
    find("coverage").oninput = () => this.showCoverage();
    browser.watch((text) => this.showProgress(text));
    this.showMode();
  }

  /** Whether a mode or a model was chosen that is not there yet. */
  get waits() {
    return Boolean(this.moving || this.choosing);
  }

  /** What is told of a recording that comes now. */
  told() {
    return { where: this.where, language: this.language };
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

  /** What is in use stays so until the other model is there. */
  async changeModel(name) {
    const choice = {};
    this.choosing = choice;
    this.changed();
    try {
      const about = await api.model(name);
      if (this.where === BROWSER) await browser.load(about);
      if (this.choosing === choice) this.replaceModel(about);
    } catch (error) {
      if (this.choosing === choice) throw error;
    } finally {
      if (this.choosing === choice) {
        this.choosing = null;
        find("model").value = this.about.name;
        this.changed();
      }
    }
  }

  replaceModel(about) {
    this.use(about);
    this.showMode();
    this.otherwise();
    browser.keepOnly(about.name);
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

  /** From here on nothing is sent, or all is: what is judged here waits until the model is there. */
  async changeMode(value) {
    if (this.held) return this.showMode();
    const move = value === "browser" ? {} : null;
    this.moving = move;
    this.go(move ? BROWSER : SERVER);
    if (!move) return;
    try {
      await this.ready();
      await browser.load(this.about);
      await microphone.prepare().catch(() => null); // without a sound device, files still work
    } catch (error) {
      if (this.moving !== move) return; // something else was chosen meanwhile
      this.where = SERVER;
      throw error;
    } finally {
      if (this.moving === move) {
        this.moving = null;
        this.go(this.where);
      }
    }
  }

  go(where) {
    this.where = where;
    this.showMode();
    this.changed();
  }

  showMode() {
    const value = this.where === BROWSER ? "browser" : "server";
    document.body.dataset.mode = value;
    find("modes").querySelector(`[value=${value}]`).checked = true;
    find("mode-now").textContent =
      this.where === BROWSER
        ? `Audio is judged in this browser. It never leaves this machine${this.atHand()}`
        : `Audio is sent to ${location.host}, which judges it and keeps none of it.`;
    this.showProgress(null);
  }

  /** Apart from the mode, for that is to be read all the while. */
  showProgress(text) {
    const waits = this.where === BROWSER && text;
    find("mode-progress").textContent = waits ? `${text} Recordings and live wait for it.` : "";
  }

  atHand() {
    return this.about && browser.holds(this.about.name)
      ? `, and no network is needed.${this.rounding()}`
      : ".";
  }

  /** A file of 8 bits is rounded by each runtime in its own way, and that adds up. */
  rounding() {
    return this.about.precision === "float32"
      ? ""
      : " This model computes in 8 bits: the server's numbers may differ by some hundredths.";
  }

  /** While the microphone is in use, where and by what is judged stays as it is. */
  hold(button) {
    if (this.held === button) return;
    this.held = button;
    for (const id of ["modes", "model", "coverage"]) find(id).disabled = Boolean(button);
    if (this.about) this.showCoverage();
    find("held").textContent = button
      ? `Mode, model and coverage can be changed again after “${button}”.`
      : "";
  }

  changeCoverage() {
    this.showCoverage();
    this.otherwise();
  }

  showCoverage() {
    const { card } = this.about;
    find("unsure").disabled = !card.scores || Boolean(this.held);
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
