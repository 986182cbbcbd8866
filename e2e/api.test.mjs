/** `api.js` asks a server that is slow, silent, broken or none: what it gives up on, and says. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";

import { modules } from "./server.mjs";

const MINUTE = 60_000;
const ABOUT = { name: "one", bytes: 30 };

const page = modules();
after(() => page.remove());
const api = await page.load("api.js");
const { Mistake } = await page.load("mistakes.js");

/** What the server does with the next answer: `script(answer)`. */
let script = null;
const server = createServer((_, answer) => script(answer));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => server.close());
globalThis.document = { baseURI: `http://127.0.0.1:${server.address().port}/` };
globalThis.location = new URL(document.baseURI);

/** Once this is so; Node goes on meanwhile. */
async function until(so) {
  while (!so()) await new Promise((resolve) => setImmediate(resolve));
}

const mistake = (words) => (error) => error instanceof Mistake && words.test(error.message);

test("a file that takes minutes is not cut off while it comes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let write;
  script = (answer) => (write = answer);
  let came = 0;
  const file = api.modelFile(ABOUT, (share) => (came = share));
  await until(() => write);
  for (const share of [1, 2, 3]) {
    t.mock.timers.tick(1.5 * MINUTE);
    write.write(new Uint8Array(10).fill(share));
    await until(() => came >= share / 3);
  }
  write.end();
  const bytes = await file;
  assert.deepEqual([bytes.length, bytes[0], bytes[29]], [30, 1, 3]);
});

test("a server that falls silent is given up after two minutes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let came = null;
  script = (answer) => answer.write("12345");
  const said = assert.rejects(
    api.modelFile(ABOUT, (share) => (came = share)),
    mistake(/silent for 120 s/),
  );
  await until(() => came);
  t.mock.timers.tick(2 * MINUTE);
  await said;
});

test("an answer that breaks off is told in words", async () => {
  script = (answer) => {
    answer.writeHead(200, { "Content-Length": 30 });
    answer.write("12345", () => answer.destroy());
  };
  await assert.rejects(
    api.modelFile(ABOUT, () => null),
    mistake(/answer broke off/),
  );
});

test("an answer that is no JSON is told in words", async () => {
  script = (answer) => answer.end("<html>");
  await assert.rejects(api.models(), mistake(/not what this page is for/));
});

test("a server that is not there is told in words", async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(api.models(), mistake(/does not answer/));
});
