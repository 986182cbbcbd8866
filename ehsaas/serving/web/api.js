/** The server: what is asked of it, and its refusals in words. */

import { Mistake, TokenNeeded } from "./mistakes.js";

const PATIENCE_MS = 120_000;

let token = null; // in memory only: it is gone when the page is closed

/** Use this bearer token from now on; null for none. */
export function useToken(text) {
  token = text || null;
}

/** The token for a stream's first message; null where none was given. */
export function tokenGiven() {
  return token;
}

/** The address of a path of the server; with `scheme` ws for streams. */
export function address(path, stream = false) {
  const url = new URL(path, document.baseURI);
  if (stream) url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

/** What the server says of its models, the default first. */
export async function models() {
  return (await ask("v1/models")).json();
}

/** What the server says of one model, its card included. */
export async function model(name) {
  return (await ask(`v1/models/${encodeURIComponent(name)}`)).json();
}

/** The bytes of a model's file; `tell` hears the share that came, 0–1. */
export async function modelFile(about, tell) {
  const answer = await ask(`v1/models/${encodeURIComponent(about.name)}/file`);
  const chunks = [];
  let came = 0;
  for await (const chunk of chunksOf(answer.body)) {
    chunks.push(chunk);
    came += chunk.length;
    tell(Math.min(1, came / about.bytes));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * Samples judged by the server: {model, duration, whole, estimates}.
 *
 * @param {Float32Array} samples mono, 16 kHz.
 * @param {{model: string, coverage: ?number}} asked
 */
export async function recognise(samples, asked) {
  const query = new URLSearchParams({
    rate: 16000,
    encoding: "f32le",
    channels: 1,
    timeline: true,
  });
  for (const name of ["model", "coverage"]) {
    if (asked[name] !== null && asked[name] !== undefined) query.set(name, asked[name]);
  }
  const headers = { "Content-Type": "audio/pcm" };
  const answer = await ask(`v1/recognise?${query}`, { method: "POST", headers, body: samples });
  return answer.json();
}

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    answer = await fetch(address(path), { ...options, headers, signal });
  } catch (error) {
    throw new Mistake(
      error.name === "TimeoutError"
        ? `The server did not answer within ${PATIENCE_MS / 1000} s. Try again later, or a shorter recording.`
        : "The server does not answer. Is `ehsaas serve` still running, and the network on?",
    );
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** An answer that is none → what it says. */
async function refusal(answer) {
  const detail = await detailOf(answer);
  const said = detail ? ` It says: ${detail}` : "";
  if (answer.status === 401) {
    return new TokenNeeded(
      token
        ? "The server does not accept this token. Ask whoever runs it for the right one."
        : "This server asks for a token. Whoever runs it can give you one.",
    );
  }
  if (answer.status === 429) {
    const wait = answer.headers.get("Retry-After");
    return new Mistake(
      `The server is busy. Try again ${wait ? `in ${wait} s` : "in a moment"}.${said}`,
    );
  }
  const words = {
    413: "The recording is too long or too large for this server.",
    415: "The server takes this for no audio.",
    422: "The server cannot use this recording.",
    503: "The server is about to stop. Try again when it has been started anew.",
    504: "Judging took the server too long. Try a shorter recording.",
  };
  const what = words[answer.status] ?? `The server refused, with status ${answer.status}.`;
  return new Mistake(what + said);
}

async function detailOf(answer) {
  try {
    const { detail } = await answer.json();
    return typeof detail === "string" ? detail : JSON.stringify(detail);
  } catch {
    return "";
  }
}

async function* chunksOf(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
