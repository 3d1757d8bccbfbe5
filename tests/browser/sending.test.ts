/** An event is sent from the page of a machine: fields for what the definition reads of its data, the data as JSON, the command, the address. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { define } from "../support/machines.ts";
import { CHROMIUM, launch, open } from "./opened.ts";
import { seriousFindings } from "./serious-findings.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

const PARCEL = {
  id: "parcel",
  initial: "packed",
  context: { carrier: "", weight: 0 },
  states: {
    packed: {
      on: {
        SHIP: {
          target: "gone",
          guard: "event.to.city != '' && event.service in ['air', 'sea']",
          actions: [{ assign: { carrier: "event.carrier", weight: "event.weight" } }],
        },
        "note.*": {},
      },
    },
    gone: { on: { BACK: { target: "packed", guard: "event.isWhole" } } },
  },
};

describe.skipIf(CHROMIUM === undefined)("the question before an event is sent", () => {
  test("has a field for what the guard reads; the JSON and both commands follow", async () => {
    const { server, client, page } = await open(browser, "#/machine/o1");
    await page.getByRole("button", { name: "PAY", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("amount").fill("150");
    await dialog.getByText("a number · event.amount >= context.total").waitFor();
    await dialog.getByLabel("Reason").fill("by phone");
    const command = dialog.locator(".command code");
    expect(await command.textContent()).toBe(`SM.SEND o1 PAY '{"amount":150}' REASON 'by phone'`);
    await dialog.getByRole("button", { name: "curl" }).click();
    expect(await command.textContent()).toBe(
      `curl -X POST ${server.url}/api/v1/commands -H 'content-type: application/json' ` +
        `-d '["SM.SEND","o1","PAY","{\\"amount\\":150}","REASON","by phone"]'`,
    );
    await dialog.getByRole("button", { name: "Send PAY" }).click();
    await page.getByRole("button", { name: "SHIP" }).waitFor();
    expect(await client.call("SM.STATE", "o1")).toEqual(["paid"]);
  });

  test("has nested fields and those that actions read, in step with the JSON", async () => {
    const { client, page } = await open(browser, "");
    await define(client, "parcel:v1", PARCEL);
    await client.call("SM.CREATE", "p1", "parcel");
    await page.goto(`${new URL(page.url()).origin}/#/machine/p1`);
    await page.getByRole("button", { name: "SHIP", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("to.city").fill("Bonn");
    await dialog.getByLabel("service").fill("air");
    expect(
      await dialog.locator("datalist option").evaluateAll((all) => all.map(({ value }) => value)),
    ).toEqual(["air", "sea"]);
    await dialog.getByText("As JSON").click();
    const json = dialog.getByLabel("Data (JSON)");
    expect(await json.inputValue()).toBe('{"to":{"city":"Bonn"},"service":"air"}');
    await json.fill('{"to":{"city":"Köln"},"weight":2.5,"id":9007199254740993}');
    expect(await dialog.getByLabel("to.city").inputValue()).toBe("Köln");
    expect(await dialog.getByLabel("service").inputValue()).toBe("");
    expect(await dialog.getByLabel("weight").inputValue()).toBe("2.5");
    await json.fill("{");
    await dialog.getByText("The JSON below is no object").waitFor();
    expect(await dialog.getByLabel("weight").isDisabled()).toBe(true);
    await json.fill('{"to":{"city":"Köln"},"weight":2.5,"id":9007199254740993}');
    await dialog.getByLabel("weight").fill("heavy");
    await dialog.getByText("not a number: sent as a string").waitFor();
    await dialog.getByLabel("weight").pressSequentially("");
    await dialog.getByLabel("weight").fill("1.0");
    await dialog.getByLabel("weight").pressSequentially("5");
    expect(await json.inputValue()).toBe('{"to":{"city":"Köln"},"weight":1.05,"id":9007199254740993}');
    expect(await seriousFindings(page)).toEqual([]);
    await dialog.getByLabel("service").fill("sea");
    await dialog.getByLabel("carrier").fill("12");
    await dialog.getByRole("button", { name: "Send SHIP" }).click();
    await page.locator("g.leaf.active", { hasText: "gone" }).waitFor();
    expect(await client.call("SM.CONTEXT", "p1")).toBe('{"carrier":"12","weight":1.05}');
    await page.getByRole("button", { name: "BACK", exact: true }).click();
    await dialog.getByLabel("isWhole").selectOption("true");
    await dialog.getByRole("button", { name: "Send BACK" }).click();
    await page.locator("g.leaf.active", { hasText: "packed" }).waitFor();
    await page.getByRole("button", { name: "note.*" }).click();
    await dialog.getByLabel("Event").fill("note.private");
    expect(await dialog.locator(".command code").textContent()).toBe("SM.SEND p1 note.private");
  });

  test("is in the address, which opens it again", async () => {
    const { server, page } = await open(browser, "#/machine/o1");
    await page.getByRole("button", { name: "PAY", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("amount").fill("70");
    await expect.poll(() => decodeURIComponent(page.url())).toContain('send=PAY&data={"amount":70}');
    const address = page.url();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect.poll(() => page.url()).toBe(`${server.url}/#/machine/o1`);
    await page.goto(`${server.url}/#/find`);
    await page.goto(address);
    expect(await dialog.getByLabel("amount").inputValue()).toBe("70");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.url()).toBe(`${server.url}/#/machine/o1`);
    expect(await dialog.count()).toBe(0);
  });

  test("has the JSON alone for a user who may not see the definition", async () => {
    const { client, page } = await open(browser, "", {
      config: { requirepass: "secret" },
      statuses: [401, 403],
    });
    await client.call("ACL", "SETUSER", "clerk", "on", ">pay", "~*", "alldefs", "+@all", "-sm.def");
    await page.getByLabel("User").fill("clerk");
    await page.getByLabel("Password").fill("pay");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.goto(`${new URL(page.url()).origin}/#/machine/o1`);
    await page.getByRole("button", { name: "PAY", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Data (JSON)").fill('{"amount":100}');
    await page.getByRole("button", { name: "Send PAY" }).click();
    await page.getByRole("button", { name: "SHIP" }).waitFor();
  });
});
