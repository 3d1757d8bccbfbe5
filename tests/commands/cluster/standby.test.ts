/** What a server answers that is part of a cluster, as its owner, as a standby, and while nobody is the owner. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ClusterMember, ClusterState } from "../../../src/cluster/view.ts";
import { misplaced } from "../../../src/commands/cluster/placement.ts";
import { TestClient } from "../../support/client.ts";
import { member, memberId, partitionOf, viewOf } from "../../support/cluster-view.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

const MEMBERS = [member("a", 7001), member("b", 7002), member("c", 7003)];

let view: ClusterState;
let server: TestServer;
let client: TestClient;

function serve(letter: string, owner: string | undefined): void {
  beforeAll(async () => {
    view = viewOf(letter, { members: MEMBERS, owner });
    server = await startTestServer({ cluster: view, http: true, config: { "cluster-hold": 0 } });
  });
  beforeEach(async () => {
    client = await server.client();
  });
  afterAll(() => server.close());
}

const answer = async (...args: string[]) => (await client.exchange(...args)).bytes.toString().trimEnd();

describe("a standby", () => {
  serve("b", "a");

  test.each([
    ["GET", "foo"],
    ["SET", "foo", "1"],
    ["MGET", "foo", "foo{foo}"],
    ["WATCH", "foo"],
    ["BLPOP", "foo", "0"],
    ["SM.CREATE", "foo", "order"],
    ["SM.SEND", "foo", "PAY"],
    ["EVAL", "return redis.call('get', KEYS[1])", "1", "foo"],
    ["XREAD", "BLOCK", "0", "STREAMS", "foo", "$"],
    ["OBJECT", "ENCODING", "foo"],
  ])("answers MOVED to %s %s", async (...args) => {
    expect(await answer(...args)).toBe("-MOVED 12182 127.0.0.1:7001");
  });

  test.each([
    ["SCAN", "0"],
    ["KEYS", "*"],
    ["DBSIZE"],
    ["RANDOMKEY"],
    ["FLUSHALL"],
    ["SAVE"],
    ["SM.SCAN", "0"],
    ["SM.COUNT"],
    ["SM.OVERDUE", "order"],
    ["SM.DEF", "LIST"],
    ["SM.DEF", "CREATE", "order", "{}"],
    ["SM.MIGRATION", "LIST"],
    ["FUNCTION", "LIST"],
    ["FUNCTION", "FLUSH"],
    ["FCALL", "nosuch", "0"],
    ["EVAL", "return redis.call('dbsize')", "0"],
    ["CLUSTER", "COUNTKEYSINSLOT", "5"],
  ])("answers MOVED with the first slot to %s, which has no key", async (...args) => {
    expect(await answer(...args)).toBe("-MOVED 0 127.0.0.1:7001");
  });

  test.each([
    ["PING"],
    ["TIME"],
    ["SELECT", "0"],
    ["CLIENT", "ID"],
    ["CONFIG", "GET", "port"],
    ["PUBLISH", "news", "hello"],
    ["SPUBLISH", "news", "hello"],
    ["SCRIPT", "LOAD", "return 1"],
    ["COMMAND", "COUNT"],
    ["SM.TEMPLATE"],
    ["ACL", "WHOAMI"],
    ["SLOWLOG", "LEN"],
  ])("answers %s itself", async (...args) => {
    await client.call("HELLO", "3");
    expect(await answer(...args)).not.toMatch(/^-/);
  });

  test("names the owner where it reads keys of several slots only after that", async () => {
    expect(await answer("MGET", "foo", "bar")).toMatch(/^-CROSSSLOT /);
    expect(await answer("SSUBSCRIBE", "foo", "bar")).toMatch(/^-CROSSSLOT /);
  });

  test("refuses in MULTI what it would refuse outside, and EXEC then", async () => {
    expect(await answer("MULTI")).toBe("+OK");
    expect(await answer("PING")).toBe("+QUEUED");
    expect(await answer("GET", "foo")).toBe("-MOVED 12182 127.0.0.1:7001");
    expect(await answer("EXEC")).toBe("-EXECABORT Transaction discarded because of previous errors.");
    expect(await answer("EXEC")).toBe("-ERR EXEC without MULTI");
  });

  test("is a replica of the owner in HELLO, ROLE and INFO", async () => {
    const hello = (await client.call("HELLO", "3")) as Map<string, unknown>;
    expect([hello.get("mode"), hello.get("role")].map(String)).toEqual(["cluster", "replica"]);
    expect((await client.call("ROLE")) as unknown[]).toEqual(["slave", "127.0.0.1", 7001, "connected", 0]);
    const info = String(await client.call("INFO"));
    for (const line of [
      "redis_mode:cluster",
      "cluster_enabled:1",
      "role:slave",
      "master_port:7001",
      "master_link_status:up",
    ])
      expect(info).toContain(`\r\n${line}\r\n`);
    expect(await answer("CONFIG", "GET", "cluster-enabled")).toContain("yes");
  });

  test("is a replica in CLUSTER SLOTS, SHARDS and NODES, as the other standbys that are alive are", async () => {
    view.update({
      members: [MEMBERS[0], MEMBERS[1], member("c", 7003, { isAlive: false })].flatMap((m) => m ?? []),
      partitions: [partitionOf("a")],
    });
    expect(await client.call("CLUSTER", "SLOTS")).toEqual([
      [0, 16_383, ["127.0.0.1", 7001, memberId("a"), []], ["127.0.0.1", 7002, memberId("b"), []]],
    ]);
    expect(String(await client.call("CLUSTER", "NODES")).split("\n")).toEqual([
      `${memberId("a")} 127.0.0.1:7001@0 master - 0 0 1 connected 0-16383`,
      `${memberId("b")} 127.0.0.1:7002@0 myself,slave ${memberId("a")} 0 0 0 connected`,
      `${memberId("c")} 127.0.0.1:7003@0 slave,fail ${memberId("a")} 0 0 0 disconnected`,
      "",
    ]);
    const replicas = (await client.call("CLUSTER", "REPLICAS", memberId("a"))) as unknown[];
    expect(replicas).toHaveLength(2);
    expect(await client.call("CLUSTER", "SLAVES", memberId("a"))).toEqual(replicas);
    const [shard] = (await client.call("CLUSTER", "SHARDS")) as unknown[][];
    expect(JSON.stringify(shard)).toContain('"health","fail"');
    expect(await answer("CLUSTER", "REPLICAS", memberId("b"))).toBe(
      "-ERR The specified node is not a master",
    );
    expect(await answer("CLUSTER", "REPLICAS", "nosuch")).toBe("-ERR Unknown node nosuch");
    view.update({ members: MEMBERS, partitions: [partitionOf("a")] });
  });

  test("sends a reader of replicas to the owner for each request, and shows it in CLIENT LIST", async () => {
    expect(await answer("READONLY")).toBe("+OK");
    expect(String(await client.call("CLIENT", "INFO"))).toContain(" flags=r ");
    expect(await answer("GET", "foo")).toBe("-ASK 12182 127.0.0.1:7001");
    expect(await answer("DBSIZE")).toBe("-ASK 0 127.0.0.1:7001");
    expect(await answer("SET", "foo", "1")).toBe("-MOVED 12182 127.0.0.1:7001");
    expect(await answer("READWRITE")).toBe("+OK");
    expect(await answer("GET", "foo")).toBe("-MOVED 12182 127.0.0.1:7001");
    expect(String(await client.call("CLIENT", "INFO"))).toContain(" flags=N ");
    expect(await answer("ASKING")).toBe("+OK");
  });

  test("answers HTTP requests with 421 and the owner's address", async () => {
    const response = await fetch(`${server.url}/api/v1/machines/foo`);
    expect(response.status).toBe(421);
    expect(await response.json()).toMatchObject({ code: "MOVED", detail: "12182 127.0.0.1:7001" });
    for (const path of ["machines", "definitions"])
      expect((await fetch(`${server.url}/api/v1/${path}`)).status, path).toBe(421);
    for (const path of ["healthz", "readyz"])
      expect((await fetch(`${server.url}/${path}`)).status, path).toBe(200);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    for (const line of ["detent_cluster_owner 0", "detent_cluster_members 3", "detent_cluster_epoch 1"])
      expect(metrics.split("\n")).toContain(line);
  });

  test("sends the changes that the owner tells of, to whoever follows them here", async () => {
    const reading = new AbortController();
    const response = await fetch(`${server.url}/api/v1/changes?definition=order`, {
      signal: reading.signal,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    reading.abort();
  });

  test("names the port for TLS to a client that came by TLS, or the only port", () => {
    const { partitions } = server.context;
    const need = { slot: 5, otherSlots: [], usesStore: true, isRead: true };
    const ask = (isSecure: boolean, owner: Partial<ClusterMember>) => {
      const cluster = viewOf("b", { members: [member("a", 7001, owner)], owner: "a" });
      return misplaced(
        { cluster, partitions },
        need,
        { isSecure, isReplicaReader: false, mayCrossSlots: false },
        0,
      )?.message;
    };
    expect(ask(false, { tlsPort: 7101 })).toBe("MOVED 5 127.0.0.1:7001");
    expect(ask(true, { tlsPort: 7101 })).toBe("MOVED 5 127.0.0.1:7101");
    expect(ask(true, {})).toBe("MOVED 5 127.0.0.1:7001");
    expect(ask(false, { port: 0, tlsPort: 7101 })).toBe("MOVED 5 127.0.0.1:7101");
  });
});

describe("a server of a cluster that nobody owns", () => {
  serve("b", undefined);

  test("answers CLUSTERDOWN to what needs the store", async () => {
    for (const request of [["GET", "foo"], ["DBSIZE"], ["MGET", "foo", "bar"]])
      expect(await answer(...request)).toBe("-CLUSTERDOWN Hash slot not served");
    expect(String(await client.call("CLUSTER", "INFO"))).toContain("cluster_state:fail\r\n");
    expect(await client.call("ROLE")).toEqual(["slave", "", 0, "connect", -1]);
    expect(String(await client.call("INFO", "replication"))).toContain("master_link_status:down");
  });

  test("names a server that is alive for all slots, so that clients keep a list", async () => {
    const [range] = (await client.call("CLUSTER", "SLOTS")) as unknown[][];
    expect(range?.slice(0, 3)).toEqual([0, 16_383, ["127.0.0.1", 7001, memberId("a"), []]]);
  });
});

describe("the owner", () => {
  serve("a", "a");

  test("runs what is asked of its keys, also without one", async () => {
    expect(await answer("SET", "foo", "1")).toBe("+OK");
    expect(await client.call("DBSIZE")).toBe(1);
    expect(await client.call("CLUSTER", "COUNTKEYSINSLOT", "12182")).toBe(1);
    expect(((await client.call("CLUSTER", "GETKEYSINSLOT", "12182", "10")) as unknown[]).map(String)).toEqual(
      ["foo"],
    );
    expect(await client.call("CLUSTER", "GETKEYSINSLOT", "12182", "0")).toEqual([]);
    expect(await answer("CLUSTER", "MYID")).toContain(memberId("a"));
    expect(await answer("CLUSTER", "MYSHARDID")).toMatch(/[0-9a-f]{40}$/);
    expect(await client.call("CLUSTER", "LINKS")).toEqual([]);
    expect(await client.call("CLUSTER", "COUNT-FAILURE-REPORTS", memberId("b"))).toBe(0);
    expect(((await client.call("CLUSTER", "HELP")) as unknown[]).map(String)).toContain("KEYSLOT key");
    expect(String(await client.call("CLUSTER", "INFO"))).toContain("cluster_state:ok\r\n");
    expect(await client.call("ROLE")).toEqual(["master", 0, []]);
  });

  test("answers HTTP requests whose keys are in several slots", async () => {
    const response = await fetch(`${server.url}/api/v1/commands`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '["MGET", "foo", "bar", "x"]',
    });
    expect([response.status, (await response.text()).trim()]).toEqual([200, '["1",null,null]']);
    for (const name of ["one", "two"])
      await client.call("SM.DEF", "CREATE", name, '{"initial":"a","states":{"a":{}}}');
    const ended = new AbortController();
    const changes = await fetch(`${server.url}/api/v1/changes`, { signal: ended.signal });
    expect(changes.status).toBe(200);
    const reader = changes.body?.getReader();
    await client.call("SM.CREATE", "m", "one");
    let text = "";
    while (!text.includes('"key":"m"')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    ended.abort();
  });

  test("refuses what changes a Redis Cluster, and says why", async () => {
    expect(await answer("CLUSTER", "RESET")).toBe(
      "-ERR CLUSTER RESET is not available: members and owners are what the database of the cluster says",
    );
    expect(await answer("CLUSTER", "FAILOVER")).toMatch(
      /^-ERR CLUSTER FAILOVER is not available: SHUTDOWN of the owner/,
    );
  });

  test("runs nothing of the store once its lease may have ended, and names the next owner when it knows one", async () => {
    const waiting = client.exchange("BLPOP", "list", "0");
    const other = await server.client();
    expect(await other.call("CLIENT", "ID")).toBeGreaterThan(0);
    view.serveUntil(0, Number.NEGATIVE_INFINITY);
    expect((await other.exchange("GET", "foo")).bytes.toString()).toBe(
      "-CLUSTERDOWN The cluster is down\r\n",
    );
    view.update({ members: MEMBERS, partitions: [partitionOf("b", 2)] });
    expect((await other.exchange("GET", "foo")).bytes.toString()).toBe("-MOVED 12182 127.0.0.1:7002\r\n");
    server.context.waiters.endAll();
    expect((await waiting).bytes.toString()).toBe(
      "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n",
    );
    view.update({ members: MEMBERS, partitions: [partitionOf("a", 3)] });
    view.serveUntil(0, Number.POSITIVE_INFINITY);
  });
});

test("an owner that ends has those who wait go on elsewhere", async () => {
  const own = await startTestServer({ cluster: viewOf("a", { members: MEMBERS, owner: "a" }) });
  const waiter = await TestClient.connect(own.port);
  const waiting = waiter.exchange("BLPOP", "list", "0");
  const asking = await own.client();
  while (!String(await asking.call("INFO", "clients")).includes("blocked_clients:1\r"));
  const closed = own.close();
  expect((await waiting).bytes.toString()).toMatch(/^-UNBLOCKED /);
  await closed;
});
