/** The page: what happens when something is pressed, or dropped. */

import { Clips } from "./clips.js";
import { find } from "./dom.js";
import { Listening } from "./listening.js";
import { Settings } from "./settings.js";
import { followTheme } from "./theme.js";
import { guarded } from "./trouble.js";

const clips = new Clips();
const settings = new Settings(
  () => clips.judgeAgain(),
  () => {
    clips.showWhere();
    listening.show();
  },
);
const listening = new Listening(settings, (...recorded) => clips.add(...recorded));

clips.follow(settings);
followTheme(() => clips.redraw());
guarded(() => settings.ready());

find("choose").onclick = () => find("files").click();
find("files").onchange = ({ target }) => {
  const files = [...target.files];
  target.value = "";
  listenTo(files);
};

addEventListener("dragover", (event) => {
  event.preventDefault();
  find("drop").classList.add("over");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) find("drop").classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  find("drop").classList.remove("over");
  listenTo([...event.dataTransfer.files]);
});

/** Files are judged where that was said to be when they came, however long it takes to read them. */
function listenTo(files) {
  const told = settings.told();
  guarded(async () => {
    await settings.ready();
    await clips.addFiles(files, told);
  });
}
