/** Live over the stream, and the model inside the browser with the network switched off. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { judgeHere, judged, open, picture } from "./browser.mjs";
import { browser, server, things } from "./stage.mjs";

const CLOSE = 1e-3;
const RECORDINGS = [
  "moods.wav",
  "anger.wav",
  "sadness.wav",
  "long.wav",
  "silence.wav",
  "short.wav",
];

/** What the page found in these recordings, as it is downloaded. */
async function found(page, names) {
  await page.setInputFiles(
    "#files",
    names.map((name) => things.file(name)),
  );
  await judged(page, names.length);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#json")]);
  return JSON.parse(readFileSync(await download.path(), "utf-8"));
}

async function askForSets(page) {
  await page.locator("#about > div").first().waitFor({ state: "attached" }); // the model is known
  const possible = await page.locator("#unsure").isEnabled();
  if (possible) await page.getByLabel("Say “not sure”").check();
}

/** Offline, and nothing but what is in memory: every request from here on is kept. */
async function switchOff(page) {
  const requests = [];
  page.on("request", (request) => {
    if (!request.url().startsWith("blob:")) requests.push(request.url());
  });
  await page.context().setOffline(true);
  return requests;
}

test("in the browser, without a network, the answers are the server's", async (t) => {
  const there = await open(browser, server.url);
  await askForSets(there);
  const expected = await found(there, RECORDINGS);
  const here = await open(browser, server.url);
  await askForSets(here);
  await judgeHere(here);
  const requests = await switchOff(here);
  const answers = await found(here, RECORDINGS);
  assert.deepEqual(requests, []);
  assert.deepEqual(here.mistakes, []);
  await picture(here, "in-browser");
  const gaps = answers.map((answer, i) => gapOf(answer, expected[i]));
  if (!(await isExact())) return t.skip("a file of 8 bits is rounded otherwise by each runtime");
  const worst = Math.max(...gaps.map((gap) => gap()));
  t.diagnostic(`largest difference of any number: ${worst.toExponential(1)}`);
  assert.ok(worst <= CLOSE, `${worst}`);
});

async function isExact() {
  const [{ precision }] = await (await fetch(`${server.url}/v1/models`)).json();
  return precision === "float32";
}

/** Sees that a clip was judged here and there, and gives what measures how alike the answers are. */
function gapOf(answer, other) {
  const { name, judged, whole, segments } = answer;
  assert.deepEqual([judged, other.judged], ["in this browser", "on the server"]);
  return () => {
    assert.equal(segments.length, other.segments.length, name);
    const pairs = segments.map((one, k) => [one, other.segments[k]]);
    return Math.max(...[[whole, other.whole], ...pairs].map(([a, b]) => gap(a, b, name)));
  };
}

/** The largest difference of two estimates, which say the same for the rest. */
function gap(mine, theirs, name) {
  for (const key of ["emotion", "prediction_set", "warnings", "start", "end"]) {
    assert.deepEqual(mine[key], theirs[key], `${name}: ${key}`);
  }
  const numbers = (one) => [
    ...Object.values(one.probabilities),
    ...(one.attention ?? []),
    ...[one.arousal, one.valence].filter((value) => value !== null),
    ...("distance" in one.extra ? [one.extra.distance] : []),
  ];
  const [ours, others] = [numbers(mine), numbers(theirs)];
  assert.equal(ours.length, others.length, name);
  return Math.max(0, ...ours.map((value, i) => Math.abs(value - others[i])));
}

test("a clip that was judged here is not sent when the mode is changed", async () => {
  const page = await open(browser, server.url);
  await judgeHere(page);
  await found(page, ["anger.wav"]);
  const sent = [];
  page.on("request", (request) => sent.push(request.url()));
  await page.getByRole("radio", { name: "On the server" }).check();
  await askForSets(page);
  await judged(page, 1);
  assert.deepEqual(sent, []);
  await page.getByRole("button", { name: "Judge on the server instead" }).click();
  await page
    .getByRole("button", { name: "Judge on the server instead" })
    .waitFor({ state: "detached" });
  await judged(page, 1);
  assert.ok(sent.some((url) => url.includes("/v1/recognise")));
});

/** Go live until three emotions were heard, and stop; the ribbon and the log are there. */
async function live(page, name) {
  await page.getByRole("button", { name: "Go live" }).click();
  await page.locator("#live-log tr").nth(1).waitFor({ timeout: 60_000 });
  const words = await page.locator("#live-ribbon .segment").allTextContents();
  assert.ok(words.filter(Boolean).length >= 2, words.join());
  assert.ok(await page.locator("#live-answer strong").innerText());
  await picture(page, name);
  await page.getByRole("button", { name: "Stop live" }).click();
  await page.getByRole("button", { name: "Go live" }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Record" }).isEnabled());
  assert.deepEqual(page.mistakes, []);
}

test("live over the server's stream", async () => {
  const page = await open(browser, server.url);
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  await live(page, "live");
  assert.deepEqual(sockets, [`${server.url.replace("http", "ws")}/v1/stream`]);
});

test("live in the browser, without a network", async () => {
  const page = await open(browser, server.url);
  await judgeHere(page);
  const requests = await switchOff(page);
  await live(page, "live-in-browser");
  assert.deepEqual(requests, []);
  assert.match(await page.locator("#live-note").innerText(), /nothing looks for a voice/);
});
