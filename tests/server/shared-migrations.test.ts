/** Migrations of a cluster with several partitions: three servers with two each, over a log in memory and over PostgreSQL. */
import { describe, expect, test } from "vitest";
import { useClusterDatabase } from "../support/cluster-database.ts";
import { fields, rows } from "../support/machines.ts";
import { noPostgres } from "../support/postgres.ts";
import { type Decoded, ReplyFailure } from "../support/resp-decoder.ts";
import { type SharedServers, sharedInMemory, sharedOverPostgres } from "../support/shared-servers.ts";

const V1 = {
  initial: "new",
  states: { new: { on: { PAY: "paid" } }, paid: { on: { SHIP: "gone" } }, gone: {} },
};
const V2 = {
  initial: "new",
  states: { new: { on: { PAY: "billed" } }, billed: { on: { SHIP: "gone" } }, gone: {} },
};
const MAP = '{"states":{"paid":"billed"}}';
const PARTITIONS = [0, 1, 2, 3, 4, 5];
const PER_PARTITION = 4;
const POLL = { timeout: 20_000 };

const text = (reply: Decoded) => (reply instanceof ReplyFailure ? reply.message : reply);

class Orders {
  readonly cluster: SharedServers;

  constructor(cluster: SharedServers) {
    this.cluster = cluster;
  }

  async call(server: number, ...args: readonly string[]): Promise<Decoded> {
    return text(await this.cluster.server(server).client.call(...args));
  }

  migration(server: number, ...args: readonly (string | number)[]): Promise<Decoded> {
    return this.call(server, "SM.MIGRATION", ...args.map(String));
  }

  async status(server: number, id: Decoded) {
    return fields(await this.migration(server, "STATUS", String(id)));
  }

  /** The server that holds a partition. */
  ownerOf(partition: number): number {
    return this.cluster.servers.findIndex(({ held }) => held.includes(partition));
  }

  async version(partition: number, name: string): Promise<Decoded | undefined> {
    const key = this.cluster.keyOf(partition, name);
    return fields(await this.call(this.ownerOf(partition), "SM.INFO", key))["definition"];
  }

  /** In each partition the first half of the machines is new, the other is paid. */
  async fill(partitions: readonly number[] = PARTITIONS): Promise<void> {
    for (const partition of partitions)
      for (let n = 0; n < PER_PARTITION; n += 1) {
        const key = this.cluster.keyOf(partition, `o${n}`);
        await this.call(this.ownerOf(partition), "SM.CREATE", key, "order:v1");
        if (n >= PER_PARTITION / 2) await this.call(this.ownerOf(partition), "SM.SEND", key, "PAY");
      }
  }

  async until(server: number, id: Decoded, status: string): Promise<void> {
    await expect.poll(() => this.status(server, id), POLL).toMatchObject({ status });
  }
}

async function ordersOf(servers: SharedServers): Promise<Orders> {
  const all = new Orders(servers);
  await all.call(0, "SM.DEF", "CREATE", "order:v1", JSON.stringify(V1));
  await all.call(0, "SM.DEF", "CREATE", "order:v2", JSON.stringify(V2));
  return all;
}

