/**
 * Random statecharts with regions, states in states, timers, joins and children, their next versions, and random orders of
 * events, time, crashes, migrations and undos: no event is applied twice, timers are those of the active states counted from
 * their entries, children are those of the active states, history has no gaps, SM.VERIFY finds nothing, and every machine
 * has a way on. RUNS and SEED (`make migrations`) for longer runs.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { type Chart, chart, documentOf, EVENTS, KID, type Known, mapBetween, statesOf } from "./charts.ts";
import { stepsOf, take, World } from "./world.ts";

const RUNS = Number(process.env["RUNS"] ?? 4);
const KEYS = ["a", "b", "c"];

const key = fc.constantFrom(...KEYS);
const steps = stepsOf(KEYS);
const command = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      key,
      event: fc.constantFrom(...EVENTS),
      /** An earlier event comes again. */
      isAgain: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: steps.wait },
  { weight: 3, arbitrary: steps.migrate },
  { weight: 2, arbitrary: steps.start },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("back" as const) }) },
  { weight: 2, arbitrary: steps.crash },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("undo" as const), key }) },
  { weight: 1, arbitrary: steps.suspend },
);
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

/** A run: its server, its versions, and what was sent. */
class Run {
  readonly world = new World();
  readonly versions: readonly Chart[];
  /** Machines of which a change was taken back: their children stay as they were, and fired timers are not armed again. */
  readonly undone = new Set<string>();
  readonly #states: readonly ReadonlyMap<string, Known>[];
  readonly #sent: { readonly key: string; readonly event: string }[] = [];

  constructor(versions: readonly Chart[]) {
    this.versions = versions;
    this.#states = versions.map(statesOf);
  }

  async begin(): Promise<void> {
    const { world, versions } = this;
    await world.open();
    await define(world.client, "kid", KID);
    for (const [index, version] of versions.entries())
      await define(world.client, `m:v${index + 1}`, documentOf(version, index + 1));
    for (const name of KEYS) await world.call("SM.CREATE", name, "m:v1");
    for (const [index, version] of versions.slice(1).entries()) {
      const map = JSON.stringify(mapBetween(versions[index] as Chart, version));
      const plan = fields(
        await world.call("SM.MIGRATION", "PLAN", `m:v${index + 1}`, `m:v${index + 2}`, "MAP", map),
      );
      expect(plan["strays"]).toEqual([]);
    }
  }

  async do(given: Command): Promise<void> {
    const { world } = this;
    switch (given.kind) {
      case "send": {
        const known = given.isAgain ? this.#sent.findIndex((sent) => sent.key === given.key) : -1;
        const k = known === -1 ? this.#sent.push(given) - 1 : known;
        const { event } = this.#sent[k] ?? given;
        await world.call("SM.SEND", given.key, event, JSON.stringify({ k }), "ID", `e${k}`);
        break;
      }
      case "back":
        await this.#takeBack();
        break;
      case "undo":
        if (!((await world.call("SM.UNDO", given.key)) instanceof ReplyFailure)) this.undone.add(given.key);
        break;
      default:
        await take(world, given);
    }
  }

