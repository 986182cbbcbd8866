/** One microphone at a time, and none that is left on. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { judged, open } from "./browser.mjs";
import { browser, server } from "./stage.mjs";

/** A page that keeps the microphones that it was given; some time passes before it is given one. */
async function listening() {
  const page = await open(browser, "about:blank");
  await page.addInitScript(() => {
    window.given = [];
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const stream = await ask(wanted);
      window.given.push(stream);
      return stream;
    };
  });
  await page.goto(server.url);
  return page;
}

/** How many microphones were given, and how many of them are on. */
function microphones(page) {
  return page.evaluate(() => {
    const tracks = window.given.flatMap((stream) => stream.getTracks());
    return [tracks.length, tracks.filter((track) => track.readyState === "live").length];
  });
}

function click(page, ...ids) {
  return page.evaluate((all) => all.forEach((id) => document.getElementById(id).click()), ids);
}

for (const [name, ids] of [
  ["two quick clicks on Record", ["record", "record"]],
  ["Record and Go live at once", ["record", "live"]],
]) {
  test(`${name} open one microphone, which is off afterwards`, async () => {
    const page = await listening();
    await click(page, ...ids);
    assert.ok(await page.locator("#live").isDisabled());
    await page.getByText(/Recording: [1-9]\.\d s/).waitFor();
    assert.deepEqual(await microphones(page), [1, 1]);
    assert.ok(await page.locator("#live").isDisabled());
    await page.getByRole("button", { name: "Stop recording" }).click();
    await judged(page, 1);
    assert.deepEqual(await microphones(page), [1, 0]);
    assert.deepEqual(page.mistakes, []);
  });
}

test("two quick clicks on Go live open one stream, and recording works after it", async () => {
  const page = await listening();
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  await click(page, "live", "live", "record");
  await page.locator("#live-bars li").first().waitFor();
  assert.deepEqual(await microphones(page), [1, 1]);
  await page.getByRole("button", { name: "Stop live" }).dblclick();
  await page.getByRole("button", { name: "Record", disabled: false }).click();
  await page.getByText(/Recording: [1-9]\.\d s/).waitFor();
  assert.deepEqual(await microphones(page), [2, 1]);
  await page.getByRole("button", { name: "Stop recording" }).click();
  await judged(page, 1);
  assert.deepEqual(await microphones(page), [2, 0]);
  assert.equal(sockets.length, 1);
  assert.deepEqual(page.mistakes, []);
});
