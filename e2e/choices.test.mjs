/** Where audio is judged is what the page says, from the choice on: while a model loads, and live. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { judged, open } from "./browser.mjs";
import { browser, server, things } from "./stage.mjs";

const here = (page) => page.getByRole("radio", { name: "In this browser" });
const there = (page) => page.getByRole("radio", { name: "On the server" });
const sentence = (page) => page.locator("#mode-now").innerText();

/** A page whose model is on its way until `come()` is called; `sent` are the recordings sent. */
async function loading() {
  const page = await open(browser, server.url);
  await page.locator("#about > div").first().waitFor({ state: "attached" });
  const sent = [];
  page.on("request", (request) => request.url().includes("/v1/recognise") && sent.push(request));
  let come;
  const held = new Promise((resolve) => (come = resolve));
  let files = 0;
  await page.route("**/v1/models/*/file", async (route) => {
    files += 1;
    await held;
    await route.continue();
  });
  await here(page).check();
  await page.getByText("Fetching the model").waitFor();
  return { page, sent, come, files: () => files };
}

/** The clips' names, and where each says that it was judged. */
function places(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll(".clip")].map((clip) => [
      clip.querySelector("h3").textContent,
      clip.querySelector(".facts dd").textContent,
    ]),
  );
}

test("what comes while the model loads waits for it, and is not sent", async () => {
  const { page, sent, come, files } = await loading();
  assert.match(await sentence(page), /never leaves this machine/);
  assert.match(await page.locator("#mode-progress").innerText(), /Recordings and live wait/);
  assert.ok(await page.getByRole("button", { name: "Go live" }).isDisabled());
  await page.setInputFiles("#files", [things.file("anger.wav"), things.file("sadness.wav")]);
  await page.getByText("Judging in this browser").nth(1).waitFor();
  come();
  await judged(page, 2);
  assert.match(await sentence(page), /never leaves this machine, and no network is needed/);
  assert.equal(await page.locator("#mode-progress").innerText(), "");
  assert.ok(await page.getByRole("button", { name: "Go live" }).isEnabled());
  assert.deepEqual(await places(page), [
    ["anger.wav", "in this browser"],
    ["sadness.wav", "in this browser"],
  ]);
  assert.equal(sent.length, 0);
  assert.equal(files(), 1);
  assert.deepEqual(page.mistakes, []);
});

test("the last choice counts, though the model comes later", async () => {
  const { page, sent, come } = await loading();
  await page.setInputFiles("#files", things.file("anger.wav"));
  await page.locator(".clip").waitFor();
  await there(page).check();
  assert.match(await sentence(page), /is sent to/);
  assert.ok(await page.getByRole("button", { name: "Go live" }).isEnabled());
  const came = page.waitForResponse("**/v1/models/*/file");
  come();
  await came;
  await judged(page, 1);
  assert.equal(sent.length, 0);
  assert.ok(await there(page).isChecked());
  assert.match(await sentence(page), /is sent to/);
  await page.setInputFiles("#files", things.file("sadness.wav"));
  await judged(page, 2);
  assert.deepEqual(await places(page), [
    ["sadness.wav", "on the server"],
    ["anger.wav", "in this browser"],
  ]);
  assert.equal(sent.length, 1);
});

test("a model that does not come leaves the mode as it was, and says so", async () => {
  const page = await open(browser, server.url);
  await page.route("**/v1/models/*/file", (route) => route.abort());
  await here(page).check();
  await page.getByRole("alert").getByText("does not answer").waitFor();
  assert.ok(await there(page).isChecked());
  assert.match(await sentence(page), /is sent to/);
});

test("a runtime that does not come leaves no worker behind", async () => {
  const page = await open(browser, server.url);
  await page.context().route("**/vendor/*", (route) => route.abort());
  for (let i = 0; i < 2; i++) {
    await here(page).check();
    await page.getByRole("alert").getByText("its installation may lack it").waitFor();
    assert.ok(await there(page).isChecked());
    await page.getByRole("button", { name: "Dismiss" }).click();
  }
  assert.equal(page.workers().length, 0);
  await page.context().unroute("**/vendor/*");
  await here(page).check();
  await page.getByText("no network is needed").waitFor();
});

test("nothing that was sent before is sent again once nothing is to leave", async (t) => {
  const page = await open(browser, server.url);
  await page.setInputFiles("#files", things.file("anger.wav"));
  await judged(page, 1);
  if (await page.locator("#unsure").isDisabled()) return t.skip("the model was not calibrated");
  await here(page).check();
  await page.getByText("no network is needed").waitFor();
  const sent = [];
  page.on("request", (request) => sent.push(request.url()));
  await page.getByLabel("Say “not sure”").check();
  await judged(page, 1);
  assert.deepEqual(await places(page), [["anger.wav", "in this browser"]]);
  assert.deepEqual(sent, []);
});

test("while live listens the mode stays, and no frame is sent after it is changed", async () => {
  const page = await open(browser, server.url);
  const frames = [];
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => frames.push(payload)));
  await page.getByRole("button", { name: "Go live" }).click();
  await page.locator("#live-bars li").first().waitFor();
  assert.ok(frames.length > 5, `${frames.length}`);
  for (const radio of [here(page), there(page)]) assert.ok(await radio.isDisabled());
  assert.ok(await page.locator("#coverage").isDisabled());
  assert.match(await page.locator("#held").innerText(), /again after “Stop live”/);
  await here(page)
    .click({ force: true, timeout: 2000 })
    .catch(() => null);
  assert.match(await sentence(page), /is sent to/);
  await page.getByRole("button", { name: "Stop live" }).click();
  await page.getByRole("button", { name: "Go live", disabled: false }).waitFor();
  await here(page).check();
  assert.match(await sentence(page), /never leaves this machine/);
  const before = frames.length;
  await page.getByText("no network is needed").waitFor();
  await page.waitForTimeout(500);
  assert.equal(frames.length, before);
  assert.equal(await page.locator("#held").innerText(), "");
  assert.deepEqual(page.mistakes, []);
});
