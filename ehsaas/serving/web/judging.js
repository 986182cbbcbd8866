/**
 * Samples → estimates, by what a model's graph makes of their stretches.
 *
 * The same as `ehsaas/judging`, `ehsaas/timeline.py` and `ehsaas/calibration.py`, step by step:
 * `make e2e` compares them.
 */

export const RATE = 16000;
export const SHORTEST = 0.1;
export const LONGEST = 15;
export const WINDOW = 5;
export const LOOK = 1.5;
export const STEP = 0.5;

const SILENCE = 1e-3;
const CLOSE = 1e-9;
const NO_SPEECH = "no speech";
const NOT_SURE = "not sure";

/** Whether even the loudest 50 ms lie below −60 dBFS (RMS, constant offset removed). */
export function isSilent(samples) {
  const size = Math.min(RATE / 20, samples.length);
  if (size === 0) return true;
  for (let at = 0; at + size <= samples.length; at += size) {
    if (deviation(samples.subarray(at, at + size)) >= SILENCE) return false;
  }
  return true;
}

/** Stretches {samples, start, end} of `window` s every `hop` s, the last of which ends with the clip. */
export function stretches(samples, window, hop) {
  const size = Math.max(1, Math.round(window * RATE));
  const step = Math.max(1, Math.round(hop * RATE));
  const last = Math.max(0, samples.length - size);
  const starts = [];
  for (let at = 0; at < last; at += step) starts.push(at);
  return [...starts, last].map((at) => {
    const part = samples.subarray(at, at + size);
    return { samples: part, start: at / RATE, end: at / RATE + part.length / RATE };
  });
}

/** The least probability with which a class is in the set; 0 lets every class in. */
export function conformalThreshold(scores, coverage) {
  const rank = Math.ceil((scores.length + 1) * coverage);
  return rank > scores.length ? 0 : 1 - scores[rank - 1];
}

/** Base64 of little-endian float32 → Float32Array. */
export function unpacked(text) {
  return new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

/** What gives an estimate its prediction set of this coverage; null changes nothing. */
export function settling(card, coverage) {
  if (coverage === null || coverage === undefined || !card.scores) return null;
  const least = conformalThreshold(unpacked(card.scores), coverage);
  return (estimate) => {
    const order = [...card.classes].sort(
      (a, b) => estimate.probabilities[b] - estimate.probabilities[a],
    );
    const kept = order.filter((name) => estimate.probabilities[name] >= least);
    if (kept.length === 0) kept.push(order[0]);
    return { ...estimate, emotion: kept.length === 1 ? kept[0] : NOT_SURE, prediction_set: kept };
  };
}

/** Estimates of overlapping windows → segments, in order, without overlap. */
export function merge(windows, settle) {
  const edges = [...new Set(windows.flatMap((one) => [one.start, one.end]))].sort((a, b) => a - b);
  const segments = [];
  const settled = (one) => (settle && one.emotion !== NO_SPEECH ? settle(one) : one);
  for (let i = 0; i + 1 < edges.length; i++) {
    const [start, end] = [edges[i], edges[i + 1]];
    const over = windows.filter((one) => one.start <= start + CLOSE && one.end >= end - CLOSE);
    if (over.length === 0 || end - start < CLOSE) continue;
    const piece = settled(pieceOf(over, start, end));
    const last = segments.at(-1);
    if (last && same(last, piece) && piece.start - last.end < CLOSE) {
      segments[segments.length - 1] = settled(joined(last, piece));
    } else {
      segments.push(piece);
    }
  }
  return segments;
}

/** Probabilities, arousal and valence that estimates have together; null where one says none. */
export function meanOf(estimates, weights) {
  const names = Object.keys(estimates[0].probabilities);
  const of = (name) => [name, meanOfAll(estimates, weights, (one) => one.probabilities[name])];
  return {
    probabilities: Object.fromEntries(names.map(of)),
    arousal: meanOfAll(estimates, weights, (one) => one.arousal),
    valence: meanOfAll(estimates, weights, (one) => one.valence),
  };
}

/** An estimate with the emotion of its largest probability. */
export function likeliest(estimate) {
  const entries = Object.entries(estimate.probabilities);
  const [emotion] = entries.reduce((best, one) => (one[1] > best[1] ? one : best));
  return { ...estimate, emotion };
}

function meanOfAll(estimates, weights, value) {
  const values = estimates.map(value);
  if (values.some((one) => one === null)) return null;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, one, i) => sum + weights[i] * one, 0) / total;
}

/** Judges samples by a card and by what `hear(samples)` → {probabilities, attention, distance, dimensions}. */
export class Judge {
  constructor(card, hear) {
    this.card = card;
    this.hear = hear;
  }

