/** What goes wrong while something is done: told in words, or answered by a token. */

import * as api from "./api.js";
import { complain, find } from "./dom.js";
import { TokenNeeded, wordsFor } from "./mistakes.js";

/** Do something; where it fails, say why. Where a token is needed, ask for it and try again. */
export async function guarded(work) {
  try {
    complain(null);
    await work();
  } catch (error) {
    if (error instanceof TokenNeeded) askForToken(error.message, () => guarded(work));
    else complain(wordsFor(error));
  }
}

/** Ask for the server's token, then go on. */
export function askForToken(words, then) {
  const dialog = find("token-dialog");
  find("token-words").textContent = words;
  find("token-form").onsubmit = () => {
    api.useToken(find("token").value.trim());
    find("token").value = "";
    then();
  };
  if (!dialog.open) dialog.showModal();
}
