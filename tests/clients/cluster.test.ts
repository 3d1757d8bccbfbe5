/** Clients of a Redis Cluster, unchanged, over three servers of which one owns all slots, and through takeovers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type FakeCluster, startFakeCluster } from "../support/fake-cluster.ts";
import { noPostgres } from "../support/postgres.ts";
import { startRealCluster } from "../support/real-cluster.ts";
import { missing, outputOf } from "./external.ts";

let cluster: FakeCluster;

const DOOR = '{"initial":"shut","states":{"shut":{"on":{"OPEN":"open"}},"open":{"on":{"SHUT":"shut"}}}}';

/**
 * Writes numbers one behind the other through a takeover; those that were answered are read back. A failed write is not
 * counted, since nobody knows what became of it.
 */
async function throughTakeover(
  set: (key: string, value: string) => Promise<unknown>,
  get: (key: string) => Promise<unknown>,
  prefix: string,
): Promise<number> {
  const answered: number[] = [];
  let failures = 0;
  let number = 0;
  const write = async (count: number): Promise<void> => {
    for (const until = answered.length + count; answered.length < until; ) {
      number += 1;
      const own = number;
      try {
        await set(`${prefix}:${own}`, String(own));
        answered.push(own);
      } catch {
        failures += 1;
        await delay(10);
      }
    }
  };
  await write(50);
  let isOver = false;
  const taking = cluster.takeOver().then(() => {
    isOver = true;
  });
  while (!isOver) await write(1);
  await taking;
  await write(50);
  for (const each of answered) expect(String(await get(`${prefix}:${each}`))).toBe(String(each));
  return failures;
}

const noCli = missing("redis-cli", "redis-cli", "--version");
const noRedisPy = missing("python3-redis", "/usr/bin/python3", "-c", "import redis");

const PYTHON_PACKAGE = new URL("../../clients/python/src", import.meta.url).pathname;

const KINDS = [
  ["servers in this process", startFakeCluster, undefined],
  ["programs over PostgreSQL", startRealCluster, noPostgres],
] as const;

