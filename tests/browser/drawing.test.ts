/** A drawing as one works with it: heat, rates, focus, closed states, the small map, full screen. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { define } from "../support/machines.ts";
import { CHROMIUM, launch, open } from "./opened.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

/** Two outer states with a long chain of states in each. */
function chain(name: string, length: number, end: string) {
  const inside = Array.from({ length }, (_, at) => [
    `${name}${at}`,
    { on: { NEXT: at + 1 < length ? `${name}${at + 1}` : end } },
  ]);
  return { initial: `${name}0`, states: Object.fromEntries(inside) };
}
const LONG = {
  id: "long",
  initial: "first",
  states: {
    first: chain("a", 16, "#second"),
    second: { id: "second", ...chain("b", 16, "#done") },
    done: { id: "done", type: "final" },
  },
};

async function openLong() {
  const opened = await open(browser, "");
  const { client, page } = opened;
  await define(client, "long:v1", LONG);
  for (const key of ["l1", "l2", "l3"]) await client.call("SM.CREATE", key, "long");
  for (const key of ["l1", "l1", "l2"]) await client.call("SM.SEND", key, "NEXT");
  await page.goto(`${page.url().split("#")[0]}#/definition/long%3Av1`);
  await page.getByRole("button", { name: "first.a0, 1 machines" }).waitFor({ timeout: 20_000 });
  return opened;
}

describe.skipIf(CHROMIUM === undefined)("a drawing", () => {
  test("shows how long machines stay and how often transitions are taken, as heat and as tables", async () => {
    const { client, page } = await open(browser, "#/definition/order%3Av1");
    await page.getByRole("heading", { name: "How machines move" }).waitFor({ timeout: 20_000 });
    await page.getByText("Counted in memory since").waitFor();
    await page.getByRole("row", { name: /^new 1 .* ms/ }).waitFor();
    await page.getByRole("row", { name: "PAY new → paid 1 1" }).waitFor();
    await client.call("SM.SEND", "o1", "PAY", '{"amount":120}');
    await page.getByRole("row", { name: "PAY new → paid 2 2" }).waitFor();
    await page.getByRole("button", { name: "Stay" }).click();
    await page.locator("g.heat5", { hasText: /^new.* · / }).waitFor();
    await page.getByRole("button", { name: "Rate" }).click();
    await page.locator(".arrow.rate5", { hasText: "2/h" }).waitFor();
    expect(page.url()).toContain("heat=rate");
  });

  test("closes all outer states with their machines summed, and opens them again", async () => {
    const { page } = await openLong();
    await page.getByRole("button", { name: "Close all" }).click();
    await page.getByRole("button", { name: "first, 3 machines" }).waitFor({ timeout: 20_000 });
    await expect.poll(() => page.locator("g.state").count()).toBe(4);
    await page.getByRole("button", { name: "Rate" }).click();
    await page.getByRole("button", { name: "Open all" }).click();
    await expect.poll(() => page.locator("g.state").count()).toBe(36);
  });

  test("shows the way from a state to another, and what can follow", async () => {
    const { page } = await openLong();
    await page.getByRole("button", { name: "second.b14" }).click();
    const choice = page.getByLabel("What to show from second.b14");
    await choice.selectOption("What can follow");
    await expect.poll(() => page.locator("g.leaf:not(.dim)").count()).toBe(3);
    await page.getByRole("button", { name: "first.a14" }).click();
    await page.getByLabel("What to show from first.a14").selectOption("second.b1");
    await expect.poll(() => page.locator("g.leaf:not(.dim)").count()).toBe(4);
    expect(page.url()).toContain("focus=to%3Asecond.b1");
    expect(await page.locator("option", { hasText: /^first\.a3$/ }).isDisabled()).toBe(true);
  });

  test("has a small map of what is out of sight, which moves it, and takes the whole screen", async () => {
    const { page } = await openLong();
    const map = page.locator(".minimap");
    await map.waitFor();
    const canvas = page.locator(".canvas");
    const scrolled = () => canvas.evaluate((place: { scrollLeft: number }) => place.scrollLeft);
    const before = await scrolled();
    const { width = 0, height = 0 } = (await map.boundingBox()) ?? {};
    await map.click({ position: { x: width - 3, y: height / 2 } });
    expect(await scrolled()).toBeGreaterThan(before);
    await page.getByRole("button", { name: "Full screen" }).click();
    await expect
      .poll(() => page.getByRole("button", { name: "Full screen" }).getAttribute("aria-pressed"))
      .toBe("true");
    await page.getByRole("button", { name: "Full screen" }).click();
    await expect
      .poll(() => page.getByRole("button", { name: "Full screen" }).getAttribute("aria-pressed"))
      .toBe("false");
  });
});
