/** Probes and metrics, as orchestrators and Prometheus read them. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { failingStore } from "../support/failing-store.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer, type TestServerOptions } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

async function serve(options: TestServerOptions = {}) {
  const server = await startTestServer({ http: true, ...options });
  onTestFinished(() => server.close());
  return server;
}

const DOOR = {
  initial: "closed",
  states: { closed: { on: { OPEN: "open" } }, open: { after: { "30s": "closed" }, on: { CLOSE: "closed" } } },
};

describe("probes", () => {
  test("/healthz and /readyz answer ok without a password when the store takes writes", async () => {
    const server = await serve({ config: { requirepass: "secret" } });
    for (const path of ["/healthz", "/readyz"]) {
      const { status, body } = await request(server.url, path);
      expect([path, status, body]).toEqual([path, 200, "ok\n"]);
    }
  });

  test("/readyz answers 503 and /healthz 200 when the store takes no writes", async () => {
    const failing = failingStore();
    const server = await serve({
      store: Store.over(failing.store, OBJECT_TYPES),
      clock: new VirtualClock(),
    });
    failing.fail(1);
    const client = await server.client();
    await client.call("SET", "a", "1");
    expect((await request(server.url, "/readyz")).status).toBe(503);
    expect((await request(server.url, "/healthz")).status).toBe(200);
  });
});

describe("access", () => {
  test("/metrics answers 401 without the password, and 200 with it in either form", async () => {
    const server = await serve({ config: { requirepass: "secret" } });
    const refused = await request(server.url, "/metrics");
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toMatch(/^Basic /);
    expect(refused.json).toMatchObject({ status: 401, code: "NOAUTH", type: "urn:detent:error:NOAUTH" });
    const basic = `Basic ${Buffer.from("default:secret").toString("base64")}`;
    for (const authorization of [basic, "Bearer secret"])
      expect((await request(server.url, "/metrics", { headers: { authorization } })).status).toBe(200);
    const wrong = await request(server.url, "/metrics", { headers: { authorization: "Bearer wrong" } });
    expect(wrong.json).toMatchObject({ status: 401, code: "WRONGPASS" });
    expect(server.context.sessions.size).toBe(0);
  });

  test("a foreign host name is refused when no password is set", async () => {
    const server = await serve();
    const asked = (host: string) => request(server.url, "/metrics", { headers: { host } });
    expect((await asked("evil.example:8379")).status).toBe(421);
    expect((await asked("localhost:8379")).status).toBe(200);
    expect((await asked("[::1]:8379")).status).toBe(200);
  });

  test("a page of another origin is refused until its origin is allowed", async () => {
    const server = await serve();
    const asked = () => request(server.url, "/metrics", { headers: { origin: "https://app.example.com" } });
    expect((await asked()).status).toBe(403);
    const client = await server.client();
    await client.call("CONFIG", "SET", "http-cors-origins", "https://app.example.com");
    const allowed = await asked();
    expect(allowed.status).toBe(200);
    expect(allowed.headers["access-control-allow-origin"]).toBe("https://app.example.com");
  });
});

describe("/metrics", () => {
  test("counts machines, timers, streams, commands and refusals", async () => {
    const clock = new VirtualClock();
    const server = await serve({ clock });
    const client = await server.client();
    await define(client, "door:v1", DOOR);
    for (const key of ["d1", "d2", "d3"]) await client.call("SM.CREATE", key, "door");
    await client.call("SM.SEND", "d1", "OPEN");
    await client.call("SM.SEND", "d1", "OPEN");
    await client.call("XGROUP", "CREATE", "sm:changes:door", "audit", "0");
    const { body } = await request(server.url, "/metrics");
    const lines = new Set(body.split("\n"));
    for (const line of [
      'detent_machines{db="0",definition="door:v1",status="active"} 3',
      'detent_machines_in_state{db="0",definition="door:v1",state="closed",status="active"} 2',
      'detent_machines_in_state{db="0",definition="door:v1",state="open",status="active"} 1',
      'detent_refusals_total{code="ILLEGAL"} 1',
      'detent_command_duration_seconds_count{command="SM.SEND"} 2',
      "detent_timers_pending 1",
      "detent_timers_late 0",
      'detent_stream_length{db="0",stream="sm:changes:door"} 4',
      'detent_group_lag{db="0",stream="sm:changes:door",group="audit"} 4',
      "detent_store_up 1",
    ])
      expect(lines).toContain(line);
    expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(body).toMatch(/^process_resident_memory_bytes /m);
  });

  test("has how long machines stayed in the states that they have left, as INFO statemachine has", async () => {
    const clock = new VirtualClock();
    const server = await serve({ clock });
    const client = await server.client();
    await define(client, "door:v1", DOOR);
    for (const key of ["d1", "d2"]) await client.call("SM.CREATE", key, "door");
    clock.advance(8);
    await client.call("SM.SEND", "d1", "OPEN");
    clock.advance(4);
    await client.call("SM.SEND", "d2", "OPEN");
    const lines = new Set((await request(server.url, "/metrics")).body.split("\n"));
    const labels = 'db="0",definition="door:v1",state="closed"';
    for (const line of [
      "# TYPE detent_state_stay_seconds summary",
      `detent_state_stay_seconds{${labels},quantile="0.5"} 0.008`,
      `detent_state_stay_seconds{${labels},quantile="0.95"} 0.012`,
      `detent_state_stay_seconds_sum{${labels}} 0.02`,
      `detent_state_stay_seconds_count{${labels}} 2`,
    ])
      expect(lines).toContain(line);
    const info = String(await client.call("INFO", "statemachine")).split("\r\n");
    expect(info).toContain("stay_0_door:v1/closed:count=2,p50=8,p95=12");
  });

  test("reads the status of the store, which looks at files, once a scrape", async () => {
    const ordered = new MemoryStore();
    const status = vi.spyOn(ordered, "status");
    const server = await serve({ store: Store.over(ordered, OBJECT_TYPES) });
    await request(server.url, "/metrics");
    status.mockClear();
    await request(server.url, "/metrics");
    expect(status).toHaveBeenCalledTimes(1);
  });

  test("agrees with INFO statemachine", async () => {
    const server = await serve({ clock: new VirtualClock() });
    const client = await server.client();
    await define(client, "door:v1", DOOR);
    for (const key of ["d1", "d2"]) await client.call("SM.CREATE", key, "door");
    await client.call("SM.SEND", "d1", "OPEN");
    const lines = String(await client.call("INFO", "statemachine")).split("\r\n");
    expect(lines).toEqual([
      "# Statemachine",
      "machines:2",
      "machines_active:2",
      "machines_failed:0",
      "machines_suspended:0",
      "machines_done:0",
      "machines_stopped:0",
      "machines_overdue:0",
      "machines_overdue_ms:0",
      "timers_pending:1",
      "timers_late:0",
      "timers_lateness_ms:0",
      "tasks:0",
      "tasks_pending:0",
      "dead_letters:0",
      "refusals_kept:0",
      expect.stringMatching(/^machine_cache_bytes:\d{4}$/),
      "machine_cache_hits:3",
      "machine_cache_misses:2",
      "definition_0_door:v1:active=2",
      "state_0_door:v1/closed:active=1",
      "state_0_door:v1/open:active=1",
      "stay_0_door:v1/closed:count=1,p50=0,p95=0",
      "",
    ]);
  });
});
