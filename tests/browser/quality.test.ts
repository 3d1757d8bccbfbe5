/** The console is usable by all, and light: no serious finding of axe, a small first page that is there soon. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, launch, open } from "./opened.ts";
import { seriousFindings } from "./serious-findings.ts";

const ASSETS = join(import.meta.dirname, "../../dist/console/assets");

/** Bytes compressed: of the first page, and of all scripts together. */
const FIRST_MAX = 150_000;
const ALL_MAX = 400_000;

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

const PAGES = [
  ["", ".tiles"],
  ["#/find?definition=order", ".machines a"],
  ["#/definition/order%3Av1", ".chart .badge"],
  ["#/definition/order%3Av1?heat=rate", ".chart text.rate"],
  ["#/definition/order%3Av1?heat=stay&state=paid&focus=after", ".chart .note"],
  ["#/machine/o2", ".chart .leaf.active"],
  ["#/failures", ".calm"],
  ["#/jobs", ".hint"],
  ["#/streams", "h1"],
  ["#/audit", ".hint"],
  ["#/family/o2", ".sequence .step"],
  ["#/versions/order", "h1"],
  ["#/try", ".chart .leaf.active"],
] as const;

describe.skipIf(CHROMIUM === undefined)("the console", () => {
  test.each(["light", "dark"] as const)(
    "has no serious fault of access on any page, %s",
    async (colorScheme) => {
      const { server, page } = await open(browser, "", { colorScheme });
      const faults: string[] = [];
      for (const [path, shown] of PAGES) {
        await page.goto(`${server.url}/${path}`);
        await page.locator(shown).first().waitFor({ timeout: 20_000 });
        for (const finding of await seriousFindings(page)) faults.push(`${path} ${finding}`);
      }
      await page.goto(`${server.url}/#/try`);
      await page
        .getByLabel("Definition", { exact: true })
        .fill("id: gate\ninitial: shut\nstates: { shut: {} }\n");
      await page.getByRole("button", { name: "Translate" }).click();
      await page.getByText("Translated from YAML").waitFor();
      for (const finding of await seriousFindings(page)) faults.push(`translation ${finding}`);
      await page.goto(`${server.url}/#/machine/o1?as=default`);
      await page.getByText("Seen as default sees it").waitFor();
      for (const finding of await seriousFindings(page)) faults.push(`seen as ${finding}`);
      await page.goto(`${server.url}/#/machine/o1`);
      await page.getByRole("button", { name: "Patch" }).click();
      for (const finding of await seriousFindings(page)) faults.push(`dialog ${finding}`);
      expect(faults).toEqual([]);
    },
  );

  test("has a login without a serious fault of access", async () => {
    const { page } = await open(browser, "", { config: { requirepass: "secret" }, statuses: [401] });
    await page.getByLabel("Password").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  test("is a small page: what the engine needs is loaded where it is wanted", async () => {
    const { page } = await open(browser, "");
    await page.locator(".tiles").waitFor();
    const loaded = (await page.evaluate(
      "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/assets/'))",
    )) as readonly string[];
    const sizeOf = (name: string) => gzipSync(readFileSync(join(ASSETS, name))).length;
    const first = loaded
      .map((url) => url.slice(url.lastIndexOf("/") + 1))
      .reduce((sum, name) => sum + sizeOf(name), 0);
    const all = readdirSync(ASSETS).reduce((sum, name) => sum + sizeOf(name), 0);
    expect(first).toBeGreaterThan(10_000);
    expect(first).toBeLessThan(FIRST_MAX);
    expect(all).toBeLessThan(ALL_MAX);
  });
});
