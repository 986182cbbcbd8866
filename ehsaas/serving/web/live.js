/** Live: the microphone → looks and segments, from the server's stream or from this browser. */

import * as api from "./api.js";
import * as browser from "./browser.js";
import * as microphone from "./microphone.js";
import { LOOK, STEP } from "./judging.js";
import { Mistake, TokenNeeded } from "./mistakes.js";
import { Segments } from "./segments.js";
import { RATE, resampled } from "./sound.js";

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
  if (ended) await source.stop(); // the server went while the person was asked for the microphone
  const first = { rate: source.rate, encoding: "f32le", model, coverage, token: api.tokenGiven() };
  if (!ended) socket.send(JSON.stringify(first));
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
  return /token/i.test(detail)
    ? new TokenNeeded(detail)
    : new Mistake(`The server says: ${detail}`);
}

/**
 * Listen in this browser: as `onServer`, but no voice activity is looked for: what is quiet is no
 * speech, and music is taken for a voice.
 */
export async function inBrowser({ model, settle }, hear, tell, over) {
  const segments = new Segments(settle, tell);
  let [recent, since, total] = [new Float32Array(0), 0, 0];
  let [busy, stopped, source] = [false, false, null];
  const look = async (rate) => {
    [busy, since] = [true, 0];
    const end = total / rate;
    try {
      const heard = (await resampled(recent, rate)).slice(0, LOOK * RATE);
      const start = Math.max(0, end - heard.length / RATE);
      const found = await browser.stretch(heard, start, end, model);
      if (!stopped) segments.take(found);
    } catch (error) {
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
