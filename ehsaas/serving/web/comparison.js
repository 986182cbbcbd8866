/** Several clips side by side: a table with a small ribbon and small bars of each. */

import { make } from "./dom.js";
import { look, percent } from "./emotions.js";
import { drawRibbon, swatch } from "./ribbon.js";

/** Fill the table with the clips that were judged; who was at one of its links stays there. */
export function drawComparison(table, clips) {
  const at = table.contains(document.activeElement) ? document.activeElement.hash : null;
  const classes = [...new Set(clips.flatMap((clip) => clip.result.classes))];
  const heads = ["Recording", "Emotion", "Over time", ...classes];
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col", text })));
  const rows = clips.map((clip) => line(clip, classes));
  table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  if (at) table.querySelector(`a[href="${at}"]`)?.focus({ preventScroll: true });
}

function line(clip, classes) {
  const { whole, estimates } = clip.result;
  const ribbon = make("div", { class: "ribbon small-ribbon" });
  drawRibbon(ribbon, estimates, { start: 0, end: clip.duration });
  const said = estimates.map((one) => one.emotion).join(", then ");
  const set = whole.prediction_set.length > 1 ? ` (${whole.prediction_set.join(", ")})` : "";
  return make(
    "tr",
    {},
    make(
      "th",
      { scope: "row" },
      make("a", { href: `#clip-${clip.id}`, text: clip.name }),
      make("span", { class: "small where", text: clip.result.where }),
    ),
    make("td", {}, swatch(whole.emotion), whole.emotion + set),
    make("td", {}, ribbon, make("span", { class: "unseen", text: said })),
    ...classes.map((name) => share(name, whole.probabilities[name])),
  );
}

function share(name, probability) {
  if (probability === undefined) return make("td", { class: "number", text: "–" });
  const fill = make("span", { class: `fill ${look(name)}` });
  fill.style.width = `${100 * probability}%`;
  return make(
    "td",
    { class: "number" },
    make("span", { text: percent(probability) }),
    make("span", { class: "bar", "aria-hidden": "true" }, fill),
  );
}
