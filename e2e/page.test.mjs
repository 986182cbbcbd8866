/** The page as a person uses it: files, sets, languages, comparison, downloads, keys, mistakes. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { judged, launch, open, picture } from "./browser.mjs";
import { serve } from "./server.mjs";
import { browser, server, things } from "./stage.mjs";

/** A page that has judged these recordings. */
async function having(...names) {
  const page = await open(browser, server.url);
  await page.setInputFiles(
    "#files",
    names.map((name) => things.file(name)),
  );
  await judged(page, names.length);
  return page;
}

/** What the server makes of a file, without the page. */
async function asked(name, query = "timeline=true") {
  const body = readFileSync(things.file(name));
  const headers = { "Content-Type": "audio/wav" };
  const answer = await fetch(`${server.url}/v1/recognise?${query}`, {
    method: "POST",
    headers,
    body,
  });
  return answer.json();
}

async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return readFileSync(await download.path(), "utf-8");
}

test("a file that is dropped gets its ribbon", async () => {
  const page = await open(browser, server.url);
  const bytes = [...readFileSync(things.file("moods.wav"))];
  await page.evaluate((numbers) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(numbers)], "moods.wav", { type: "audio/wav" }));
    const told = { bubbles: true, cancelable: true, dataTransfer: data };
    document.getElementById("drop").dispatchEvent(new DragEvent("drop", told));
  }, bytes);
  await judged(page, 1);
  const { estimates, whole } = await asked("moods.wav");
  const words = await page
    .locator(".clip .ribbon .segment")
    .evaluateAll((parts) => parts.map((part) => part.textContent || "no speech"));
  assert.ok(words.length > 2);
  assert.deepEqual(
    words,
    estimates.map((one) => one.emotion),
  );
  assert.equal(await page.locator(".verdict strong").innerText(), whole.emotion);
  const rows = page.locator(".clip .wide tbody tr");
  assert.equal(await rows.count(), estimates.length);
  assert.deepEqual(page.mistakes, []);
});

test("what the model attended to is drawn, or said to be absent", async () => {
  const page = await having("anger.wav");
  const [model] = await (await fetch(`${server.url}/v1/models`)).json();
  const said = await page.locator(".attended").innerText();
  assert.match(said, model.hop_ms ? /attended to/ : /has no attention/);
  const label = await page.locator("canvas.wave").getAttribute("aria-label");
  assert.equal(/attended most to/.test(label), Boolean(model.hop_ms));
});

test("with coverage, it says what it is not sure of, as the server does", async (t) => {
  const page = await having("moods.wav", "anger.wav");
  if (await page.locator("#unsure").isDisabled()) return t.skip("the model was not calibrated");
  await page.getByLabel("Say “not sure”").check();
  await page.locator("#coverage").fill("97");
  await page.waitForTimeout(200);
  await judged(page, 2);
  for (const [i, name] of ["moods.wav", "anger.wav"].entries()) {
    const { whole } = await asked(name, "timeline=true&coverage=0.97");
    const clip = page.locator(".clip").nth(i);
    assert.equal(await clip.locator(".verdict strong").innerText(), whole.emotion);
    const kept = await clip.locator(".bars li:not(.left-out) .name").allInnerTexts();
    assert.deepEqual(kept, whole.prediction_set);
  }
});

test("a language that the model never heard is said to be one", async () => {
  const page = await having("anger.wav");
  const card = page.locator(".clip");
  await card.getByLabel("Spoken language").selectOption("another");
  await card.getByLabel("Its code (BCP-47)").fill("ks");
  await card.getByLabel("Its code (BCP-47)").press("Tab");
  assert.match(await card.locator(".language .warning").innerText(), /never heard Kashmiri/);
});

test("several clips stand side by side and are downloaded", async () => {
  const page = await having("moods.wav", "anger.wav", "silence.wav", "long.wav");
  assert.equal(await page.locator("#comparison-table tbody tr").count(), 4);
  const found = JSON.parse(await saved(page, () => page.click("#json")));
  assert.deepEqual(
    found.map((one) => one.name),
    ["moods.wav", "anger.wav", "silence.wav", "long.wav"],
  );
  assert.equal(found[2].whole.emotion, "no speech");
  assert.match(found[3].whole.warnings[0], /longer than 15 s/);
  const csv = (await saved(page, () => page.click("#csv"))).trim().split("\n");
  assert.equal(csv.length, 1 + found.reduce((sum, one) => sum + 1 + one.segments.length, 0));
  assert.match(csv[0], /^name,part,start,end,emotion,prediction_set,anger,/);
  assert.deepEqual(page.mistakes, []);
});

