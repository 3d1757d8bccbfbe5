/**
 * Every page of the console over a hundred thousand machines, some of which move meanwhile: it opens without an error, soon, and without a
 * serious finding of axe.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { fill, PAGES } from "./every-page.ts";
import { CHROMIUM, errorsOf, launch } from "./opened.ts";
import { seriousFindings } from "./serious-findings.ts";

const MACHINES = 100_000;
/** It takes less than a second on a machine that has nothing else to do. */
const FIRST_PAINT_MS_MAX = 15_000;
const SHOWN_MS_MAX = 30_000;
/** So many machines change at once, again and again, while pages are looked at. */
const [MOVED, EVERY_MS] = [100, 250];

describe.skipIf(CHROMIUM === undefined)("a page over a hundred thousand machines", () => {
  let browser: Browser;
  let server: TestServer;
  let moving: Promise<void>;
  let isOver = false;

  beforeAll(async () => {
    browser = await launch();
    server = await startTestServer({ http: true });
    const client = await server.client();
    await fill(client, server.url, MACHINES);
    moving = (async () => {
      for (let round = 0; !isOver; round += 1) {
        await client.pipeline(
          Array.from({ length: MOVED }, (_, at) => [
            "SM.SEND",
            `large:${((round + at) % 2000) * 50}`,
            "NEXT",
          ]),
        );
        await new Promise((done) => setTimeout(done, EVERY_MS));
      }
    })();
  }, 300_000);
  afterAll(async () => {
    isOver = true;
    await moving;
    await browser.close();
    await server.close();
  }, 300_000);

  test.each(PAGES)("%s opens soon and without an error", async (path, shown) => {
    const page = await browser.newPage();
    const errors = errorsOf(page, server.url);
    try {
      await page.goto(`${server.url}/${path}`);
      await page.locator(shown).first().waitFor({ timeout: SHOWN_MS_MAX });
      const painted = await page.evaluate(
        "performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => startTime)[0]",
      );
      expect(painted).toBeLessThan(FIRST_PAINT_MS_MAX);
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.getByRole("alert").allTextContents()).toEqual([]);
    } finally {
      await page.close();
    }
    expect(errors).toEqual([]);
  });
});
