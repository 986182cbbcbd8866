/** The page: its settings, its clips, and what happens when something is pressed. */

import * as api from "./api.js";
import * as browser from "./browser.js";
import { ClipCard } from "./clip_card.js";
import { drawComparison } from "./comparison.js";
import { complain, find, make, say } from "./dom.js";
import { csv, plain, save } from "./downloads.js";
import { inWords } from "./emotions.js";
import { languageChoice, languageName } from "./languages.js";
import { LivePanel } from "./live_panel.js";
import * as microphone from "./microphone.js";
import { TokenNeeded, wordsFor } from "./mistakes.js";
import { record } from "./recording.js";
import { RATE, decoded } from "./sound.js";
import { followTheme } from "./theme.js";

const SERVER = "on the server";
const BROWSER = "in this browser";

const state = {
  where: SERVER,
  about: null, // the model in use, its card included
  language: null, // of clips to come
  coverage: null,
  clips: [],
  count: 0,
};

const live = new LivePanel();

async function begin() {
  followTheme(() => state.clips.forEach((clip) => clip.card.draw()));
  wire();
  showMode();
  await guarded(start);
}

async function start() {
  const models = await api.models();
  const options = models.map(({ name }) => make("option", { value: name, text: name }));
  find("model").replaceChildren(...options);
  find("model-row").hidden = models.length < 2;
  await useModel(models[0].name);
}

/** Run something; what goes wrong is told, and a token asked for where one is needed. */
async function guarded(work) {
  try {
    complain(null);
    await work();
  } catch (error) {
    if (error instanceof TokenNeeded) askForToken(error.message, () => guarded(state.about ? work : start));
    else complain(wordsFor(error));
  }
}

function askForToken(words, then) {
  find("token-words").textContent = words;
  find("token-form").onsubmit = () => {
    api.useToken(find("token").value.trim());
    find("token").value = "";
    then();
  };
  if (!find("token-dialog").open) find("token-dialog").showModal();
}

function wire() {
  find("choose").onclick = () => find("files").click();
  find("files").onchange = ({ target }) => {
    guarded(() => addFiles([...target.files]));
    target.value = "";
  };
  find("record").onclick = () => guarded(toggleRecording);
  find("live").onclick = () => guarded(toggleLive);
  find("model").onchange = ({ target }) => guarded(() => changeModel(target.value));
  find("modes").onchange = ({ target }) => guarded(() => changeMode(target.value));
  find("unsure").onchange = find("coverage").onchange = changeCoverage;
  find("coverage").oninput = showCoverage;
  find("json").onclick = () => saveJson(state.clips);
  find("csv").onclick = () => saveCsv(state.clips);
  find("clear").onclick = () => [...state.clips].forEach(removeClip);
  acceptDrops();
}

function acceptDrops() {
  const drop = find("drop");
  addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    guarded(() => addFiles([...event.dataTransfer.files]));
  });
}

// --- settings

async function useModel(name) {
  state.about = await api.model(name);
  find("model").value = name;
  showAbout(state.about);
  showCalibration(state.about);
  const known = state.about.languages ?? [];
  const changed = (value) => (state.language = value);
  const choice = languageChoice("language", "Spoken language", known, state.language, changed);
  find("language-row").replaceChildren(choice.element);
}

async function changeModel(name) {
  const before = state.about.name;
  try {
    await useModel(name);
    if (state.where === BROWSER) await loadHere();
  } catch (error) {
    await useModel(before);
    throw error;
  }
  judgeAgain();
}

async function changeMode(value) {
  if (value === "browser") {
    try {
      await loadHere();
      state.where = BROWSER;
    } catch (error) {
      find("modes").querySelector("[value=server]").checked = true;
      throw error;
    } finally {
      showMode();
    }
  } else {
    state.where = SERVER;
    showMode();
  }
  state.clips.forEach((clip) => clip.card.update(state.about, state.where));
}

/** Have all that this browser needs at hand; after it, no network is needed. */
async function loadHere() {
  const tell = (text) => (find("mode-now").textContent = text);
  await browser.load(state.about, tell);
  await microphone.prepare().catch(() => null); // where there is no sound device, files still work
  showMode();
}

function showMode() {
  const here = state.where === BROWSER;
  document.body.dataset.mode = here ? "browser" : "server";
  find("mode-now").textContent = here
    ? "In this browser: audio never leaves this machine, and no network is needed any more."
    : `On the server: audio is sent to ${location.host}, which judges it and keeps none of it.`;
}

function showAbout(about) {
  const rows = {
    Name: `${about.name} ${about.version}`,
    Network: about.model,
    Emotions: about.classes.join(", "),
    Languages: (about.languages ?? []).map(languageName).join(", "),
    Corpora: (about.corpora ?? []).join(", "),
    "Trained on": about.trained_on,
    Licence: about.licence ?? "nobody said",
    File: `${(about.bytes / 1e6).toFixed(1)} MB, ${about.precision}, sha256 ${about.sha256.slice(0, 12)}…`,
  };
  const lines = Object.entries(rows).filter(([, text]) => text);
  find("about").replaceChildren(
    ...lines.map(([name, text]) => make("div", {}, make("dt", { text: name }), make("dd", { text }))),
  );
}

function showCalibration(about) {
  const possible = Boolean(about.card.scores);
  find("unsure").disabled = !possible;
  if (!possible) find("unsure").checked = false;
  state.coverage = find("unsure").checked ? Number(find("coverage").value) / 100 : null;
  showCoverage();
}

