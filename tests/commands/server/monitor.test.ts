import { expect, onTestFinished, test } from "vitest";
import type { ConfigValues } from "../../../src/config/directives.ts";
import { encodeRequest } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

async function serve(config: Partial<ConfigValues> = {}): Promise<TestServer> {
  const server = await startTestServer({ config });
  onTestFinished(() => server.close());
  return server;
}

test("MONITOR shows time, database, address and arguments", async () => {
  const server = await serve();
  const [watcher, client] = [await server.client(), await server.client()];
  await watcher.call("MONITOR");
  const shown = watcher.next();
  await client.call("SET", "k", "v");
  const [session] = [...server.context.sessions.all()].filter(({ isMonitor }) => !isMonitor);
  const line = (await shown).bytes.toString();
  expect(line).toMatch(/^\+\d{10}\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "k" "v"\r\n$/);
  expect(line).toContain(session?.address);
  expect(String(await client.call("CLIENT", "LIST"))).toMatch(/flags=O .* cmd=monitor /);
});

test("MONITOR shows no password of HELLO, and is not answered twice, as with Redis", async () => {
  const server = await serve();
  const [watcher, client] = [await server.client(), await server.client()];
  await watcher.call("MONITOR");
  watcher.write(encodeRequest(["MONITOR"]));
  const shown = watcher.next();
  await client.call("HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me");
  expect((await shown).bytes.toString()).toMatch(
    /^\+.* "HELLO" "2" "AUTH" "\(redacted\)" "\(redacted\)" "SETNAME" "me"\r\n$/,
  );
});

test("MONITOR cuts an argument of great length", async () => {
  const server = await serve();
  const [watcher, client] = [await server.client(), await server.client()];
  await watcher.call("MONITOR");
  const shown = watcher.next();
  await client.call("SET", "k", Buffer.alloc(1_000_000, "x"));
  const line = (await shown).bytes.toString();
  expect(line).toMatch(/"SET" "k" "x{65536}\.\.\. \(934464 more bytes\)"\r\n$/);
});

test("MONITOR is disconnected at the output limit of subscribers when it does not read", async () => {
  const off = { hardBytes: 0, softBytes: 0, softSeconds: 0 };
  const server = await serve({
    "client-output-buffer-limit": { normal: off, replica: off, pubsub: { ...off, hardBytes: 1 << 20 } },
  });
  const [watcher, client] = [await server.client(), await server.client()];
  watcher.write(encodeRequest(["MONITOR"]));
  await expect.poll(() => server.context.monitors.size).toBe(1);
  watcher.pause();
  for (let round = 0; server.context.monitors.size > 0 && round < 2000; round += 1) {
    await client.pipeline(Array.from({ length: 10 }, () => ["ECHO", Buffer.alloc(10_000, "x")]));
  }
  expect(server.context.monitors.size).toBe(0);
  watcher.resume();
  await watcher.closed();
});

test("SLOWLOG and MONITOR show no password, not even one of CONFIG SET", async () => {
  const server = await serve({ "slowlog-log-slower-than": 0 });
  const client = await server.client();
  await client.call("CONFIG", "SET", "timeout", "7", "requirepass", "secret", "masterauth", "secret");
  await client.call("CONFIG", "SET", "requirepas", "secret").catch(() => undefined);
  await client.call("AUTH", "secret");
  await client.call("HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me");
  const log = JSON.stringify(await client.call("SLOWLOG", "GET", "-1"), (_key, value) =>
    value?.type === "Buffer" ? Buffer.from(value.data).toString() : value,
  );
  expect(log).not.toContain("secret");
  expect(log).toContain('"CONFIG","SET","timeout","7","requirepass","(redacted)","masterauth","(redacted)"');
  expect(log).toContain('"HELLO","2","AUTH","(redacted)","(redacted)","SETNAME","me"');
});
