/** Debian's Chromium with a microphone that plays a file, and pages whose errors are kept. */

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { chromium } from "playwright-core";

import { ROOT } from "./server.mjs";

const PICTURES = path.join(ROOT, "e2e/screenshots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");

/** A browser whose microphone plays this WAV file; without one, it refuses the microphone. */
export function launch(microphone = null) {
  const heard = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${microphone}`,
  ];
  return chromium.launch({
    executablePath: process.env.CHROMIUM || whereIs("chromium"),
    args: ["--no-sandbox", ...(microphone ? heard : ["--deny-permission-prompts"])],
  });
}

/** A page at `url`, its model known; `page.mistakes` holds what its console complained of. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  page.mistakes = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.mistakes.push(message.text());
  });
  page.on("pageerror", (error) => page.mistakes.push(error.stack));
  await page.goto(url);
  return page;
}

/** Wait until so many clips were judged, or refused. */
export async function judged(page, count) {
  const done = (wanted) => {
    const clips = [...document.querySelectorAll(".clip")];
    const ready = clips.filter((clip) => clip.querySelector(".verdict, .trouble .warning"));
    return clips.length === wanted && ready.length === wanted && !document.querySelector(".busy");
  };
  await page.waitForFunction(done, count, { timeout: 120_000 });
}

/** Turn the in-browser mode on and wait until it needs no network. */
export async function judgeHere(page) {
  await page.getByRole("radio", { name: "In this browser" }).check();
  await page.getByText("no network is needed").waitFor({ timeout: 120_000 });
}

/** What axe-core finds serious or critical on the page as it is. */
export async function barriers(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** Keep a picture of the page, to be looked at. */
export async function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
}

function whereIs(command) {
  const places = process.env.PATH.split(path.delimiter).map((folder) => path.join(folder, command));
  return places.find((place) => existsSync(place)) ?? command;
}
