/**
 * A server of a cluster beside a node of a Redis Cluster. Both own the lower half of the slots; the upper half
 * belongs to another node, or in the second group to nobody.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { ClusterState } from "../../src/cluster/view.ts";
import { encodeRequest, TestClient } from "../support/client.ts";
import { member, memberId } from "../support/cluster-view.ts";
import { freePort } from "../support/free-port.ts";
import { describeAgainstRedis, type Setting } from "./differential.ts";
import { type RedisServer, redisServerMissing, startRedisServer } from "./redis-server.ts";

const SLOTS = 16_384;
const HALF = SLOTS / 2;

async function clusterOptions(): Promise<{ readonly port: number; readonly options: readonly string[] }> {
  const [port, busPort] = [await freePort(), await freePort()];
  const options = ["--cluster-enabled", "yes", "--port", String(port), "--cluster-port", String(busPort)];
  return {
    port,
    options: [...options, "--cluster-announce-ip", "127.0.0.1", "--enable-debug-command", "yes"],
  };
}

/** Has redis-server do what we refuse, so that commands.json knows no reply. */
async function change(client: TestClient, ...args: ReadonlyArray<string | number>): Promise<void> {
  client.write(encodeRequest(["CLUSTER", ...args]));
  await client.next();
}

/** Asks until the cluster has the state that a line of CLUSTER INFO tells. */
async function untilTold(client: TestClient, line: string): Promise<void> {
  while (!String(await client.call("CLUSTER", "INFO")).includes(line))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

const node = await clusterOptions();

function viewWith(otherPort: number | undefined): ClusterState {
  const otherId = otherPort === undefined ? undefined : memberId("b");
  const state = new ClusterState(memberId("a"), {
    members: [member("a", node.port), ...(otherPort === undefined ? [] : [member("b", otherPort)])],
    partitions: [
      { partition: 0, firstSlot: 0, lastSlot: HALF - 1, ownerId: memberId("a"), epoch: 1 },
      { partition: 1, firstSlot: HALF, lastSlot: SLOTS - 1, ownerId: otherId, epoch: 1 },
    ],
  });
  state.serveUntil(0, Number.POSITIVE_INFINITY);
  return state;
}

/** Keys of the lower half: {b} is 3300, {user1000} 3443, {x} 16287. */
const COMMON = {
  "keys of several slots are refused, before anything else is looked at": `
    SET {b}1 1
    SET {b}2 2
    MGET {b}1 {b}2
    !MGET {b}1 {user1000}1
    !MSET {b}1 1 {user1000}1 2
    !SUNIONSTORE {b}d {b}1 {user1000}1
    !RENAME {b}1 {user1000}1
    !EVAL "return 1" 2 {b}1 {user1000}1
    !XREAD STREAMS {b}1 {user1000}1 0 0
    !BLPOP {b}1 {user1000}1 0
    !WATCH {b}1 {user1000}1
    !SSUBSCRIBE {b}1 {user1000}1
    !DEL {b}1 {user1000}1
    !PFMERGE {b}1 {user1000}1
    !SORT {b}1 STORE {user1000}1
    !COPY {b}1 {user1000}1
  `,
  "there is database 0 alone": `
    SELECT 0
    !SELECT 1
    !SELECT 99
    !SELECT x
    SET {b}1 1
    !MOVE {b}1 1
    !SWAPDB 0 1
    !SWAPDB x y
    !COPY {b}1 {b}2 DB 1
    COPY {b}1 {b}2 DB 0
    !COPY {b}1 {b}2 DB 99
  `,
  "SORT has no patterns": `
    RPUSH {b}list 3 1 2
    SORT {b}list
    !SORT {b}list BY {b}w_*
    !SORT {b}list GET {b}w_*
    !SORT {b}list GET #
    SORT {b}list BY nosort
  `,
  "a transaction is in one slot": `
    MULTI
    SET {b}1 1
    INCR {b}1
    EXEC
    MULTI
    SET {b}1 1
    SET {user1000}1 1
    !EXEC
    !EXEC
    GET {b}1
    EXISTS {user1000}1
    MULTI
    !MGET {b}1 {user1000}1
    SET {b}2 1
    !EXEC
    EXISTS {b}2
    MULTI
    PING
    EXEC
    MULTI
    !NOSUCH
    SET {b}2 1
    SET {user1000}2 1
    !EXEC
  `,
  "a script keeps to one slot where its first line says so": [
    `
    EVAL "return redis.call('set', KEYS[1], 1)" 1 {b}1
    EVAL "return {redis.call('set', '{b}1', 1), redis.call('set', '{user1000}1', 1)}" 0
    EVAL "return redis.pcall('mget', '{b}1', '{user1000}1')['err']" 0
    `,
    {
      comparison: "either",
      args: ["EVAL", "#!lua\nreturn {redis.call('set', '{b}1', 1), redis.call('get', '{b}1')}", "0"],
    },
    {
      comparison: "either",
      args: ["EVAL", "#!lua\nreturn redis.pcall('get', '{user1000}1')['err']", "1", "{b}1"],
    },
    {
      comparison: "either",
      args: [
        "EVAL",
        "#!lua\nredis.call('get', '{b}1'); return redis.pcall('get', '{user1000}1')['err']",
        "0",
      ],
    },
    {
      comparison: "either",
      args: [
        "EVAL",
        "#!lua flags=allow-cross-slot-keys\nreturn {redis.call('set', '{b}1', 1), redis.call('set', '{user1000}1', 1)}",
        "0",
      ],
    },
    { comparison: "error", args: ["EVAL", "#!lua flags=no-cluster\nreturn 1", "0"] },
  ],
  "CLUSTER answers about slots and keys": `
    CLUSTER KEYSLOT foo
    CLUSTER KEYSLOT foo{bar}{zap}
    CLUSTER KEYSLOT foo{}{bar}
    CLUSTER KEYSLOT ""
    SET {b}1 1
    CLUSTER COUNTKEYSINSLOT 3300
    CLUSTER GETKEYSINSLOT 3300 10
    CLUSTER GETKEYSINSLOT 3300 0
    CLUSTER COUNTKEYSINSLOT 5
    !CLUSTER COUNTKEYSINSLOT 16384
    !CLUSTER COUNTKEYSINSLOT -1
    !CLUSTER COUNTKEYSINSLOT x
    !CLUSTER GETKEYSINSLOT 16384 1
    !CLUSTER GETKEYSINSLOT 5 -1
    !CLUSTER GETKEYSINSLOT 5 x
    ?CLUSTER MYID
    ?CLUSTER SLOTS
    ?CLUSTER SHARDS
    ?CLUSTER INFO
    ?CLUSTER NODES
    ?CLUSTER LINKS
    ?CLUSTER HELP
    !CLUSTER COUNT-FAILURE-REPORTS nosuch
    !CLUSTER REPLICAS nosuch
    !CLUSTER SLAVES nosuch
    !CLUSTER NOSUCH
    !CLUSTER
    READONLY
    READWRITE
    ASKING
    !READONLY x
    CONFIG GET cluster-enabled
    ?INFO cluster
  `,
} as const;

const withoutOther: Setting = {
  redis: [...node.options, "--cluster-require-full-coverage", "no"],
  detent: { "enable-debug-command": "yes" },
  cluster: viewWith(undefined),
  prepareRedis: async (client) => {
    await change(client, "ADDSLOTSRANGE", 0, HALF - 1);
    await untilTold(client, "cluster_state:ok");
  },
};

describeAgainstRedis(
  "a server that owns half of the slots, the others being nobody's",
  {
    ...COMMON,
    "a slot that nobody serves is refused": `
      !GET {x}1
      !MGET {x}1 {b}1
      !MGET {b}1 {x}1
      !EVAL "return 1" 1 {x}1
      !EVAL "return redis.call('get', '{x}1')" 0
      MULTI
      !SET {x}1 1
      !EXEC
    `,
  },
  withoutOther,
);

describe.skipIf(redisServerMissing !== undefined)("with another node", async () => {
  let second: RedisServer;
  const other = await clusterOptions();
  beforeAll(async () => {
    second = await startRedisServer(...other.options);
  });
  afterAll(() => second?.close());

  describeAgainstRedis(
    "a server that owns half of the slots, the others being another one's",
    {
      "a key of another node is redirected": `
        !GET {x}1
        !SET {x}1 1
        !MGET {x}1 {x}2
        !MGET {x}1 {b}1
        !MGET {b}1 {x}1
        !BLPOP {x}1 0
        !XREAD BLOCK 0 STREAMS {x}1 $
        !WATCH {x}1
        !EVAL "return 1" 1 {x}1
        !EVAL "return redis.call('get', '{x}1')" 0
        !OBJECT ENCODING {x}1
        !GET
        PING
        DBSIZE
        KEYS *
      `,
      "a transaction that has a key of another node is refused": `
        MULTI
        SET {b}1 1
        !SET {x}1 1
        !EXEC
        EXISTS {b}1
        !EXEC
        MULTI
        !GET {x}1
        DISCARD
        SET {b}1 1
        WATCH {b}1
        MULTI
        !GET {x}1
        !EXEC
        UNWATCH
      `,
    },
    {
      ...withoutOther,
      redis: node.options,
      cluster: viewWith(other.port),
      prepareRedis: async (client) => {
        await change(client, "ADDSLOTSRANGE", 0, HALF - 1);
        const there = await TestClient.connect(second.socketPath);
        await change(there, "ADDSLOTSRANGE", HALF, SLOTS - 1);
        const busPort = other.options[other.options.indexOf("--cluster-port") + 1] ?? "";
        await change(client, "MEET", "127.0.0.1", other.port, busPort);
        await untilTold(client, "cluster_state:ok");
        await untilTold(client, "cluster_known_nodes:2");
        await there.close();
      },
    },
  );
});
