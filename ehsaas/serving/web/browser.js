/** In-browser judging: the worker that holds the models, asked as the server is. */

import * as api from "./api.js";
import { Mistake } from "./mistakes.js";

let worker = null;
let asked = 0;
let tell = () => null;
const waiting = new Map(); // the orders that the worker has not answered
const loads = new Map(); // by its name, the promise of each model that is here or on its way
const here = new Set();

/** Whether this model is in memory, so that it needs no network. */
export function holds(name) {
  return here.has(name);
}

/** `hear` what is being done to have a model; null once it is done. */
export function watch(hear) {
  tell = hear;
}

/** Fetch the runtime and a model, once, whoever asks for it and however often. */
export function load(about) {
  const known = loads.get(about.name);
  if (known) return known;
  const coming = fetched(about)
    .catch((error) => {
      if (loads.get(about.name) === coming) loads.delete(about.name);
      throw error;
    })
    .finally(() => tell(null));
  loads.set(about.name, coming);
  return coming;
}

/** Let go of the models that are here, but for this one. */
export function keepOnly(name) {
  for (const other of [...here].filter((one) => one !== name)) {
    here.delete(other);
    loads.delete(other);
    send({ kind: "release", name: other }).catch(() => null); // it is asked for nothing more
  }
}

/** Samples judged here: {model, duration, whole, estimates}. */
export function recognise(samples, { model, coverage }) {
  return send({ kind: "recognise", name: model, samples, coverage });
}

/** One stretch of a stream judged here, without any set. */
export function stretch(samples, start, end, model) {
  return send({ kind: "stretch", name: model, samples, start, end });
}

async function fetched(about) {
  tell("Fetching the runtime …");
  await send({ kind: "runtime" }).catch((error) => {
    drop(error);
    throw new Mistake(
      "The runtime for this mode cannot be had from the server: its installation may lack it " +
        `(\`make web\` fetches it). It says: ${error.message}`,
    );
  });
  const came = (share) => tell(`Fetching the model ${about.name} … ${Math.round(100 * share)} %`);
  came(0);
  const bytes = await api.modelFile(about, came);
  tell("Starting the model …");
  const order = { kind: "load", name: about.name, card: about.card, bytes };
  await send(order, [bytes.buffer]).catch((error) => {
    throw new Mistake(`This browser cannot run the model ${about.name}: ${error.message}`);
  });
  here.add(about.name);
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
  made.onerror = (event) => drop(new Mistake(event.message ?? "it cannot be started"));
  return made;
}

/** End the worker, and with it all that it holds: the next order starts another. */
function drop(error) {
  worker?.terminate();
  worker = null;
  for (const { reject } of waiting.values()) reject(error);
  for (const known of [waiting, loads, here]) known.clear();
}
