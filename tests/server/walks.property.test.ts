/**
 * SM.SCAN, SM.OVERDUE, SM.COUNT and SM.REQUEUE over three partitions and over one store: the same machines at the same times, in
 * random states, are found by each, every one once.
 */
import { expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { define } from "../support/machines.ts";
import { startPartitionedServer } from "../support/partitioned-server.ts";
import { drawerOf } from "../support/random-requests.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const RUNS = Number(process.env["PARTITION_RUNS"] ?? 2);
const STEPS = 120;
const NAMES = Array.from({ length: 20 }, (_, at) => `m${at}`);

const CHARGE = { task: "charge", done: "PAID", failed: "FAILED", timeout: "3s", attempts: 1 };
const WORK = {
  initial: "idle",
  states: {
    idle: { on: { GO: "busy", CHARGE: { target: "charging", actions: [CHARGE] } } },
    busy: { sla: "5s", on: { GO: "idle", CHARGE: { target: "charging", actions: [CHARGE] } } },
    charging: { sla: "7s", on: { PAID: "idle", FAILED: "idle", GO: "busy" } },
  },
};

interface Side {
  readonly clock: VirtualClock;
  readonly client: TestClient;
  close(): Promise<void>;
}

/** All pages of a walk. */
async function walked(client: TestClient, ...request: readonly string[]): Promise<string[]> {
  const [command = "", ...options] = request;
  const found: string[] = [];
  let cursor = "0";
  do {
    const [next, page] = (await client.call(command, cursor, ...options)) as [string, unknown[]];
    found.push(...page.map((one) => JSON.stringify(one)));
    cursor = next;
  } while (cursor !== "0");
  return found;
}

async function sides(): Promise<{ readonly key: (name: string) => string; readonly both: readonly Side[] }> {
  const [oneClock, manyClock] = [new VirtualClock(), new VirtualClock()];
  const one = await startTestServer({ clock: oneClock });
  const many = await startPartitionedServer({ clock: manyClock });
  const clients = [await one.client(), await many.client()] as const;
  await define(clients[0], "work", WORK);
  many.define("work", WORK);
  const places = many.parts.length;
  return {
    key: (name) => many.part(Number(name.slice(1)) % places).key(name),
    both: [
      { clock: oneClock, client: clients[0], close: () => one.close() },
      { clock: manyClock, client: clients[1], close: () => many.close() },
    ],
  };
}

test.each(Array.from({ length: RUNS }, (_, run) => SEED + run))(
  "walks over three partitions find what one over a single store finds (seed %i)",
  async (seed) => {
    const { key, both } = await sides();
    onTestFinished(async () => {
      for (const side of both) await side.close();
    });
    const random = seeded(seed);
    const drawn = drawerOf(random);
    const compare = async (...requests: readonly (readonly string[])[]) => {
      for (const request of requests) {
        const found = [];
        for (const { client } of both) found.push(await walked(client, ...request));
        expect(found[1]?.toSorted(), `seed ${seed}: ${request.join(" ")}`).toEqual(found[0]?.toSorted());
        expect(new Set(found[1]).size).toBe(found[1]?.length);
      }
    };
    for (let step = 0; step < STEPS; step += 1) {
      const name = key(drawn(NAMES));
      const request = drawn([
        ["SM.CREATE", name, "work"],
        ["SM.SEND", name, "GO", "DEF", "work"],
        ["SM.SEND", name, "GO"],
        ["SM.SEND", name, "CHARGE"],
        ["SM.SUSPEND", name],
        ["SM.RESUME", name],
        ["DEL", name],
      ]);
      const replies = [];
      for (const { client, clock } of both) {
        // No two machines enter a state at the same time.
        clock.advance(100 + (step % 3) * 400);
        await client.call("PING");
        replies.push(await client.call(...request));
      }
      expect(replies[1], `seed ${seed}: ${request.join(" ")}`).toEqual(replies[0]);
      if (step % 20 !== 19) continue;
      await compare(
        ["SM.SCAN", "COUNT", "3"],
        ["SM.SCAN", "DEF", "work", "STATE", "busy", "COUNT", "2"],
        ["SM.OVERDUE", "COUNT", "2"],
        ["SM.OVERDUE", "DEF", "work"],
      );
      const order = [];
      for (const { client } of both) order.push(await walked(client, "SM.OVERDUE", "COUNT", "3"));
      expect(order[1], `seed ${seed}: the longest overdue first`).toEqual(order[0]);
      const answers = [];
      for (const { client } of both)
        answers.push([
          await client.call("SM.COUNT", "work"),
          await client.call("SM.REQUEUE", "ALL", "COUNT", "2"),
          await client.call("SM.REQUEUE", "ALL", "TASK", "charge"),
          await client.call("SM.REQUEUE", "ALL"),
        ]);
      expect(answers[1], `seed ${seed}: SM.COUNT and SM.REQUEUE`).toEqual(answers[0]);
    }
  },
);
