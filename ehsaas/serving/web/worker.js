/**
 * The model inside the browser: a worker that runs its graph with onnxruntime-web (wasm, one
 * thread), so that the page stays awake while it is judged. Once `ready` was said, it needs no
 * network.
 */

import { Judge, LOOK } from "./judging.js";

const QUIETLY = { executionProviders: ["wasm"], logSeverityLevel: 3 };

const models = new Map(); // by its name, the judge and the session of each
let runtime = null;

let before = Promise.resolve(); // a session judges one thing at a time, so orders wait their turn

onmessage = ({ data }) => {
  before = before.then(() => carryOut(data));
};

async function carryOut(data) {
  try {
    postMessage({ id: data.id, answer: await handlers[data.kind](data) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error?.message ?? error) });
  }
}

const handlers = {
  runtime: () => start(new URL("vendor/", import.meta.url).href),
  load: async ({ name, card, bytes }) => {
    const session = await runtime.InferenceSession.create(bytes, { ...QUIETLY });
    const judge = new Judge(card, (samples) => hear(session, card, samples));
    const hum = Float32Array.from({ length: LOOK * 16000 }, (_, i) => 0.1 * Math.sin(i / 20));
    await judge.hear(hum); // the first answer takes longest, so it is had before it is waited for
    models.set(name, { judge, session });
  },
  recognise: async ({ name, samples, coverage }) => ({
    ...(await models.get(name).judge.recognise(samples, coverage)),
    model: name,
  }),
  stretch: ({ name, samples, start, end }) =>
    models.get(name).judge.stretch({ samples, start, end }),
  release: async ({ name }) => {
    const { session } = models.get(name);
    models.delete(name);
    await session.release();
  },
};

async function start(folder) {
  if (runtime) return;
  const found = await import(`${folder}ort.wasm.min.mjs`);
  found.env.wasm.wasmPaths = folder;
  found.env.wasm.numThreads = 1;
  found.env.logLevel = "error";
  runtime = found;
}

/** What the graph makes of samples; `ehsaas/serving/model_file.py` names its outputs. */
async function hear(session, card, samples) {
  const feed = {
    samples: new runtime.Tensor("float32", samples, [1, samples.length]),
    lengths: new runtime.Tensor("int64", BigInt64Array.of(BigInt(samples.length)), [1]),
  };
  const found = await session.run(feed);
  const spans = found.spans ? Number(found.spans.data[0]) : 0;
  return {
    probabilities: [...found.probabilities.data],
    attention: found.attention ? [...found.attention.data.slice(0, spans)] : null,
    distance: found.distance ? found.distance.data[0] : null,
    dimensions: found.dimensions ? [...found.dimensions.data] : null,
  };
}