/** What all of them do, whatever the log is. */
function contract(servers: () => Promise<SharedServers>): void {
  test("a plan has one number at all servers, which any of them starts, and each partition moves its machines", async () => {
    const all = await ordersOf(await servers());
    await all.fill();
    const plan = fields(await all.migration(0, "PLAN", "order:v1", "order:v2", "MAP", MAP));
    expect(plan).toMatchObject({ id: 1, machines: 2 * PER_PARTITION, strays: [] });
    expect(plan["slotsElsewhere"]).toHaveLength(4);
    for (const server of [0, 1, 2])
      expect(rows(await all.migration(server, "LIST"))).toMatchObject([{ id: 1, status: "PLANNED" }]);
    const id = await all.migration(2, "START", 1);
    expect(id).toBe(2);
    for (const server of [0, 1, 2]) {
      await all.until(server, id, "DONE");
      expect(await all.status(server, id)).toMatchObject({ plan: 1, moved: 2 * PER_PARTITION, left: 0 });
    }
    for (const partition of PARTITIONS) expect(await all.version(partition, "o3")).toBe("order:v2");
    expect(fields(await all.migration(1, "PLAN", "order:v1", "order:v2"))).toMatchObject({ id: 3 });
  });

  test("START is refused for one machine of any server that does not fit, and HOLD leaves it", async () => {
    const all = await ordersOf(await servers());
    await all.fill([1, 5]);
    const stranded = expect.stringMatching(/^STRANDED 4 machines do not fit/);
    for (const server of [0, 1, 2])
      expect(await all.migration(server, "START", "order:v1", "order:v2")).toEqual(stranded);
    for (const server of [0, 1, 2]) expect(await all.migration(server, "LIST")).toEqual([]);
    expect(await all.version(1, "o0")).toBe("order:v1");
    const id = await all.migration(0, "START", "order:v1", "order:v2", "HOLD");
    expect(id).toBe(1);
    await all.until(1, id, "DONE");
    expect(await all.status(1, id)).toMatchObject({ moved: 2, held: 2 });
    expect(await all.version(1, "o0")).toBe("order:v2");
    expect(await all.version(1, "o3")).toBe("order:v1");
  });

  test("a migration that is paused at one server is paused at all, goes on at all, and is taken back at all", async () => {
    const all = await ordersOf(await servers());
    await all.fill();
    const id = String(await all.migration(0, "START", "order:v1", "order:v2", "MAP", MAP, "RATE", 3));
    expect(await all.migration(1, "PAUSE", id)).toBe(1);
    for (const server of [0, 1, 2]) expect(await all.status(server, id)).toMatchObject({ status: "PAUSED" });
    expect(await all.migration(2, "START", "order:v1", "order:v2", "HOLD")).toEqual(
      expect.stringContaining("under way with the same machines"),
    );
    expect(await all.migration(2, "RESUME", id)).toBe(1);
    for (const server of [0, 1, 2])
      expect(await all.status(server, id)).not.toMatchObject({ status: "PAUSED" });
    const moved = fields(await all.migration(0, "UNDO", id, "CHECK"))["machines"];
    expect(moved).toBeGreaterThan(0);
    expect(fields(await all.migration(1, "UNDO", id))).toMatchObject({ id: Number(id) });
    for (const server of [0, 1, 2]) await all.until(server, id, "UNDONE");
    for (const partition of PARTITIONS) expect(await all.version(partition, "o0")).toBe("order:v1");
    expect(await all.migration(0, "UNDO", id)).toEqual(expect.stringContaining("taken back already"));
  }, 30_000);

  test("a migration goes on where it stopped when its partition is taken over", async () => {
    const all = await ordersOf(await servers());
    const partition = all.cluster.server(1).held[0] ?? 0;
    await all.fill([partition]);
    const id = String(await all.migration(0, "START", "order:v1", "order:v2", "MAP", MAP, "RATE", 3));
    await all.cluster.lose(1, partition);
    expect(await all.migration(2, "PAUSE", id)).toBe(1);
    await all.cluster.take(2, partition);
    expect(await all.status(2, id)).toMatchObject({ status: "PAUSED" });
    await all.migration(0, "RESUME", id);
    await expect.poll(() => all.version(partition, `o${PER_PARTITION - 1}`), POLL).toBe("order:v2");
    await all.until(2, id, "DONE");
    expect(await all.status(2, id)).toMatchObject({ moved: PER_PARTITION });
  }, 30_000);

  test("WHATIF runs the histories of all partitions that a server holds", async () => {
    const all = await ordersOf(await servers());
    await all.fill();
    const run = () => all.migration(0, "WHATIF", "order:v1", "order:v2");
    await expect.poll(async () => fields(await run())["status"], POLL).toBe("done");
    expect(fields(await run())).toMatchObject({
      machines: 2 * PER_PARTITION,
      looked: 2 * PER_PARTITION,
      elsewhere: PER_PARTITION,
    });
  });

  test("a partition that nobody owns holds START up until its next owner has looked at its machines", async () => {
    const all = await ordersOf(await servers());
    const partition = all.cluster.server(1).held[0] ?? 0;
    await all.fill([partition]);
    await all.cluster.lose(1, partition);
    const refused = all.migration(0, "START", "order:v1", "order:v2");
    expect(await all.migration(2, "LIST")).toEqual([]);
    await all.cluster.take(2, partition);
    expect(await refused).toEqual(expect.stringMatching(/^STRANDED 2 machines/));
  }, 30_000);
}

describe("migrations of all partitions, over a log in memory", () => contract(sharedInMemory));

describe.skipIf(noPostgres !== undefined)("migrations of all partitions, over PostgreSQL", () => {
  const database = useClusterDatabase();
  contract(async () => sharedOverPostgres(await database.schema()));
});
