/** Debian's prometheus-redis-exporter, unpacked: it scrapes Detent as it does redis-server. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisServerMissing, startRedisServer } from "../compatibility/redis-server.ts";
import { freePort } from "../support/free-port.ts";
import { startTestServer } from "../support/server.ts";

const NAME = "prometheus-redis-exporter";
const UNPACKED = join(import.meta.dirname, "../../node_modules/.prometheus/usr/bin", NAME);

function exporterPath(): string | undefined {
  if (existsSync(UNPACKED)) return UNPACKED;
  return spawnSync(NAME, ["--version"]).error === undefined ? NAME : undefined;
}

const exporter = exporterPath();
const title = exporter === undefined ? `${NAME} (skipped: it is not there)` : NAME;

/** What one scrape of a server gives, and what the exporter has logged. */
async function scrape(address: string, ...options: readonly string[]) {
  const port = await freePort();
  const web = ["-web.listen-address", `127.0.0.1:${port}`, "-redis.addr", address];
  const child = spawn(exporter ?? "", [...web, "-include-system-metrics", ...options], { stdio: "pipe" });
  onTestFinished(() => {
    child.kill();
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  let metrics = "";
  await expect
    .poll(
      async () => {
        metrics = await fetch(`http://127.0.0.1:${port}/metrics`).then(
          (response) => response.text(),
          () => "",
        );
        return metrics;
      },
      { timeout: 20_000 },
    )
    .toMatch(/^redis_up 1$/m);
  return { metrics, log };
}

const namesOf = (metrics: string) =>
  new Set([...metrics.matchAll(/^(redis_[a-z_0-9]+)[ {]/gm)].map(([, name = ""]) => name));

describe.skipIf(exporter === undefined)(title, () => {
  test("scrapes without an error: keys, streams, clients, slow log, latency", async () => {
    const server = await startTestServer({ config: { "latency-monitor-threshold": 1 } });
    onTestFinished(() => server.close());
    const client = await server.client();
    await client.pipeline([
      ["SET", "k", "12"],
      ["XADD", "s", "*", "f", "v"],
      ["XGROUP", "CREATE", "s", "g", "0"],
      ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"],
    ]);
    const { metrics, log } = await scrape(
      `redis://127.0.0.1:${server.port}`,
      ...["-export-client-list", "-check-keys", "db0=*", "-check-streams", "db0=s", "-count-keys", "db0=*"],
    );
    expect(metrics).toMatch(/^redis_exporter_last_scrape_error\{err=""\} 0$/m);
    expect(metrics).toMatch(/^redis_db_keys\{db="db0"\} 2$/m);
    expect(metrics).toMatch(/^redis_stream_groups\{db="db0",stream="s"\} 1$/m);
    expect(metrics).toMatch(/^redis_key_size\{db="db0",key="k"\} 2$/m);
    expect(metrics).toMatch(/^redis_commands_total\{cmd="xadd"\} 1$/m);
    expect(metrics).toMatch(/^redis_connected_clients_details\{/m);
    expect(log).not.toMatch(/level=(?:error|warning|fatal)/);
  }, 40_000);

  test.skipIf(redisServerMissing !== undefined)(
    "reports the same metrics of Detent as of redis-server",
    async () => {
      const redis = await startRedisServer();
      onTestFinished(() => redis.close());
      const server = await startTestServer();
      onTestFinished(() => server.close());
      const theirs = namesOf((await scrape(`unix://${redis.socketPath}`)).metrics);
      const ours = namesOf((await scrape(`redis://127.0.0.1:${server.port}`)).metrics);
      expect([...theirs].filter((name) => !ours.has(name))).toEqual([]);
    },
    40_000,
  );
});
