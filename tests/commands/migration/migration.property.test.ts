/**
 * Random machines, random next versions, and random orders of events, time, crashes and migrations: no event id is applied
 * twice, the timers of a machine are exactly those of its state counted from its entry, history has no gaps, no machine
 * that had a way on is left without one, and SM.VERIFY finds nothing. UNDO restores what has not moved. RUNS for longer runs.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import { stepsOf, take, World } from "./world.ts";

const RUNS = Number(process.env["RUNS"] ?? 3);
const KEYS = ["a", "b", "c", "d"];
const SIZE = 4;

interface State {
  /** Event to the number of the state it leads to. */
  readonly on: Readonly<Record<string, number>>;
  /** Seconds to the number of the state that follows. */
  readonly after: Readonly<Record<number, number>>;
}

const target = fc.nat(SIZE - 1);
const state: fc.Arbitrary<State> = fc.record({
  on: fc.dictionary(fc.constantFrom("X", "Y", "Z"), target, { minKeys: 1, noNullPrototype: true }),
  after: fc.dictionary(fc.constantFrom(3, 5, 8, 20).map(String), target, {
    maxKeys: 2,
    noNullPrototype: true,
  }),
});
const version = fc.record({
  states: fc.array(state, { minLength: SIZE, maxLength: SIZE }),
  /** Letters that states are called by: another one is another name. */
  letters: fc.array(fc.constantFrom("p", "q"), { minLength: SIZE, maxLength: SIZE }),
});
type Version = typeof version extends fc.Arbitrary<infer Value> ? Value : never;

const nameIn = ({ letters }: Version, number: number) => `${letters[number]}${number}`;

function documentOf(given: Version, number: number) {
  const states = given.states.map(({ on, after }, index) => {
    const leads = (to: number) => ({
      target: nameIn(given, to),
      reenter: true,
      actions: [{ assign: { n: "context.n + 1" } }],
    });
    const each = (all: Readonly<Record<string, number>>, suffix = "") =>
      Object.fromEntries(Object.entries(all).map(([name, to]) => [`${name}${suffix}`, leads(to)]));
    return [nameIn(given, index), { on: each(on), after: each(after, "s") }] as const;
  });
  return {
    initial: nameIn(given, 0),
    context: { n: 0, [`v${number}`]: number },
    states: Object.fromEntries(states),
  };
}

function mapBetween(from: Version, to: Version) {
  const states = from.states.flatMap((_, index) =>
    nameIn(from, index) === nameIn(to, index) ? [] : [[nameIn(from, index), nameIn(to, index)] as const],
  );
  return JSON.stringify({ states: Object.fromEntries(states) });
}

const steps = stepsOf(KEYS);
const command = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      key: fc.constantFrom(...KEYS),
      event: fc.constantFrom("X", "Y", "Z"),
      id: fc.nat(5),
    }),
    weight: 10,
  },
  { arbitrary: steps.wait, weight: 6 },
  { arbitrary: steps.migrate, weight: 4 },
  { arbitrary: steps.start, weight: 2 },
  { arbitrary: steps.crash, weight: 2 },
  { arbitrary: steps.suspend, weight: 1 },
);
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

