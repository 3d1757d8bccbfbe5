/** SM.STREAMS: the streams that a server writes, of all partitions of its cluster. */
import { describe, expect, onTestFinished, test } from "vitest";
import { slotOf } from "../../../src/cluster/slots.ts";
import type { TestClient } from "../../support/client.ts";
import { memberId } from "../../support/cluster-view.ts";
import { define, rows } from "../../support/machines.ts";
import { startPartitionedServer } from "../../support/partitioned-server.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";

const LAMP = {
  initial: "off",
  states: { off: { on: { GO: "on" } }, on: { entry: [{ task: "glow" }] } },
};

async function streams(client: TestClient, ...words: readonly string[]) {
  return rows(await client.call("SM.STREAMS", ...words)).map((row) => ({
    ...row,
    partition: Number(row["partition"]),
    stream: String(row["stream"]),
    slot: Number(row["slot"]),
  }));
}

async function names(client: TestClient, ...words: readonly string[]): Promise<string[]> {
  return (await streams(client, ...words)).map(({ stream }) => stream);
}

async function whole(config: Readonly<Record<string, string>> = {}) {
  const server = await startTestServer({ config });
  onTestFinished(() => server.close());
  return { server, client: await server.client() };
}

describe("a server with one partition", () => {
  test.each([2, 3])("SM.STREAMS lists what the server writes, in RESP%d", async (protocol) => {
    const { client } = await whole({ "sm-audit-stream": "audit" });
    await client.call("HELLO", protocol);
    await define(client, "lamp", LAMP);
    await client.call("SM.CREATE", "lamp:1", "lamp");
    await client.call("SM.SEND", "lamp:1", "GO");
    const listed = await streams(client);
    expect(listed.map(({ stream }) => stream)).toEqual([
      "sm:changes",
      "sm:changes:lamp",
      "sm:tasks:glow",
      "sm:dead",
      "sm:refusals",
      "audit",
    ]);
    const [last] = (await client.call("XREVRANGE", "sm:changes:lamp", "+", "-", "COUNT", 1)) as [unknown[]];
    expect(listed[1]).toEqual({
      stream: "sm:changes:lamp",
      kind: "changes",
      name: "lamp",
      partition: 0,
      slot: slotOf(Buffer.from("sm:changes:lamp")),
      owner: null,
      host: null,
      port: null,
      length: 2,
      lastId: last[0],
    });
    expect(listed[3]).toMatchObject({ kind: "dead", name: null, length: 0, lastId: "0-0" });
    expect(listed[5]).toMatchObject({ kind: "audit", length: 1 });
  });

  test("SM.STREAMS names streams that nobody has written to, so that a group of them can be made", async () => {
    const { client } = await whole({ "sm-ingest-stream": "events" });
    expect(await names(client, "KIND", "tasks", "NAME", "charge")).toEqual(["sm:tasks:charge"]);
    expect(await names(client, "NAME", "order", "kind", "Changes")).toEqual(["sm:changes:order"]);
    expect(await names(client, "KIND", "CHANGES", "NAME", "")).toEqual(["sm:changes"]);
    expect(await names(client, "KIND", "INGEST")).toEqual(["events"]);
    expect(await names(client, "KIND", "AUDIT")).toEqual([]);
    expect(await names(client, "KIND", "TASKS")).toEqual([]);
  });

  test("SM.STREAMS finds the changes of a definition that was deleted, and no key of another type", async () => {
    const { client } = await whole();
    await client.call("XADD", "sm:changes:gone", "1-1", "a", "b");
    await client.call("SET", "sm:changes:text", "1");
    await client.call("SET", "sm:dead", "1");
    expect(await names(client, "KIND", "CHANGES")).toEqual(["sm:changes", "sm:changes:gone"]);
    expect(await streams(client, "KIND", "DEAD")).toMatchObject([{ length: null, lastId: null }]);
  });

  test("SM.STREAMS lists those of the selected database", async () => {
    const { client } = await whole();
    await client.call("XADD", "sm:tasks:a", "1-1", "a", "b");
    await client.call("SELECT", 1);
    expect(await names(client, "KIND", "TASKS")).toEqual([]);
  });

  test("SM.STREAMS leaves out what the user may not read", async () => {
    const { client, server } = await whole();
    await client.call("ACL", "SETUSER", "reader", "on", "nopass", "+@statemachine", "%R~sm:tasks:*");
    const reader = await server.client();
    await reader.call("AUTH", "reader", "any");
    await client.call("XADD", "sm:tasks:a", "1-1", "a", "b");
    expect(await names(reader)).toEqual(["sm:tasks:a"]);
    await client.call("ACL", "SETUSER", "reader", "-sm.streams");
    expect(JSON.stringify(await reader.call("SM.STREAMS"))).toContain("NOPERM");
  });

  test.each([
    ["a kind that there is not", ["KIND", "timers"], "ERR syntax error, KIND takes CHANGES, TASKS"],
    ["a name without a kind", ["NAME", "order"], "NAME stands behind KIND"],
    ["a name of a kind that has none", ["KIND", "DEAD", "NAME", "a"], "NAME stands behind KIND"],
    ["a version", ["KIND", "CHANGES", "NAME", "order:v1"], "without a version"],
    ["a task without a name", ["KIND", "TASKS", "NAME", ""], "NAME stands behind KIND"],
    ["an option without its value", ["KIND"], "the option KIND needs a value"],
  ])("SM.STREAMS refuses %s", async (_what, words, expected) => {
    const { client } = await whole();
    const reply = await client.call("SM.STREAMS", ...words);
    expect(reply).toBeInstanceOf(ReplyFailure);
    expect(JSON.stringify(reply)).toContain(expected);
  });
});

