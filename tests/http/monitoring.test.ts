/** What `deploy/` has for Prometheus and Grafana, held against promtool and the metrics there are. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

const ROOT = join(import.meta.dirname, "../..");
const DEPLOY = join(ROOT, "deploy");

function promtoolPath(): string | undefined {
  const unpacked = join(ROOT, "node_modules/.prometheus/usr/bin/promtool");
  if (existsSync(unpacked)) return unpacked;
  return spawnSync("promtool", ["--version"]).error === undefined ? "promtool" : undefined;
}

const promtool = promtoolPath();
if (promtool === undefined) process.stderr.write("promtool is missing: its checks are skipped\n");

function check(
  args: readonly string[],
  input = "",
): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(promtool ?? "", args, {
    cwd: DEPLOY,
    input,
    encoding: "utf8",
  });
  return { status, output: `${stdout}${stderr}` };
}

/** The metrics of a server that has something of everything. */
async function metricsText(): Promise<string> {
  const server = await startTestServer({ http: true });
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "lamp:v1", { initial: "off", states: { off: { on: { PRESS: "on" } }, on: {} } });
  await client.call("SM.CREATE", "hall", "lamp");
  await client.call("SM.SEND", "hall", "PRESS");
  await client.call("SM.SEND", "hall", "PRESS");
  await client.call("NOSUCHCOMMAND");
  await client.call("XGROUP", "CREATE", "sm:changes:lamp", "audit", "0");
  return (await request(server.url, "/metrics")).body;
}

describe.skipIf(promtool === undefined)("promtool", () => {
  test("accepts the metrics", async () => {
    expect(check(["check", "metrics"], await metricsText())).toEqual({ status: 0, output: "" });
  });

  test("accepts configuration and rules, and the alerts fire as their tests say", () => {
    for (const args of [
      ["check", "rules", "prometheus-alerts.yaml"],
      ["check", "config", "prometheus.yaml"],
      ["test", "rules", "prometheus-alerts-test.yaml"],
    ]) {
      const { status, output } = check(args);
      expect([args, status, output]).toEqual([args, 0, output]);
    }
  });
});

test("the dashboard and the alerts use metrics that the server has", async () => {
  const text = await metricsText();
  const known = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const files = ["grafana-dashboard.json", "prometheus-alerts.yaml"].map((name) =>
    readFileSync(join(DEPLOY, name), "utf8").replaceAll(/^ +description: .*$/gm, ""),
  );
  const used = new Set(files.join("\n").match(/\b(?:detent|process|nodejs)_[a-z0-9_]+\b/g) ?? []);
  expect([...used].filter((name) => !known.has(name))).toEqual([]);
});