/** What holds of each machine at any time. */
async function check(world: World, versions: readonly Version[]): Promise<void> {
  for (const key of KEYS) {
    expect(await world.call("SM.VERIFY", key)).toEqual([]);
    const { info, history, pending } = await world.look(key);
    const given = versions[world.versionOf(info["definition"])];
    if (given === undefined) throw new Error("a machine of a version there is not");
    expect(history.map(({ rev }) => rev)).toEqual(history.map((_, index) => index + 1));
    expect(history.length).toBe(info["rev"]);
    const ids = history.flatMap(({ id }) => (id === null || id === undefined ? [] : [id]));
    expect(new Set(ids).size).toBe(ids.length);
    const moves = history.filter(({ kind }) => kind === "event" || kind === "timer");
    expect(JSON.parse(String(await world.call("SM.CONTEXT", key)))).toMatchObject({ n: moves.length });
    if (info["status"] === "suspended") continue;
    // Each transition enters its state anew; a migration does not.
    const entered = Number((moves.at(-1) ?? history[0])?.["at"]);
    const number = Number(String((info["state"] as string[])[0]).slice(1));
    const expected = Object.keys(given.states[number]?.after ?? {}).map(
      (seconds) => entered + Number(seconds) * 1000,
    );
    const dues = pending.map(({ due }) => Number(due));
    expect(dues.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
  }
}

async function run(world: World, given: Command): Promise<void> {
  if (given.kind === "send")
    await world.call("SM.SEND", given.key, given.event, "ID", `${given.event}${given.id}`);
  else await take(world, given);
}

test("a machine loses nothing and gets nothing twice when it is migrated, whatever happens meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(version, version, version),
      fc.array(command, { minLength: 5, maxLength: 40 }),
      async (versions, commands) => {
        const world = new World();
        await world.open();
        try {
          await define(world.client, "m:v1", documentOf(versions[0], 1));
          for (const key of KEYS) await world.call("SM.CREATE", key, "m:v1");
          await define(world.client, "m:v2", documentOf(versions[1], 2));
          await define(world.client, "m:v3", documentOf(versions[2], 3));
          await world.call(
            "SM.MIGRATION",
            "PLAN",
            "m:v1",
            "m:v2",
            "MAP",
            mapBetween(versions[0], versions[1]),
          );
          await world.call(
            "SM.MIGRATION",
            "PLAN",
            "m:v2",
            "m:v3",
            "MAP",
            mapBetween(versions[1], versions[2]),
          );
          for (const given of commands) {
            await run(world, given);
            await world.pass(0);
            await check(world, versions);
          }
          for (const { id, status } of rows(await world.call("SM.MIGRATION", "LIST")))
            if (status !== "PLANNED") await world.untilEnded(id ?? null);
          await world.call("SM.MIGRATION", "START", "m", "m:v3", "RATE", 100);
          for (const { id, status } of rows(await world.call("SM.MIGRATION", "LIST")))
            if (status === "RUNNING") await world.untilEnded(id ?? null);
          for (const key of KEYS) expect(fields(await world.call("SM.INFO", key))["definition"]).toBe("m:v3");
          await world.pass(0);
          await check(world, versions);
          // Without a key it begins a process that reads the disk, which takes its time.
          expect(await world.call("SM.VERIFY")).toEqual([]);
        } finally {
          await world.close();
        }
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 600_000);

test("UNDO restores a machine that has not moved, in all that SM.INFO and SM.PENDING show but rev and times", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(version, version),
      fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom("X", "Y", "Z")), { maxLength: 10 }),
      fc.boolean(),
      async (versions, events, crashes) => {
        const world = new World();
        await world.open();
        try {
          await define(world.client, "m:v1", documentOf(versions[0], 1));
          await define(world.client, "m:v2", documentOf(versions[1], 2));
          for (const key of KEYS) await world.call("SM.CREATE", key, "m:v1");
          for (const [key, event] of events) {
            await world.call("SM.SEND", key, event);
            await world.pass(1);
          }
          const show = async (key: string) => {
            const { rev: _, updated: __, ...info } = fields(await world.call("SM.INFO", key));
            return [info, await world.call("SM.PENDING", key), await world.call("SM.CONTEXT", key)];
          };
          const before = await Promise.all(KEYS.map(show));
          const id = await world.call(
            "SM.MIGRATION",
            "START",
            "m:v1",
            "m:v2",
            "MAP",
            mapBetween(versions[0], versions[1]),
          );
          // A part is due at once, and the last one a millisecond later: no timer of a second fires.
          await world.pass(5);
          await world.pass(5);
          if (crashes) await world.crash();
          const revs = await Promise.all(
            KEYS.map(async (key) => fields(await world.call("SM.INFO", key))["rev"]),
          );
          await world.call("SM.MIGRATION", "UNDO", String(id));
          await world.pass(5);
          await world.pass(5);
          for (const [index, key] of KEYS.entries()) {
            const info = fields(await world.call("SM.INFO", key));
            if (info["definition"] === "m:v1") expect(await show(key)).toEqual(before[index]);
            // Only a timer that was over already may have moved one on.
            else expect(Number(info["rev"])).toBeGreaterThanOrEqual(Number(revs[index]));
          }
          expect(await world.call("SM.VERIFY")).toEqual([]);
        } finally {
          await world.close();
        }
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 600_000);
