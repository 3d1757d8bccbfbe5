/** Pages do not move under the hands of who uses them: what comes late has its room. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, launch, open } from "./opened.ts";

/** As the Layout Instability API counts: moving a thirtieth of the window by a tenth of its height is 0.003. */
const SHIFT_MAX = 0.003;

/** Notes shifts; and the time after which a page no longer waits for its parts comes when `release` says so. */
const NOTE_SHIFTS = `
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  const held = [];
  const { setTimeout } = window;
  window.setTimeout = (run, ms, ...more) => (ms === 1000 ? held.push(run) : setTimeout(run, ms, ...more));
  window.release = () => held.splice(0).forEach((run) => run());`;

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

/** What is drawn has been measured. */
async function shiftsOf(page: Page): Promise<number> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  return page.evaluate("window.shifts");
}

const PAGES = [
  ["#/definition/order%3Av1", ".chart .badge"],
  ["#/machine/o2", ".events button"],
  ["#/versions/order", ".hint"],
  ["#/failures", ".calm"],
  ["#/streams", "td"],
  ["#/jobs", ".hint"],
  ["#/family/o2", ".sequence .step"],
  ["#/try", ".chart .leaf.active"],
] as const;

describe.skipIf(CHROMIUM === undefined)("a page", () => {
  test.each([1280, 390])("does not move while it loads, in a window of %d pixels", async (width) => {
    const { server, page } = await open(browser, "");
    await page.addInitScript(NOTE_SHIFTS);
    await page.setViewportSize({ width, height: 800 });
    const moved: string[] = [];
    for (const [path, shown] of PAGES) {
      await page.goto("about:blank");
      await page.goto(`${server.url}/${path}`);
      await page.locator(shown).first().waitFor({ timeout: 20_000 });
      const shifts = await shiftsOf(page);
      if (shifts > SHIFT_MAX) moved.push(`${path} ${shifts}`);
    }
    expect(moved).toEqual([]);
  });

  test.each([
    ["machine/o2", ".history tbody tr"],
    ["definition/order%3Av1", ".numbers tbody tr"],
  ])(
    "#/%s is shown before a drawing that takes long, and does not move when it comes",
    async (path, shown) => {
      const { server, page } = await open(browser, "");
      await page.addInitScript(NOTE_SHIFTS);
      let draw = () => {};
      const drawn = new Promise<void>((resolve) => {
        draw = resolve;
      });
      await page.route("**/drawing?*", async (route) => {
        await drawn;
        await route.continue();
      });
      await page.goto("about:blank");
      await page.goto(`${server.url}/#/${path}`);
      await page.getByText("Loading …").waitFor();
      // What is not there yet may wait for its time once more.
      await expect
        .poll(async () => {
          await page.evaluate("window.release()");
          return page.locator(shown).count();
        })
        .toBeGreaterThan(0);
      await page.getByText("Drawing …").waitFor();
      const below = page.locator(".panel").nth(1);
      const [before, shifts] = [await below.boundingBox(), await shiftsOf(page)];
      draw();
      await page.locator(".chart .leaf").first().waitFor({ timeout: 20_000 });
      expect((await below.boundingBox())?.y).toBe(before?.y);
      expect((await shiftsOf(page)) - shifts).toBeLessThan(SHIFT_MAX);
    },
  );
});
