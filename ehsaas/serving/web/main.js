/** The page: what happens when something is pressed, or dropped. */

import { Clips } from "./clips.js";
import { find } from "./dom.js";
import { LivePanel } from "./live_panel.js";
import { record } from "./recording.js";
import { BROWSER, Settings } from "./settings.js";
import { followTheme } from "./theme.js";
import { guarded } from "./trouble.js";

const clips = new Clips();
const settings = new Settings(
  () => clips.judgeAgain(),
  () => clips.showWhere(),
);
const live = new LivePanel();
let recording = null; // what ends the recording that is going on
let recorded = 0;

clips.follow(settings);
followTheme(() => clips.redraw());
guarded(() => settings.ready());

find("choose").onclick = () => find("files").click();
find("files").onchange = ({ target }) => {
  const files = [...target.files];
  target.value = "";
  guarded(() => listenTo(files));
};
find("record").onclick = () => guarded(recording ? endRecording : beginRecording);
find("live").onclick = () => guarded(live.running ? () => live.stop() : beginLive);

addEventListener("dragover", (event) => {
  event.preventDefault();
  find("drop").classList.add("over");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) find("drop").classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  find("drop").classList.remove("over");
  const files = [...event.dataTransfer.files];
  guarded(() => listenTo(files));
});

async function listenTo(files) {
  await settings.ready();
  await clips.addFiles(files);
}

async function beginRecording() {
  await settings.ready();
  const tell = (seconds) => (find("recording").textContent = `Recording: ${seconds.toFixed(1)} s`);
  await whileDisabled(find("record"), async () => {
    recording = await record(tell, () => guarded(endRecording));
    showPressed("record", "Stop recording", "live");
  });
}

async function endRecording() {
  const end = recording;
  recording = null;
  showPressed("record", null, "live");
  find("recording").textContent = "";
  const name = `recording ${++recorded}`;
  clips.add(name, await end(name));
}

async function beginLive() {
  await settings.ready();
  const over = (error) => {
    showPressed("live", null, "record");
    if (error) guarded(() => Promise.reject(error));
  };
  await whileDisabled(find("live"), async () => {
    await live.start(settings.where === BROWSER, settings.about, settings.coverage, over);
    if (live.running) showPressed("live", "Stop live", "record");
  });
}

const atRest = { record: "Record", live: "Go live" };

/** A button that is pressed has another text, and `other` waits meanwhile; null lets it go. */
function showPressed(id, text, other) {
  find(id).setAttribute("aria-pressed", String(text !== null));
  find(id).textContent = text ?? atRest[id];
  find(other).disabled = text !== null;
}

async function whileDisabled(button, work) {
  button.disabled = true;
  try {
    await work();
  } finally {
    button.disabled = false;
  }
}
