/** What people do together: notes, the page as another user sees it, and whom a machine has to do with. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { define } from "../support/machines.ts";
import { CHROMIUM, launch, open } from "./opened.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

describe.skipIf(CHROMIUM === undefined)("the console", () => {
  test("keeps a note in the history of a machine, also of one that is done", async () => {
    const { client, page } = await open(browser, "#/machine/o2");
    await client.call("SM.SEND", "o2", "SHIP");
    await page.locator("h1 .status.done").waitFor({ timeout: 20_000 });
    await page.getByRole("button", { name: "Note" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator("#field-reason").fill("left at the neighbour's");
    await dialog.locator("#field-by").fill("ann");
    await dialog.getByRole("button", { name: "Note" }).click();
    await page.locator(".notes li", { hasText: "left at the neighbour's" }).waitFor();
    await page.locator(".notes small", { hasText: "ann" }).waitFor();
    expect(await client.call("SM.STATE", "o2")).toEqual(["shipped"]);
  });

  test("shows an administrator the page as another user sees it", async () => {
    const { client, page } = await open(browser, "#/machine/o1", {});
    await client.call("ACL", "SETUSER", "viewer", "on", ">v", "%R~*", "alldefs", "+@read", "+info");
    await page.reload();
    await page.getByRole("button", { name: "Suspend" }).waitFor();
    await page.getByLabel("See this page as").selectOption("viewer");
    await page.getByText("Seen as viewer sees it").waitFor();
    await page.locator(".events b", { hasText: "PAY" }).waitFor();
    for (const name of ["Suspend", "Patch", "Note", "Delete", "PAY"])
      expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
    await page.getByRole("link", { name: "Find" }).click();
    await page.getByRole("link", { name: "o2" }).waitFor();
    expect(page.url()).toContain("as=viewer");
    await page.getByRole("button", { name: "Back to what I see" }).click();
    await page.getByLabel("Do with all of them").waitFor();
  });

  test("shows tasks and machines that are no family in the sequence diagram", async () => {
    const { client, page } = await open(browser, "");
    await define(client, "sale:v1", {
      id: "sale",
      initial: "new",
      states: {
        new: {
          on: {
            SELL: {
              target: "packing",
              actions: [{ send: { to: "'o1'", event: "PAY", data: { amount: "100" } } }],
            },
          },
        },
        packing: { entry: [{ task: "pack", done: "PACKED" }], on: { PACKED: "packed" } },
        packed: {},
      },
    });
    await client.call("SM.CREATE", "s1", "sale");
    await client.call("SM.SEND", "s1", "SELL");
    await client.call("SM.SEND", "s1", "PACKED", "ID", "s1@2#1");
    await page.goto(`${page.url().split("#")[0]}#/family/s1`);
    await page.locator(".sequence .title", { hasText: "workers" }).waitFor({ timeout: 20_000 });
    const steps = await page.locator(".sequence .step > text:not(.state)").allTextContents();
    expect(steps).toEqual(
      ["create", "SELL", "task pack", "PAY", "PACKED"].map((step) => expect.stringContaining(step)),
    );
    await page.getByRole("link", { name: "o1" }).click();
    await page.getByRole("heading", { name: "o1" }).waitFor();
  });

  test("lists who did what, with the machine it was done to", async () => {
    const { client, page } = await open(browser, "#/audit");
    await page.getByText("Nothing is recorded").waitFor();
    await client.call("CONFIG", "SET", "sm-audit-stream", "audit");
    await client.call("SM.SUSPEND", "o1", "checked by hand");
    await page.reload();
    await page.getByRole("cell", { name: "SM.SUSPEND o1 checked by hand" }).waitFor();
    await page.getByLabel("Command").fill("config");
    await page.getByRole("button", { name: "Show" }).click();
    await expect.poll(() => page.getByRole("cell", { name: /SM\.SUSPEND/ }).count()).toBe(0);
    await page.getByRole("cell", { name: /CONFIG SET/ }).waitFor();
  });

  test("plays a history, with how long the machine was in its states", async () => {
    const { client, page } = await open(browser, "");
    await client.call("SM.CREATE", "played", "order");
    await client.call("SM.SEND", "played", "PAY", '{"amount":100}');
    await page.goto(`${new URL(page.url()).origin}/#/machine/played`);
    await page.getByRole("list", { name: "Time in each state" }).getByText("paid").waitFor();
    await page.getByRole("button", { name: "Play" }).click();
    await page.getByRole("heading", { name: "Context at rev 1" }).waitFor();
    // It ends with the newest revision.
    await page.getByRole("button", { name: "Play" }).waitFor();
    await page.getByRole("heading", { name: "Context", exact: true }).waitFor();
  });

  test("says that jobs go on after a restart", async () => {
    const { page } = await open(browser, "#/jobs");
    await page.getByText("Jobs are stored: after a restart").waitFor();
  });
});
