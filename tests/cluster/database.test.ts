import pg from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { PostgresLeases } from "../../src/cluster/database.ts";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { connectedTo, useClusterDatabase } from "../support/cluster-database.ts";
import { noPostgres } from "../support/postgres.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);

describe.skipIf(noPostgres !== undefined)("PostgresLeases", () => {
  const database = useClusterDatabase();

  async function emptyCluster(): Promise<string> {
    const url = await database.schema();
    await createSchema(await connectedTo(url));
    return url;
  }

  function member(url: string, id: string, port = 1, onHint = () => undefined as void): PostgresLeases {
    const leases = new PostgresLeases({
      url,
      id,
      partition: 0,
      leaseMs: 60_000,
      answerMs: 5000,
      announcement: () => ({ host: "10.0.0.1", port, tlsPort: 0, info: { version: "1" } }),
      onHint,
    });
    onTestFinished(() => leases.close());
    return leases;
  }

  const take = (id: number, epoch: number) => ({ kind: "take", id, sentAtMs: 0, epoch }) as const;
  const renew = { kind: "renew", id: 9, sentAtMs: 0 } as const;
  const release = { kind: "release", id: 10, sentAtMs: 0 } as const;

  test("ask() takes a free partition in the epoch that was seen, and in no other", async () => {
    const a = member(await emptyCluster(), A);
    expect(await a.ask(take(1, -1))).toEqual({ granted: false, epoch: 0, freeInMs: 0 });
    expect(await a.ask(take(2, 0))).toEqual({ granted: true, epoch: 1 });
    expect(a.owner).toBe(`${A}:2`);
    // A take that was delayed changes nothing.
    expect(await a.ask(take(1, 0))).toEqual({ granted: false, epoch: 1, freeInMs: 0 });
    expect(await a.ask(renew)).toEqual({ granted: true, epoch: 1 });
  });

  test("ask() refuses a partition of somebody else until the lease has ended, and says when that is", async () => {
    const url = await emptyCluster();
    const a = member(url, A);
    const b = member(url, B, 2);
    await a.ask(take(1, 0));
    const refused = await b.ask(take(1, 1));
    expect(refused).toMatchObject({ granted: false, epoch: 1 });
    expect(refused.granted ? 0 : refused.freeInMs).toBeGreaterThan(50_000);
    expect(await b.ask(renew)).toMatchObject({ granted: false });
    const client = await connectedTo(url);
    await client.query("update detent_partition set lease_until = now() - interval '1 ms'");
    expect(await b.ask(take(2, 1))).toEqual({ granted: true, epoch: 2 });
    expect(await a.ask(renew)).toMatchObject({ granted: false, epoch: 2 });
    // Its own release touches nothing of another's.
    await a.ask(release);
    expect(await b.ask(renew)).toEqual({ granted: true, epoch: 2 });
  });

  test("ask() lets a member take again what it has, under another name and epoch", async () => {
    const a = member(await emptyCluster(), A);
    await a.ask(take(1, 0));
    expect(await a.ask(take(2, 1))).toEqual({ granted: true, epoch: 2 });
    expect(a.owner).toBe(`${A}:2`);
  });

  test("ask() releases, and the others are notified at once", async () => {
    const url = await emptyCluster();
    const a = member(url, A);
    const onHint = vi.fn();
    const b = member(url, B, 2, onHint);
    await a.ask(take(1, 0));
    await b.ask(take(1, -1));
    onHint.mockClear();
    expect(await a.ask(release)).toEqual({ granted: false, epoch: 1, freeInMs: 0 });
    await expect.poll(() => onHint.mock.calls.length).toBe(1);
    expect(await b.ask(take(2, 1))).toEqual({ granted: true, epoch: 2 });
    await expect.poll(() => onHint.mock.calls.length).toBe(2);
  });

  test("notifications stay within the schema of the cluster", async () => {
    const onHint = vi.fn();
    const other = member(await emptyCluster(), B, 2, onHint);
    await other.ask(take(1, -1));
    const a = member(await emptyCluster(), A);
    await a.ask(take(1, 0));
    await other.ask(take(2, -1));
    expect(onHint).not.toHaveBeenCalled();
  });

  test("look() lists the members and who owns what", async () => {
    const url = await emptyCluster();
    const a = member(url, A, 1);
    const b = member(url, B, 2);
    await a.look();
    await a.ask(take(1, 0));
    const facts = await b.look();
    expect(facts.partitions).toEqual([{ partition: 0, firstSlot: 0, lastSlot: 16383, epoch: 1, ownerId: A }]);
    expect(facts.members).toEqual([
      { id: A, host: "10.0.0.1", port: 1, tlsPort: 0, isAlive: true },
      { id: B, host: "10.0.0.1", port: 2, tlsPort: 0, isAlive: true },
    ]);
    const client = await connectedTo(url);
    await client.query("update detent_member set seen = now() - interval '62 seconds' where id = $1", [A]);
    await client.query("update detent_partition set lease_until = now() - interval '1 ms'");
    const later = await b.look();
    expect(later.members.map(({ id }) => id)).toEqual([B]);
    expect(later.partitions[0]?.ownerId).toBeUndefined();
    await b.leave();
    expect((await client.query("select id from detent_member where id = $1", [B])).rows).toEqual([]);
  });

  test("look() takes the place of a process that was at the same address before", async () => {
    const url = await emptyCluster();
    await member(url, A, 1).look();
    expect((await member(url, B, 1).look()).members.map(({ id }) => id)).toEqual([B]);
    const client = await connectedTo(url);
    expect((await client.query("select id from detent_member")).rows).toEqual([{ id: B }]);
  });

  test("ask() goes on with a new connection when the one before has broken", async () => {
    const url = await emptyCluster();
    const a = member(url, A);
    await a.ask(take(1, 0));
    const client = await connectedTo(url);
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'detent' and pid <> pg_backend_pid()",
    );
    await expect
      .poll(() =>
        a.ask(renew).then(
          ({ granted }) => granted,
          () => false,
        ),
      )
      .toBe(true);
  });

  test("ask() rejects when its connection is dropped", async () => {
    const url = await emptyCluster();
    const a = member(url, A);
    await a.ask(take(1, 0));
    const blocking = new pg.Client(url);
    await blocking.connect();
    onTestFinished(() => blocking.end());
    await blocking.query("begin");
    await blocking.query("select from detent_partition for update");
    const asked = a.ask(renew);
    a.drop();
    await expect(asked).rejects.toThrow();
    await blocking.query("rollback");
    expect(await a.ask(renew)).toEqual({ granted: true, epoch: 1 });
  });

  test("ask() says that the tables are missing", async () => {
    const a = member(await database.schema(), A);
    await expect(a.ask(take(1, 0))).rejects.toThrow(/detent_partition/);
  });
});