test("what a spreadsheet would take for a formula is text", async () => {
  const page = await open(browser, server.url);
  const buffer = readFileSync(things.file("anger.wav"));
  const names = ["-1+cmd.wav", "=1.wav", "@a.wav", "plain.wav"];
  await page.setInputFiles(
    "#files",
    names.map((name) => ({ name, mimeType: "audio/wav", buffer })),
  );
  await judged(page, names.length);
  const csv = await saved(page, () => page.click("#csv"));
  for (const name of names.slice(0, 3)) assert.ok(csv.includes(`\n'${name},whole`), name);
  assert.ok(csv.includes("\nplain.wav,whole"));
});

test("everything can be done with the keyboard", async () => {
  const page = await open(browser, server.url);
  const chosen = page.waitForEvent("filechooser");
  const reached = async (name) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const here = await page.evaluate(() => {
        const at = document.activeElement;
        return at.getAttribute("aria-label") ?? at.textContent.trim();
      });
      if (name.test(here)) return here;
    }
    return assert.fail(`Tab does not reach ${name}`);
  };
  await reached(/^Skip to the results/);
  await reached(/^Choose files/);
  await page.keyboard.press("Enter");
  await (await chosen).setFiles(things.file("moods.wav"));
  await judged(page, 1);
  assert.match(await page.locator("#said").innerText(), /^moods\.wav: /);
  await reached(/^Play moods/);
  const first = await reached(/^0\.0 s to .*Play$/);
  await page.keyboard.press("ArrowRight");
  const second = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.notEqual(second, first);
  await page.keyboard.press("Enter");
  await page.locator(".clip .head").waitFor({ state: "visible" });
  await reached(/^The ribbon as a table/);
  await page.keyboard.press("Enter");
  assert.ok(await page.locator(".clip .wide table").isVisible());
  await page.keyboard.press("Shift+Tab");
  assert.deepEqual(page.mistakes, []);
});

test("a recording from the microphone is judged", async () => {
  const page = await open(browser, server.url);
  await page.getByRole("button", { name: "Record" }).click();
  await page.getByText(/Recording: [2-9]\.\d s/).waitFor();
  await page.getByRole("button", { name: "Stop recording" }).click();
  await judged(page, 1);
  const duration = await page.locator(".clip-head .small").innerText();
  assert.ok(parseFloat(duration) >= 2, duration);
  assert.notEqual(await page.locator(".verdict strong").innerText(), "no speech");
  assert.deepEqual(page.mistakes, []);
});

test("what is no audio is told in words", async () => {
  const page = await open(browser, server.url);
  await page.setInputFiles("#files", [things.file("text.wav"), things.file("anger.wav")]);
  await judged(page, 1);
  assert.match(await page.getByRole("alert").innerText(), /text\.wav is no audio/);
});

test("a server that is gone, and one that wants a token, are told in words", async () => {
  const guarded = await serve(things.file("model.onnx"), { EHSAAS_TOKEN: "open sesame" });
  const page = await open(browser, guarded.url);
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await picture(page, "token");
  await dialog.getByLabel("Token").fill("wrong");
  await dialog.getByRole("button", { name: "Use it" }).click();
  await dialog.getByText("does not accept this token").waitFor();
  await dialog.getByLabel("Token").fill("open sesame");
  await dialog.getByRole("button", { name: "Use it" }).click();
  await page.setInputFiles("#files", things.file("anger.wav"));
  await judged(page, 1);
  await guarded.stop();
  await page.setInputFiles("#files", things.file("sadness.wav"));
  await page.locator(".clip", { hasText: "sadness.wav" }).getByText("does not answer").waitFor();
  await page.getByRole("button", { name: "Try again" }).waitFor();
});

test("a microphone that is refused is told in words", async () => {
  const other = await launch();
  const page = await open(other, server.url);
  await page.getByRole("button", { name: "Record" }).click();
  await page
    .getByRole("alert")
    .getByText(/microphone/i)
    .waitFor();
  assert.ok(await page.getByRole("button", { name: "Record" }).isEnabled());
  await other.close();
});

test("nothing but this server is asked for anything", async () => {
  const page = await open(browser, "about:blank");
  const hosts = new Set();
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http")) hosts.add(url.host);
  });
  await page.goto(server.url);
  await page.setInputFiles("#files", things.file("anger.wav"));
  await judged(page, 1);
  assert.deepEqual([...hosts], [new URL(server.url).host]);
});
