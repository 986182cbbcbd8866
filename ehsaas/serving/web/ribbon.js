/** The emotion ribbon: segments over time, each with its word, its colour and its pattern. */

import { make } from "./dom.js";
import { NO_SPEECH, inWords, look, percent, seconds } from "./emotions.js";

/**
 * Fill `place` with the segments of a stretch of time.
 *
 * @param {Element} place a block with a position of its own.
 * @param {{start: number, end: number}} span of the ribbon, s.
 * @param {?function} choose called with a chosen segment; without it, nothing can be chosen.
 */
export function drawRibbon(place, estimates, span, choose = null) {
  const length = span.end - span.start;
  const shown = estimates.filter((one) => one.end > span.start && one.start < span.end);
  const parts = shown.map((one) => {
    const from = Math.max(one.start, span.start);
    const part = choose ? button(one, choose) : make("span", { "aria-hidden": "true" });
    part.className = `segment ${look(one.emotion)}`;
    part.append(
      make("span", { class: "word", text: one.emotion === NO_SPEECH ? "" : one.emotion }),
    );
    part.style.left = `${(100 * (from - span.start)) / length}%`;
    part.style.width = `${(100 * (Math.min(one.end, span.end) - from)) / length}%`;
    return part;
  });
  place.replaceChildren(...parts);
  if (choose) walkWithArrows(place, parts);
}

function button(one, choose) {
  const when = `${seconds(one.start)} to ${seconds(one.end)}`;
  return make("button", {
    type: "button",
    title: `${inWords(one)} (${when})`,
    "aria-label": `${when}: ${inWords(one)}. Play`,
    onclick: () => choose(one),
  });
}

/** One stop of the Tab key for the whole ribbon; arrows, Home and End walk along it. */
function walkWithArrows(place, parts) {
  parts.forEach((part, i) => (part.tabIndex = i ? -1 : 0));
  place.onkeydown = (event) => {
    const at = parts.indexOf(document.activeElement);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: parts.length - 1 };
    const next = parts[steps[event.key]];
    if (at < 0 || !next) return;
    event.preventDefault();
    parts[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
}

/** A mark of an emotion beside its name: its colour and pattern. */
export function swatch(emotion) {
  return make("span", { class: `swatch ${look(emotion)}`, "aria-hidden": "true" });
}

/** Bars of the probabilities, the likeliest first; what is in the prediction set is ticked. */
export function probabilityBars(estimate, classes) {
  const inSet = new Set(estimate.prediction_set);
  const order = [...classes].sort(
    (a, b) => (estimate.probabilities[b] ?? 0) - (estimate.probabilities[a] ?? 0),
  );
  return order.map((name) => {
    const p = estimate.probabilities[name] ?? 0;
    const bar = make("span", { class: `fill ${look(name)}` });
    bar.style.width = `${100 * p}%`;
    const tick = inSet.size ? (inSet.has(name) ? "in set" : "left out") : null;
    return make(
      "li",
      { class: inSet.size && !inSet.has(name) ? "left-out" : null },
      make("span", { class: "name", text: name }),
      make("span", { class: "bar", "aria-hidden": "true" }, bar),
      make("span", { class: "value", text: percent(p) }),
      tick ? make("span", { class: "tick", text: tick }) : null,
    );
  });
}
