/**
 * Patches, undos and migrations on a server that is killed again and again meanwhile: each happens once, wholly or not at all, and a
 * migration in the background goes on to its end. CRASH_ROUNDS for longer runs.
 */
import { expect, test } from "vitest";
import { define, fields, rows } from "../support/machines.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { type KeptServer, keepServer } from "./kept-server.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 5);
const MACHINES = 200;

const DEFINITION = {
  initial: "a",
  context: { n: 0 },
  states: {
    a: {
      on: { GO: { target: "b", actions: [{ assign: { n: "context.n + 100" } }] } },
      after: { "90d": "late" },
    },
    b: { on: { GO: { target: "a", actions: [{ assign: { n: "context.n + 100" } }] } } },
    late: {},
  },
};
const RENAMED = {
  ...DEFINITION,
  states: { ...DEFINITION.states, b: { on: { GO: "a" } }, late: { on: { GO: "a" } } },
};

async function begun(random: () => number): Promise<KeptServer> {
  const server = await keepServer({ directory: temporaryDirectory() }, random);
  const first = await server.connect();
  await define(first, "m:v1", DEFINITION);
  await define(first, "m:v2", RENAMED);
  await first.close();
  return server;
}

test("each patch, undo and migration of a machine happens once when the server is killed meanwhile", async () => {
  console.info(`SEED=${SEED}`);
  const random = seeded(SEED);
  const server = await begun(random);
  await server.ask("SM.CREATE", "m", "m:v1");
  const kinds = ["create"];
  let n = 0;
  /** Done once, also where the reply was lost and it is asked for again. */
  const once = async (kind: string, ...command: readonly string[]) => {
    const isKilled = random() < 0.5;
    const asked = server.ask(...command);
    if (isKilled) server.kill();
    await asked;
    kinds.push(kind);
    const { rev, context } = fields(await server.ask("SM.INFO", "m"));
    expect([kind, rev, context]).toEqual([kind, kinds.length, JSON.stringify({ n })]);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    n = round * 7 + 1;
    await once("patch", "SM.PATCH", "m", JSON.stringify({ n }), "IFREV", String(kinds.length));
    n += 100;
    await once("event", "SM.SEND", "m", "GO", "ID", `e${round}`);
    n -= 100;
    await once("undo", "SM.UNDO", "m", "IFREV", String(kinds.length));
  }
  await once("migrate", "SM.MIGRATE", "m", "m:v2");
  const history = rows(await server.ask("SM.HISTORY", "m", "-", "+"));
  expect(history.map(({ kind }) => kind)).toEqual(kinds);
  expect(history.map(({ rev }) => rev)).toEqual(kinds.map((_, index) => index + 1));
  expect(await server.ask("SM.VERIFY")).toEqual([]);
  console.info(`${server.killCount} kills`);
  expect(await server.stop()).toBe(0);
}, 900_000);

test(`a migration of ${MACHINES} machines and its undo complete when the server is killed meanwhile`, async () => {
  console.info(`SEED=${SEED}`);
  const random = seeded(SEED);
  const server = await begun(random);
  const client = await server.connect();
  const keys = Array.from({ length: MACHINES }, (_, index) => `k${index}`);
  await Promise.all(
    keys.map((key) => client.call("SM.CREATE", key, "m:v1", "CONTEXT", `{"n":${key.length}}`)),
  );
  const show = async (key: string) => {
    const { rev: _, updated: __, ...info } = fields(await server.ask("SM.INFO", key));
    return [info, await server.ask("SM.PENDING", key)];
  };
  const before = await Promise.all(keys.map(show));
  const id = String(await client.call("SM.MIGRATION", "START", "m:v1", "m:v2", "RATE", String(MACHINES)));
  await client.close();
  /** Until it has ended, with a kill now and then. */
  const ended = async (status: string) => {
    let kills = 3;
    for (;;) {
      const now = fields(await server.ask("SM.MIGRATION", "STATUS", id));
      if (now["status"] === status) return now;
      if (kills > 0 && random() < 0.2) {
        kills -= 1;
        server.kill();
      }
    }
  };
  expect(await ended("DONE")).toMatchObject({ moved: MACHINES, held: 0, left: 0 });
  const kindsOf = async (key: string) =>
    rows(await server.ask("SM.HISTORY", key, "-", "+")).map(({ kind }) => kind);
  for (const key of keys) expect([key, await kindsOf(key)]).toEqual([key, ["create", "migrate"]]);
  expect(await server.ask("SM.COUNT", "DEF", "m:v2")).toBe(MACHINES);
  await server.ask("SM.MIGRATION", "UNDO", id);
  expect(await ended("UNDONE")).toMatchObject({ undone: MACHINES, stayed: 0 });
  expect(await Promise.all(keys.map(show))).toEqual(before);
  for (const key of keys.slice(0, 20)) expect(await kindsOf(key)).toEqual(["create", "migrate", "migrate"]);
  expect(await server.ask("SM.VERIFY")).toEqual([]);
  console.info(`${server.killCount} kills`);
  expect(await server.stop()).toBe(0);
}, 900_000);
