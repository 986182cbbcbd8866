/** Plays stretches of clips, one at a time. */

import { Mistake } from "./mistakes.js";
import { RATE } from "./sound.js";

let context = null;
let playing = null;

/**
 * Play samples from `start` to `end` s; `tell(time)` hears where it is, `done()` that it is over.
 *
 * @throws {Mistake} the browser plays nothing.
 */
export async function play(samples, start, end, tell, done) {
  stop();
  const mine = { source: null, done };
  playing = mine;
  try {
    context ??= new AudioContext();
    await context.resume();
  } catch (error) {
    if (playing === mine) stop();
    throw new Mistake(`This browser plays no sound (${error.message}).`);
  }
  if (playing !== mine) return; // it was stopped, or another began
  const buffer = context.createBuffer(1, samples.length, RATE);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  const began = context.currentTime;
  mine.source = source;
  source.onended = () => playing === mine && stop();
  source.start(0, start, end - start);
  const step = () => {
    if (playing !== mine) return;
    tell(Math.min(end, start + context.currentTime - began));
    requestAnimationFrame(step);
  };
  step();
}

/** Stop what is playing, if anything is. */
export function stop() {
  if (!playing) return;
  const { source, done } = playing;
  playing = null;
  if (source) {
    source.onended = null;
    source.stop();
  }
  done();
}
