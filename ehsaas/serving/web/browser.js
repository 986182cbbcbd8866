/** In-browser judging: the worker that holds the models, asked as the server is. */

import * as api from "./api.js";
import { Mistake } from "./mistakes.js";

let worker = null;
let asked = 0;
const waiting = new Map();
const loaded = new Set();

/** Whether this model is in memory, so that it needs no network. */
export function holds(name) {
  return loaded.has(name);
}

/** Fetch the runtime and a model; `tell` hears what is being done. */
export async function load(about, tell) {
  if (holds(about.name)) return;
  tell("Fetching the runtime …");
  await send({ kind: "runtime" }).catch((error) => {
    worker = null;
    throw new Mistake(
      "The runtime for this mode cannot be had from the server: its installation may lack it " +
        `(\`make web\` fetches it). It says: ${error.message}`,
    );
  });
  const bytes = await api.modelFile(about, (share) =>
    tell(`Fetching the model ${about.name} … ${Math.round(100 * share)} %`),
  );
  tell("Starting the model …");
  const order = { kind: "load", name: about.name, card: about.card, bytes };
  await send(order, [bytes.buffer]).catch((error) => {
    throw new Mistake(`This browser cannot run the model ${about.name}: ${error.message}`);
  });
  loaded.add(about.name);
}

/** Samples judged here: {model, duration, whole, estimates}. */
export function recognise(samples, { model, coverage }) {
  return send({ kind: "recognise", name: model, samples, coverage });
}

/** One stretch of a stream judged here, without any set. */
export function stretch(samples, start, end, model) {
  return send({ kind: "stretch", name: model, samples, start, end });
}

function send(order, given = []) {
  worker ??= started();
  const id = ++asked;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ ...order, id }, given);
  });
}

function started() {
  const made = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  made.onmessage = ({ data }) => {
    const { resolve, reject } = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) reject(new Mistake(data.error));
    else resolve(data.answer);
  };
  made.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Mistake(event.message ?? "no worker"));
    waiting.clear();
  };
  return made;
}
