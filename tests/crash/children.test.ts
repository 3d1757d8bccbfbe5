/**
 * A machine that forks into many children and joins them, on a server that is killed again and again meanwhile: no child
 * is missing, none is done twice, and the parent hears of all of them once. CRASH_CHILDREN and CRASH_FORKS for longer runs.
 */
import { expect, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { TestClient } from "../support/client.ts";
import { define, fields, rows } from "../support/machines.ts";
import type { Decoded } from "../support/resp-decoder.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { imageOf, temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { type KeptServer, keepServer } from "./kept-server.ts";

const CHILDREN = Number(process.env["CRASH_CHILDREN"] ?? 250);
/** Of the fork that is looked at behind each of its steps. */
const STEPS = Number(process.env["CRASH_CHILDREN"] ?? 60);
const FORKS = Number(process.env["CRASH_FORKS"] ?? 1);
const CONNECTIONS = 16;

const JOB = {
  initial: "open",
  context: { n: 0 },
  states: {
    open: {
      on: {
        END: { target: "end", actions: { send: { to: "#_parent", event: "REPORT", data: "context.n" } } },
      },
    },
    end: { type: "final", output: "context.n" },
  },
};

const forkOf = (count: number) => ({
  initial: "idle",
  context: { reports: 0, joins: 0, outputs: [] },
  states: {
    idle: { on: { FORK: "working", REPORT: {} } },
    working: {
      invoke: {
        src: "job",
        id: "jobs",
        each: `range(${count})`,
        input: { n: "item" },
        onDone: {
          target: "idle",
          actions: { assign: { joins: "context.joins + 1", outputs: "event.output" } },
        },
      },
      on: { REPORT: { actions: { assign: { reports: "context.reports + 1" } } } },
    },
  },
});

async function serve(
  directory: string,
): Promise<{ readonly server: TestServer; readonly client: TestClient }> {
  const store = Store.open(directory, OBJECT_TYPES, { limits: { journalBytesMax: 40_000 } });
  const server = await startTestServer({ store, clock: new VirtualClock() });
  return { server, client: await server.client() };
}

/** Ends children by their numbers and expects each to have ended. */
async function end(client: TestClient, numbers: readonly number[]): Promise<void> {
  for (const n of numbers)
    expect(await client.call("SM.SEND", `{f}.jobs[${n}]`, "END", "ID", `one-${n}`)).toEqual(["end"]);
}

/** Ends the children that one connection has, in an order of its own; after each reply the server may be killed. */
async function endAll(server: KeptServer, mine: readonly number[], fork: number, kill: () => void) {
  let client: TestClient | undefined;
  for (const n of mine) {
    for (;;) {
      if (client === undefined || client.isClosed) client = await server.connect();
      try {
        const reply: Decoded = await client.call("SM.SEND", `{f}.jobs[${n}]`, "END", "ID", `${fork}-${n}`);
        expect(reply).toEqual(["end"]);
        break;
      } catch (error) {
        if (!client.isClosed) throw error;
      }
    }
    kill();
  }
  await client?.close();
}

test(`a fork of ${CHILDREN} children is joined once, whenever the server is killed`, async () => {
  console.info(`SEED=${SEED}`);
  const random = seeded(SEED);
  const server = await keepServer({ directory: temporaryDirectory() }, random);
  const first = await server.connect();
  await define(first, "job", JOB);
  await define(first, "fork", forkOf(CHILDREN));
  await first.call("SM.CREATE", "f", "fork");
  await first.close();
  for (let fork = 1; fork <= FORKS; fork += 1) {
    // It may be killed while it makes the children, too.
    if (random() < 0.5) server.kill();
    expect(await server.ask("SM.SEND", "f", "FORK", "ID", `fork-${fork}`)).toEqual(["working"]);
    const order = Array.from({ length: CHILDREN }, (_, n) => n).sort(() => random() - 0.5);
    const shares = Array.from({ length: CONNECTIONS }, (_, i) =>
      order.filter((_n, at) => at % CONNECTIONS === i),
    );
    const kill = () => {
      if (random() < 8 / CHILDREN) server.kill();
    };
    await Promise.all(shares.map((share) => endAll(server, share, fork, kill)));
    expect(await server.ask("SM.STATE", "f")).toEqual(["idle"]);
    const context = JSON.parse(String(await server.ask("SM.CONTEXT", "f")));
    expect(context).toEqual({
      reports: fork * CHILDREN,
      joins: fork,
      outputs: Array.from({ length: CHILDREN }, (_, n) => n),
    });
    expect(fields(await server.ask("SM.INFO", "f"))).toMatchObject({ rev: 1 + fork * (CHILDREN + 2) });
    for (const n of order.slice(0, 20)) {
      const entries = rows(await server.ask("SM.HISTORY", `{f}.jobs[${n}]`, "-", "+"));
      expect(entries.map(({ kind }) => kind)).toEqual(["create", "event"]);
    }
  }
  console.info(`${server.killCount} kills`);
  expect(await server.ask("SM.COUNT", "DEF", "job", "STATUS", "done")).toBe(CHILDREN);
  expect(await server.ask("SM.VERIFY")).toEqual([]);
  expect(await server.stop()).toBe(0);
}, 300_000);

test(`a fork of ${STEPS} children continues after a crash behind any of its steps`, async () => {
  const directory = temporaryDirectory();
  const { server, client } = await serve(directory);
  await define(client, "job", JOB);
  await define(client, "fork", forkOf(STEPS));
  await client.call("SM.CREATE", "f", "fork");
  await client.call("SM.SEND", "f", "FORK");
  const all = Array.from({ length: STEPS }, (_, n) => n);
  for (const n of all) {
    await end(client, [n]);
    const image = await serve(imageOf(directory));
    const counted = await image.client.call("SM.COUNT", "DEF", "job", "STATUS", "done");
    expect(counted).toBe(n + 1);
    const { reports, joins } = JSON.parse(String(await image.client.call("SM.CONTEXT", "f")));
    expect([reports, joins]).toEqual([n + 1, n + 1 === STEPS ? 1 : 0]);
    // What was acknowledged is known: it is answered as before and changes nothing.
    await end(image.client, [n]);
    // Going on to the end takes as long as all that came before: at a few of the steps.
    if (n % Math.ceil(STEPS / 8) === 0 || n + 1 === STEPS) {
      await end(image.client, all.slice(n + 1));
      const context = JSON.parse(String(await image.client.call("SM.CONTEXT", "f")));
      expect(context).toEqual({ reports: STEPS, joins: 1, outputs: all });
    }
    // Closing checks the whole store.
    await image.server.close();
  }
  await server.close();
}, 600_000);
