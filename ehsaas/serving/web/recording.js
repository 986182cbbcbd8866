/** A recording from the microphone: started, counted, stopped → samples at 16 kHz. */

import * as microphone from "./microphone.js";
import { fullScale, resampled } from "./sound.js";

const LONGEST = 600; // seconds

/** Start recording; `tell(seconds)` hears how long it is, `full()` when it can be no longer. */
export async function record(tell, full) {
  const blocks = [];
  let count = 0;
  const source = await microphone.open((block) => {
    if (count >= LONGEST * source.rate) return;
    blocks.push(block);
    count += block.length;
    tell(count / source.rate);
    if (count >= LONGEST * source.rate) full();
  });
  return async (name) => {
    await source.stop();
    const all = new Float32Array(count);
    let at = 0;
    for (const block of blocks) {
      all.set(block, at);
      at += block.length;
    }
    return fullScale(name, await resampled(all, source.rate));
  };
}
