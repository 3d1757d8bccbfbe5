/** `sm-ingest-stream` in a cluster with several partitions: an entry may be for a machine of another one. */
import { setImmediate } from "node:timers/promises";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { addToCounter } from "../../src/keyspace/counters.ts";
import { counterKey } from "../../src/keyspace/layouts.ts";
import { WAITING_BYTES_MAX } from "../../src/machines/mail/outgoing.ts";
import type { TestClient } from "../support/client.ts";
import { fields } from "../support/machines.ts";
import { type PartitionedServer, startPartitionedServer } from "../support/partitioned-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const LAMP = {
  initial: "off",
  context: { n: 0 },
  states: {
    off: {
      on: { ADD: { actions: [{ assign: { n: "context.n + 1" } }] }, GO: "on" },
    },
    on: { after: { "2s": "off" } },
  },
};

let clock: VirtualClock;
let server: PartitionedServer;
let client: TestClient;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startPartitionedServer({ clock, config: { "sm-ingest-stream": "events" } });
  onTestFinished(async () => {
    expect(await client.call("SM.VERIFY")).toEqual([]);
    await server.close();
  });
  client = await server.client();
  server.define("lamp", LAMP);
});

/** The stream of events of a partition, and that of what could not be taken. */
const events = (number: number) => `events:{${server.part(number).partition.place.tag}}`;
const dead = (number: number) => `sm:dead:{${server.part(number).partition.place.tag}}`;
const key = (number: number, name: string) => server.part(number).key(name);

async function context(machine: string): Promise<unknown> {
  return JSON.parse(String(await client.call("SM.CONTEXT", machine)));
}

test("an entry for a machine of another partition is applied there, once, as one of its own is", async () => {
  await client.call("SM.CREATE", key(1, "m"), "lamp");
  await client.call(
    "XADD",
    events(0),
    "7-1",
    "key",
    key(1, "m"),
    "event",
    "ADD",
    "by",
    "shop",
    "reason",
    "sold",
  );
  // The streams of two partitions have an entry of the same id.
  await client.call("XADD", events(2), "7-1", "key", key(1, "m"), "event", "ADD");
  await client.call("XADD", events(1), "7-1", "key", key(1, "m"), "event", "ADD");
  await client.call("XADD", events(0), "8-1", "key", key(1, "m"), "event", "ADD", "id", "same");
  await client.call("XADD", events(2), "8-1", "key", key(1, "m"), "event", "ADD", "id", "same");
  await expect.poll(() => context(key(1, "m"))).toEqual({ n: 4 });
  const history = (await client.call("SM.HISTORY", key(1, "m"), "-", "+")) as unknown[];
  expect(JSON.stringify(history)).toContain('"shop"');
  expect(JSON.stringify(history)).toContain('"sold"');
  for (const number of [0, 1, 2]) {
    const [group] = (await client.call("XINFO", "GROUPS", events(number))) as string[][];
    expect(fields(group ?? [])).toMatchObject({ name: "detent", lag: 0, pending: 0 });
    expect(await client.call("EXISTS", dead(number))).toBe(0);
  }
});

test("an entry makes its machine in the machine's partition", async () => {
  await client.call("XADD", events(0), "7-1", "key", key(2, "new"), "event", "GO", "def", "lamp");
  await expect.poll(() => client.call("SM.STATE", key(2, "new"))).toEqual(["on"]);
});

test("an entry that cannot be applied goes to the dead letters of the machine's partition, with its stream and the reason", async () => {
  const value = Buffer.from([0xff, 0x00, 0x0a]);
  await client.call("XADD", events(0), "7-1", "key", key(1, "none"), "event", "ADD", "odd", value);
  await expect.poll(() => client.call("XLEN", dead(1))).toBe(1);
  const [[, entry]] = (await client.call("XRANGE", dead(1), "-", "+")) as [[string, string[]]];
  expect(fields(entry)).toMatchObject({
    key: key(1, "none"),
    event: "ADD",
    stream: events(0),
    entry: "7-1",
    reason: `NOMACHINE there is no machine at '${key(1, "none")}'`,
  });
  // Without a key nobody knows whose it is.
  await client.call("XADD", events(0), "8-1", "event", "ADD");
  await expect.poll(() => client.call("XLEN", dead(0))).toBe(1);
});

test("while too much waits for other partitions an entry waits in its stream, and timers go on", async () => {
  const occupy = (bytes: number) => {
    const { store } = server.part(0);
    const transaction = store.begin();
    addToCounter(transaction, counterKey("letterbytes"), bytes);
    store.commit(transaction);
  };
  occupy(WAITING_BYTES_MAX);
  for (const name of ["near", "far"])
    await client.call("SM.CREATE", key(name === "near" ? 0 : 1, name), "lamp");
  await client.call("SM.SEND", key(0, "near"), "GO");
  await client.call("XADD", events(0), "7-1", "key", key(1, "far"), "event", "ADD");
  const turns = async () => {
    for (let left = 5; left > 0; left -= 1) await setImmediate();
  };
  await turns();
  const [group] = (await client.call("XINFO", "GROUPS", events(0))) as string[][];
  expect(fields(group ?? [])).toMatchObject({ lag: 1 });
  for (let second = 0; second < 3; second += 1) {
    clock.advance(1000);
    await turns();
  }
  expect(await client.call("SM.STATE", key(0, "near"))).toEqual(["off"]);
  expect(await context(key(1, "far"))).toEqual({ n: 0 });
  occupy(-WAITING_BYTES_MAX);
  clock.advance(1000);
  await expect.poll(() => context(key(1, "far"))).toEqual({ n: 1 });
});
