import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { latencyGraphText } from "../../src/commands/server/latency-graph.ts";
import { type Received, TestClient } from "../support/client.ts";
import { startTestServer } from "../support/server.ts";
import { describeAgainstRedis } from "./differential.ts";
import { type RedisServer, redisServerMissing, startRedisServer } from "./redis-server.ts";

describeAgainstRedis("LATENCY", {
  "GRAPH and HISTOGRAM of nothing": `
    !LATENCY GRAPH nosuch
    !LATENCY GRAPH
    CONFIG RESETSTAT
    LATENCY HISTOGRAM nosuch get
    LATENCY HISTOGRAM nosuch "" object
    CONFIG SET latency-tracking no
    CONFIG RESETSTAT
    GET k
    LATENCY HISTOGRAM
    INFO latencystats
    CONFIG SET latency-tracking yes
  `,
});

const title = redisServerMissing === undefined ? "LATENCY GRAPH" : `LATENCY GRAPH (${redisServerMissing})`;
describe.skipIf(redisServerMissing !== undefined)(title, () => {
  let redis: RedisServer;
  let client: TestClient;
  beforeAll(async () => {
    redis = await startRedisServer("--enable-debug-command", "yes", "--latency-monitor-threshold", "1");
    client = await TestClient.connect(redis.socketPath);
  });
  afterAll(async () => {
    await client.close();
    await redis.close();
  });

  test("is drawn as Redis draws it", async () => {
    for (const seconds of ["1.3", "1.01", "1.12", "1.07"]) await client.call("DEBUG", "SLEEP", seconds);
    const [graph, history, time] = await client.pipeline([
      ["LATENCY", "GRAPH", "command"],
      ["LATENCY", "HISTORY", "command"],
      ["TIME"],
    ]);
    const moments = listOf(history).map((moment) => {
      const [atSeconds, milliseconds] = (moment as readonly unknown[]).map(Number);
      return { atSeconds: atSeconds ?? 0, milliseconds: milliseconds ?? 0 };
    });
    const nowSeconds = Number(listOf(time)[0]);
    const millisecondsMax = Math.max(...moments.map(({ milliseconds }) => milliseconds));
    expect(moments).toHaveLength(4);
    expect(String(graph?.value)).toBe(
      latencyGraphText({ event: "command", moments, millisecondsMax, nowSeconds }),
    );
  }, 20_000);
});

function listOf(reply: Received | undefined): readonly unknown[] {
  return Array.isArray(reply?.value) ? reply.value : [];
}

test("LATENCY HISTOGRAM and INFO latencystats count calls by command, subcommands apart", async () => {
  const server = await startTestServer();
  try {
    const client = await server.client();
    await client.call("HELLO", "3");
    for (let at = 0; at < 5; at += 1) await client.call("SET", "k", at);
    await client.call("CONFIG", "GET", "port");
    const all = (await client.call("LATENCY", "HISTOGRAM")) as Map<unknown, unknown>;
    expect([...all.keys()].map(String)).toEqual(["hello", "set", "config|get"]);
    const reply = (await client.exchange("LATENCY", "HISTOGRAM", "CONFIG", "set", "set", "nosuch")).bytes;
    expect(reply.toString()).toMatch(
      /^%2\r\n\$10\r\nconfig\|get\r\n%2\r\n\$5\r\ncalls\r\n:1\r\n\$14\r\nhistogram_usec\r\n%1\r\n:\d+\r\n:1\r\n\$3\r\nset\r\n/,
    );
    const info = String(await client.call("INFO", "latencystats"));
    expect(info).toMatch(/^# Latencystats\r\n/);
    expect(info).toMatch(
      /\r\nlatency_percentiles_usec_set:p50=\d+\.\d{3},p99=\d+\.\d{3},p99\.9=\d+\.\d{3}\r\n/,
    );
    await client.call("CONFIG", "SET", "latency-tracking-info-percentiles", "0 100");
    expect(String(await client.call("INFO", "latencystats"))).toMatch(/_set:p0=[\d.]+,p100=[\d.]+\r\n/);
  } finally {
    await server.close();
  }
});
