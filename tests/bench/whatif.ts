/**
 * What it takes to run the histories of many machines under another definition: processor time of SM.MIGRATION WHATIF, from its first
 * call until it is done. MACHINES (100,000) have ten events each; nobody else asks.
 */
import { define, fields } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

const MACHINES = Number(process.env["MACHINES"] ?? 100_000);
const EVENTS = 10;
const BATCH = 500;

const definition = (limit: number) => ({
  initial: "open",
  context: { sum: 0, log: [] },
  states: {
    open: {
      on: {
        ADD: [
          { guard: `context.sum + event.n > ${limit}`, target: "full" },
          { actions: [{ assign: { sum: "context.sum + event.n" } }] },
        ],
      },
      after: { "72h": "late" },
    },
    full: { on: { ADD: { actions: [{ assign: { sum: "context.sum + event.n" } }] } } },
    late: {},
  },
});

const server = await startTestServer();
const client = await server.client();
await define(client, "cart:v1", definition(100));
await define(client, "cart:v2", definition(12));
for (let from = 0; from < MACHINES; from += BATCH) {
  const keys = Array.from({ length: Math.min(BATCH, MACHINES - from) }, (_, index) => `cart:${from + index}`);
  await Promise.all(
    keys.flatMap((key, index) => [
      client.call("SM.CREATE", key, "cart:v1"),
      ...Array.from({ length: EVENTS }, (_, n) =>
        client.call("SM.SEND", key, "ADD", `{"n":${(index + n) % 5}}`),
      ),
    ]),
  );
}
console.info(`${MACHINES} machines with ${EVENTS} events each`);
const begun = process.cpuUsage();
const startedMs = performance.now();
for (;;) {
  const { status, looked, events, same, elsewhere } = fields(
    await client.call("SM.MIGRATION", "WHATIF", "cart:v1", "cart:v2"),
  );
  if (status !== "running") {
    const { user, system } = process.cpuUsage(begun);
    const seconds = (user + system) / 1e6;
    console.info(
      `${status}: ${looked} machines, ${events} records, ${same} the same, ${elsewhere} elsewhere`,
    );
    console.info(
      `${seconds.toFixed(1)} s of processor time, ${((seconds / MACHINES) * 1e6).toFixed(0)} us a machine; ${((performance.now() - startedMs) / 1000).toFixed(1)} s by the clock`,
    );
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
}
await server.close();
