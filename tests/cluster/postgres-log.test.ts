/** The log of the cluster in PostgreSQL. */
import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LogRecord } from "../../src/cluster/cluster-log.ts";
import { PostgresLog } from "../../src/cluster/postgres-log.ts";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { connectedTo, useClusterDatabase } from "../support/cluster-database.ts";
import { noPostgres } from "../support/postgres.ts";

const CHANGE: LogRecord = {
  kind: "change",
  writes: [
    ["d\0\xff", Buffer.from([0, 255])],
    ["r", null],
  ],
};

describe.skipIf(noPostgres !== undefined)("the log of a cluster in PostgreSQL", () => {
  const database = useClusterDatabase();

  async function cluster(partitionCount: number) {
    const url = await database.schema();
    const client = await connectedTo(url);
    await createSchema(client, partitionCount);
    await client.query(
      "update detent_partition set owner = 'me:' || p, lease_until = now() + interval '1 hour'",
    );
    return { url, client };
  }

  function logAt(url: string, onHint: () => void = () => undefined): PostgresLog {
    const log = new PostgresLog({ url, answerMs: 10_000, onHint });
    onTestFinished(() => log.close());
    return log;
  }

  test("append() adds an entry behind the one that its author has seen, once, and read() returns it", async () => {
    const { url } = await cluster(2);
    const [log, other] = [logAt(url), logAt(url)];
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    expect(await log.append(first, CHANGE, 0)).toBe(true);
    expect(await other.append(second, { kind: "end", users: 3 }, 0)).toBe(false);
    // The answer to the first was lost.
    expect(await log.append(first, CHANGE, 0)).toBe(true);
    const both = await Promise.all([log.append(second, CHANGE, 1), other.append(third, CHANGE, 1)]);
    expect(both.toSorted()).toEqual([false, true]);
    const entries = await other.read(0);
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(entries[0]).toEqual({ sequence: 1, id: first, record: CHANGE });
    expect(await log.read(2)).toEqual([]);
  });

  test("note() counts for the owner of a partition alone, and trim() keeps what a copy lacks", async () => {
    const { url, client } = await cluster(2);
    const log = logAt(url);
    for (let after = 0; after < 3; after += 1) await log.append(randomUUID(), CHANGE, after);
    const state = { sequence: 2, isOpen: true, answer: 7 };
    await log.note([
      { partition: 0, owner: "me:0", state },
      { partition: 1, owner: "another", state },
    ]);
    await client.query("update detent_partition set lease_until = now() - interval '1 s' where p = 1");
    expect((await log.progress()).toSorted((a, b) => a.partition - b.partition)).toEqual([
      { partition: 0, isOwned: true, sequence: 2, answer: 7 },
      { partition: 1, isOwned: false, sequence: 0, answer: 0 },
    ]);
    await log.trim();
    expect((await log.read(0)).length).toBe(3);
    await log.note([
      { partition: 0, owner: "me:0", state: { ...state, sequence: 3 } },
      { partition: 1, owner: "me:1", state: { ...state, sequence: 3 } },
    ]);
    await log.trim();
    expect((await log.read(0)).map(({ sequence }) => sequence)).toEqual([3]);
    expect(await log.append(randomUUID(), CHANGE, 3)).toBe(true);
  });

  test("servers get a hint when the log has grown and when a copy is further", async () => {
    const { url } = await cluster(1);
    let hints = 0;
    let wake = (): void => undefined;
    const hinted = async (count: number) => {
      while (hints < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    };
    const other = logAt(url, () => {
      hints += 1;
      wake();
    });
    await other.progress();
    const log = logAt(url);
    await log.append(randomUUID(), CHANGE, 0);
    await hinted(1);
    await log.note([{ partition: 0, owner: "me:0", state: { sequence: 1, isOpen: false, answer: 0 } }]);
    await hinted(2);
  });
});