  /** The last migration is taken back. A child that it has stopped stays stopped, as it does by SM.UNDO. */
  async #takeBack(): Promise<void> {
    const { world } = this;
    const last = rows(await world.call("SM.MIGRATION", "LIST")).findLast(
      ({ status }) => status !== "PLANNED",
    );
    if (last === undefined) return;
    if ((await world.call("SM.MIGRATION", "UNDO", String(last["id"]))) instanceof ReplyFailure) return;
    await world.untilEnded(last["id"] ?? null);
    for (const name of KEYS) this.undone.add(name);
  }

  async check(): Promise<void> {
    for (const name of KEYS) await this.#checkMachine(name);
  }

  async #checkMachine(name: string): Promise<void> {
    const { world } = this;
    expect(await world.call("SM.VERIFY", name)).toEqual([]);
    const { info, history, pending, next } = await world.look(name);
    expect(history.map(({ rev }) => rev)).toEqual(history.map((_, index) => index + 1));
    expect(history.length).toBe(info["rev"]);
    const context = JSON.parse(String(info["context"])) as Noted;
    for (const [list, numbers] of Object.entries(context.log))
      expect([list, new Set(numbers).size]).toEqual([list, numbers.length]);
    const states = this.#states[world.versionOf(info["definition"])];
    if (states === undefined) throw new Error("a machine of a version there is not");
    const active = activeOf(info["state"] as string[], states);
    // One whose resumption is taken back is suspended again, and takes nothing.
    if (info["status"] !== "suspended") expect(next.length).toBeGreaterThan(0);
    const migrated = history.filter(({ kind }) => kind === "migrate").map(({ at }) => Number(at));
    this.#checkTimers(name, { active, context, migrated, pending });
    if (!this.undone.has(name) && info["failed"] === 0) this.#checkChildren(info, active, states);
  }

  #checkTimers(name: string, { active, context, migrated, pending }: Timing): void {
    const timers = pending.filter(({ kind }) => kind === "timer").map(({ due }) => Number(due));
    const due = active.flatMap(({ number, parent, seconds }) => {
      const [own, outer] = [context.at[`s${number}`], context.at[`s${parent}`]];
      // A migration runs no entry actions: what it has entered counts from its parent's entry, or from then.
      const entries = new Set([own, outer, ...migrated].filter((at) => at !== undefined));
      return seconds.map((length) => new Set([...entries].map((at) => at + length * 1000)));
    });
    const unknown = timers.filter((at) => !due.some((times) => times.has(at)));
    expect([name, unknown]).toEqual([name, []]);
    if (this.undone.has(name)) expect(timers.length).toBeLessThanOrEqual(due.length);
    else expect([name, timers.length]).toEqual([name, due.length]);
  }

  /** The children of active states are there, those of others have ended. */
  #checkChildren(
    info: Readonly<Record<string, unknown>>,
    active: readonly Known[],
    states: ReadonlyMap<string, Known>,
  ): void {
    const children = new Map(
      rows(info["children"] as never).map(({ id, status }) => [String(id), String(status)]),
    );
    const wanted = new Set(active.flatMap(({ child }) => child ?? []));
    for (const { child } of states.values()) {
      if (child === undefined) continue;
      const status = children.get(child);
      if (wanted.has(child)) expect([child, status]).toEqual([child, "active"]);
      else expect([child, status === "active"]).toEqual([child, false]);
    }
  }
}

interface Noted {
  readonly at: Readonly<Record<string, number>>;
  readonly log: Readonly<Record<string, readonly number[]>>;
}

interface Timing {
  readonly active: readonly Known[];
  readonly context: Noted;
  readonly migrated: readonly number[];
  readonly pending: ReturnType<typeof rows>;
}

/** The active states with those around them. */
function activeOf(paths: readonly string[], states: ReadonlyMap<string, Known>): readonly Known[] {
  const names = new Set(
    paths
      .map(String)
      .flatMap((path) => path.split(".").map((_, index, all) => all.slice(0, index + 1).join("."))),
  );
  return [...names].flatMap((name) => states.get(name) ?? []);
}

test("a statechart loses nothing and gets nothing twice when it is migrated and taken back, whatever happens meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(chart, { minLength: 3, maxLength: 3 }),
      fc.array(command, { minLength: 5, maxLength: 40 }),
      async (versions, commands) => {
        const run = new Run(versions);
        try {
          await run.begin();
          for (const given of commands) {
            await run.do(given);
            await run.world.pass(0);
            await run.check();
          }
          for (const { id, status } of rows(await run.world.call("SM.MIGRATION", "LIST")))
            if (status === "RUNNING") await run.world.untilEnded(id ?? null);
          await run.check();
          // Without a key it begins a process that reads the disk, which takes its time.
          expect(await run.world.call("SM.VERIFY")).toEqual([]);
        } finally {
          await run.world.close();
        }
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 3_600_000);
