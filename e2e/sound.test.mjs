/** What is heard: one clip at a time, and its button says what it does. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { judged, open } from "./browser.mjs";
import { browser, server, things } from "./stage.mjs";

/** A page with two clips that counts what sounds; sound takes a while to begin. */
async function having() {
  const page = await open(browser, "about:blank");
  await page.addInitScript(() => {
    window.sounding = 0;
    const { start, stop } = AudioScheduledSourceNode.prototype;
    AudioBufferSourceNode.prototype.start = function (...when) {
      if (this.context instanceof AudioContext) window.sounding += 1;
      return start.apply(this, when.slice(0, 1));
    };
    AudioScheduledSourceNode.prototype.stop = function (...when) {
      window.sounding -= 1;
      return stop.apply(this, when);
    };
    const { resume } = AudioContext.prototype;
    AudioContext.prototype.resume = async function () {
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (window.broken) throw new Error("no device");
      return resume.call(this);
    };
  });
  await page.goto(server.url);
  await page.setInputFiles("#files", [things.file("moods.wav"), things.file("long.wav")]);
  await judged(page, 2);
  return page;
}

/** What the play buttons say, and what they are called. */
function buttons(page) {
  return page
    .locator(".clip-head .buttons button:first-child")
    .evaluateAll((all) => all.map((one) => [one.textContent, one.getAttribute("aria-label")]));
}

const play = (page, name) => page.getByRole("button", { name, exact: true });
const sounding = (page) => page.evaluate(() => window.sounding);

test("two clips that are played at once do not both sound, and what sounds can be stopped", async () => {
  const page = await having();
  await page.evaluate(() => {
    for (const one of document.querySelectorAll(".clip-head .buttons button:first-child")) {
      one.click();
    }
  });
  await page.waitForFunction(() => window.sounding > 0);
  await page.waitForTimeout(300);
  assert.equal(await sounding(page), 1);
  assert.deepEqual(await buttons(page), [
    ["Play", "Play moods.wav"],
    ["Stop", "Stop long.wav"],
  ]);
  await play(page, "Stop long.wav").click();
  assert.equal(await sounding(page), 0);
  assert.equal((await buttons(page))[1][1], "Play long.wav");
  await play(page, "Play moods.wav").click();
  await play(page, "Stop moods.wav").click();
  await page.waitForTimeout(300);
  assert.equal(await sounding(page), 0);
  assert.deepEqual(page.mistakes, []);
});

test("a browser that plays nothing is told in words", async () => {
  const page = await having();
  await page.evaluate(() => (window.broken = true));
  await play(page, "Play moods.wav").click();
  await page.getByRole("alert").getByText("plays no sound").waitFor();
  assert.equal((await buttons(page))[0][1], "Play moods.wav");
  assert.deepEqual(page.mistakes, []);
});