function showCoverage() {
  const on = find("unsure").checked;
  const share = find("coverage").value;
  find("coverage-row").hidden = !on;
  find("coverage-value").textContent = `${share} %`;
  find("coverage-note").textContent = coverageNote(on, share);
}

function coverageNote(on, share) {
  const { card } = state.about;
  if (!card.scores) return "This model was not calibrated, so it cannot say when it is not sure.";
  if (!on) return "Each answer is then a set of emotions; where it holds several, it is not sure.";
  const told = card.facts.calibration ?? {};
  const whom = (told.corpora ?? []).join(", ") || "its training corpora";
  return (
    `The set holds the true emotion of ${share} recordings in 100, for recordings like the ` +
    `${told.utterances ?? ""} of ${whom} that it was calibrated on; not for another language, ` +
    "nor for the short looks of the ribbon."
  );
}

function changeCoverage() {
  showCalibration(state.about);
  judgeAgain();
}

// --- clips

async function addFiles(files) {
  const mistakes = [];
  for (const file of files) {
    try {
      addClip(file.name, await decoded(file));
    } catch (error) {
      mistakes.push(wordsFor(error));
    }
  }
  if (mistakes.length) complain(mistakes.join(" "));
}

function addClip(name, { samples, warnings }) {
  const clip = {
    ...{ id: ++state.count, name, samples, warnings, duration: samples.length / RATE },
    ...{ language: state.language, where: state.where, result: null, error: null, busy: false },
  };
  clip.card = new ClipCard(clip, {
    again: () => judge(clip),
    elsewhere: () => judge(Object.assign(clip, { where: state.where })),
    remove: () => removeClip(clip),
    language: (value) => judge(Object.assign(clip, { language: value })),
    json: () => saveJson([clip]),
    csv: () => saveCsv([clip]),
  });
  state.clips.push(clip);
  find("clips").prepend(clip.card.element);
  judge(clip);
}

/** Judge a clip where it is to be judged: one kept in this browser is never sent unasked. */
async function judge(clip) {
  const turn = (clip.turn = (clip.turn ?? 0) + 1);
  Object.assign(clip, { busy: true, error: null });
  const { about, coverage } = state;
  show(clip);
  try {
    const asked = { model: about.name, coverage, language: clip.language || null };
    const here = clip.where === BROWSER;
    if (here) await browser.load(about, () => null);
    const result = await (here ? browser : api).recognise(clip.samples, asked);
    if (clip.turn !== turn) return;
    clip.result = { ...result, ...known(about), where: clip.where, coverage };
    say(`${clip.name}: ${inWords(result.whole)}. Segments: ${result.estimates.length}.`);
  } catch (error) {
    if (clip.turn !== turn) return;
    clip.error = wordsFor(error);
    say(`${clip.name}: ${clip.error}`);
    if (error instanceof TokenNeeded) askForToken(error.message, () => judge(clip));
  }
  clip.busy = false;
  show(clip);
}

/** What a result keeps of the model that gave it. */
function known(about) {
  return { classes: about.classes, hopMs: about.hop_ms, limits: about.card.limits };
}

function judgeAgain() {
  state.clips.forEach((clip) => judge(clip));
}

function removeClip(clip) {
  clip.turn += 1;
  clip.card.remove();
  state.clips = state.clips.filter((one) => one !== clip);
  showAll();
  find("results").focus({ preventScroll: true });
}

function show(clip) {
  clip.card.update(state.about, state.where);
  showAll();
}

function showAll() {
  const judged = state.clips.filter((clip) => clip.result);
  find("nothing").hidden = state.clips.length > 0;
  find("all").hidden = judged.length === 0;
  find("comparison").hidden = judged.length < 2;
  if (judged.length > 1) drawComparison(find("comparison-table"), judged);
}

function saveJson(clips) {
  save("emotions.json", "application/json", JSON.stringify(plain(clips), null, 1));
}

function saveCsv(clips) {
  save("emotions.csv", "text/csv", csv(clips));
}

// --- microphone

let stopRecording = null;
let recordings = 0;

async function toggleRecording() {
  if (stopRecording) return endRecording();
  const button = find("record");
  button.disabled = true;
  try {
    const tell = (seconds) => (find("recording").textContent = `Recording: ${seconds.toFixed(1)} s`);
    stopRecording = await record(tell, () => guarded(endRecording));
    showPressed(button, true, "Stop recording");
    find("live").disabled = true;
  } finally {
    button.disabled = false;
  }
}

async function endRecording() {
  const stop = stopRecording;
  stopRecording = null;
  showPressed(find("record"), false, "Record");
  find("live").disabled = false;
  find("recording").textContent = "";
  const name = `recording ${++recordings}`;
  addClip(name, await stop(name));
}

async function toggleLive() {
  const button = find("live");
  if (live.running) return live.stop();
  button.disabled = true;
  const over = (error) => {
    showPressed(button, false, "Go live");
    find("record").disabled = false;
    if (error) guarded(() => Promise.reject(error));
  };
  try {
    await live.start(state.where === BROWSER, state.about, state.coverage, over);
    showPressed(button, true, "Stop live");
    find("record").disabled = true;
  } finally {
    button.disabled = false;
  }
}

function showPressed(button, on, text) {
  button.setAttribute("aria-pressed", String(on));
  button.textContent = text;
}

begin();
