/** The microphone → blocks of mono samples, as it hears: no gain control, no noise suppression. */

import { Mistake } from "./mistakes.js";
import { RATE } from "./sound.js";

const AS_HEARD = {
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

let tapped = null; // a context whose tap is loaded, made before the network may be gone

/** Have the tap at hand, so that the microphone can be opened without a network. */
export async function prepare() {
  if (tapped) return;
  const context = new AudioContext({ sampleRate: RATE });
  await context.audioWorklet.addModule(new URL("tap.js", import.meta.url));
  tapped = context;
}

/**
 * Open the microphone: → {rate, stop()}; `hear(samples, rate)` gets a block every 0.1 s.
 *
 * @throws {Mistake} there is none, or its use was not allowed.
 */
export async function open(hear) {
  if (!navigator.mediaDevices) {
    throw new Mistake(
      "The browser gives no microphone to this page: it must be opened at localhost or by https.",
    );
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(AS_HEARD);
  } catch (error) {
    throw new Mistake(refusals[error.name] ?? `The microphone cannot be used (${error.message}).`);
  }
  const { context, source } = await connected(stream);
  const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
  tap.port.onmessage = ({ data }) => hear(data, context.sampleRate);
  source.connect(tap);
  await context.resume();
  const stop = async () => {
    source.disconnect();
    tap.port.onmessage = null;
    for (const track of stream.getTracks()) track.stop();
    await context.suspend();
  };
  return { rate: context.sampleRate, stop };
}

const refusals = {
  NotAllowedError:
    "The microphone was refused. Allow it for this page in the browser's settings, then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  NotReadableError: "The microphone is in use by another program, or cannot be read.",
};

/** A context with a source of this stream: at 16 kHz, or at the microphone's rate where it must be. */
async function connected(stream) {
  await prepare();
  try {
    return { context: tapped, source: tapped.createMediaStreamSource(stream) };
  } catch {
    const context = new AudioContext();
    await context.audioWorklet.addModule(new URL("tap.js", import.meta.url));
    tapped = context;
    return { context, source: context.createMediaStreamSource(stream) };
  }
}
