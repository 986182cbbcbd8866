/** How the page looks, in light and dark, wide and narrow, and that nobody is shut out. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { barriers, judged, open, picture } from "./browser.mjs";
import { browser, server, things } from "./stage.mjs";

const PHONE = { width: 360, height: 740 };

for (const colorScheme of ["light", "dark"]) {
  test(`${colorScheme}, wide and narrow`, async () => {
    const page = await open(browser, server.url, { colorScheme });
    await picture(page, `${colorScheme}-empty`);
    assert.deepEqual(await barriers(page), []);
    const names = ["moods.wav", "anger.wav", "sadness.wav"];
    await page.setInputFiles(
      "#files",
      names.map((name) => things.file(name)),
    );
    await judged(page, names.length);
    await page.locator(".clip summary").first().click();
    await page.locator("#about").evaluate((list) => (list.parentElement.open = true));
    await picture(page, colorScheme);
    assert.deepEqual(await barriers(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), colorScheme);
    await page.setViewportSize(PHONE);
    await page.waitForTimeout(300);
    await picture(page, `${colorScheme}-phone`);
    assert.deepEqual(await barriers(page), []);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, PHONE.width);
    assert.deepEqual(page.mistakes, []);
  });
}

test("not sure, live and a token shut nobody out", async () => {
  const page = await open(browser, server.url);
  await page.setInputFiles("#files", things.file("moods.wav"));
  await judged(page, 1);
  if (await page.locator("#unsure").isEnabled()) {
    await page.getByLabel("Say “not sure”").check();
    await page.locator("#coverage").fill("99");
  }
  await page.getByRole("button", { name: "Go live" }).click();
  await page.locator("#live-bars li").first().waitFor();
  assert.deepEqual(await barriers(page), []);
  await picture(page, "not-sure");
  await page.evaluate(() => document.getElementById("token-dialog").showModal());
  assert.deepEqual(await barriers(page), []);
});

test("the switch turns light into dark, and stays so", async () => {
  const page = await open(browser, server.url, { colorScheme: "light" });
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  await page.getByRole("button", { name: "Switch to dark" }).click();
  assert.equal(await theme(), "dark");
  await page.reload();
  await page.getByRole("button", { name: "Switch to light" }).waitFor();
  assert.equal(await theme(), "dark");
});
