/** How long the token of a login holds. */
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { request } from "../support/http.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

let server: TestServer;
let clock: VirtualClock;
let admin: TestClient;
let headers: Readonly<Record<string, string>>;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ http: true, clock, config: { requirepass: "secret" } });
  onTestFinished(() => server.close());
  admin = await server.client();
  await admin.call("AUTH", "secret");
  await admin.call("ACL", "SETUSER", "u", "on", ">first", ">second", "+acl|whoami", "+info");
  const body = { user: "u", password: "first" };
  const login = await request(server.url, "/api/v1/login", { method: "POST", body });
  headers = { authorization: `Bearer ${(login.json as { token: string }).token}` };
});

async function status(): Promise<number> {
  return (await request(server.url, "/metrics", { headers })).status;
}

test("a token holds while the password it was given for is one of the user's", async () => {
  expect(await status()).toBe(200);
  await admin.call("ACL", "SETUSER", "u", "<second", ">third");
  expect(await status()).toBe(200);
  await admin.call("ACL", "SETUSER", "u", "<first");
  expect(await status()).toBe(401);
  await admin.call("ACL", "SETUSER", "u", ">first");
  expect(await status()).toBe(401);
});

test("a token ends when its user is disabled", async () => {
  await admin.call("ACL", "SETUSER", "u", "off");
  expect(await status()).toBe(401);
  await admin.call("ACL", "SETUSER", "u", "on");
  expect(await status()).toBe(401);
});

test("a token ends when its user is removed, also when a new user has the name", async () => {
  await admin.call("ACL", "DELUSER", "u");
  await admin.call("ACL", "SETUSER", "u", "on", ">first", "+acl|whoami", "+info");
  expect(await status()).toBe(401);
});

test("a token holds for twelve hours", async () => {
  clock.advance(12 * 3_600_000);
  expect(await status()).toBe(200);
  clock.advance(1);
  expect(await status()).toBe(401);
});

test("requests with a token count for the limits of the user", async () => {
  await admin.call("CONFIG", "SET", "sm-user-limits", "u:1:0");
  const other = await server.client();
  await other.call("AUTH", "u", "first");
  expect((await request(server.url, "/metrics", { headers })).body).toContain("connections");
});

test("a token is not a password of the user", async () => {
  const [token] = /[^ ]+$/.exec(headers["authorization"] ?? "") ?? [];
  expect(await (await server.client()).call("AUTH", "u", String(token))).toMatchObject({
    message: expect.stringContaining("WRONGPASS"),
  });
});
