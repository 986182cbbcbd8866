/** What the tests of one file share while they run: the material, a server of it, a browser. */

import { after, before } from "node:test";

import { launch } from "./browser.mjs";
import { material, serve } from "./server.mjs";

export let [things, server, browser] = [];

before(async () => {
  things = material();
  server = await serve(things.file("model.onnx"));
  browser = await launch(things.file("moods.wav"));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  things?.remove();
});
