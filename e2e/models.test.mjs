/** Several models: each is fetched once, what is no longer used is let go, the last choice counts. */

import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { judgeHere, judged, open } from "./browser.mjs";
import { serve } from "./server.mjs";
import { browser, things } from "./stage.mjs";

let server = null;

before(async () => {
  copyFileSync(things.file("model.onnx"), things.file("other.onnx"));
  server = await serve([things.file("model.onnx"), things.file("other.onnx")]);
});
after(() => server?.stop());

/** A page that keeps the names of the models whose files it fetched. */
async function opened() {
  const page = await open(browser, server.url);
  page.fetched = [];
  page.on("request", (request) => {
    const [, name] = request.url().match(/models\/(\w+)\/file/) ?? [];
    if (name) page.fetched.push(name);
  });
  await page.locator("#model option").nth(1).waitFor({ state: "attached" });
  return page;
}

/** Wait until so many clips were judged by this model. */
async function judgedBy(page, name, count) {
  await page
    .locator(".facts dd", { hasText: `${name} ` })
    .nth(count - 1)
    .waitFor();
  await judged(page, count);
}

test("in the browser each model is fetched once, and the one before is let go", async () => {
  const page = await opened();
  await judgeHere(page);
  const names = ["anger.wav", "sadness.wav", "short.wav"];
  await page.setInputFiles(
    "#files",
    names.map((name) => things.file(name)),
  );
  await judgedBy(page, "model", 3);
  for (const name of ["other", "model"]) {
    await page.locator("#model").selectOption(name);
    await judgedBy(page, name, 3);
    assert.ok(await page.getByText("no network is needed").isVisible());
  }
  assert.deepEqual(page.fetched, ["model", "other", "model"]);
  assert.equal(page.workers().length, 1);
  assert.equal(await page.locator(".trouble .warning").count(), 0);
  assert.deepEqual(page.mistakes, []);
});

test("of two models that are chosen the last counts, though the first comes later", async () => {
  const page = await opened();
  await page.setInputFiles("#files", things.file("anger.wav"));
  await judgedBy(page, "model", 1);
  let come;
  const held = new Promise((resolve) => (come = resolve));
  await page.route("**/v1/models/other", async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest("**/v1/models/other");
  await page.locator("#model").selectOption("other");
  await asked;
  assert.ok(await page.getByRole("button", { name: "Go live" }).isDisabled());
  await page.locator("#model").selectOption("model");
  await page.getByRole("button", { name: "Go live", disabled: false }).waitFor();
  const came = page.waitForResponse("**/v1/models/other");
  come();
  await (await came).finished();
  await page.waitForTimeout(200);
  assert.equal(await page.locator("#model").inputValue(), "model");
  assert.match(await page.locator("#about").textContent(), /^Namemodel /);
  await judgedBy(page, "model", 1);
  assert.deepEqual(page.mistakes, []);
});
