/** The spoken language: one that the model was trained on, another, or not said. */

import { make } from "./dom.js";

const ANOTHER = "another";

const names = new Intl.DisplayNames(["en"], { type: "language" });

/** Languages whose names some browsers do not know. */
const RARE = { ks: "Kashmiri", sd: "Sindhi", skr: "Saraiki", bal: "Balochi", doi: "Dogri" };

/** `Kashmiri (ks)`; the code alone where its name is not known. */
export function languageName(code) {
  try {
    const name = RARE[code] ?? names.of(code);
    return name && name !== code ? `${name} (${code})` : code;
  } catch {
    return code;
  }
}

/** What is to be said of a language that a model never heard; else nothing. */
export function unheard(language, known) {
  if (language === null || known.length === 0) return "";
  const base = (code) => code.toLowerCase().split("-")[0];
  if (language && known.some((code) => base(code) === base(language))) return "";
  const which = language ? languageName(language) : "this language";
  return `The model never heard ${which} (it was trained on ${known.map(languageName).join(", ")}): expect more mistakes.`;
}

/**
 * A choice of the language: an element. `changed` hears null where it is not said, "" where it is
 * another that is not named, else a BCP-47 code.
 */
export function languageChoice(id, label, known, value, changed) {
  const select = make(
    "select",
    { id },
    make("option", { value: "", text: "not said" }),
    ...known.map((code) => make("option", { value: code, text: languageName(code) })),
    make("option", { value: ANOTHER, text: "another" }),
  );
  const listed = value === null || known.includes(value);
  select.value = listed ? (value ?? "") : ANOTHER;
  const code = make("input", {
    id: `${id}-code`,
    size: 8,
    value: listed ? "" : value,
    placeholder: "ks",
    spellcheck: "false",
    autocapitalize: "none",
  });
  const which = make("label", { class: "which", for: code.id }, "Its code (BCP-47)", code);
  const read = () => (select.value === ANOTHER ? canonical(code.value) : select.value || null);
  const note = make("p", { class: "small warning", id: `${id}-note` });
  const show = () => {
    which.hidden = select.value !== ANOTHER;
    const wrong = select.value === ANOTHER && code.value.trim() && !canonical(code.value);
    note.textContent = wrong
      ? `“${code.value}” is no code of a language; Kashmiri is ks, Sindhi sd.`
      : unheard(read(), known);
    note.hidden = !note.textContent;
  };
  for (const one of [select, code]) {
    one.setAttribute("aria-describedby", note.id);
    one.addEventListener("change", () => {
      show();
      changed(read());
    });
  }
  show();
  const heading = make("label", { for: id, text: label });
  return make("div", { class: "language" }, heading, select, which, note);
}

/** The code as BCP-47 writes it; "" where it is none. */
function canonical(text) {
  try {
    return Intl.getCanonicalLocales(text.trim())[0] ?? "";
  } catch {
    return "";
  }
}
