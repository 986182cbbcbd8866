/**
 * `judging.js` judges as `ehsaas/judging` does, and `segments.js` finds what
 * `ehsaas/serving/segments.py` finds: hand-made samples and looks, both asked, numbers compared.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { modules, run } from "./server.mjs";

const page = modules();
after(() => page.remove());

const { Judge, conformalThreshold, isSilent, settling, unpacked } = await page.load("judging.js");
const { HOLD, KEPT, Segments } = await page.load("segments.js");

const { clips, hold, kept, streams } = JSON.parse(run(["e2e/judged.py"]));

/** What the toy judge of `judged.py` hears: how loud the stretch is tells all. */
async function hear(samples) {
  let sum = 0;
  for (const sample of samples) sum += Math.abs(sample);
  const loud = Math.min(1, (4 * sum) / samples.length);
  const probabilities = [loud, (1 - loud) * 0.7, (1 - loud) * 0.3];
  return { probabilities, attention: null, distance: 2 * loud, dimensions: [2 * loud - 1, -loud] };
}

for (const { name, samples, coverage, card, expected, silent } of clips) {
  test(`${name}, ${coverage ? `coverage ${coverage}` : "no sets"}`, async () => {
    const heard = unpacked(samples);
    assert.equal(isSilent(heard), silent);
    const answer = await new Judge(card, hear).recognise(heard, coverage);
    alike(answer.whole, expected.whole);
    assert.equal(answer.estimates.length, expected.segments.length);
    answer.estimates.forEach((one, i) => alike(one, expected.segments[i]));
  });
}

for (const { name, hop, coverage, card, looks, expected } of streams) {
  test(`${name}, ${coverage ? `coverage ${coverage}` : "no sets"}`, () => {
    const events = [];
    const segments = new Segments(hop, settling(card, coverage), (event) => events.push(event));
    for (const [look, voice] of looks) segments.take(look, voice);
    segments.flush();
    const kinds = (all) => all.map((event) => event.kind);
    assert.deepEqual(kinds(events), kinds(expected));
    assert.ok(kinds(events).includes("end"));
    events.forEach((event, i) => alike(event, expected[i]));
  });
}

test("live in the browser holds and keeps as much as a stream does", () => {
  assert.deepEqual([HOLD, KEPT], [hold, kept]);
});

function alike(mine, theirs) {
  for (const [key, value] of Object.entries(theirs)) {
    if (key === "probabilities") {
      assert.deepEqual(Object.keys(mine[key]), Object.keys(value));
      for (const name of Object.keys(value)) near(mine[key][name], value[name]);
    } else if (key === "extra") {
      assert.deepEqual(Object.keys(mine[key]), Object.keys(value));
      if ("distance" in value) near(mine[key].distance, value.distance);
    } else if (["arousal", "valence"].includes(key) && value !== null) {
      near(mine[key], value);
    } else {
      assert.deepEqual(mine[key], value, key);
    }
  }
}

function near(mine, theirs) {
  assert.ok(Math.abs(mine - theirs) < 1e-5, `${mine} and ${theirs}`);
}

test("so few utterances promise a high coverage only for the set of all classes", () => {
  assert.equal(conformalThreshold([0.1, 0.2, 0.3], 0.9), 0);
  assert.equal(conformalThreshold([0.1, 0.2, 0.3], 0.5), 0.8);
});
