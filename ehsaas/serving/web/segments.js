/**
 * Looks of a stream → smoothed looks, and where segments begin and end.
 *
 * As `ehsaas/serving/segments.py` does it with its defaults, but without a voice to go by: a pause
 * begins where the last look that was heard ended.
 */

import { NO_SPEECH } from "./emotions.js";

const HOLD = 2; // looks in a row that an answer has to last to begin a segment, or to end one
const KEPT = 0.5; // the share of what was said before in what is said now

export class Segments {
  /**
   * @param {?function} settle gives an estimate its prediction set.
   * @param {function} tell hears each event: an estimate with its `kind`.
   */
  constructor(settle, tell) {
    this.settle = settle ?? ((one) => one);
    this.tell = tell;
    this.smooth = null;
    this.now = begun(NO_SPEECH, 0);
    this.coming = null;
    this.until = 0;
  }

  take(found) {
    const look = this.smoothed(found);
    this.tell({ ...look, kind: "look" });
    if (look.emotion === this.now.emotion) {
      add(this.now, look);
      this.coming = null;
      if (look.emotion === NO_SPEECH) this.smooth = null;
    } else {
      if (this.coming?.emotion !== look.emotion)
        this.coming = begun(look.emotion, this.begins(look));
      add(this.coming, look);
      if (this.coming.looks >= HOLD) this.turn(this.coming, look);
    }
    if (look.emotion !== NO_SPEECH) this.until = look.end;
    this.last = look;
  }

  flush() {
    if (this.last) this.turn(begun(NO_SPEECH, this.until), this.last);
  }

  smoothed(look) {
    if (look.emotion === NO_SPEECH) return look;
    const kept = this.smooth ? KEPT : 0;
    const entries = Object.entries(look.probabilities);
    const mixed = entries.map(([name, p]) => [
      name,
      kept * (this.smooth?.[name] ?? 0) + (1 - kept) * p,
    ]);
    this.smooth = Object.fromEntries(mixed);
    const [emotion] = mixed.reduce((best, one) => (one[1] > best[1] ? one : best));
    return this.settle({ ...look, emotion, probabilities: this.smooth });
  }

  /** Where that which this look is the first to say began. */
  begins(look) {
    if (look.emotion === NO_SPEECH) return this.until;
    const here = this.now.emotion === NO_SPEECH ? look.start : (look.start + look.end) / 2;
    return Math.max(here, this.now.start);
  }

  /** From the answer that there was to the one that is coming. */
  turn(coming, look) {
    if (this.now.emotion !== NO_SPEECH)
      this.tell({ ...of(this.now, look, coming.start), kind: "end" });
    if (coming.emotion === NO_SPEECH) this.smooth = null;
    else this.tell({ ...of(coming, look, look.end), kind: "onset" });
    [this.now, this.coming] = [coming, null];
  }
}

function begun(emotion, start) {
  return { emotion, start, looks: 0, sums: {} };
}

function add(run, { probabilities }) {
  run.looks += 1;
  for (const [name, p] of Object.entries(probabilities)) run.sums[name] = (run.sums[name] ?? 0) + p;
}

/** A segment: like a look, with the mean of its own. */
function of({ emotion, start, looks, sums }, look, end) {
  const mean = Object.entries(sums).map(([name, sum]) => [name, sum / looks]);
  const bare = { attention: null, prediction_set: [], warnings: [], extra: {} };
  return { ...look, ...bare, emotion, probabilities: Object.fromEntries(mean), start, end };
}
