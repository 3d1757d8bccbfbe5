/** SLOT n: commands without keys asked for one partition, wherever it is. */
import { expect, test } from "vitest";
import { slotOf } from "../../../src/cluster/slots.ts";
import type { TestClient } from "../../support/client.ts";
import { type PartitionedServer, startPartitionedServer } from "../../support/partitioned-server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const DEFINITION = {
  states: { new: { sla: 1000, on: { PAY: "paid" } }, paid: {} },
};
const PER_PARTITION = 7;

async function started(held?: readonly number[]) {
  const clock = new VirtualClock();
  const server = await startPartitionedServer({ count: 3, clock, ...(held === undefined ? {} : { held }) });
  server.define("order", DEFINITION);
  const client = await server.client();
  for (const part of server.parts)
    for (let index = 0; index < PER_PARTITION; index += 1)
      if (held?.includes(part.partition.number) !== false)
        await client.call("SM.CREATE", part.key(`order${index}`), "order");
  return { server, client, clock };
}

const slotIn = (server: PartitionedServer, number: number): string =>
  String(server.part(number).partition.firstSlot + 1);

async function walked(client: TestClient, command: string, ...options: string[]): Promise<string[]> {
  const found: string[] = [];
  let cursor = "0";
  do {
    const [next, page] = (await client.call(command, cursor, ...options)) as [string, unknown[]];
    found.push(...page.map((one) => String(Array.isArray(one) ? one[0] : one)));
    cursor = next;
  } while (cursor !== "0");
  return found;
}

test("SM.SCAN, SM.COUNT and SM.OVERDUE with SLOT speak of one partition", async () => {
  const { server, client, clock } = await started();
  clock.advance(5000);
  for (const { partition, key } of server.parts) {
    const slot = slotIn(server, partition.number);
    const own = Array.from({ length: PER_PARTITION }, (_, index) => key(`order${index}`));
    expect((await walked(client, "SM.SCAN", "COUNT", "2", "SLOT", slot)).sort()).toEqual(own);
    expect((await walked(client, "SM.OVERDUE", "COUNT", "2", "slot", slot)).sort()).toEqual(own);
    expect(await client.call("SM.COUNT", "SLOT", slot, "DEF", "order")).toBe(PER_PARTITION);
    const [first = ""] = own;
    expect(slotOf(Buffer.from(first))).toBeGreaterThanOrEqual(partition.firstSlot);
  }
  expect(await client.call("SM.COUNT")).toBe(3 * PER_PARTITION);
  await server.close();
});

test("a request with SLOT is sent to whoever owns the slot, whatever its other options say", async () => {
  const { server, client } = await started([0, 1]);
  const slot = slotIn(server, 2);
  const moved = { message: `MOVED ${slot} 127.0.0.1:7002` };
  for (const request of [
    ["SM.SCAN", "0", "MATCH", "SLOT", "WITHINFO", "SLOT", slot],
    ["SM.COUNT", "SLOT", slot, "BY", "STATE"],
    ["SM.OVERDUE", "0", "SLOT", slot],
    ["SM.REQUEUE", "ALL", "SLOT", slot],
    ["SM.REQUEUE", "1-1", "2-1", "TASK", "slot", "SLOT", slot],
    ["SM.MIGRATION", "STATUS", "1", "SLOT", slot],
    ["SM.MIGRATION", "UNDO", "1", "CHECK", "SLOT", slot],
    ["SM.MIGRATION", "LIST", "SLOT", slot],
  ])
    expect(await client.call(...request)).toMatchObject(moved);
  expect(await client.call("SM.REQUEUE", "ALL", "SLOT", slotIn(server, 1))).toBe(0);
  expect(await client.call("SM.MIGRATION", "LIST", "SLOT", slotIn(server, 1))).toEqual([]);
  await server.close();
});

test("a walk with SLOT goes on where the partition has gone and come back", async () => {
  const { server, client } = await started();
  const slot = slotIn(server, 1);
  const [cursor, first] = (await client.call("SM.SCAN", "0", "COUNT", "3", "SLOT", slot)) as [
    string,
    string[],
  ];
  await server.remove(1);
  expect(await client.call("SM.SCAN", cursor, "SLOT", slot)).toMatchObject({
    message: expect.stringMatching(/^MOVED/),
  });
  await server.add(1);
  const [end, rest] = (await client.call("SM.SCAN", cursor, "COUNT", "10", "SLOT", slot)) as [
    string,
    string[],
  ];
  expect(end).toBe("0");
  expect([...first, ...rest].sort()).toEqual(
    Array.from({ length: PER_PARTITION }, (_, index) => server.part(1).key(`order${index}`)),
  );
  await server.close();
});

test("SLOT is refused when it is not a slot, or another partition than that of a transaction", async () => {
  const { server, client } = await started();
  for (const wrong of ["16384", "-1", "x", ""])
    expect(await client.call("SM.COUNT", "SLOT", wrong)).toMatchObject({ message: "ERR Invalid slot" });
  const script = "return redis.call('SM.COUNT', 'SLOT', ARGV[1])";
  const key = server.part(0).key("order0");
  expect(await client.call("EVAL", script, "1", key, slotIn(server, 0))).toBe(PER_PARTITION);
  expect(await client.call("EVAL", script, "1", key, slotIn(server, 2))).toMatchObject({
    message: expect.stringContaining("do not hash to the same slot"),
  });
  await server.close();
});

test("without a cluster every slot is of the whole store", async () => {
  const server = await startPartitionedServer({ count: 1 });
  server.define("order", DEFINITION);
  const client = await server.client();
  await client.call("SM.CREATE", "order", "order");
  expect(await client.call("SM.COUNT", "SLOT", "9000")).toBe(1);
  expect(await walked(client, "SM.SCAN", "SLOT", "0")).toEqual(["order"]);
  await server.close();
});
