/** What goes wrong is told, what can be done again is, and nobody loses a place on the page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { barriers, judged, open } from "./browser.mjs";
import { serve } from "./server.mjs";
import { browser, server, things } from "./stage.mjs";

const TOKEN = "open sesame";

/** A page of a server that wants a token, and is not asked for it yet. */
async function guarded(t) {
  const other = await serve(things.file("model.onnx"), { EHSAAS_TOKEN: TOKEN });
  t.after(() => other.stop());
  const page = await open(browser, other.url);
  await page.getByRole("dialog").waitFor();
  return page;
}

async function give(page, token) {
  await page.getByRole("dialog").getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Use it" }).click();
}

/** As if the server's token had been changed since. */
function forget(page) {
  return page.evaluate(async () => (await import("/api.js")).useToken("an older one"));
}

test("all that waits for a token goes on once it is given", async (t) => {
  const page = await guarded(t);
  await give(page, TOKEN);
  await page.locator("#about > div").first().waitFor({ state: "attached" });
  await forget(page);
  const names = ["anger.wav", "sadness.wav", "moods.wav"];
  await page.setInputFiles(
    "#files",
    names.map((name) => things.file(name)),
  );
  await page.getByText("does not accept this token").nth(3).waitFor(); // thrice, and in the dialog
  const moods = page.locator(".clip", { hasText: "moods.wav" });
  await moods.getByText("Remove").evaluate((button) => button.click()); // the dialog lies above it
  await give(page, TOKEN);
  await page.locator(".verdict").nth(1).waitFor();
  await judged(page, 2);
  assert.equal(await page.locator(".trouble .warning").count(), 0);
});

test("without a token the page says that it waits for one", async (t) => {
  const page = await guarded(t);
  await page.keyboard.press("Escape");
  const alert = page.getByRole("alert");
  await alert.getByText("Without a token this server judges nothing").waitFor();
  assert.deepEqual(await barriers(page), []);
  await alert.getByRole("button", { name: "Give a token" }).click();
  await give(page, TOKEN);
  await page.locator("#about > div").first().waitFor({ state: "attached" });
  assert.ok(await alert.isHidden());
});

test("live goes on once the token is given", async (t) => {
  const page = await guarded(t);
  await give(page, TOKEN);
  await page.locator("#about > div").first().waitFor({ state: "attached" });
  await forget(page);
  await page.getByRole("button", { name: "Go live" }).click();
  await page.getByRole("dialog").waitFor();
  await give(page, TOKEN);
  await page.locator("#live-bars li").first().waitFor();
  await page.getByRole("button", { name: "Stop live" }).click();
  await page.getByRole("button", { name: "Go live", disabled: false }).waitFor();
});

test("an answer that is none is told in words, and who tries again stays there", async () => {
  const page = await open(browser, server.url);
  const wrong = { contentType: "application/json", body: '{"whole": ' };
  await page.route("**/v1/recognise?*", (route) => route.fulfill(wrong));
  await page.setInputFiles("#files", things.file("anger.wav"));
  await page.locator(".clip").getByText("is not what this page is for").waitFor();
  await page.unroute("**/v1/recognise?*");
  await page.getByRole("button", { name: "Try again" }).focus();
  await page.keyboard.press("Enter");
  await judged(page, 1);
  assert.equal(await page.locator(".verdict").count(), 1);
  assert.equal(await page.evaluate(() => document.activeElement.className), "panel clip");
});

test("whoever is at a link of the comparison stays there while it is made anew", async () => {
  const page = await open(browser, server.url);
  await page.setInputFiles("#files", [things.file("anger.wav"), things.file("sadness.wav")]);
  await judged(page, 2);
  await page.locator("#comparison a", { hasText: "sadness.wav" }).focus();
  await page.setInputFiles("#files", things.file("moods.wav"));
  await judged(page, 3);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "sadness.wav");
});

test("where nothing may be stored, the page lives all the same", async () => {
  const page = await open(browser, "about:blank");
  await page.addInitScript(() => {
    const get = () => {
      throw new DOMException("storage is blocked", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get });
  });
  await page.goto(server.url);
  await page.getByRole("button", { name: "Switch to dark" }).click();
  await page.getByRole("button", { name: "Switch to light" }).waitFor();
  await page.setInputFiles("#files", things.file("anger.wav"));
  await judged(page, 1);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.deepEqual(page.mistakes, []);
});
