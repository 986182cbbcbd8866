/** Light and dark: as the system says, until the person says otherwise. */

import { find } from "./dom.js";

const KEY = "ehsaas-theme";

let chosen = null; // where the browser keeps nothing, for as long as the page is open

/** Follow the system and the switch; `redraw` is called when the colours change. */
export function followTheme(redraw) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = find("theme");
  const show = () => {
    const theme = kept() ?? chosen;
    const dark = theme ? theme === "dark" : system.matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${dark ? "light" : "dark"}`);
    redraw();
  };
  button.onclick = () => {
    const dark = document.documentElement.dataset.theme === "dark";
    keep(dark ? "light" : "dark");
    show();
  };
  system.addEventListener("change", show);
  show();
}

/** What was chosen before; null where nothing was, or where the page may keep nothing. */
function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(theme) {
  chosen = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // it is kept as long as the page is open
  }
}
