/** Files and recordings → mono samples at 16 kHz, as both modes judge them. */

import { Mistake } from "./mistakes.js";

export const RATE = 16000;

const LARGEST = 500e6;
const OVERSHOOT = 1.5; // what lossy decoders and resampling add to full scale usually stays below this

/**
 * A file → {samples: Float32Array, warnings: string[]}.
 *
 * @throws {Mistake} it is empty, too large, not audio, or holds samples that are no sound.
 */
export async function decoded(file) {
  if (file.size === 0) throw new Mistake(`${file.name} is empty (0 bytes).`);
  if (file.size > LARGEST) {
    throw new Mistake(
      `${file.name} has ${Math.round(file.size / 1e6)} MB; a page can hold ${LARGEST / 1e6} MB. ` +
        "The command `ehsaas recognise` reads longer ones.",
    );
  }
  let buffer;
  try {
    const context = new OfflineAudioContext(1, 1, RATE);
    buffer = await context.decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Mistake(
      `${file.name} is no audio that this browser can read. WAV, FLAC, MP3 and Ogg can be read by every browser.`,
    );
  }
  return fullScale(file.name, meanOfChannels(buffer));
}

/** Samples (N,) at `rate` Hz → samples at 16 kHz. */
export async function resampled(samples, rate) {
  if (rate === RATE || samples.length === 0) return samples;
  const length = Math.max(1, Math.round((samples.length * RATE) / rate));
  const context = new OfflineAudioContext(1, length, RATE);
  const buffer = context.createBuffer(1, samples.length, rate);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  source.start();
  return (await context.startRendering()).getChannelData(0);
}

/** Samples in [-1, 1], with what was done to get them there. */
export function fullScale(name, samples) {
  let peak = 0;
  for (const sample of samples) {
    if (!Number.isFinite(sample)) {
      throw new Mistake(`${name} holds samples that are no sound (not a number, or infinite).`);
    }
    peak = Math.max(peak, Math.abs(sample));
  }
  if (samples.length === 0) throw new Mistake(`${name} has a header, but no sound after it.`);
  const divisor = peak > OVERSHOOT ? peak : 1;
  if (peak > 1) samples = samples.map((one) => Math.max(-1, Math.min(1, one / divisor)));
  const said = `samples reach ${peak.toPrecision(4)}, where 1 is full scale; scaled down`;
  return { samples, warnings: divisor > 1 ? [said] : [] };
}

function meanOfChannels(buffer) {
  const channels = buffer.numberOfChannels;
  const mean = new Float32Array(buffer.length);
  for (let channel = 0; channel < channels; channel++) {
    const data = buffer.getChannelData(channel);
    for (let i = 0; i < mean.length; i++) mean[i] += data[i] / channels;
  }
  return mean;
}
