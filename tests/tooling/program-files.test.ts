import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import buildOfServer from "../../vite.server.config.ts";

const SOURCE_ROOT = new URL("../../src/", import.meta.url);

const SOURCES = readdirSync(SOURCE_ROOT, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.startsWith("console/"))
  .map((path) => ({ path, text: readFileSync(new URL(path, SOURCE_ROOT), "utf8") }));

const { input } = (buildOfServer as { build: { rollupOptions: { input: Record<string, string> } } }).build
  .rollupOptions;

test("the build of the server lists every file that is started by its name", () => {
  const started = SOURCES.flatMap(({ text }) =>
    [...text.matchAll(/programFile\("([^"]+)"\)/g)].map(([, name]) => name),
  );
  expect(started.length).toBeGreaterThan(1);
  for (const name of started) expect(input).toHaveProperty(String(name), `src/${name}.ts`);
});

test("modules that may be anywhere in the bundle do not look for files beside them", () => {
  const looking = SOURCES.filter(({ text }) => /new URL\([^)]*import\.meta\.url/.test(text));
  // The client's program is a file of its own, whose place in the package is fixed.
  expect(looking.map(({ path }) => path)).toEqual(["client/test-server.ts"]);
});
