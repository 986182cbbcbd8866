/** Judged clips → JSON and CSV files. */

import { make } from "./dom.js";

/** What is told of clips, as plain objects. */
export function plain(clips) {
  return clips
    .filter((clip) => clip.result)
    .map((clip) => ({
      name: clip.name,
      duration: clip.duration,
      language: clip.language || null,
      judged: clip.result.where,
      model: clip.result.model,
      coverage: clip.result.coverage,
      warnings: clip.warnings,
      whole: clip.result.whole,
      segments: clip.result.estimates,
    }));
}

/** The text of a CSV file: one line for the whole of each clip, one for each of its segments. */
export function csv(clips) {
  const told = plain(clips);
  const classes = [...new Set(told.flatMap((clip) => Object.keys(clip.whole.probabilities)))];
  const head = ["name", "part", "start", "end", "emotion", "prediction_set", ...classes];
  head.push("arousal", "valence", "language", "judged", "model", "statistics", "warnings");
  const lines = told.flatMap((clip) =>
    [["whole", clip.whole], ...clip.segments.map((one) => ["segment", one])].map(([part, one]) => [
      clip.name,
      part,
      one.start.toFixed(2),
      one.end.toFixed(2),
      one.emotion,
      one.prediction_set.join("; "),
      ...classes.map((name) => one.probabilities[name]?.toFixed(4) ?? ""),
      one.arousal?.toFixed(4) ?? "",
      one.valence?.toFixed(4) ?? "",
      clip.language ?? "",
      clip.judged,
      clip.model,
      one.statistics,
      [...(part === "whole" ? clip.warnings : []), ...one.warnings].join("; "),
    ]),
  );
  return [head, ...lines].map((line) => line.map(cell).join(",")).join("\n") + "\n";
}

/** Give the person a file. */
export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A cell, quoted where it must be; what a spreadsheet would take for a formula is made text. */
function cell(value) {
  let text = String(value);
  if (/^[=+@\t\r-]/.test(text) && !/^-[\d.]+$/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
