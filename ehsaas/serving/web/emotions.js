/** Emotions → how they are shown: a word, a colour and a pattern (style.css), never colour alone. */

export const NOT_SURE = "not sure";
export const NO_SPEECH = "no speech";

/** The CSS class that gives an emotion its colour and pattern. */
export function look(emotion) {
  return `e-${emotion.replace(" ", "-")}`;
}

/** `71 %`; of small probabilities `<1 %`, of large ones `>99 %`: nothing is certain. */
export function percent(probability) {
  if (probability > 0 && probability < 0.01) return "<1 %";
  if (probability < 1 && probability > 0.99) return ">99 %";
  return `${Math.round(100 * probability)} %`;
}

/** [emotion, probability] of an estimate, the most probable first. */
export function ranked(estimate) {
  return Object.entries(estimate.probabilities).sort((a, b) => b[1] - a[1]);
}

/** The probability of the likeliest emotion; null for no speech. */
export function confidence(estimate) {
  const [first] = ranked(estimate);
  return first ? first[1] : null;
}

/** An estimate in words: `sadness, 71 %`; `not sure: sadness or neutral`; `no speech`. */
export function inWords(estimate) {
  if (estimate.emotion === NO_SPEECH) return NO_SPEECH;
  if (estimate.emotion !== NOT_SURE) return `${estimate.emotion}, ${percent(confidence(estimate))}`;
  const names = estimate.prediction_set;
  return `${NOT_SURE}: ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** Seconds as `3.4 s`, or `2:05.0` from a minute on. */
export function seconds(time) {
  if (time < 59.95) return `${time.toFixed(1)} s`;
  const minutes = Math.floor((time + 0.05) / 60);
  return `${minutes}:${Math.max(0, time - 60 * minutes)
    .toFixed(1)
    .padStart(4, "0")}`;
}
