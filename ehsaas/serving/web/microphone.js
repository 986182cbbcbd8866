/** The microphone → blocks of mono samples, as it hears: no gain control, no noise suppression. */

import { Mistake } from "./mistakes.js";
import { RATE } from "./sound.js";

const AS_HEARD = {
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

let ready = null; // a context whose tap is loaded, made before the network may be gone
const users = new Set(); // of contexts, for one that nobody uses is suspended

/** Have the tap at hand, so that the microphone can be opened without a network. */
export function prepare() {
  ready ??= tapped({ sampleRate: RATE }).catch((error) => {
    ready = null;
    throw error;
  });
  return ready;
}

/**
 * Open the microphone: → {rate, stop()}; `hear(samples, rate)` gets a block every 0.1 s.
 *
 * @throws {Mistake} there is none, or its use was not allowed.
 */
export async function open(hear) {
  const stream = await allowed();
  try {
    return await heard(stream, hear);
  } catch (error) {
    release(stream);
    throw error;
  }
}

async function allowed() {
  if (!navigator.mediaDevices) {
    throw new Mistake(
      "The browser gives no microphone to this page: it must be opened at localhost or by https.",
    );
  }
  try {
    return await navigator.mediaDevices.getUserMedia(AS_HEARD);
  } catch (error) {
    throw new Mistake(refusals[error.name] ?? `The microphone cannot be used (${error.message}).`);
  }
}

const refusals = {
  NotAllowedError:
    "The microphone was refused. Allow it for this page in the browser's settings, then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  NotReadableError: "The microphone is in use by another program, or cannot be read.",
};

async function heard(stream, hear) {
  const { context, source } = await connected(stream);
  const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
  tap.port.onmessage = ({ data }) => hear(data, context.sampleRate);
  source.connect(tap);
  await context.resume();
  const user = { context };
  users.add(user);
  const stop = async () => {
    source.disconnect();
    tap.port.onmessage = null;
    release(stream);
    users.delete(user);
    if (![...users].some((one) => one.context === context)) await context.suspend();
  };
  return { rate: context.sampleRate, stop };
}

function release(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** A context with a source of this stream: at 16 kHz, or at the microphone's rate where it must be. */
async function connected(stream) {
  const context = await prepare();
  try {
    return { context, source: context.createMediaStreamSource(stream) };
  } catch {
    const other = await tapped();
    ready = Promise.resolve(other);
    return { context: other, source: other.createMediaStreamSource(stream) };
  }
}

async function tapped(options) {
  const context = new AudioContext(options);
  await context.audioWorklet.addModule(new URL("tap.js", import.meta.url));
  return context;
}
