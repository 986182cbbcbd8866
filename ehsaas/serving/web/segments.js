/**
 * Looks of a stream → smoothed looks, and where segments begin and end.
 *
 * Step by step as `ehsaas/serving/segments.py` does it: `make e2e` compares them.
 */

import { NO_SPEECH } from "./emotions.js";
import { likeliest, meanOf } from "./judging.js";

export const HOLD = 2; // looks in a row that an answer has to last to begin a segment, or to end one
export const KEPT = 0.5; // the share of what was said before in what is said now

export class Segments {
  /**
   * @param {number} hop seconds from one look to the next.
   * @param {?function} settle gives an estimate its prediction set.
   * @param {function} tell hears each event: an estimate with its `kind`.
   */
  constructor(hop, settle, tell) {
    this.hop = hop;
    this.settle = settle ?? ((one) => one);
    this.tell = tell;
    this.smooth = null;
    this.now = begun(NO_SPEECH, 0);
    this.coming = null;
    this.voiceUntil = 0;
    this.freeFrom = 0;
  }

  /**
   * @param {object} found an estimate of one window, not settled.
   * @param {?[number, number]} voice from the first to the last of the voice in it.
   */
  take(found, voice) {
    const look = this.smoothed(found);
    this.last = look;
    if (voice) this.voiceUntil = Math.max(this.voiceUntil, voice[1]);
    this.tell({ ...look, kind: "look" });
    if (look.emotion === this.now.emotion) {
      add(this.now, look);
      this.coming = null;
      if (look.emotion === NO_SPEECH) this.smooth = null;
      return;
    }
    if (this.coming?.emotion !== look.emotion) {
      this.coming = begun(look.emotion, this.begins(look, voice));
    }
    add(this.coming, look);
    if (this.coming.looks >= HOLD) this.turn(this.coming);
  }

  /** The end of what was going on; where nothing was, what had just begun is a segment. */
  flush() {
    if (this.now.emotion === NO_SPEECH && this.coming) this.turn(this.coming);
    this.turn(begun(NO_SPEECH, this.voiceUntil));
  }

  smoothed(look) {
    if (look.emotion === NO_SPEECH) return look;
    const mixed = this.smooth ? meanOf([this.smooth, look], [KEPT, 1 - KEPT]) : {};
    this.smooth = likeliest({ ...look, ...mixed });
    return this.settle(this.smooth);
  }

  /** Where that which this look is the first to say began: a hop is left to the one before. */
  begins(look, voice) {
    if (look.emotion === NO_SPEECH) return this.voiceUntil;
    if (this.now.emotion === NO_SPEECH) {
      return Math.max(this.freeFrom, voice ? voice[0] : look.start);
    }
    const [middle, soonest] = [(look.start + look.end) / 2, this.now.start + this.hop];
    const start = Math.max(middle, soonest);
    return start < this.voiceUntil ? start : Math.max(soonest, this.voiceUntil - this.hop);
  }

  /** From the answer that there was to the one that is coming, where there is voice in it. */
  turn(coming) {
    const still = coming.emotion === NO_SPEECH;
    if (!still && coming.start >= this.voiceUntil) return;
    if (this.now.emotion !== NO_SPEECH) {
      this.freeFrom = Math.max(this.now.start, still ? this.voiceUntil : coming.start);
      this.tell({ ...this.segment(this.now, this.freeFrom), kind: "end" });
    }
    if (still) this.smooth = null;
    else this.tell({ ...this.segment(coming, this.last.end), kind: "onset" });
    [this.now, this.coming] = [coming, null];
  }

  /** A segment: like a look, with the mean of its own. */
  segment({ emotion, start, mean }, end) {
    const bare = { attention: null, prediction_set: [], warnings: [], extra: {} };
    const said = this.settle({ ...this.last, ...bare, ...mean, emotion, start, end });
    return { ...said, emotion };
  }
}

function begun(emotion, start) {
  return { emotion, start, looks: 0, mean: null };
}

function add(run, look) {
  run.mean = meanOf([run.mean ?? look, look], [run.looks, 1]);
  run.looks += 1;
}
