/** A store in which every page of the console has something to show, and the addresses of those pages. */
import type { TestClient } from "../support/client.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { ORDER } from "./order.ts";

const BATCH = 2000;

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

/** So many machines in all the places that pages show, and a job that is ready. */
export async function fill(client: TestClient, url: string, machines: number): Promise<void> {
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
  for (let first = 0; first < machines; first += BATCH)
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
  // Their timers run between requests.
  while ((await client.call("SM.COUNT", "STATUS", "failed")) !== 300);
  const filter = { definition: "order", state: "late" };
  await request(url, "/api/v1/jobs", { method: "POST", body: { action: "suspend", filter } });
}

/** Addresses, and what is on them when they are ready. */
export const PAGES = [
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
