/** What goes wrong while something is done: told in words, or answered by a token. */

import * as api from "./api.js";
import { complain, find } from "./dom.js";
import { TokenNeeded, wordsFor } from "./mistakes.js";

const waiting = []; // what is done again once a token is given

/** Do something; where it fails, say why. Where a token is needed, ask for it and try again. */
export async function guarded(work) {
  try {
    complain(null);
    await work();
  } catch (error) {
    troubled(error, () => guarded(work));
  }
}

/** Say what went wrong; where a token is needed, ask for it, then do it `again`. */
export function troubled(error, again) {
  if (error instanceof TokenNeeded) askForToken(error.message, again);
  else complain(wordsFor(error));
}

/** Ask for the server's token, then go on with this and with all else that waits for it. */
export function askForToken(words, again) {
  waiting.push(again);
  find("token-words").textContent = words;
  find("token-form").onsubmit = goOn;
  find("token-dialog").onclose = remind;
  showDialog();
}

function showDialog() {
  complain(null);
  if (!find("token-dialog").open) find("token-dialog").showModal();
}

function goOn() {
  api.useToken(find("token").value.trim());
  find("token").value = "";
  for (const again of waiting.splice(0)) again();
}

/** The dialog was closed without a token. */
function remind() {
  if (waiting.length === 0 || find("token-dialog").open) return;
  complain("Without a token this server judges nothing.", { "Give a token": showDialog });
}
