/** The console in a browser: what a person sees and does. An error in the browser's console fails the test. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { define } from "../support/machines.ts";
import { startPartitionedServer } from "../support/partitioned-server.ts";
import type { TestServerOptions } from "../support/server.ts";
import { CHROMIUM, launch, open as openPage } from "./opened.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

function open(path: string, options: TestServerOptions = {}, statuses: readonly number[] = []) {
  return openPage(browser, path, { ...options, statuses });
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

  test("lights up the state of a machine that moves, by summaries that come more often than once a second", async () => {
    const { server, client, page } = await open("");
    const followed = page.waitForRequest(/changes\?.*key=o1/);
    await page.goto(`${server.url}/#/machine/o1`);
    const every = new URL((await followed).url()).searchParams.get("every");
    expect(Number(every)).toBeLessThan(1000);
    await page.locator("g.leaf.active", { hasText: "new" }).waitFor({ timeout: 20_000 });
    await expect.poll(() => server.context.changeNotes.size).toBe(1);
    await client.call("SM.SEND", "o1", "PAY", '{"amount":100}');
    await page.locator("g.leaf.active", { hasText: "paid" }).waitFor();
  });

  test("says why an event would be refused, with the values", async () => {
    const { page } = await open("#/machine/o1");
    await page.getByText("Why not?", { exact: true }).click();
    await page.getByLabel("Event", { exact: true }).fill("PAY");
    await page.getByLabel("Event", { exact: true }).press("Tab");
    await page.getByLabel("amount").fill("1");
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

  test("patches the context and takes it back, with what an undo would leave", async () => {
    const { client, page } = await open("#/machine/o1");
    await page.getByRole("button", { name: "Patch" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator("textarea").fill('{"total":7}');
    await dialog.getByLabel("Reason").fill("a discount");
    await dialog.getByRole("button", { name: "Patch" }).click();
    await page.locator(".json", { hasText: '"total": 7' }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await dialog.getByText("1 change is taken back; then in new").waitFor();
    await dialog.getByRole("button", { name: "Undo" }).click();
    await page.locator(".json", { hasText: '"total": 100' }).waitFor();
    expect(await client.call("SM.CONTEXT", "o1")).toBe('{"paid":0,"total":100}');
  });

  test("forces a state that no event leads to, and says that it has", async () => {
    const { client, page } = await open("#/machine/o1");
    await page.getByRole("button", { name: "Force" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator("#field-state").selectOption("late");
    await dialog.getByLabel("Reason").fill("it was lost");
    expect(await dialog.locator("code").textContent()).toBe("SM.MUTATE o1 late 'it was lost' FORCE");
    await dialog.getByRole("button", { name: "Force" }).click();
    await page.locator("g.leaf.active", { hasText: "late" }).waitFor();
    expect(await client.call("SM.STATE", "o1")).toEqual(["late"]);
  });

  test("shows no action that the user may not take", async () => {
    const { client, page } = await open("", { config: { requirepass: "secret" } }, [401]);
    await client.call(
      "ACL",
      "SETUSER",
      "viewer",
      "on",
      ">look",
      "%R~*",
      "alldefs",
      "+@read",
      "+@connection",
      "+info",
    );
    await page.getByLabel("User").fill("viewer");
    await page.getByLabel("Password").fill("look");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.goto(`${page.url().split("#")[0]}#/machine/o1`);
    await page.getByRole("heading", { name: "Accepts now" }).waitFor();
    await page.locator(".events b", { hasText: "PAY" }).waitFor();
    for (const name of ["Suspend", "Patch", "Undo", "Force", "Delete", "PAY"])
      expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
    await page.getByRole("link", { name: "Find" }).click();
    await page.getByRole("link", { name: "o2" }).waitFor();
    expect(await page.getByLabel("Do with all of them").count()).toBe(0);
  });

  test("runs one action over all machines that were found: counted, started, taken back", async () => {
    const { server, client, page } = await open("#/find?definition=order&state=new");
    await page.getByLabel("Do with all of them").selectOption("send");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Event", { exact: true }).fill("PAY");
    await dialog.getByLabel("Data (JSON)").fill('{"amount":100}');
    await dialog.getByRole("button", { name: "Count" }).click();
    await page.getByText("2 machines fit. Nothing has been changed yet").waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    const command = dialog.locator(".command code");
    expect(await command.textContent()).toBe(`SM.SEND KEY PAY '{"amount":100}'`);
    await dialog.getByRole("button", { name: "curl" }).click();
    expect(await command.textContent()).toBe(`curl -X POST ${server.url}/api/v1/jobs/1/start`);
    await dialog.getByRole("button", { name: "Start" }).click();
    await page.locator("h1 .status.done").waitFor();
    expect(await client.call("SM.COUNT", "DEF", "order", "STATE", "paid")).toBe(3);
    await page.getByRole("button", { name: "Take back" }).click();
    expect(await command.textContent()).toBe("SM.UNDO KEY IFREV REV REASON 'takes back job 1'");
    await dialog.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("heading", { name: /undo/ }).waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await dialog.getByRole("button", { name: "Start" }).click();
    await page.locator("h1 .status.done").waitFor();
    expect(await client.call("SM.COUNT", "DEF", "order", "STATE", "new")).toBe(2);
  });

  test("groups what has failed by its cause, and retries the group once it can work", async () => {
    const { client, page } = await open("");
    const parcel = {
      id: "parcel",
      initial: "sent",
      context: { days: null },
      states: {
        sent: { after: { "1ms": { target: "due", actions: [{ assign: { days: "context.days + 1" } }] } } },
        due: {},
      },
    };
    await define(client, "parcel:v1", parcel);
    for (const key of ["p1", "p2"]) await client.call("SM.CREATE", key, "parcel");
    await expect.poll(() => client.call("SM.COUNT", "DEF", "parcel", "STATUS", "failed")).toBe(2);
    await page.getByRole("link", { name: "2 machines have failed." }).click();
    await page.locator(".cause", { hasText: "EXECFAIL" }).waitFor();
    for (const key of ["p1", "p2"]) await client.call("SM.PATCH", key, '{"days":1}');
    await page.getByRole("button", { name: "Retry all 2" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Retry 2" }).click();
    await page.locator("h1 .status.done").waitFor();
    expect(await client.call("SM.COUNT", "DEF", "parcel", "STATE", "due")).toBe(2);
  });

  test("keeps a view under a name", async () => {
    const { page } = await open("#/find?state=paid");
    await page.getByLabel("Name of the view").fill("paid ones");
    await page.getByLabel("Name of the view").press("Enter");
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("link", { name: "Find" }).click();
    await page.getByRole("link", { name: "paid ones" }).click();
    await expect.poll(() => page.getByLabel("State", { exact: true }).inputValue()).toBe("paid");
    await page.getByRole("button", { name: "Forget paid ones" }).click();
    await expect.poll(() => page.getByRole("link", { name: "paid ones" }).count()).toBe(0);
  });

  test("tries a machine as it was at a revision, under a definition that is changed, and nothing goes out", async () => {
    const { client, page } = await open("#/machine/o2?rev=1");
    await page.getByRole("link", { name: "Fork to Try" }).click();
    await page.locator("g.leaf.active", { hasText: "new" }).waitFor({ timeout: 20_000 });
    const editor = page.getByLabel("Definition", { exact: true });
    const text = await editor.inputValue();
    await editor.fill(text.replace('"target": "paid",', '"target": "payed",'));
    await page.locator(".findings .bad", { hasText: /line \d+.*payed/ }).waitFor();
    await editor.fill(text.replace("72h", "1h"));
    await page.getByText("No faults found.").waitFor();
    await page.getByLabel("Data of the event").fill('{"amount":100}');
    await page.getByRole("button", { name: "PAY", exact: true }).click();
    await page.locator("g.leaf.active", { hasText: "paid" }).waitFor();
    await page.getByRole("button", { name: "to after 1h" }).click();
    await page.locator("g.leaf.active", { hasText: "late" }).waitFor();
    await page.getByRole("button", { name: "Step back" }).click();
    await page.locator("g.leaf.active", { hasText: "paid" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as a test" }).click();
    expect((await download).suggestedFilename()).toBe("session.test.json");
    expect(await client.call("SM.INFO", "o2")).toContain(2);
    await page.getByRole("button", { name: "Save as a version" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "order:v2" }).waitFor();
  });

  test("compares two versions, plans the migration and follows it", async () => {
    const { client, page } = await open("");
    const next = {
      id: "order",
      initial: "new",
      context: { paid: 0, total: 100 },
      states: {
        new: { on: { PAY: "billed" } },
        billed: { on: { SHIP: "shipped" } },
        shipped: { type: "final" },
      },
    };
    await define(client, "order:v2", next);
    await page.goto(`${page.url().split("#")[0]}#/definition/order%3Av1`);
    await page.getByRole("link", { name: "Compare" }).click();
    await page.locator(".changes .removed", { hasText: "'paid' is gone" }).waitFor({ timeout: 20_000 });
    await page.locator("g.removed", { hasText: "paid" }).first().waitFor();
    await page.locator("g.added", { hasText: "billed" }).first().waitFor();
    await page.getByRole("button", { name: "Plan" }).click();
    await page.getByText("paid fits nowhere").waitFor();
    await page.locator("#map").fill('{"states": {"paid": "billed", "late": "billed"}}');
    await page.getByRole("button", { name: "Plan" }).click();
    await page.getByText("paid → billed").waitFor();
    await page.getByRole("button", { name: "Migrate 3" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Migrate" }).click();
    await page.locator("td", { hasText: "3 moved, 0 held, 0 left" }).waitFor();
    expect(await client.call("SM.STATE", "o2")).toEqual(["billed"]);
  });

  test("shows a machine with its children and who sent what to whom", async () => {
    const { client, page } = await open("");
    await define(client, "pay:v1", {
      id: "pay",
      initial: "asked",
      states: { asked: { on: { OK: "ok" } }, ok: { type: "final" } },
    });
    await define(client, "sale:v1", {
      id: "sale",
      initial: "paying",
      states: { paying: { invoke: { src: "pay", id: "charge", onDone: "sold" } }, sold: {} },
    });
    await client.call("SM.CREATE", "s1", "sale", "BY", "ann");
    await client.call("SM.SEND", "{s1}.charge", "OK", "BY", "bank");
    await page.goto(`${page.url().split("#")[0]}#/machine/s1`);
    await page.getByRole("link", { name: "Family" }).click();
    await page.locator(".sequence .title", { hasText: "{s1}.charge" }).waitFor();
    const steps = await page.locator(".sequence .step > text:not(.state)").allTextContents();
    expect(steps).toEqual(
      ["create by ann", "create", "OK by bank", "charge done"].map((step) => expect.stringContaining(step)),
    );
  });

  test("closes a state and opens it again, and finds one by its name", async () => {
    const { client, page } = await open("");
    const inner = Object.fromEntries(
      Array.from({ length: 14 }, (_, at) => [`s${at}`, { on: { NEXT: `s${(at + 1) % 14}` } }]),
    );
    await define(client, "ring:v1", {
      id: "ring",
      initial: "round",
      states: { round: { initial: "s0", states: inner } },
    });
    await client.call("SM.CREATE", "r1", "ring");
    await page.goto(`${page.url().split("#")[0]}#/definition/ring%3Av1`);
    await page.getByLabel("Find a state").fill("s13");
    await page.locator("g.found", { hasText: "s13" }).waitFor({ timeout: 20_000 });
    await page.getByRole("button", { name: "Close round" }).click();
    await page.getByRole("button", { name: "round, 1 machines" }).waitFor({ timeout: 20_000 });
    await expect.poll(() => page.locator("g.state").count()).toBe(2);
    expect(page.url()).toContain("closed=round");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "PNG" }).click();
    expect((await download).suggestedFilename()).toBe("ring-v1.png");
    await page.getByRole("button", { name: "Open round" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("g.state").count()).toBe(16);
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

  test("shows what a server of a cluster holds of all its partitions, and says what it does not", async () => {
    const server = await startPartitionedServer({ http: true, held: [0, 1] });
    const { client, page } = await openPage(browser, "#/streams", { server, statuses: [421] });
    await page.getByText("Not shown are the partitions 2 (127.0.0.1:7002).").waitFor();
    for (const number of [0, 1]) {
      const dead = `sm:dead:{${server.part(number).partition.place.tag}}`;
      await client.call("XADD", dead, "1-1", "task", `t${number}`, "key", "k", "reason", "timeout");
    }
    await page.reload();
    for (const number of [0, 1]) await page.getByRole("rowheader", { name: `t${number} of k` }).waitFor();
    await page.getByText("Not shown are the partitions 2").waitFor();
  });

  test("asks for a password where there is one, and says when it is wrong", async () => {
    const { page } = await open("", { config: { requirepass: "secret" } }, [401]);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Password").fill("secret");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Password").waitFor();
  });

  test("has no log out where no password was asked for", async () => {
    const { page } = await open("");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(await page.getByRole("button", { name: "Log out" }).count()).toBe(0);
  });
});
