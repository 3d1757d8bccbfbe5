/**
 * Every page of the console over a hundred thousand machines, some of which move meanwhile: it opens without an error, soon, and without a
 * serious finding of axe.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { TestClient } from "../support/client.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { CHROMIUM, errorsOf, launch, ORDER } from "./opened.ts";
import { seriousFindings } from "./serious-findings.ts";

const MACHINES = 100_000;
const BATCH = 2000;
/** It takes less than a second on a machine that has nothing else to do. */
const FIRST_PAINT_MS_MAX = 15_000;
const SHOWN_MS_MAX = 30_000;
/** So many machines change at once, again and again, while pages are looked at. */
const [MOVED, EVERY_MS] = [100, 250];

/** Ten outer states of six each. */
const LARGE = {
  id: "large",
  initial: "s0",
  states: Object.fromEntries(
    Array.from({ length: 10 }, (_, outer) => [
      `s${outer}`,
      {
        initial: "a0",
        on: { SKIP: `s${(outer + 1) % 10}` },
        states: Object.fromEntries(
          Array.from({ length: 6 }, (_, inner) => [`a${inner}`, { on: { NEXT: `a${(inner + 1) % 6}` } }]),
        ),
      },
    ]),
  ),
};
/** Fails at once. */
const PARCEL = {
  id: "parcel",
  initial: "sent",
  context: { days: null },
  states: {
    sent: { after: { "1ms": { target: "due", actions: [{ assign: { days: "context.days + 1" } }] } } },
    due: {},
  },
};
const CHARGING = {
  id: "charging",
  initial: "asked",
  states: { asked: { entry: [{ task: "charge", attempts: 1, timeout: "1h" }] } },
};

async function fill(client: TestClient): Promise<void> {
  await define(client, "order:v1", ORDER);
  await define(client, "order:v2", {
    ...ORDER,
    states: { ...ORDER.states, paid: { on: { SHIP: "shipped" } } },
  });
  await define(client, "large:v1", LARGE);
  await define(client, "parcel:v1", PARCEL);
  await define(client, "charging:v1", CHARGING);
  await client.call("CONFIG", "SET", "sm-audit-stream", "audit");
  const states = ["new", "paid", "shipped", "late"];
  for (let first = 0; first < MACHINES; first += BATCH)
    await client.pipeline(
      Array.from({ length: BATCH }, (_, at) => {
        const number = first + at;
        return number % 50 === 0
          ? ["SM.CREATE", `large:${number}`, "large"]
          : ["SM.CREATE", `order:${number}`, "order:v1", "STATE", states[number % 4] ?? "new"];
      }),
    );
  await client.pipeline(Array.from({ length: 300 }, (_, at) => ["SM.CREATE", `parcel:${at}`, "parcel"]));
  await client.pipeline(Array.from({ length: 300 }, (_, at) => ["SM.SUSPEND", `order:${at * 4 + 1}`]));
  await client.call("XGROUP", "CREATE", "sm:tasks:charge", "workers", "0", "MKSTREAM");
  await client.call("SM.CREATE", "charge:1", "charging");
  await client.call("XREADGROUP", "GROUP", "workers", "w1", "STREAMS", "sm:tasks:charge", ">");
  await client.call("XAUTOCLAIM", "sm:tasks:charge", "workers", "w2", "0", "0");
  await vi.waitFor(async () => expect(await client.call("SM.COUNT", "STATUS", "failed")).toBe(300), 60_000);
}

/** Addresses, and what is on them when they are ready. */
const PAGES = [
  ["", ".card"],
  ["#/definition/order%3Av1", ".chart .badge"],
  ["#/definition/order%3Av1?state=paid", ".machines a"],
  ["#/definition/order%3Av1?heat=rate&state=paid&focus=after", ".chart .leaf.dim"],
  ["#/definition/order%3Av1?heat=stay", ".chart .badge"],
  ["#/definition/large%3Av1", ".chart .fold"],
  ["#/definition/large%3Av1?closed=none&state=s0.a0", ".machines a"],
  ["#/versions/order", ".changes"],
  ["#/machine/order%3A2", ".chart .leaf.active"],
  ["#/machine/order%3A4?rev=1", ".chart .leaf.active"],
  ["#/machine/parcel%3A7", ".history .bad"],
  ["#/machine/large%3A50", ".chart .leaf.active"],
  ["#/family/order%3A2", ".sequence .step"],
  ["#/find", ".machines a"],
  ["#/find?definition=order&state=late", ".machines a"],
  ["#/find?status=suspended", ".machines a"],
  ["#/find?status=failed&definition=parcel", ".machines a"],
  ["#/find?match=order:1?", ".machines a"],
  ["#/find?definition=large&state=s0&olderThan=0", ".machines a"],
  ["#/find?definition=order%3Av2", ".panel .hint"],
  ["#/failures", ".cause"],
  ["#/failures?definition=parcel%3Av1", ".cause"],
  ["#/jobs", ".machines a"],
  ["#/jobs/1", "h1 .status.ready"],
  ["#/streams", ".machines a"],
  ["#/audit", "td"],
  ["#/try/order%3A2", ".chart .leaf.active"],
  ["#/try?definition=large%3Av1", ".chart .leaf.active"],
] as const;

describe.skipIf(CHROMIUM === undefined)("a page over a hundred thousand machines", () => {
  let browser: Browser;
  let server: TestServer;
  let moving: Promise<void>;
  let isOver = false;

  beforeAll(async () => {
    browser = await launch();
    server = await startTestServer({ http: true });
    const client = await server.client();
    await fill(client);
    const filter = { definition: "order", state: "late" };
    await request(server.url, "/api/v1/jobs", { method: "POST", body: { action: "suspend", filter } });
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
