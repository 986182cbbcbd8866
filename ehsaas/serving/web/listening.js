/** What the microphone is used for: a recording or live, one at a time; the settings wait for it. */

import { find } from "./dom.js";
import { LivePanel } from "./live_panel.js";
import { record } from "./recording.js";
import { BROWSER } from "./settings.js";
import { guarded, troubled } from "./trouble.js";

const BUTTONS = {
  record: { rests: "Record", pressed: "Stop recording" },
  live: { rests: "Go live", pressed: "Stop live" },
};

export class Listening {
  /** @param {function} add hears of each recording: its name, its sound, what was told of it. */
  constructor(settings, add) {
    this.settings = settings;
    this.add = add;
    this.live = new LivePanel();
    this.recorded = 0;
    this.use = null; // {id, end}: `end` ends it, and is null while it begins or ends
    for (const id of Object.keys(BUTTONS)) {
      find(id).onclick = () => guarded(() => this.press(id));
    }
  }

  async press(id) {
    if (!this.use) await this.begin(id);
    else if (this.use.id === id) await this.end(this.use);
  }

  /** Both buttons wait from here on, so that no second click begins anything. */
  async begin(id) {
    const use = { id, end: null };
    this.use = use;
    this.show();
    try {
      await this.settings.ready();
      use.end = await (id === "live" ? this.goLive(use) : this.record(use));
    } catch (error) {
      this.free(use);
      throw error;
    }
    this.show();
    if (document.activeElement === document.body) find(id).focus(); // lost while it waited
  }

  async end(use) {
    const { end } = use;
    if (!end) return;
    use.end = null;
    this.show();
    try {
      await end();
    } finally {
      this.free(use);
    }
  }

  /** → what ends the recording. It is judged where that was said to be when it began. */
  async record(use) {
    const told = this.settings.told();
    const tell = (seconds) =>
      (find("recording").textContent = `Recording: ${seconds.toFixed(1)} s`);
    const end = await record(tell, () => guarded(() => this.end(use)));
    return async () => {
      find("recording").textContent = "";
      const name = `recording ${++this.recorded}`;
      this.add(name, await end(name), told);
    };
  }

  /** → what ends live. */
  goLive(use) {
    const { where, about, coverage } = this.settings;
    const over = (error) => {
      this.free(use);
      if (error) troubled(error, () => guarded(() => this.press("live")));
    };
    return this.live.start(where === BROWSER, about, coverage, over);
  }

  free(use) {
    if (this.use !== use) return;
    this.use = null;
    this.show();
  }

  show() {
    const { use, settings } = this;
    for (const [id, { rests, pressed }] of Object.entries(BUTTONS)) {
      const on = use?.id === id && use.end !== null;
      find(id).setAttribute("aria-pressed", String(on));
      find(id).textContent = on ? pressed : rests;
      find(id).disabled = use ? !on : id === "live" && settings.waits;
    }
    settings.hold(use ? BUTTONS[use.id].pressed : null);
  }
}
