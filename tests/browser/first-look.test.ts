/** What a person meets first, and pages with nothing or with a lot on them. */
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { CHROMIUM, launch, open } from "./opened.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

describe.skipIf(CHROMIUM === undefined)("the console", () => {
  test("offers the demo where there is no machine, and removes it again", async () => {
    const { client, page } = await open(browser, "", { isEmpty: true });
    await page.getByRole("heading", { name: "There is no machine yet" }).waitFor();
    await page.getByRole("button", { name: "Start the demo" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.locator("code").textContent()).toBe("SM.DEMO");
    await dialog.getByRole("button", { name: "Start the demo" }).click();
    await page.locator(".card", { hasText: "demo-order:v1" }).waitFor();
    await page.locator(".side").getByRole("link", { name: "demo-order:v1" }).waitFor();
    await page.getByRole("button", { name: "Remove the demo" }).click();
    await dialog.getByRole("button", { name: "Remove the demo" }).click();
    await page.getByRole("heading", { name: "There is no machine yet" }).waitFor();
    expect(await client.call("SM.COUNT")).toBe(0);
  });

  test("says that a machine or a page is not there, and where to look", async () => {
    const { server, page } = await open(browser, "#/machine/o", { statuses: [404] });
    await page.getByText("there is no such machine").waitFor();
    await page.getByRole("link", { name: "Find machines" }).click();
    await page.getByRole("link", { name: "o2" }).waitFor();
    await page.goto(`${server.url}/#/machines`);
    await page.getByRole("heading", { name: "No such page" }).waitFor();
  });

  test("lists machines that are overdue, and leads to them from the first page", async () => {
    const clock = new VirtualClock();
    const { client, page } = await open(browser, "", { clock });
    await define(client, "claim:v1", { id: "claim", initial: "open", states: { open: { sla: "1h" } } });
    await client.call("SM.CREATE", "c1", "claim");
    clock.advance(3 * 3_600_000);
    await client.call("PING");
    await page.reload();
    await page.getByRole("link", { name: "1 machine has been in a state longer than its sla" }).click();
    const row = page.getByRole("row", { name: /c1 open claim:v1 1 h 2 h/ });
    await row.waitFor();
    await row.getByRole("link", { name: "c1" }).click();
    await page.getByRole("heading", { name: "c1" }).waitFor();
  });

  test("fits into a narrow window with long names, and finds one of many definitions", async () => {
    const server = await startTestServer({ http: true });
    const { client, page } = await open(browser, "", { server });
    const long = "com.example.department.processes.approval-of-purchases-of-more-than-a-little";
    const event = "ESCALATE_TO_THE_SECOND_LEVEL_OF_SUPPORT_OF_THE_DEPARTMENT";
    await define(client, `${long}:v1`, {
      id: "a",
      initial: "waiting",
      states: {
        waiting: { on: { [event]: "waiting_for_the_second_level_of_support_of_the_department" } },
        waiting_for_the_second_level_of_support_of_the_department: {},
      },
    });
    for (let at = 0; at < 20; at += 1)
      await define(client, `other-${at}:v1`, { initial: "a", states: { a: {} } });
    const key = `order/${"a long key ".repeat(12)}`;
    await client.call("SM.CREATE", key, long);
    await client.call(
      "XADD",
      "sm:dead",
      "*",
      "task",
      "call-the-customer-back",
      "key",
      key,
      "reason",
      "timeout",
    );
    await page.setViewportSize({ width: 420, height: 800 });
    const at = (name: string, subject: string) => `${server.url}/#/${name}/${encodeURIComponent(subject)}`;
    for (const [path, shown] of [
      [`${server.url}/#/`, ".card"],
      [at("definition", `${long}:v1`), ".chart .badge"],
      [at("machine", key), ".chart .leaf.active"],
      [`${server.url}/#/find`, ".machines a"],
      [`${server.url}/#/streams`, ".machines a"],
      [`${server.url}/#/failures`, ".calm"],
    ] as const) {
      await page.goto(path);
      await page.locator(shown).first().waitFor({ timeout: 20_000 });
      const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect(overflow, path).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize({ width: 1300, height: 800 });
    await page.getByLabel("Find a definition").fill("OTHER-19");
    await expect.poll(() => page.locator(".side li").count()).toBe(1);
    await page.getByRole("link", { name: "other-19:v1" }).click();
    await page.getByRole("heading", { name: "other-19:v1" }).waitFor();
  });

  test("shows a page also where the server answers more slowly than changes come", async () => {
    const { server, client, page } = await open(browser, "#/find");
    await page.locator(".machines a").first().waitFor();
    // Longer than a tick of the page: each answer comes after the next change.
    await page.route("**/api/v1/counts*", async (route) => {
      await pause(1500);
      await route.continue();
    });
    let isOpen = true;
    const changes = (async () => {
      for (; isOpen; await pause(100)) await client.call("SM.PATCH", "o2", "{}");
    })();
    await page.goto(`${server.url}/#/definition/order%3Av1`);
    await page.locator(".chart .badge").first().waitFor();
    isOpen = false;
    await changes;
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  test("looks for machines on its own where no index finds them, to the end", async () => {
    const { client, page } = await open(browser, "#/find");
    const keys = Array.from({ length: 450 }, (_, at) => `more:${at}`);
    await client.pipeline(keys.map((key) => ["SM.CREATE", key, "order"]));
    await client.call("SM.PATCH", "more:449", '{"total":7}');
    await page.getByLabel("Where").fill("context.total == 7");
    await page.locator("form.filter").getByRole("button", { name: "Find" }).click();
    await page.getByRole("link", { name: "more:449" }).waitFor();
    await page.getByText("to the end").waitFor();
    await client.call("SM.PATCH", "more:1", '{"total":7}');
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("link", { name: "more:1", exact: true }).waitFor();
  });
});
