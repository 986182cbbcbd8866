/** Plays stretches of clips, one at a time. */

import { RATE } from "./sound.js";

let context = null;
let playing = null;

/**
 * Play samples from `start` to `end` s; `tell(time)` hears where it is, `done()` that it is over.
 */
export async function play(samples, start, end, tell, done) {
  stop();
  context ??= new AudioContext();
  await context.resume();
  const buffer = context.createBuffer(1, samples.length, RATE);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  const began = context.currentTime;
  const mine = { source, done };
  source.onended = () => playing === mine && stop();
  source.start(0, start, end - start);
  playing = mine;
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
  source.onended = null;
  source.stop();
  done();
}
