/** Two versions of a definition beside each other. */
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { define } from "../support/machines.ts";
import { CHROMIUM, launch, ORDER, open } from "./opened.ts";
import { seriousFindings } from "./serious-findings.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

/** A chain at the end that no window is wide enough for. */
const chain = Object.fromEntries(
  Array.from({ length: 12 }, (_, at) => [`step${at}`, { on: { NEXT: `step${(at + 1) % 12}` } }]),
);
const OLD = { ...ORDER, states: { ...ORDER.states, late: { on: { GO: "step0" } }, ...chain } };
const NEW = {
  ...OLD,
  states: {
    ...OLD.states,
    new: { on: { PAY: { target: "paid", guard: "event.amount > 0" }, HOLD: "held" } },
    paid: {
      on: { SHIP: { target: "shipped", actions: [{ log: "'shipped'" }] } },
      after: { "72h": "overdue" },
    },
    late: undefined,
    overdue: { on: { GO: "step0" } },
    held: { on: { GO: "new" } },
  },
};

async function openVersions(width: number) {
  const opened = await open(browser, "");
  const { client, page } = opened;
  await page.setViewportSize({ width, height: 800 });
  await define(client, "long:v1", { ...OLD, id: "long" });
  await define(client, "long:v2", { ...NEW, id: "long" });
  await page.goto(`${opened.server.url}/#/versions/long`);
  const [old, now] = ["long:v1", "long:v2"].map((name) => page.getByRole("region", { name }));
  if (old === undefined || now === undefined) throw new Error("there are two drawings");
  await now.locator("g.state").first().waitFor({ timeout: 20_000 });
  return { ...opened, old, now };
}

async function boxOf(place: Locator) {
  const box = await place.boundingBox();
  if (box === null) throw new Error("it is not drawn");
  return box;
}

const scrolled = (side: Locator) =>
  side.locator(".canvas").evaluate((place: { scrollLeft: number }) => place.scrollLeft);

describe.skipIf(CHROMIUM === undefined)("two versions", () => {
  test("are beside each other at one scale in a wide window, and below each other in a narrow one", async () => {
    const { page, old, now } = await openVersions(1280);
    const state = "g.state:has-text('paid')";
    const [left, right] = [await boxOf(old), await boxOf(now)];
    expect(right.y).toBe(left.y);
    expect(right.x).toBeGreaterThanOrEqual(left.x + left.width);
    const heightOf = async (side: Locator) => (await boxOf(side.locator(`${state} rect`).first())).height;
    const height = await heightOf(old);
    expect(await heightOf(now)).toBeCloseTo(height, 1);
    await page.getByRole("button", { name: "Larger" }).click();
    await expect.poll(() => heightOf(old)).toBeGreaterThan(height);
    expect(await heightOf(now)).toBeCloseTo(await heightOf(old), 1);
    await page.setViewportSize({ width: 900, height: 800 });
    await expect.poll(async () => (await boxOf(now)).y - (await boxOf(old)).y).toBeGreaterThan(100);
    expect((await boxOf(now)).x).toBe((await boxOf(old)).x);
  });

  test("have added, removed and changed states and transitions marked, by signs too", async () => {
    const { page, old, now } = await openVersions(1280);
    expect(await old.locator("g.state.removed").allTextContents()).toEqual([
      expect.stringMatching(/late.*−/),
    ]);
    expect((await now.locator("g.state.added").allTextContents()).length).toBe(2);
    await old.locator("g.arrow.removed", { hasText: "72h" }).waitFor({ state: "attached" });
    await now.locator("g.arrow.added", { hasText: "HOLD" }).waitFor({ state: "attached" });
    for (const event of ["PAY", "SHIP"])
      for (const side of [old, now])
        expect(await side.locator("g.arrow.changed .sign", { hasText: "~" }).count(), event).toBe(2);
    await now.getByRole("button", { name: "held, added" }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  test("show the state of a difference that is chosen by the keyboard, in both", async () => {
    const { page, old, now } = await openVersions(1280);
    const difference = page.getByRole("button", { name: "'PAY' in 'new' has the guard" });
    await difference.focus();
    await page.keyboard.press("Enter");
    await old.locator("g.selected", { hasText: "new" }).waitFor();
    await now.locator("g.selected", { hasText: "new" }).waitFor();
    expect(page.url()).toContain("state=new");
    expect(await difference.getAttribute("aria-pressed")).toBe("true");
    await now.getByRole("button", { name: "step11" }).focus();
    await page.keyboard.press("Enter");
    await old.locator("g.selected", { hasText: "step11" }).waitFor();
    await expect.poll(() => scrolled(old)).toBeGreaterThan(500);
  });

  test("are scrolled together", async () => {
    const { old, now } = await openVersions(1280);
    for (const [one, other] of [
      [old, now],
      [now, old],
    ] as const) {
      const scroll = (left: number) =>
        one.locator(".canvas").evaluate((place: { scrollLeft: number }, x) => {
          place.scrollLeft = x;
        }, left);
      await scroll(0);
      await expect.poll(() => scrolled(other)).toBeLessThan(150);
      await scroll(1400);
      await expect.poll(() => scrolled(other)).toBeGreaterThan(1000);
      expect(await scrolled(one)).toBe(1400);
    }
  });
});
