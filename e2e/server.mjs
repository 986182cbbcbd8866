/** `ehsaas serve` with the material of the tests: made once, started as often as it is needed. */

import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const python = process.env.PYTHON || path.join(ROOT, ".venv/bin/python");

/** A folder with `model.onnx` (MODEL, or one trained here) and recordings; `remove()` ends it. */
export function material() {
  const folder = mkdtempSync(path.join(tmpdir(), "ehsaas-e2e-"));
  const given = process.env.MODEL ? [process.env.MODEL] : [];
  run(["e2e/material.py", folder, ...given]);
  return {
    file: (name) => path.join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The page's modules, where Node takes them for modules: `load(file)` imports one. */
export function modules() {
  const folder = mkdtempSync(path.join(tmpdir(), "ehsaas-e2e-"));
  const own = (from) => path.basename(from) !== "vendor";
  cpSync(path.join(ROOT, "ehsaas/serving/web"), folder, { recursive: true, filter: own });
  writeFileSync(path.join(folder, "package.json"), '{"type": "module"}');
  return {
    load: (file) => import(path.join(folder, file)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What a Python of the repository prints, as text. */
export function run(args, input = "") {
  const done = spawnSync(python, args, { cwd: ROOT, input, encoding: "utf-8", maxBuffer: 1e8 });
  if (done.status !== 0) throw new Error(`python ${args.join(" ")}: ${done.stderr || done.error}`);
  return done.stdout;
}

/** A server of this model, or of these: → {url, stop()}, once it listens. */
export function serve(model, env = {}) {
  const models = [model].flat().flatMap((file) => ["--model", file]);
  const args = ["-m", "ehsaas", "serve", ...models, "--port", "0"];
  const child = spawn(python, args, { cwd: ROOT, env: { ...process.env, ...env } });
  let said = "";
  return new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      const found = said.match(/listening on (http:\S+)/);
      if (found) resolve({ url: found[1], stop: () => stopped(child) });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", () => reject(new Error(`ehsaas serve ended: ${said}`)));
  });
}

function stopped(child) {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on("exit", resolve);
    child.kill("SIGTERM");
  });
}
