/**
 * Differential tests: the same script goes to Debian's redis-server and to Detent, once in RESP2 and once in RESP3,
 * and the replies are compared byte by byte. Redis is the judge of every command that is not Detent's own.
 */
import { afterAll, beforeAll, describe, test } from "vitest";
import type { ClusterView } from "../../src/cluster/view.ts";
import { HANDLERS } from "../../src/commands/registry.ts";
import type { ConfigValues } from "../../src/config/directives.ts";
import { encodeRequest, TestClient } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { type RedisServer, redisServerMissing, startRedisServer } from "./redis-server.ts";
import { difference, type Script, type Step, stepsOf } from "./script.ts";

const PROTOCOLS = HANDLERS.has("HELLO") ? ([2, 3] as const) : ([2] as const);

/** One client on each server. */
export interface Pair {
  readonly redis: TestClient;
  readonly detent: TestClient;
}

/** Both servers, for tests that make their requests as they go. */
export interface Servers {
  /** New connections that speak a protocol, to servers that hold no key. */
  connect(protocol: 2 | 3): Promise<Pair>;
}

/** What both servers are started with. */
export interface Setting {
  readonly redis: readonly string[];
  readonly detent: Partial<ConfigValues>;
  /** What Detent sees of the cluster that it is a member of. */
  readonly cluster?: ClusterView;
  /** Asked once that redis-server runs, before anything else. */
  readonly prepareRedis?: (client: TestClient) => Promise<void>;
}

export const DEFAULTS: Setting = { redis: [], detent: {} };

/** Tests by name, each a script that runs on empty servers. */
export function describeAgainstRedis(
  name: string,
  scripts: Readonly<Record<string, Script>>,
  setting = DEFAULTS,
): void {
  const tests = (servers: Servers) => {
    for (const [title, script] of Object.entries(scripts)) {
      test.each(PROTOCOLS)(`${title} (RESP%i)`, async (protocol) => {
        const pair = await servers.connect(protocol);
        for (const step of stepsOf(script)) await compareStep(pair, step);
        await disconnect(pair);
      });
    }
  };
  withRedis(name, tests, setting);
}

/** A group of tests with both servers running; skipped, and called so, where redis-server is not installed. */
export function withRedis(name: string, tests: (servers: Servers) => void, setting = DEFAULTS): void {
  const title = redisServerMissing === undefined ? name : `${name} (${redisServerMissing})`;
  describe.skipIf(redisServerMissing !== undefined)(title, () => {
    let redis: RedisServer;
    let detent: TestServer;
    beforeAll(async () => {
      redis = await startRedisServer(...setting.redis);
      if (setting.prepareRedis !== undefined) {
        const client = await TestClient.connect(redis.socketPath);
        await setting.prepareRedis(client);
        await client.close();
      }
      detent = await startTestServer({
        config: setting.detent,
        ...(setting.cluster === undefined ? {} : { cluster: setting.cluster }),
      });
    });
    afterAll(async () => {
      await redis?.close();
      await detent?.close();
    });
    tests({ connect: (protocol) => connect(redis, detent, protocol) });
  });
}

/** Sends one request to both. @throws Error that shows both replies where they differ */
export async function compareStep(pair: Pair, step: Step): Promise<void> {
  const [expected, actual] = await Promise.all([
    pair.redis.exchange(...step.args),
    pair.detent.exchange(...(step.detentArgs ?? step.args)),
  ]);
  const problem = difference(step, expected, actual);
  if (problem !== undefined) throw new Error(problem);
}

/**
 * Compares what both servers tell of keys from now on: returns a function that does so for what was reported since it was
 * last called. @throws Error that shows both where they differ
 */
export async function listenToKeys({ connect }: Servers): Promise<() => Promise<void>> {
  const pair = await connect(3);
  const clients = [pair.redis, pair.detent];
  for (const client of clients) {
    await client.call("CONFIG", "SET", "notify-keyspace-events", "KEAnm");
    client.write(encodeRequest(["PSUBSCRIBE", "__key*"]));
  }
  return async () => {
    await Promise.all(clients.map((client) => client.call("PING")));
    const [expected = [], actual = []] = clients.map(({ pushes }) =>
      pushes.splice(0).map(({ bytes }) => bytes.toString("latin1").replaceAll("\r\n", " ")),
    );
    const at = expected.findIndex((message, index) => message !== actual[index]);
    if (at < 0 && expected.length === actual.length) return;
    const first = at < 0 ? expected.length : at;
    throw new Error(`message ${first} differs\n  Redis:  ${expected[first]}\n  Detent: ${actual[first]}`);
  };
}

export async function disconnect(pair: Pair): Promise<void> {
  await Promise.all([pair.redis.close(), pair.detent.close()]);
}

async function connect(redis: RedisServer, detent: TestServer, protocol: 2 | 3): Promise<Pair> {
  const pair = { redis: await TestClient.connect(redis.socketPath), detent: await detent.client() };
  for (const client of [pair.redis, pair.detent]) {
    if (protocol === 3) await client.call("HELLO", "3");
    await client.call("FLUSHALL");
  }
  return pair;
}
