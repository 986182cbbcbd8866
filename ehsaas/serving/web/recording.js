/** A recording from the microphone: started, counted, stopped → samples at 16 kHz. */

import * as microphone from "./microphone.js";
import { fullScale, resampled } from "./sound.js";

const LONGEST = 480; // seconds: a server takes 32 MiB if it is not told otherwise

/** Start recording; `tell(seconds)` hears how long it is, `full()` when it can be no longer. */
export async function record(tell, full) {
  const blocks = [];
  let count = 0;
  const source = await microphone.open((block, rate) => {
    if (count >= LONGEST * rate) return;
    blocks.push(block);
    count += block.length;
    tell(count / rate);
    if (count >= LONGEST * rate) full();
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
