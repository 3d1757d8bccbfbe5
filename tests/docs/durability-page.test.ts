/** docs/durability.md: the limits are the defaults of their directives, and INFO has the fields that it names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../support/server.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/durability.md"), "utf8");

test("docs/durability.md names the defaults of the directives", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const client = await server.client();
  const rows = [...page.matchAll(/^\| .* \| ([\d,]+(?: MB)?) \| `([a-z-]+)`/gm)];
  expect(rows.length).toBeGreaterThan(10);
  for (const [, most = "", directive = ""] of rows) {
    const number = Number(most.replaceAll(/[^\d]/g, "")) * (most.endsWith("MB") ? 2 ** 20 : 1);
    expect(await client.call("CONFIG", "GET", directive)).toEqual([directive, String(number)]);
  }
});

test("INFO has the fields that docs/durability.md names", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const client = await server.client();
  const table = page.slice(page.indexOf("| field |")).split("\n\n")[0] ?? "";
  const rows = [...table.matchAll(/^\| `([a-z_]+)` \| ([a-z]+) \|/gm)];
  expect(rows).toHaveLength(table.split("\n").length - 2);
  for (const [, field = "", section = ""] of rows) {
    expect(String(await client.call("INFO", section))).toContain(`\r\n${field}:`);
  }
});
