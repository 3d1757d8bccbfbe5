/**
 * Any run of commands on map machines, beside the model: replies, records, history and indexes agree, in either mode.
 * Closing the server compares indexes and counters with a full scan once more.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOfText } from "../../../src/base/bytes.ts";
import { Databases } from "../../../src/keyspace/databases.ts";
import { prefixRange, stateKeyFields, statePrefix } from "../../../src/keyspace/layouts.ts";
import { historyOf } from "../../../src/machines/history.ts";
import { NO_DEFINITION } from "../../../src/machines/index-keys.ts";
import { decodeMachine } from "../../../src/machines/record.ts";
import type { TestClient } from "../../support/client.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { START_MS, VirtualClock } from "../../support/virtual-clock.ts";
import { Model } from "./model.ts";

interface World {
  readonly model: Model;
  readonly clock: VirtualClock;
  call(...args: string[]): Promise<Decoded>;
}

/** A command on both; undefined from the model: the reply is another test's business. */
type Step = (world: World) => Promise<void>;

const KEYS = ["k", "l", "m"];
const STATES = ["a", "b", "c", "", "10", "2"];
const key = fc.constantFrom(...KEYS);
const state = fc.constantFrom(...STATES);
const reason = fc.option(fc.constantFrom("", "why", "a\r\nb", "FORCE"), { nil: undefined });

const both = (ours: string[], model: (model: Model) => Decoded | undefined): Step => {
  const step: Step = async ({ call, model: known }) => {
    const reply = await call(...ours);
    const expected = model(known);
    if (expected !== undefined) expect(reply, ours.join(" ")).toEqual(expected);
  };
  return named(step, ours.join(" "));
};

/** A step that a counterexample shows by its command. */
function named(step: Step, name: string): Step {
  return Object.assign(step, { [fc.toStringMethod]: () => name });
}

const document = fc.record({
  // Keys that look like integers come first in a JavaScript object, which is how the model prints them too.
  map: fc.dictionary(state, fc.array(state, { maxLength: 3 }), { maxKeys: 4, noNullPrototype: true }),
  initial: state,
  current: state,
  reason,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(key, document)
      .map(([k, doc]) => both(["SM.SET", k, JSON.stringify(doc)], (m) => m.set(k, doc))),
  },
  { weight: 1, arbitrary: key.map((k) => both(["SM.CREATE", k], (m) => m.create(k))) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(key, state, reason, fc.boolean())
      .map(([k, to, why, isForced]) =>
        both(["SM.MUTATE", k, to, ...(why === undefined ? [] : isForced ? [why, "FORCE"] : [why])], (m) =>
          m.mutate(k, to, why, isForced && why !== undefined),
        ),
      ),
  },
  { weight: 2, arbitrary: key.map((k) => both(["SM.RESET", k], (m) => m.reset(k))) },
  { weight: 1, arbitrary: key.map((k) => both(["DEL", k], (m) => m.del(k))) },
  { weight: 1, arbitrary: key.map((k) => both(["SET", k, "v"], (m) => m.putString(k))) },
  { weight: 1, arbitrary: fc.tuple(key, fc.integer({ min: 1, max: 9 })).map(([k, ms]) => expire(k, ms)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(key, key)
      .map(([from, to]) => onMachine(from, to, "RENAME", (m) => m.rename(from, to))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(key, key).map(([from, to]) => onMachine(from, to, "COPY", (m) => m.copy(from, to))),
  },
  { weight: 1, arbitrary: fc.constant(both(["FLUSHDB"], (m) => m.flush())) },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 5 }).map((ms) =>
      named(async ({ clock, model }) => {
        clock.advance(ms);
        model.advance(ms);
      }, `advance ${ms}`),
    ),
  },
);

/** The model knows how machines expire, not strings. */
function expire(k: string, ms: number): Step {
  const step: Step = async (world) => {
    if (world.model.machines.has(k)) await both(["PEXPIRE", k, String(ms)], (m) => m.expire(k, ms))(world);
  };
  return named(step, `PEXPIRE ${k} ${ms}`);
}

function onMachine(
  from: string,
  to: string,
  command: string,
  act: (model: Model) => Decoded | undefined,
): Step {
  const step: Step = async (world) => {
    if (from !== to && world.model.machines.has(from)) await both([command, from, to], act)(world);
  };
  return named(step, `${command} ${from} ${to}`);
}

/** What is stored is what the model has: records, history, and the index by state. */
function compareStore(server: TestServer, model: Model): void {
  const transaction = server.context.partitions.home.store.begin();
  const database = new Databases(transaction, 16, model.nowMs).at(0);
  const bystate = new Map<string, string[]>();
  for (const [name, machine] of model.machines) {
    const record = database.find(bytesOfText(name));
    if (record === undefined) throw new Error(`${name} is not stored`);
    expect(decodeMachine(record)).toMatchObject({
      states: [[machine.current, machine.sinceMs]],
      rev: machine.history.length,
      reason: machine.reason,
    });
    expect(record.expireAtMs).toBe(machine.expireAtMs ?? 0);
    const history = historyOf(transaction, record.id, { from: 0, to: Number.MAX_SAFE_INTEGER - 1 });
    expect(
      history.map(({ rev, atMs, kind, from, to, reason: why }) => ({
        rev,
        atMs,
        kind,
        from,
        to,
        reason: why,
      })),
    ).toEqual(machine.history);
    const listed = bystate.get(machine.current) ?? [];
    bystate.set(machine.current, [...listed, `${machine.sinceMs}/${record.id}`]);
  }
  for (const name of STATES) {
    const { from, to } = prefixRange(
      statePrefix(database.phys, NO_DEFINITION, { state: name, isOuter: false }),
    );
    const found = [...transaction.range(from, to)].map(([entry]) => stateKeyFields(entry));
    expect(found.map(({ sinceMs, id }) => `${sinceMs}/${id}`).sort()).toEqual(
      (bystate.get(name) ?? []).sort(),
    );
  }
}

async function run(steps: readonly Step[], isModule: boolean): Promise<void> {
  const clock = new VirtualClock();
  const server = await startTestServer({
    clock,
    config: { "sm-compat": isModule ? "module" : "documented" },
  });
  try {
    const client: TestClient = await server.client();
    const model = new Model({ isModule }, START_MS);
    const call = async (...args: string[]): Promise<Decoded> => {
      const reply = await client.call(...args);
      return reply instanceof ReplyFailure ? (reply.message.split(" ")[0] ?? "") : reply;
    };
    for (const each of steps) {
      await each({ model, clock, call });
    }
    for (const k of KEYS) {
      expect(await call("SM.STATE", k)).toEqual(model.state(k));
      expect(await call("SM.GET", k)).toEqual(model.get(k));
    }
    compareStore(server, model);
  } finally {
    await server.close();
  }
}

test.each([
  ["documented", false],
  ["module", true],
])("map machines agree with the model in %s mode", async (_name, isModule) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), (steps) => run(steps, isModule)),
    { numRuns: 60 },
  );
});
