/** The console in a browser: what a person sees and does. An error in the browser's console fails the test. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { define } from "../support/machines.ts";
import { startTestServer, type TestServerOptions } from "../support/server.ts";

const ROOT = join(import.meta.dirname, "../..");
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
if (CHROMIUM === undefined) process.stderr.write("chromium is missing: the console is not tried\n");

const ORDER = {
  id: "order",
  initial: "new",
  context: { paid: 0, total: 100 },
  states: {
    new: {
      on: {
        PAY: {
          target: "paid",
          guard: "event.amount >= context.total",
          actions: [{ assign: { paid: "event.amount" } }],
        },
      },
    },
    paid: { on: { SHIP: "shipped" }, after: { "72h": "late" } },
    late: {},
    shipped: { type: "final" },
  },
};

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  if (!existsSync(join(ROOT, "dist/console/assets")))
    spawnSync("npx", ["vite", "build", "--config", "vite.console.config.ts"], { cwd: ROOT });
  browser = await chromium.launch({ executablePath: CHROMIUM });
});
afterAll(() => browser?.close());

async function open(path: string, options: TestServerOptions = {}, statuses: readonly number[] = []) {
  const server = await startTestServer({ http: true, ...options });
  const client = await server.client();
  const password = options.config?.requirepass;
  if (password !== undefined) await client.call("AUTH", password);
  await define(client, "order:v1", ORDER);
  for (const key of ["o1", "o2", "o3"]) await client.call("SM.CREATE", key, "order");
  await client.call("SM.SEND", "o2", "PAY", '{"amount":120}', "BY", "ann");
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    // The browser itself tells of an answer that is a refusal.
    const isExpected = statuses.some((status) => message.text().includes(`status of ${status}`));
    if (message.type() === "error" && !isExpected) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith("data:"))
      errors.push(`asks ${request.url()}`);
  });
  await page.goto(`${server.url}/${path}`);
  onTestFinished(async () => {
    await page.close();
    await server.close();
    expect(errors).toEqual([]);
  });
  return { server, client, page };
}

const text = (page: Page, selector: string) => page.locator(selector).first().textContent();

describe.skipIf(CHROMIUM === undefined)("the console", () => {
  test("shows definitions with their machines by state, and follows them", async () => {
    const { client, page } = await open("");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.locator(".card", { hasText: "order:v1" }).waitFor();
    expect(await text(page, ".tiles dd")).toBe("3");
    await client.call("SM.CREATE", "o4", "order");
    await page.locator(".tiles dd", { hasText: /^4$/ }).first().waitFor({ timeout: 5000 });
  });

  test("draws a definition with counts; a state that is clicked lists its machines", async () => {
    const { page } = await open("#/definition/order%3Av1");
    const paid = page.getByRole("button", { name: "paid, 1 machines" });
    await paid.waitFor({ timeout: 20_000 });
    await paid.click();
    await page.getByRole("heading", { name: "Machines in paid, longest there first" }).waitFor();
    await page.getByRole("link", { name: "o2" }).waitFor();
    expect(await page.getByRole("link", { name: "o1" }).count()).toBe(0);
    expect(page.url()).toContain("state=paid");
  });

  test("lights up the state of a machine within a second after it moves", async () => {
    const { server, client, page } = await open("#/machine/o1");
    await page.locator("g.leaf.active", { hasText: "new" }).waitFor({ timeout: 20_000 });
    // The page follows changes: its session waits for the stream.
    await expect.poll(() => server.context.waiters.size).toBe(1);
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}');
    await page.locator("g.leaf.active", { hasText: "paid" }).waitFor({ timeout: 2000 });
  });

  test("sends an event with the data that its guard reads, after asking", async () => {
    const { client, page } = await open("#/machine/o1");
    await page.getByRole("button", { name: "PAY" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.locator("textarea").inputValue()).toBe('{"amount":null}');
    await dialog.locator("textarea").fill('{"amount":150}');
    await dialog.getByLabel("Reason").fill("by phone");
    expect(await dialog.locator("code").textContent()).toBe(
      `SM.SEND o1 PAY '{"amount":150}' REASON 'by phone'`,
    );
    await dialog.getByRole("button", { name: "Send PAY" }).click();
    await page.getByRole("button", { name: "SHIP" }).waitFor();
    expect(await client.call("SM.STATE", "o1")).toEqual(["paid"]);
  });

  test("says why an event would be refused, with the values", async () => {
    const { page } = await open("#/machine/o1");
    await page.getByText("Why not?").click();
    await page.getByLabel("Event", { exact: true }).fill("PAY");
    await page.getByLabel("Data (JSON)").fill('{"amount":1}');
    await page.getByRole("button", { name: "Explain" }).click();
    const verdict = page.locator(".verdict");
    await verdict.waitFor();
    expect(await verdict.textContent()).toMatch(/GUARD[\s\S]*event\.amount = 1[\s\S]*context\.total = 100/);
  });

  test("shows a machine as it was at an earlier revision", async () => {
    const { page } = await open("#/machine/o2");
    await page.locator("g.leaf.active", { hasText: "paid" }).waitFor({ timeout: 20_000 });
    await page.getByRole("button", { name: "Earlier" }).click();
    await page.locator("g.leaf.active", { hasText: "new" }).waitFor();
    await page.getByRole("heading", { name: "Context at rev 1" }).waitFor();
    expect(page.url()).toContain("rev=1");
  });

  test("suspends and deletes after asking, and finds by state", async () => {
    const { client, page } = await open("#/machine/o3", {}, [404]);
    await page.getByRole("button", { name: "Suspend" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Suspend" }).click();
    await page.locator("h1 .status.suspended").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Find" }).waitFor();
    expect(await client.call("EXISTS", "o3")).toBe(0);
    await page.getByLabel("State", { exact: true }).fill("paid");
    await page.locator("form.filter").getByRole("button", { name: "Find" }).click();
    await page.getByRole("link", { name: "o2" }).waitFor();
    await expect.poll(() => page.locator(".machines tbody tr").count()).toBe(1);
  });

  test("lists groups with their lag, and puts a task that was given up back", async () => {
    const { client, page } = await open("");
    const charging = {
      id: "charging",
      initial: "a",
      states: { a: { entry: [{ task: "charge", attempts: 1, timeout: "1h" }] } },
    };
    await define(client, "charging:v1", charging);
    await client.call("XGROUP", "CREATE", "sm:tasks:charge", "workers", "0", "MKSTREAM");
    await client.call("SM.CREATE", "c1", "charging");
    await client.call("XREADGROUP", "GROUP", "workers", "w1", "STREAMS", "sm:tasks:charge", ">");
    await client.call("XAUTOCLAIM", "sm:tasks:charge", "workers", "w2", "0", "0");
    expect(await client.call("XLEN", "sm:dead")).toBe(1);
    await page.getByRole("link", { name: "Streams" }).click();
    await page.getByRole("cell", { name: "workers" }).waitFor();
    await page.getByRole("button", { name: "Requeue" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Requeue" }).click();
    await page.getByText("No task was given up.").waitFor();
    expect(await client.call("XLEN", "sm:dead")).toBe(0);
  });

  test("asks for a password where there is one, and says when it is wrong", async () => {
    const { page } = await open("", { config: { requirepass: "secret" } }, [401]);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Password").fill("secret");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });
});
