/** A server over a partition in PostgreSQL, of which it keeps next to nothing in memory. */
import { describe, expect, onTestFinished, test } from "vitest";
import { Store } from "../../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import type { TestClient } from "../../support/client.ts";
import { connectedTo, takePartition, useClusterDatabase } from "../../support/cluster-database.ts";
import { define } from "../../support/machines.ts";
import { noPostgres } from "../../support/postgres.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

const LIMITS = {
  journalBytesMax: 20_000,
  tableBytesMax: 20_000,
  derivedBytesMax: 10_000,
  cacheBytesMax: 10_000,
};
const LAMP = { initial: "off", states: { off: { on: { GO: "on" } }, on: { on: { GO: "off" } } } };

describe.skipIf(noPostgres !== undefined)("a server over PostgreSQL", () => {
  const database = useClusterDatabase();

  async function owners() {
    const url = await database.cluster();
    const control = await connectedTo(url);
    let count = 0;
    return async (): Promise<TestServer> => {
      count += 1;
      const owner = `owner${count}`;
      const epoch = await takePartition(control, owner);
      const opening = { url, partition: 0, owner, epoch, limits: LIMITS };
      const server = await startTestServer({ store: await Store.openPostgres(opening, OBJECT_TYPES) });
      onTestFinished(() => server.close().catch(() => undefined));
      return server;
    };
  }

  const all = async (client: TestClient, requests: readonly (readonly string[])[]) => {
    const replies = await Promise.all(requests.map(([name = "", ...args]) => client.call(name, ...args)));
    expect(replies.filter((reply) => reply instanceof ReplyFailure)).toEqual([]);
    return replies;
  };

  test("has all that was answered after its owner has closed, and after it was given up", async () => {
    const next = await owners();
    let server = await next();
    const counts = new Map<string, number>();
    await define(await server.client(), "lamp", LAMP);
    for (let round = 0; round < 4; round += 1) {
      const client = await server.client();
      const events = Array.from({ length: 120 }, (_, index) => `lamp:${(index * 7 + round) % 40}`);
      for (const key of events) counts.set(key, (counts.get(key) ?? 0) + 1);
      await all(
        client,
        events.map((key) => ["SM.SEND", key, "GO", "DEF", "lamp"]),
      );
      await all(
        client,
        events.map((key) => ["HSET", `hash:${round}`, key, "x".repeat(50)]),
      );
      await all(
        client,
        events.map((key) => ["XADD", "log", "*", "key", key]),
      );
      if (round % 2 === 0) {
        await server.close();
      } else {
        // Nothing more is settled, or carried; what was answered is in the journal.
        server.context.partitions.home.store.abandon();
      }
      server = await next();
      const again = await server.client();
      const states = await all(
        again,
        [...counts.keys()].map((key) => ["SM.STATE", key]),
      );
      expect(states.map(String)).toEqual([...counts.values()].map((sent) => (sent % 2 === 1 ? "on" : "off")));
      expect(await again.call("XLEN", "log")).toBe((round + 1) * 120);
      expect(await again.call("HLEN", `hash:${round}`)).toBe(40);
      expect(await again.call("SM.VERIFY")).toEqual([]);
    }
    const { cacheMisses, checkpointCount } = server.context.partitions.home.store.status();
    expect([cacheMisses > 0, server.context.partitions.home.store.failure, checkpointCount >= 0]).toEqual([
      true,
      undefined,
      true,
    ]);
  }, 240_000);

  test("refuses to make backups, and says where they are made", async () => {
    const client = await (await (await owners())()).client();
    for (const command of ["SAVE", "BGSAVE"])
      expect(await client.call(command)).toMatchObject({
        message: expect.stringContaining("back up the database"),
      });
  });
});
