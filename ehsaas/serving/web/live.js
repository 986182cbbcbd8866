/** Live: the microphone → looks and segments, from the server's stream or from this browser. */

import * as api from "./api.js";
import * as browser from "./browser.js";
import * as microphone from "./microphone.js";
import { NO_SPEECH } from "./emotions.js";
import { Mistake, TokenNeeded } from "./mistakes.js";
import { LOOK, STEP } from "./judging.js";
import { RATE, resampled } from "./sound.js";

const SMOOTHED = 3; // looks whose mean is shown, in this browser
const LOOKS = 600; // of a segment that are remembered at most
const BEHIND = 4e6; // bytes that wait to be sent, from where on the line is too slow

/**
 * Listen on the server: → stop(). `hear` gets each block, `tell` each event, `over(error)` the end,
 * with null where it was asked for.
 */
export async function onServer({ model, coverage }, hear, tell, over) {
  const socket = await opened(api.address("v1/stream", true));
  let source = null;
  let [ended, greeted] = [false, false];
  const end = (error) => {
    if (ended) return;
    ended = true;
    source?.stop();
    socket.close();
    over(error);
  };
  socket.onclose = ({ code, reason }) =>
    end(new Mistake(`The server ended the stream (${reason || `code ${code}`}).`));
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.kind === "error") end(refused(event.detail));
    else if (event.kind === "done") end(null);
    else tell(event);
  };
  try {
    source = await microphone.open((block) => {
      if (ended || !greeted) return;
      hear(block);
      if (socket.bufferedAmount > BEHIND) end(new Mistake("The line to the server is too slow."));
      else if (socket.readyState === WebSocket.OPEN) socket.send(block);
    });
  } catch (error) {
    ended = true;
    socket.close();
    throw error;
  }
  const first = { rate: source.rate, encoding: "f32le", model, coverage, token: api.tokenGiven() };
  socket.send(JSON.stringify(first));
  greeted = true;
  return async () => {
    await source.stop();
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ flush: true }));
  };
}

function opened(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve(socket);
    socket.onerror = () =>
      reject(new Mistake("The server takes no stream. Is `ehsaas serve` still running?"));
  });
}

function refused(detail) {
  return /token/i.test(detail) ? new TokenNeeded(detail) : new Mistake(`The server says: ${detail}`);
}

/**
 * Listen in this browser: as `onServer`, but no voice activity is looked for: what is quiet is no
 * speech, and music is taken for a voice.
 */
export async function inBrowser({ model, settle }, hear, tell, over) {
  const size = (rate) => Math.round(LOOK * rate);
  let [recent, since, total, busy] = [new Float32Array(0), 0, 0, false];
  const segments = new Segments(settle, tell);
  let stopped = false;
  const source = await microphone.open((block) => {
    if (stopped) return;
    hear(block);
    const all = new Float32Array(recent.length + block.length);
    all.set(recent);
    all.set(block, recent.length);
    recent = all.slice(-size(source.rate));
    since += block.length;
    total += block.length;
    if (since >= STEP * source.rate && !busy) look();
  });
  const look = async () => {
    [busy, since] = [true, 0];
    const end = total / source.rate;
    const start = Math.max(0, end - recent.length / source.rate);
    try {
      const heard = await resampled(recent, source.rate);
      const found = await browser.stretch(heard.slice(0, LOOK * RATE), start, end, model);
      if (!stopped) segments.take(found);
    } catch (error) {
      stopped = true;
      source.stop();
      over(error);
    }
    busy = false;
  };
  return async () => {
    stopped = true;
    await source.stop();
    segments.finish();
    over(null);
  };
}

/** Looks → smoothed looks, and where segments begin and end. */
class Segments {
  constructor(settle, tell) {
    this.settle = settle ?? ((one) => one);
    this.tell = tell;
    this.recent = [];
    this.segment = null;
    this.at = null;
  }

  take(found) {
    const silent = found.emotion === NO_SPEECH;
    this.recent = silent ? [] : [...this.recent, found].slice(-SMOOTHED);
    const look = silent ? found : this.settle(mean(this.recent, found));
    if (this.segment?.emotion !== look.emotion) {
      this.finish();
      const start = this.at ?? look.start;
      this.segment = { emotion: look.emotion, start, looks: [] };
      this.tell({ ...look, kind: "onset", start });
    }
    this.segment.looks = [...this.segment.looks, look].slice(-LOOKS);
    this.at = look.end;
    this.tell({ ...look, kind: "look" });
  }

  finish() {
    if (!this.segment) return;
    const { emotion, start, looks } = this.segment;
    this.tell({ ...mean(looks, looks.at(-1)), kind: "end", emotion, start, end: this.at });
    this.segment = null;
  }
}

function mean(looks, like) {
  const probabilities = {};
  for (const name of Object.keys(looks[0].probabilities)) {
    const sum = looks.reduce((all, one) => all + one.probabilities[name], 0);
    probabilities[name] = sum / looks.length;
  }
  const [best] = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  return { ...like, emotion: best ? best[0] : NO_SPEECH, probabilities };
}
