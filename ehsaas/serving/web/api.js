/** The server: what is asked of it, and its refusals in words. */

import { Mistake, TokenNeeded } from "./mistakes.js";

const PATIENCE_MS = 120_000; // of silence
const SLOWEST = 32; // bytes a ms: what is sent gives no sign of its own, so it is given its time

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
  return json(await ask("v1/models"));
}

/** What the server says of one model, its card included. */
export async function model(name) {
  return json(await ask(`v1/models/${encodeURIComponent(name)}`));
}

/** The bytes of a model's file; `tell` hears the share that came, 0–1. */
export async function modelFile(about, tell) {
  const path = `v1/models/${encodeURIComponent(about.name)}/file`;
  const body = await ask(path, {}, (came) => tell(Math.min(1, came / about.bytes)));
  return new Uint8Array(await body.arrayBuffer());
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
  return json(await ask(`v1/recognise?${query}`, { method: "POST", headers, body: samples }));
}

/** The body of the server's answer, a Blob; `tell` hears how many of its bytes came. */
async function ask(path, options = {}, tell = () => null) {
  const headers = { ...options.headers };
  const used = token;
  if (used) headers.Authorization = `Bearer ${used}`;
  const silence = new Silence(PATIENCE_MS + (options.body?.byteLength ?? 0) / SLOWEST);
  let [answer, body] = [null, null];
  try {
    answer = await fetch(address(path), { ...options, headers, signal: silence.signal });
    body = await bodyOf(answer, silence, tell);
  } catch {
    throw new Mistake(silence.words ?? (answer ? BROKEN : "The server does not answer. " + GONE));
  } finally {
    silence.end();
  }
  if (answer.ok) return body;
  if (answer.status === 401 && used !== token) return ask(path, options, tell); // one came meanwhile
  throw await refusal(answer, body);
}

const GONE = "Is `ehsaas serve` still running, and the network on?";
const BROKEN = `The server's answer broke off. ${GONE}`;

/** Gives up where nothing was heard for so many ms, however long the whole of it takes. */
class Silence {
  constructor(patience) {
    this.patience = patience;
    this.control = new AbortController();
    this.signal = this.control.signal;
    this.words = null; // once it lasted too long
    this.heard();
  }

  heard() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.giveUp(), this.patience);
  }

  end() {
    clearTimeout(this.timer);
  }

  giveUp() {
    const seconds = Math.round(this.patience / 1000);
    this.words = `The server was silent for ${seconds} s. Try again later, or a shorter recording.`;
    this.control.abort();
  }
}

async function bodyOf(answer, silence, tell) {
  const chunks = [];
  let came = 0;
  silence.heard();
  for await (const chunk of chunksOf(answer.body)) {
    silence.heard();
    chunks.push(chunk);
    came += chunk.length;
    tell(came);
  }
  return new Blob(chunks);
}

async function json(body) {
  try {
    return JSON.parse(await body.text());
  } catch {
    throw new Mistake(`What answers at ${location.host} is not what this page is for. ${GONE}`);
  }
}

/** An answer that is none → what it says. */
async function refusal(answer, body) {
  const detail = await detailOf(body);
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

async function detailOf(body) {
  try {
    const { detail } = JSON.parse(await body.text());
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