describe("a member of a cluster with several partitions", () => {
  test("SM.STREAMS names the streams of all partitions, with what is known of those of others", async () => {
    const server = await startPartitionedServer({ held: [0, 2] });
    onTestFinished(() => server.close());
    const client = await server.client();
    await define(client, "lamp", LAMP);
    const tags = server.parts.map(({ partition }) => partition.place.tag);
    await client.call("XADD", `sm:changes:{${tags[2]}}:lamp`, "1-1", "key", "a");
    const listed = await streams(client, "KIND", "CHANGES", "NAME", "lamp");
    expect(listed.map(({ stream }) => stream)).toEqual(tags.map((tag) => `sm:changes:{${tag}}:lamp`));
    expect(listed).toMatchObject([
      { partition: 0, owner: memberId("a"), port: 7001, length: 0, lastId: "0-0" },
      { partition: 1, owner: memberId("b"), port: 7002, length: null, lastId: null },
      { partition: 2, owner: memberId("a"), port: 7001, length: 1, lastId: "1-1" },
    ]);
    for (const { stream, slot, partition } of await streams(client)) {
      expect(slot).toBe(slotOf(Buffer.from(stream)));
      expect(server.view.partitionOf(slot)?.partition).toBe(partition);
    }
    // What XADD makes elsewhere with a name without a tag is none of them.
    expect(await names(client, "KIND", "DEAD")).toEqual(tags.map((tag) => `sm:dead:{${tag}}`));
  });

  test("SM.STREAMS of more than 10,000 streams asks for a kind and a name", async () => {
    const server = await startPartitionedServer({ count: 64 });
    onTestFinished(() => server.close());
    const client = await server.client();
    const key = server.part(0).partition.place.tag;
    for (let task = 0; task < 160; task += 1)
      await client.call("XADD", `sm:tasks:{${key}}:t${task}`, "1-1", "a", "b");
    expect(await client.call("SM.STREAMS", "KIND", "TASKS")).toEqual(
      new ReplyFailure(
        "ERR there are 10240 streams and at most 10000 are listed: ask for those of a KIND and a NAME",
      ),
    );
    expect(await names(client, "KIND", "TASKS", "NAME", "t1")).toHaveLength(64);
  });
});
