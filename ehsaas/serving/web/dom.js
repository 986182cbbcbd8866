/** Small tools for the document: elements made and found, messages for screen readers. */

/**
 * An element: `make("p", {class: "note", onclick: f}, "text", child, …)`.
 * Keys that begin with `on` are listeners, `text` is its text; null, undefined and false are left out.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The one element with this id. */
export function find(id) {
  return document.getElementById(id);
}

/** Read out by screen readers when they are free to; it is not seen. */
export function say(text) {
  find("said").textContent = text;
}

/**
 * Shown where it is read first, and read out at once; null takes it away.
 * `acts` are what can be done about it: the text of each button, and what it does.
 */
export function complain(text, acts = {}) {
  const place = find("complaint");
  place.hidden = !text;
  place.replaceChildren();
  if (!text) return;
  const buttons = Object.entries({ ...acts, Dismiss: () => complain(null) });
  place.append(
    make("p", { text }),
    ...buttons.map(([name, act]) =>
      make("button", { type: "button", class: "quiet", onclick: act, text: name }),
    ),
  );
}
