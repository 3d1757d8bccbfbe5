/** Definitions and libraries of a cluster with several partitions, by three servers over a log in memory and over PostgreSQL. */
import { describe, expect, test } from "vitest";
import { useClusterDatabase } from "../support/cluster-database.ts";
import { noPostgres } from "../support/postgres.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { type SharedServers, sharedInMemory, sharedOverPostgres } from "../support/shared-servers.ts";

const DOOR = JSON.stringify({
  initial: "shut",
  states: { shut: { on: { OPEN: "open" } }, open: { on: { SHUT: "shut" } } },
});
const GATE = JSON.stringify({ initial: "up", states: { up: {} } });
const LIBRARY = "#!lua name=lib\nredis.register_function('one', function() return 1 end)";

/** As the client shows an error. */
function failure(part: string) {
  return { message: expect.stringContaining(part) };
}

/** What all of them do, whatever the log is. */
function contract(servers: () => Promise<SharedServers>): void {
  test("a definition is usable at every server and in every partition when SM.DEF CREATE is answered", async () => {
    const cluster = await servers();
    expect(await cluster.server(0).client.call("SM.DEF", "CREATE", "door", DOOR)).toBe("door:v1");
    for (const { client, held } of cluster.servers) {
      expect(await client.call("SM.DEF", "GET", "door")).toBe(DOOR);
      for (const number of held) {
        const key = cluster.keyOf(number, "m");
        expect(await client.call("SM.CREATE", key, "door")).not.toBeInstanceOf(ReplyFailure);
      }
    }
    expect(await cluster.server(2).client.call("SM.DEF", "CREATE", "door", DOOR)).toBe("door:v1");
    expect(await cluster.server(1).client.call("SM.DEF", "CREATE", "door", GATE)).toMatchObject(
      failure("DEFEXISTS"),
    );
  });

  test("SM.DEF CREATE refuses one of two clients that create different definitions of a name at once", async () => {
    const cluster = await servers();
    const create = (index: number, name: string, document: string) =>
      cluster.server(index).client.call("SM.DEF", "CREATE", name, document);
    const replies = await Promise.all([create(0, "x", DOOR), create(1, "x", GATE), create(2, "x", DOOR)]);
    const refused = replies.filter((reply) => reply instanceof ReplyFailure);
    expect(refused.length).toBeGreaterThan(0);
    for (const reply of refused) expect(reply).toMatchObject(failure("DEFEXISTS"));
    const documents = await Promise.all(
      cluster.servers.map(({ client }) => client.call("SM.DEF", "GET", "x")),
    );
    expect(new Set(documents).size).toBe(1);
    expect(await Promise.all([create(0, "y", DOOR), create(1, "y", DOOR)])).toEqual(["y:v1", "y:v1"]);
  });

  test("SM.DEF DEL asks all partitions, and refuses what machines of other servers need", async () => {
    const cluster = await servers();
    const [a, , c] = cluster.servers;
    if (a === undefined || c === undefined) return;
    await a.client.call("SM.DEF", "CREATE", "door", DOOR);
    const key = cluster.keyOf(c.held[1] ?? 0, "m");
    await c.client.call("SM.CREATE", key, "door");
    expect(await a.client.call("SM.DEF", "DEL", "door:v1")).toMatchObject(failure("DEFINUSE 1"));
    expect(await c.client.call("SM.DEF", "GET", "door")).toBe(DOOR);
    await c.client.call("DEL", key);
    expect(await a.client.call("SM.DEF", "DEL", "door:v1")).toBe(1);
    for (const { client } of cluster.servers) expect(await client.call("SM.DEF", "LIST")).toEqual([]);
    expect(await a.client.call("SM.DEF", "DEL", "door:v1")).toBe(0);
  });

  test("libraries of functions are loaded and deleted everywhere", async () => {
    const cluster = await servers();
    await cluster.server(1).client.call("FUNCTION", "LOAD", LIBRARY);
    for (const { client, held } of cluster.servers)
      for (const number of held)
        expect(await client.call("FCALL", "one", "1", cluster.keyOf(number, "k"))).toBe(1);
    await cluster.server(2).client.call("FUNCTION", "DELETE", "lib");
    for (const { client } of cluster.servers) expect(await client.call("FUNCTION", "LIST")).toEqual([]);
    expect(await cluster.server(0).client.call("FUNCTION", "DELETE", "lib")).toMatchObject(
      failure("not found"),
    );
  });

  test("a partition that is taken over has what was acknowledged while nobody owned it", async () => {
    const cluster = await servers();
    const number = cluster.server(1).held[0] ?? 0;
    await cluster.lose(1, number);
    await cluster.server(0).client.call("SM.DEF", "CREATE", "door", DOOR);
    await cluster.take(2, number);
    const key = cluster.keyOf(number, "m");
    expect(await cluster.server(2).client.call("SM.CREATE", key, "door")).not.toBeInstanceOf(ReplyFailure);
  });

  test("FLUSHALL leaves definitions, which are those of other servers too", async () => {
    const cluster = await servers();
    const { client, held } = cluster.server(0);
    await client.call("SM.DEF", "CREATE", "door", DOOR);
    await client.call("SM.CREATE", cluster.keyOf(held[1] ?? 0, "m"), "door");
    await client.call("FLUSHALL");
    expect(await client.call("DBSIZE")).toBe(0);
    expect(await client.call("SM.DEF", "GET", "door")).toBe(DOOR);
    expect(await client.call("SM.DEF", "DEL", "door:v1")).toBe(1);
    for (const one of cluster.servers) expect(await one.client.call("SM.DEF", "LIST")).toEqual([]);
  });

  test("a change is refused within MULTI and in scripts, with what to do instead", async () => {
    const cluster = await servers();
    const { client, held } = cluster.server(0);
    await client.call("MULTI");
    expect(await client.call("SM.DEF", "CREATE", "door", DOOR)).toMatchObject(failure("send it by itself"));
    expect(await client.call("EXEC")).toMatchObject(failure("EXECABORT"));
    const script = `return redis.pcall('SM.DEF', 'CREATE', 'door', ARGV[1])`;
    const key = cluster.keyOf(held[0] ?? 0, "k");
    expect(await client.call("EVAL", script, "1", key, DOOR)).toMatchObject(failure("send it by itself"));
  });
}

describe("definitions and libraries of all partitions, over a log in memory", () => contract(sharedInMemory));

describe.skipIf(noPostgres !== undefined)(
  "definitions and libraries of all partitions, over PostgreSQL",
  () => {
    const database = useClusterDatabase();
    contract(async () => sharedOverPostgres(await database.schema()));
  },
);
