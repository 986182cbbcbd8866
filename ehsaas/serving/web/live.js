/** Live: the microphone → looks and segments, from the server's stream or from this browser. */

import * as api from "./api.js";
import * as browser from "./browser.js";
import { NO_SPEECH } from "./emotions.js";
import { LOOK, STEP } from "./judging.js";
import * as microphone from "./microphone.js";
import { Mistake, TokenNeeded } from "./mistakes.js";
import { Segments } from "./segments.js";
import { RATE, resampled } from "./sound.js";

const BEHIND = 4e6; // bytes that wait to be sent, from where on the line is too slow
const LAST_WORDS_MS = 10_000; // what the server has for its last events

/**
 * Listen on the server: → stop(), which is done when all is over. `hear` gets each block, `tell`
 * each event, `over(error)` the end, with null where it was asked for.
 */
export async function onServer({ about, coverage }, hear, tell, over) {
  const socket = await opened(api.address("v1/stream", true));
  let [source, stopping] = [null, false];
  let [ended, greeted] = [false, false];
  let finished;
  const finish = new Promise((resolve) => (finished = resolve));
  const end = (error) => {
    if (ended) return;
    ended = true;
    if (!stopping) source?.stop();
    socket.close();
    over(error);
    finished();
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
  if (ended) await source.stop(); // the server went while the person was asked for the microphone
  const asked = { model: about.name, coverage, token: api.tokenGiven() };
  const first = { rate: source.rate, encoding: "f32le", ...asked };
  if (!ended) socket.send(JSON.stringify(first));
  greeted = true;
  return async () => {
    if (ended) return;
    stopping = true;
    await source.stop();
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ flush: true }));
    setTimeout(() => end(null), LAST_WORDS_MS);
    await finish;
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
  return /token/i.test(detail)
    ? new TokenNeeded(detail)
    : new Mistake(`The server says: ${detail}`);
}

/**
 * Listen in this browser: as `onServer`, but no voice activity is looked for: what is quiet is no
 * speech, and music is taken for a voice.
 */
export async function inBrowser({ about, settle }, hear, tell, over) {
  await browser.load(about);
  const segments = new Segments(STEP, settle, tell);
  let [recent, since, total] = [new Float32Array(0), 0, 0];
  let [busy, stopped, source] = [false, false, null];
  const look = async (rate) => {
    [busy, since] = [true, 0];
    const end = total / rate;
    try {
      const heard = (await resampled(recent, rate)).slice(0, LOOK * RATE);
      const start = Math.max(0, end - heard.length / RATE);
      const found = await browser.stretch(heard, start, end, about.name);
      if (!stopped) segments.take(found, found.emotion === NO_SPEECH ? null : [start, end]);
    } catch (error) {
      if (stopped) return;
      stopped = true;
      source?.stop();
      over(error);
    }
    busy = false;
  };
  source = await microphone.open((block, rate) => {
    if (stopped) return;
    hear(block);
    recent = lastOf(recent, block, Math.round(LOOK * rate));
    since += block.length;
    total += block.length;
    if (since >= STEP * rate && !busy) look(rate);
  });
  return async () => {
    if (stopped) return;
    stopped = true;
    await source.stop();
    segments.flush();
    over(null);
  };
}

/** The last `size` of what was there and what came. */
function lastOf(there, came, size) {
  const all = new Float32Array(there.length + came.length);
  all.set(there);
  all.set(came, there.length);
  return all.slice(-size);
}
