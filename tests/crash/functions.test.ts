/**
 * kill -9 while libraries of functions are loaded, replaced, removed and called: what was acknowledged is there, what
 * was not is there whole or not at all, and the figures agree with what is listed. CRASH_ROUNDS for longer runs.
 */
import { expect, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { rows } from "../support/machines.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 4);
const LIBRARIES = 4;
const REQUESTS_MAX = 60;

/** What a library may hold after a kill: the version acknowledged last, or that of a request nobody has answered. */
type Possible = Map<string, ReadonlySet<number>>;

/** 0 is no library. */
const code = (name: string, version: number) =>
  `#!lua name=${name}\nredis.register_function('${name}_read', function() return ${version} end)\n` +
  `redis.register_function('${name}_add', function(keys) return redis.call('INCR', keys[1]) end)`;

/** Sends requests until the server is killed; notes what each library may hold then. */
async function change(
  client: TestClient,
  possible: Possible,
  { random, from }: { readonly random: () => number; readonly from: number },
): Promise<number> {
  let version = from;
  for (;;) {
    const name = `lib${Math.floor(random() * LIBRARIES)}`;
    version += 1;
    const isRemoval = random() < 0.3;
    const before = possible.get(name) ?? new Set([0]);
    const after = isRemoval ? 0 : version;
    possible.set(name, new Set([...before, after]));
    try {
      const reply = isRemoval
        ? await client.call("FUNCTION", "DELETE", name)
        : await client.call("FUNCTION", "LOAD", "REPLACE", code(name, version));
      // There was none to remove.
      if (reply instanceof ReplyFailure) expect(before.has(0), reply.message).toBe(true);
    } catch {
      return version;
    }
    possible.set(name, new Set([after]));
  }
}

/** Calls a function that counts until the server is killed; how often it was answered last. */
async function count(client: TestClient, acknowledged: number): Promise<number> {
  let answered = acknowledged;
  try {
    for (;;) answered = Number(await client.call("FCALL", "count_add", "1", "counter"));
  } catch {
    return answered;
  }
}

async function look(client: TestClient, possible: Possible): Promise<void> {
  const listed = rows(await client.call("FUNCTION", "LIST")).map((library) =>
    String(library["library_name"]),
  );
  for (const [name, versions] of possible) {
    const reply = await client.call("FCALL", `${name}_read`, "0");
    const version = reply instanceof ReplyFailure ? 0 : Number(reply);
    expect([...versions], `${name} is ${version}`).toContain(version);
    expect(listed.includes(name)).toBe(version !== 0);
    possible.set(name, new Set([version]));
  }
  const info = String(await client.call("INFO", "memory"));
  expect(info).toContain(`number_of_libraries:${listed.length}\r\n`);
  expect(info).toContain(`number_of_functions:${listed.length * 2}\r\n`);
  expect(await client.call("SM.VERIFY")).toEqual([]);
}

test("libraries of functions survive kill -9 as they were acknowledged", async () => {
  console.info(`SEED=${SEED}`);
  const random = seeded(SEED);
  const directory = temporaryDirectory();
  const possible: Possible = new Map();
  let [version, counted] = [0, 0];
  let server: ServerProcess = await startServer({ directory });
  await (await server.connect()).call("FUNCTION", "LOAD", code("count", 1));
  possible.set("count", new Set([1]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const changing = change(await server.connect(), possible, { random, from: version });
    const counting = count(await server.connect(), counted);
    const watcher = await server.connect();
    const requests = 1 + Math.floor(random() * REQUESTS_MAX);
    for (let sent = 0; sent < requests; sent += 1) await watcher.call("INCR", "watched");
    server.kill();
    [version, counted] = await Promise.all([changing, counting]);
    await server.ended;
    server = await startServer({ directory });
    const client = await server.connect();
    await look(client, possible);
    expect(Number(await client.call("GET", "counter"))).toBeGreaterThanOrEqual(counted);
    counted = Number(await client.call("GET", "counter"));
    await client.close();
  }
  server.terminate();
  expect(await server.ended).toBe(0);
}, 240_000);
