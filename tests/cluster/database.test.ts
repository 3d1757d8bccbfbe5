import pg from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { PostgresLeases } from "../../src/cluster/database.ts";
import type { LeaseAnswer, LeaseRequest } from "../../src/cluster/lease.ts";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { connectedTo, useClusterDatabase } from "../support/cluster-database.ts";
import { awaitStandby, cancelWait, dropStandby } from "../support/cut-short.ts";
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

  function leasesOf(url: string, id: string, port = 1, onHint: () => void = () => undefined): PostgresLeases {
    const leases = new PostgresLeases({
      url,
      id,
      leaseMs: 60_000,
      answerMs: 5000,
      announcement: () => ({ host: "10.0.0.1", port, tlsPort: 0, info: { version: "1" } }),
      onHint,
    });
    onTestFinished(() => leases.close());
    return leases;
  }

  /** A member that asks for the first partition alone. */
  function member(url: string, id: string, port = 1, onHint: () => void = () => undefined) {
    const leases = leasesOf(url, id, port, onHint);
    const one = {
      owner: "",
      ask: async (request: LeaseRequest): Promise<LeaseAnswer> => {
        const owner = request.kind === "take" ? `${id}:${request.id}` : one.owner;
        const answer = (await leases.ask(request.kind, [{ partition: 0, request, owner }])).get(0);
        if (answer === undefined) throw new Error("partition 0 is answered for");
        if (request.kind === "take" && answer.granted) one.owner = owner;
        return answer;
      },
      look: () => leases.look(true),
      leave: () => leases.leave(),
      drop: () => leases.drop(),
    };
    return one;
  }

  const take = (id: number, epoch: number) => ({ kind: "take", id, sentAtMs: 0, epoch }) as const;
  const renew = { kind: "renew", id: 9, sentAtMs: 0 } as const;
  const release = { kind: "release", id: 10, sentAtMs: 0 } as const;

  test("statements that are asked for at the same time are sent one after the other", async () => {
    const a = member(await emptyCluster(), A);
    const warnings: Error[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on("warning", listener);
    onTestFinished(() => {
      process.off("warning", listener);
    });
    await Promise.all([a.ask(take(1, -1)), a.look(), a.look(), a.leave()]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

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
    expect(facts.partitions).toEqual([
      { partition: 0, firstSlot: 0, lastSlot: 16383, epoch: 1, ownerId: A, lastOwnerId: undefined },
    ]);
    expect(facts.takers.toSorted()).toEqual([A, B]);
    expect(facts.freeInMs).toBeGreaterThan(50_000);
    expect(facts.members).toEqual([
      { id: A, host: "10.0.0.1", port: 1, tlsPort: 0, isAlive: true },
      { id: B, host: "10.0.0.1", port: 2, tlsPort: 0, isAlive: true },
    ]);
    const client = await connectedTo(url);
    await client.query("update detent_member set seen = now() - interval '62 seconds' where id = $1", [A]);
    await client.query("update detent_partition set lease_until = now() - interval '1 ms'");
    const later = await b.look();
    expect(later.members.map(({ id }) => id)).toEqual([B]);
    expect(later.partitions[0]).toMatchObject({ ownerId: undefined, lastOwnerId: A });
    expect(later.takers).toEqual([B]);
    expect(later.freeInMs).toBe(Number.POSITIVE_INFINITY);
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

  test("ask() rejects when the database has not waited for its standby until the end", async () => {
    const url = await emptyCluster();
    const a = member(url, A);
    await a.look();
    const client = await connectedTo(url);
    await awaitStandby(client, await connectedTo(url));
    try {
      // A take that is on one copy alone may be lost with it, and its epoch given to another member.
      const asked = a.ask(take(1, 0));
      const rejected = expect(asked).rejects.toThrow(/canceling wait for synchronous replication/);
      await cancelWait(client, "detent");
      await rejected;
    } finally {
      await dropStandby(client);
    }
    // It was made, all the same: the next one goes on from there.
    expect(await a.ask(take(2, 1))).toEqual({ granted: true, epoch: 2 });
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

  test("ask() takes, renews and releases several partitions in one statement each", async () => {
    const url = await database.schema();
    await createSchema(await connectedTo(url), 4);
    const a = leasesOf(url, A);
    const b = leasesOf(url, B, 2);
    const asked = (id: string, request: LeaseRequest, ...partitions: readonly number[]) =>
      partitions.map((partition) => ({ partition, request, owner: `${id}:1` }));
    const granted = { granted: true, epoch: 1 };
    const taken = await a.ask("take", asked(A, take(1, 0), 0, 1, 2));
    expect([...taken].toSorted(([p], [q]) => p - q)).toEqual([
      [0, granted],
      [1, granted],
      [2, granted],
    ]);
    const other = await b.ask("take", asked(B, take(1, 0), 2, 3));
    expect(other.get(2)).toMatchObject({ granted: false, epoch: 1 });
    expect(other.get(3)).toEqual(granted);
    // A renewal of what is another's is refused, that of all else is not.
    const renewed = await a.ask("renew", asked(A, renew, 0, 1, 3));
    expect([0, 1, 3].map((partition) => renewed.get(partition)?.granted)).toEqual([true, true, false]);
    await a.ask("release", asked(A, release, 0, 1, 3));
    const { partitions } = await a.see();
    expect(partitions.map(({ ownerId }) => ownerId)).toEqual([undefined, undefined, A, B]);
  });

  test("ask() leaves out a row that somebody holds, and takes the others", async () => {
    const url = await database.schema();
    await createSchema(await connectedTo(url), 2);
    const blocking = await connectedTo(url);
    await blocking.query("begin");
    await blocking.query("select from detent_partition where p = 0 for key share");
    const asked = [0, 1].map((partition) => ({ partition, request: take(1, 0), owner: `${A}:1` }));
    const taken = await leasesOf(url, A).ask("take", asked);
    expect([taken.get(0), taken.get(1)]).toEqual([
      { granted: false, epoch: 0, freeInMs: 0 },
      { granted: true, epoch: 1 },
    ]);
    await blocking.query("rollback");
  });

  test("look() shows who takes no partitions", async () => {
    const url = await emptyCluster();
    await leasesOf(url, A).look(false);
    expect((await leasesOf(url, B, 2).look(true)).takers).toEqual([B]);
    expect((await leasesOf(url, "c".repeat(40), 3).see()).takers).toEqual([B]);
  });

  test("ask() says that the tables are missing", async () => {
    const a = member(await database.schema(), A);
    await expect(a.ask(take(1, 0))).rejects.toThrow(/detent_partition/);
  });
});