  /** {model, duration, whole, estimates}, as the server answers with a timeline. */
  async recognise(samples, coverage) {
    const settle = settling(this.card, coverage);
    const windows = await this.windows(samples, LOOK, STEP);
    return {
      model: this.card.name,
      duration: samples.length / RATE,
      whole: await this.whole(samples, settle),
      estimates: merge(windows, settle),
    };
  }

  /** One estimate for all of it. */
  async whole(samples, settle) {
    const judged =
      samples.length / RATE <= LONGEST
        ? await this.stretch({ samples, start: 0, end: samples.length / RATE })
        : await this.long(samples);
    if (judged.emotion === NO_SPEECH) return judged;
    const warned = this.warned(judged);
    return settle ? settle(warned) : warned;
  }

  /** One estimate for each stretch of `window` seconds, one every `hop` seconds. */
  async windows(samples, window, hop) {
    const found = [];
    for (const part of stretches(samples, window, hop)) found.push(await this.stretch(part));
    return found;
  }

  /** One estimate for a stretch, without any set. */
  async stretch(part) {
    const answer = this.answer(part.start, part.end);
    const duration = part.samples.length / RATE;
    if (duration < SHORTEST) {
      const said = `${Math.round(duration * 1000)} ms is too short; at least ${SHORTEST} s is needed`;
      return { ...answer, warnings: [said] };
    }
    if (isSilent(part.samples)) return answer;
    const heard = await this.hear(part.samples);
    return {
      ...answer,
      ...this.said(heard.probabilities),
      arousal: heard.dimensions?.[0] ?? null,
      valence: heard.dimensions?.[1] ?? null,
      attention: heard.attention,
      extra: heard.distance === null ? {} : { distance: heard.distance },
    };
  }

  /** The mean of the windows of a long clip, by what each adds. */
  async long(samples) {
    const windows = await this.windows(samples, WINDOW, WINDOW);
    const parts = windows
      .map((one, i) => [one, one.end - Math.max(one.start, i ? windows[i - 1].end : 0)])
      .filter(([one]) => one.emotion !== NO_SPEECH);
    const answer = this.answer(0, samples.length / RATE);
    if (parts.length === 0) return answer;
    const [heard, weights] = [parts.map(([one]) => one), parts.map(([, weight]) => weight)];
    const told = `longer than ${LONGEST} s: the mean of ${parts.length} windows`;
    const far = parts.every(([one]) => "distance" in one.extra);
    return {
      ...answer,
      ...likeliest(meanOf(heard, weights)),
      warnings: [told],
      extra: far ? { distance: meanOfAll(heard, weights, (one) => one.extra.distance) } : {},
    };
  }

  /** The estimate with a warning where its recording lies far from what was trained on. */
  warned(estimate) {
    const { limits, facts } = this.card;
    if (!limits || (estimate.extra.distance ?? 0) <= limits.limit) return estimate;
    const told = [(facts.corpora ?? []).join(", ")];
    if (facts.languages?.length) told.push(`languages ${facts.languages.join(", ")}`);
    const inside = told.filter(Boolean).join("; ");
    const what = `sounds unlike what the model was trained on${inside ? ` (${inside})` : ""}`;
    return { ...estimate, warnings: [...estimate.warnings, what] };
  }

  said(probabilities) {
    const entries = this.card.classes.map((name, i) => [name, probabilities[i]]);
    return likeliest({ probabilities: Object.fromEntries(entries) });
  }

  /** An answer that says no speech so far. */
  answer(start, end) {
    return {
      emotion: NO_SPEECH,
      probabilities: {},
      prediction_set: [],
      arousal: null,
      valence: null,
      start,
      end,
      attention: null,
      statistics: "source",
      warnings: [],
      model: this.card.name,
      version: this.card.version,
      path: null,
      extra: {},
    };
  }
}

function deviation(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample;
  const mean = sum / samples.length;
  let squares = 0;
  for (const sample of samples) squares += (sample - mean) ** 2;
  return Math.sqrt(squares / samples.length);
}

/** Whether two pieces say the same; what is in both their sets is in that of their mean. */
function same(one, other) {
  const [a, b] = [one.prediction_set, other.prediction_set];
  return (
    one.emotion === other.emotion && a.length === b.length && a.every((name) => b.includes(name))
  );
}

function pieceOf(over, start, end) {
  const heard = over.filter((one) => one.emotion !== NO_SPEECH);
  const fixed = { ...over[0], start, end, attention: null, prediction_set: [], extra: {} };
  if (heard.length === 0 || 2 * heard.length < over.length) {
    return { ...fixed, emotion: NO_SPEECH, probabilities: {}, arousal: null, valence: null };
  }
  return likeliest({ ...fixed, ...meanOf(heard, heard.map(() => 1)) });
}

function joined(first, then) {
  const mean = meanOf([first, then], [first.end - first.start, then.end - then.start]);
  const warnings = [...new Set([...first.warnings, ...then.warnings])];
  return { ...first, ...mean, end: then.end, warnings };
}