describe.each(KINDS)("a cluster of %s", (_, startCluster, reason) => {
  if (reason !== undefined) {
    test.skip(`skipped: ${reason}`, () => undefined);
    return;
  }
  beforeAll(async () => {
    cluster = await startCluster();
  }, 120_000);
  afterAll(() => cluster?.close());

  describe("ioredis", () => {
    const connect = (ports = cluster.ports): Cluster => {
      // As docs/cluster.md has it: a takeover may last longer than ioredis tries again unless told otherwise.
      const client = new Cluster(
        ports.map((port) => ({ host: "127.0.0.1", port })),
        { retryDelayOnClusterDown: 300, retryDelayOnFailover: 300 },
      );
      client.on("error", () => undefined);
      onTestFinished(() => client.disconnect());
      return client;
    };

    test("finds the owner from a standby, and knows the others as its replicas", async () => {
      const client = connect(cluster.ports.slice(0, 1));
      expect(await client.set("foo", "1")).toBe("OK");
      expect(await client.get("foo")).toBe("1");
      expect(await client.mget("{t}a", "{t}b")).toEqual([null, null]);
      await expect(client.mget("a", "b")).rejects.toThrow(/CROSSSLOT/);
      expect(client.nodes("master").map(({ options }) => options.port)).toEqual([cluster.ownerPort]);
      expect(client.nodes("slave")).toHaveLength(2);
      expect(await client.dbsize()).toBeGreaterThan(0);
      const pipeline = client.pipeline();
      for (let number = 0; number < 20; number += 1) pipeline.set(`p:${number}`, number);
      expect((await pipeline.exec())?.every(([error]) => error === null)).toBe(true);
      expect(await client.multi().set("{m}1", "1").incr("{m}1").exec()).toEqual([
        [null, "OK"],
        [null, 2],
      ]);
    });

    test("sends commands of machines, whose keys it does not know, and follows the redirection", async () => {
      const client = connect();
      await client.call("SM.DEF", "CREATE", "iodoor", DOOR);
      await client.call("SM.CREATE", "iodoor:1", "iodoor");
      expect(await client.call("SM.SEND", "iodoor:1", "OPEN")).toContain("open");
      expect(await client.call("SM.COUNT", "DEF", "iodoor")).toBe(1);
    });

    test.each(["slave", "all"] as const)(
      "reads what the owner has when it reads from %s",
      async (scaleReads) => {
        const client = new Cluster([{ host: "127.0.0.1", port: cluster.ports[0] ?? 0 }], { scaleReads });
        onTestFinished(() => client.disconnect());
        await client.set("replica-read", "1");
        for (let count = 0; count < 5; count += 1) expect(await client.get("replica-read")).toBe("1");
      },
    );

    test("hears at any server what is published at another", async () => {
      const [subscriber, publisher] = [connect(), connect()];
      const heard: string[] = [];
      subscriber.on("message", (_, text: string) => heard.push(text));
      await subscriber.subscribe("news");
      for (const node of publisher.nodes("all")) await node.publish("news", String(node.options.port));
      while (heard.length < 3) await delay(2);
      expect(heard.sort()).toEqual(cluster.ports.map(String).sort());
    });

    test("goes on through a takeover", async () => {
      const client = connect();
      await throughTakeover(
        (key, value) => client.set(key, value),
        (key) => client.get(key),
        "io",
      );
      expect(await client.call("SM.COUNT")).toBeGreaterThanOrEqual(0);
    });

    test("goes on through a takeover while a request waits", async () => {
      const [client, other] = [connect(), connect()];
      const waiting = client.blpop("waited", 0).catch((error: Error) => error);
      while (!String(await other.info("clients")).includes("blocked_clients:1\r")) await delay(5);
      await cluster.takeOver();
      const answer = await Promise.race([
        waiting,
        (async () => {
          for (;;) {
            await other.rpush("waited", "x").catch(() => undefined);
            await delay(20);
          }
        })(),
      ]);
      expect(answer instanceof Error ? answer.message : answer).toSatisfy(
        (seen: unknown) => JSON.stringify(seen) === '["waited","x"]' || /UNBLOCKED|closed/.test(String(seen)),
      );
    });
  });

  describe.each([2, 3] as const)("node-redis in RESP%i", (RESP) => {
    const connect = async () => {
      const client = createCluster({
        rootNodes: cluster.ports.map((port) => ({ socket: { host: "127.0.0.1", port } })),
        RESP,
      });
      client.on("error", () => undefined);
      await client.connect();
      onTestFinished(() => client.destroy());
      return client;
    };

    test("finds the owner, sends commands of machines, and hears what others publish", async () => {
      const client = await connect();
      expect(await client.set("foo", "1")).toBe("OK");
      expect(await client.get("foo")).toBe("1");
      expect(client.masters).toHaveLength(1);
      await client.sendCommand(undefined, false, ["SM.DEF", "CREATE", "nodoor", DOOR]);
      await client.sendCommand(`nodoor:${RESP}`, false, ["SM.CREATE", `nodoor:${RESP}`, "nodoor"]);
      const sent = await client.sendCommand(`nodoor:${RESP}`, false, ["SM.SEND", `nodoor:${RESP}`, "OPEN"]);
      expect(JSON.stringify(sent)).toContain("open");
      const heard: string[] = [];
      await client.subscribe("news", (text) => heard.push(text));
      await client.sSubscribe("shard", (text) => heard.push(text));
      await client.publish("news", "hello");
      await client.sPublish("shard", "there");
      while (heard.length < 2) await delay(2);
      expect(heard.sort()).toEqual(["hello", "there"]);
    });

    test("reads what the owner has when it uses replicas", async () => {
      const client = createCluster({
        rootNodes: cluster.ports.map((port) => ({ socket: { host: "127.0.0.1", port } })),
        RESP,
        useReplicas: true,
      });
      client.on("error", () => undefined);
      await client.connect();
      onTestFinished(() => client.destroy());
      await client.set("replica-read", "1");
      for (let count = 0; count < 10; count += 1) expect(await client.get("replica-read")).toBe("1");
    });

    test("goes on through a takeover", async () => {
      const client = await connect();
      await throughTakeover(
        (key, value) => client.set(key, value),
        (key) => client.get(key),
        `node${RESP}`,
      );
    });
  });

  describe.skipIf(noCli !== undefined)("redis-cli -c", () => {
    test("follows redirections from a standby, before and after a takeover", async () => {
      const ask = (port: number, ...args: string[]) =>
        outputOf("redis-cli", ["-c", "-p", String(port), ...args]);
      const [standby = 0] = cluster.ports;
      expect(await ask(standby, "SET", "cli", "1")).toBe("OK\n");
      await cluster.takeOver();
      for (const port of cluster.ports) expect(await ask(port, "GET", "cli")).toBe("1\n");
      expect(await ask(cluster.ports[0] ?? 0, "DBSIZE")).toMatch(/^[1-9]/);
      expect(await outputOf("redis-cli", ["-p", String(cluster.ports[0]), "GET", "cli"])).toMatch(
        /^MOVED \d+ 127/,
      );
      const checked = await outputOf("redis-cli", ["--cluster", "check", `127.0.0.1:${cluster.ownerPort}`]);
      expect(checked).toContain("[OK] All 16384 slots covered.");
    });
  });

  describe.skipIf(noRedisPy !== undefined)("redis-py", () => {
    test("goes on through a takeover", async () => {
      const script = new URL("redis-py-cluster.py", import.meta.url).pathname;
      const child = spawn("/usr/bin/python3", [script, ...cluster.ports.map(String)], {
        stdio: "pipe",
        env: { ...process.env, PYTHONPATH: PYTHON_PACKAGE, PYTHONDONTWRITEBYTECODE: "1" },
      });
      let failure = "";
      child.stderr.on("data", (chunk: Buffer) => {
        failure += chunk.toString();
      });
      const ended = once(child, "close");
      const printed: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        printed.push(line);
        if (line !== "ready") continue;
        await cluster.takeOver();
        child.stdin.write("taken over\n");
      }
      const [code] = await ended;
      expect({ code, failure }).toEqual({ code: 0, failure: "" });
      expect(printed).toEqual(["ready", "done"]);
    });
  });
});
