/**
 * How long events take while ten consoles are open, and while none is: by turns, under the same load of the machine, on a store of a
 * million machines. A console is what its page asks: summaries of changes at most every 700 ms, and its requests again with each.
 * MACHINES=1000000 CONSOLES=10 CLIENTS=20 RATE=2000 (events a second) WINDOW_MS=5000 ROUNDS=6.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { TestClient } from "../support/client.ts";
import { EventClient } from "../support/event-client.ts";
import { freePort } from "../support/free-port.ts";
import { request } from "../support/http.ts";
import { median, quantile } from "./figures.ts";
import { startDetent } from "./servers.ts";

const setting = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);
const MACHINES = setting("MACHINES", 1_000_000);
const CONSOLES = setting("CONSOLES", 10);
const CLIENTS = setting("CLIENTS", 20);
const RATE = setting("RATE", 2000);
const WINDOW_MS = setting("WINDOW_MS", 5000);
const ROUNDS = setting("ROUNDS", 6);
const BATCH = 2000;
const TICK_MS = 700;

const ORDER = JSON.stringify({
  initial: "new",
  context: { n: 0 },
  states: {
    new: { on: { GO: { target: "paid", actions: [{ assign: { n: "context.n + 1" } }] } } },
    paid: { on: { GO: "new" }, after: { "72h": "late" } },
    late: { on: { GO: "new" } },
  },
});

/** What pages ask while they are open, by turns; and which changes they follow. */
const INFO = [
  "POST",
  "/api/v1/commands",
  ["INFO", "clients", "memory", "persistence", "stats", "statemachine", "commandstats", "errorstats"],
] as const;
const PAGES = [
  { follows: "", asks: [INFO, ["GET", "/api/v1/definitions"]] },
  {
    follows: "&definition=order%3Av1",
    asks: [
      ["GET", "/api/v1/counts?by=state&definition=order%3Av1"],
      ["GET", "/api/v1/definitions/order/v1/flow"],
      ["GET", "/api/v1/machines?count=100&cursor=0&definition=order%3Av1&state=paid&olderThan=0"],
    ],
  },
  {
    follows: "&key=o%3A1",
    asks: [
      ["GET", "/api/v1/machines/o%3A1"],
      ["GET", "/api/v1/machines/o%3A1/history?newestFirst=true&count=1000"],
      ["GET", "/api/v1/machines/o%3A1/pending"],
      ["GET", "/api/v1/machines/o%3A1/next"],
    ],
  },
  { follows: "", asks: [["GET", "/api/v1/machines?count=100&cursor=0&state=new"]] },
  {
    follows: "",
    asks: [
      ["GET", "/api/v1/streams"],
      ["POST", "/api/v1/commands", ["XREVRANGE", "sm:dead", "+", "-", "COUNT", "100"]],
    ],
  },
] as const;

const directory = mkdtempSync(`${tmpdir()}/detent-console-`);
const httpPort = await freePort();
const server = await startDetent(directory, ["--http-port", String(httpPort)]);
const url = `http://127.0.0.1:${httpPort}`;

/** A page that is open until it is closed. */
function openConsole(page: (typeof PAGES)[number]): () => void {
  const changes = new EventClient(url, `/api/v1/changes?every=${TICK_MS}${page.follows}`);
  let isOpen = true;
  void (async () => {
    let seen = -1;
    while (isOpen) {
      if (changes.events.length !== seen) {
        seen = changes.events.length;
        await Promise.all(
          page.asks.map(([method, path, body]) =>
            request(url, path, { method, ...(body === undefined ? {} : { body }) }).catch(() => undefined),
          ),
        );
      }
      await pause(TICK_MS);
    }
  })();
  return () => {
    isOpen = false;
    changes.close();
  };
}

/** How long events took in a window, each sent when it was due; one that had to wait for its connection counts from then. */
async function latencies(clients: readonly TestClient[]): Promise<readonly number[]> {
  const took: number[] = [];
  const gapMs = (1000 * clients.length) / RATE;
  const startedMs = performance.now();
  await Promise.all(
    clients.map(async (client, number) => {
      for (
        let due = startedMs + (gapMs * number) / clients.length;
        due < startedMs + WINDOW_MS;
        due += gapMs
      ) {
        const wait = due - performance.now();
        if (wait > 1) await pause(wait);
        await client.call("SM.SEND", `o:${Math.floor(Math.random() * MACHINES)}`, "GO");
        took.push(performance.now() - due);
      }
    }),
  );
  return took;
}

/** Latencies, and which share of the time the server's process has used. */
async function measured(): Promise<readonly [readonly number[], number]> {
  const [before, startedMs] = [server.used().cpuUs, performance.now()];
  const took = await latencies(clients);
  return [took, (server.used().cpuUs - before) / 1000 / (performance.now() - startedMs)];
}

const admin = await TestClient.connect(server.port);
await admin.call("SM.DEF", "CREATE", "order:v1", ORDER);
for (let first = 0; first < MACHINES; first += BATCH) {
  const count = Math.min(BATCH, MACHINES - first);
  await admin.pipeline(Array.from({ length: count }, (_, i) => ["SM.CREATE", `o:${first + i}`, "order:v1"]));
}
const clients = await Promise.all(Array.from({ length: CLIENTS }, () => TestClient.connect(server.port)));
await latencies(clients);

console.log(
  `${MACHINES} machines, ${RATE} events a second of ${CLIENTS} clients, load ${loadavg()[0]?.toFixed(1)}`,
);
console.log(
  "          without:                        with:\nround     p50 ms     p99 ms  processor     p50 ms     p99 ms  processor  ratio of p99",
);
const ratios: number[] = [];
for (let round = 1; round <= ROUNDS; round += 1) {
  const [without, cpuWithout] = await measured();
  const close = Array.from({ length: CONSOLES }, (_, at) =>
    openConsole(PAGES[at % PAGES.length] ?? PAGES[0]),
  );
  await pause(TICK_MS);
  const [beside, cpuBeside] = await measured();
  for (const end of close) end();
  const figures = [without, beside].flatMap((took) => [quantile(took, 0.5), quantile(took, 0.99)]);
  const ratio = (figures[3] ?? 0) / (figures[1] ?? 1);
  ratios.push(ratio);
  const shown = [figures[0], figures[1], cpuWithout, figures[2], figures[3], cpuBeside, ratio];
  console.log(
    `${String(round).padEnd(5)}${shown.map((value) => (value ?? 0).toFixed(2).padStart(11)).join("")}`,
  );
}
console.log(
  `p99 with ${CONSOLES} consoles is ${median(ratios).toFixed(2)} of that without, in the median of ${ROUNDS} rounds`,
);

for (const client of [admin, ...clients]) await client.close();
await server.stop();
rmSync(directory, { recursive: true, force: true });
