/** Light and dark: as the system says, until the person says otherwise. */

import { find } from "./dom.js";

const KEY = "ehsaas-theme";

/** Follow the system and the switch; `redraw` is called when the colours change. */
export function followTheme(redraw) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = find("theme");
  const show = () => {
    const chosen = localStorage.getItem(KEY);
    const dark = chosen ? chosen === "dark" : system.matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${dark ? "light" : "dark"}`);
    redraw();
  };
  button.onclick = () => {
    const dark = document.documentElement.dataset.theme === "dark";
    localStorage.setItem(KEY, dark ? "light" : "dark");
    show();
  };
  system.addEventListener("change", show);
  show();
}
