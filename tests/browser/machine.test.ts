/** What the page of a machine says beside its drawing and its history, and the first page of how machines move. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { define } from "../support/machines.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { CHROMIUM, launch, open } from "./opened.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

describe.skipIf(CHROMIUM === undefined)("the page of a machine", () => {
  test("marks what the change that is shown has changed of the context, and the transitions taken so far", async () => {
    const { client, page } = await open(browser, "#/machine/o2");
    await page.locator(".json mark", { hasText: '"paid": 120' }).waitFor({ timeout: 20_000 });
    await page.getByText("Marked: what rev 2 has changed").waitFor();
    await page.locator(".arrow.taken", { hasText: "PAY" }).waitFor();
    expect(await page.locator(".arrow.taken").count()).toBe(1);
    await page.getByRole("button", { name: "Earlier" }).click();
    await page.getByRole("heading", { name: "Context at rev 1" }).waitFor();
    await expect.poll(() => page.locator(".arrow.taken, .json mark").count()).toBe(0);
    await client.call("SM.PATCH", "o2", '{"at":{"door":"left"}}');
    await client.call("SM.PATCH", "o2", '{"at":{"floor":2},"paid":null}');
    await page.goto(`${new URL(page.url()).origin}/#/machine/o2?rev=4`);
    await page.getByText("it has removed paid").waitFor();
    expect(await page.locator(".json mark").allTextContents()).toEqual(['    "floor": 2\n']);
  });

  test("says of an event that would be refused why, with the values, and finds the outcome of one that was", async () => {
    const { client, page } = await open(browser, "#/machine/o1");
    await client.exchange("SM.SEND", "o1", "PAY", '{"amount":1}', "ID", "first");
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}', "ID", "second");
    await client.call("SM.CREATE", "o9", "order");
    await page.getByRole("button", { name: "PAY second" }).click();
    await page.locator(".json", { hasText: '"event": "PAY"' }).waitFor();
    await page.getByLabel("Id of an event").fill("first");
    await page.getByRole("button", { name: "Look up" }).click();
    await page.locator(".json", { hasText: '"code": "GUARD"' }).waitFor();
    await page.goto(`${new URL(page.url()).origin}/#/machine/o9`);
    await page.getByRole("heading", { name: "o9" }).waitFor();
    // What is below the drawing moves down when it comes.
    await page.locator("g.leaf.active", { hasText: "new" }).waitFor();
    await page.getByRole("button", { name: "Why not PAY?" }).click();
    await page.locator(".verdict", { hasText: "event.amount = null" }).waitFor();
    expect(await page.getByLabel("Event", { exact: true }).inputValue()).toBe("PAY");
  });

  test("has its parent, its children with their status, and all that the server says of it", async () => {
    const { client, page } = await open(browser, "");
    await define(client, "pay:v1", { id: "pay", initial: "asked", states: { asked: {} } });
    const invoke = { src: "pay", id: "charge" };
    await define(client, "sale:v1", { id: "sale", initial: "paying", states: { paying: { invoke } } });
    await client.call("SM.CREATE", "s1", "sale");
    await page.goto(`${new URL(page.url()).origin}/#/machine/s1`);
    await page.getByRole("heading", { name: "s1" }).waitFor();
    await page.getByRole("row", { name: "{s1}.charge charge active" }).waitFor();
    await page.getByText("Raw document").click();
    await page.locator(".raw .json", { hasText: '"status": "active"' }).waitFor();
    await page.getByRole("link", { name: "{s1}.charge" }).click();
    await page.getByRole("row", { name: "s1 parent" }).waitFor();
  });

  test("plays its history with the space bar, and steps through it with the arrow keys", async () => {
    const { page } = await open(browser, "#/machine/o2");
    const slider = page.getByLabel("Revision");
    await slider.waitFor();
    await expect.poll(() => slider.inputValue()).toBe("1");
    await slider.press("ArrowLeft");
    await page.getByRole("heading", { name: "Context at rev 1" }).waitFor();
    await slider.press("Space");
    await page.getByRole("heading", { name: "Context", exact: true }).waitFor();
  });
});

describe.skipIf(CHROMIUM === undefined)("the first page", () => {
  test("says how often machines of a definition change, now and in the last hour", async () => {
    const { page } = await open(browser, "", { clock: new VirtualClock() });
    const card = page.locator(".card", { hasText: "order:v1" });
    await card.getByText("4 changes a minute").waitFor();
    await card.getByRole("img", { name: "Changes in each minute of the last hour, 4 at most" }).waitFor();
  });

  test("leads to machines that are suspended, which are found without looking at the others", async () => {
    const { client, page } = await open(browser, "");
    await client.call("SM.SUSPEND", "o3");
    await page.getByRole("link", { name: "1 machine is suspended" }).click();
    await page.getByRole("link", { name: "o3" }).waitFor();
    expect(await page.getByText("looked at").count()).toBe(0);
  });
});
