/** Outcomes that are live (machines/live-outcomes.ts) against the writes that the same changes come to. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { outcomeKey, outcomeOrderKey } from "../../src/keyspace/layouts.ts";
import type { GivenParts } from "../../src/keyspace/live-kind.ts";
import { Slab } from "../../src/keyspace/slab.ts";
import { OutcomeGiving } from "../../src/machines/live-outcomes.ts";
import { type OutcomeChange, outcomeWrites } from "../../src/machines/outcome-codec.ts";
import { addedOutcome, findOutcome, type Outcome, replacedOutcome } from "../../src/machines/outcomes.ts";

const ID = 7;
const EVENT_IDS = ["a", "b", "c", "d", "long".repeat(200), "with\0zero"];

type Values = Map<Bytes, string>;

const text = (value: Buffer | null | undefined) => value?.toString("latin1");

function readerOf(values: Values) {
  const get = (key: Bytes) => {
    const value = values.get(key);
    return value === undefined ? undefined : Buffer.from(value, "latin1");
  };
  return { get, range: () => [] };
}

function outcome(id: string, sequence: number, atMs: number, ttlMs: number | undefined): Outcome {
  const reply = { kind: "states", states: ["on"] };
  const told = { event: "GO", atMs, receivedMs: atMs, code: "OK", from: ["off"], to: ["on"] };
  return { id, sequence, ...told, rev: sequence, ttlMs, reply };
}

/** A machine's outcomes, kept in both ways. */
class Machine {
  /** As every change written at once leaves them. */
  readonly plain: Values = new Map();
  /** What the last checkpoint has left. */
  stored: Values = new Map();
  parts: GivenParts | undefined;
  #slab = new Slab();
  next = 1;
  first = 1;
  atMs = 1_000_000;

  add(eventId: string, countMax: number, ttlMs: number | undefined): () => void {
    this.atMs += 10;
    const known = findOutcome(readerOf(this.plain), ID, eventId);
    const isSame = known !== undefined && known.atMs + (known.ttlMs ?? 1e9) >= this.atMs;
    if (isSame) return this.#apply(replacedOutcome({ ...known, code: "IGNORED" }), this.next, this.first);
    const place = { id: ID, first: this.first, mayHaveSameId: true };
    const made = outcome(eventId, this.next, this.atMs, ttlMs);
    const change = addedOutcome(readerOf(this.plain), place, made, { countMax, ttlMs: 0 });
    return this.#apply(change, this.next + 1, change.first);
  }

  #apply(change: OutcomeChange, next: number, first: number): () => void {
    const before = [...this.plain];
    const [beforeNext, beforeFirst, beforeParts] = [this.next, this.first, this.parts];
    for (const [key, value] of outcomeWrites(ID, change)) {
      if (value === null) this.plain.delete(key);
      else this.plain.set(key, value.toString("latin1"));
    }
    const { parts, undo } = new OutcomeGiving(ID, change).addTo(this.parts, this.#slab);
    this.parts = parts;
    [this.next, this.first] = [next, first];
    return () => {
      undo();
      this.plain.clear();
      for (const [key, value] of before) this.plain.set(key, value);
      [this.next, this.first] = [beforeNext, beforeFirst];
      if (beforeParts === undefined) expect([...parts.writes()]).toEqual([]);
      expect(parts.bytes).toBeGreaterThanOrEqual(0);
    };
  }

  /** Does what a checkpoint does. */
  fold(): void {
    for (const [key, value] of this.parts?.writes() ?? []) {
      if (value === null) {
        // Nothing is removed that is not there.
        expect(this.stored.has(key)).toBe(true);
        this.stored.delete(key);
      } else this.stored.set(key, value.toString("latin1"));
    }
    this.parts = undefined;
    this.#slab = new Slab();
    expect(new Map([...this.stored].sort())).toEqual(new Map([...this.plain].sort()));
  }

  check(): void {
    const keys = [
      ...EVENT_IDS.map((eventId) => outcomeKey(ID, eventId)),
      ...Array.from({ length: this.next + 1 }, (_, number) => outcomeOrderKey(ID, number)),
    ];
    for (const key of keys) {
      const live = this.parts?.get(key);
      expect(live === undefined ? this.stored.get(key) : text(live ?? undefined)).toBe(this.plain.get(key));
    }
  }
}

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      id: fc.constantFrom(...EVENT_IDS),
      countMax: fc.constantFrom(3, 3, 3, 0, 100),
      ttlMs: fc.constantFrom(undefined, undefined, 5, 40),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("undo" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "check" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "fold" as const }) },
);

test("live outcomes equal those of the same changes when each is written at once", () => {
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const machine = new Machine();
    let undos: (() => void)[] = [];
    for (const taken of steps) {
      if (taken.kind === "add") undos.push(machine.add(taken.id, taken.countMax, taken.ttlMs));
      else if (taken.kind === "undo") for (let left = taken.count; left > 0; left -= 1) undos.pop()?.();
      else if (taken.kind === "check") machine.check();
      else {
        machine.fold();
        undos = [];
      }
    }
    machine.check();
    machine.fold();
  });
  fc.assert(property, { numRuns: 500 });
});
