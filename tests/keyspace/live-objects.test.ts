/** Live objects as a restart makes them anew (keyspace/live-objects.ts), with a kind of object that has no parts. */
import { expect, test } from "vitest";
import { raw } from "../../src/base/bytes.ts";
import type { LiveKind } from "../../src/keyspace/live-kind.ts";
import { LiveObjects } from "../../src/keyspace/live-objects.ts";
import type { KeyRecord } from "../../src/keyspace/records.ts";

const AT = raw("k\0\0\0\0key");
const NEVER = 0;

/** Its index has one entry, which is its payload. */
const KIND: LiveKind = {
  space: "h",
  givenSpaces: "e",
  derivesRecord: false,
  baseOf: (record) => record,
  deriveEvery: 0,
  indexKeys: (_phys, record) => [indexKey(record.payload.toString())],
  derive: (_below, { record, tail }) => ({ count: tail.length, record, writes: new Map() }),
  isDerived: () => true,
  isLate: () => false,
};

function indexKey(state: string) {
  return raw(`i${state}`);
}

function recordIn(state: string): KeyRecord {
  return { id: 4, type: "machine", expireAtMs: NEVER, payload: Buffer.from(state) };
}

/** A restart that has found the change in the older journal and goes on with the newer one. */
function redone(from: string, to: string): LiveObjects {
  const live = new LiveObjects(new Map());
  const change = {
    kind: KIND,
    place: { at: AT, phys: 0 },
    before: recordIn(from),
    after: recordIn(to),
    tail: [],
    given: undefined,
  };
  live.changeAnew(change, true);
  live.freeze();
  return live;
}

function indexOf(live: LiveObjects): string[] {
  const entries = live.range(raw("i"), raw("j"), false);
  return entries === undefined
    ? []
    : [...{ [Symbol.iterator]: () => entries }].map(([key, value]) => `${value === null ? "-" : "+"}${key}`);
}

test("range() returns the index entries of a change that a restart has redone", () => {
  expect(indexOf(redone("off", "on"))).toEqual(["-ioff", "+ion"]);
});

test("range() and get() ignore a redone change when the newer journal writes the record", () => {
  const live = redone("off", "on");
  live.overwritten(AT);
  expect(indexOf(live)).toEqual([]);
  expect(live.get(indexKey("on"))).toBeUndefined();
});

test("range() drops its entries when the newer journal writes the record", () => {
  const live = redone("off", "on");
  indexOf(live);
  live.overwritten(AT);
  expect(indexOf(live)).toEqual([]);
});

test("range() over some keys derives and encodes no record of others", () => {
  let derived = 0;
  const kind: LiveKind = {
    ...KIND,
    derivesRecord: true,
    baseOf: (record) => record,
    derive: (_below, { record, tail }) => {
      derived += 1;
      return { count: tail.length, record, writes: new Map() };
    },
  };
  const live = new LiveObjects(new Map());
  for (const name of ["a:1", "a:2", "b:1", "c:1"]) {
    const place = { at: raw(`k\0\0\0\0${name}`), phys: 0 };
    const [before, after] = [recordIn("off"), recordIn("on")];
    live.changeAnew({ kind, place, before, after, tail: [], given: undefined }, true);
  }
  live.freeze();
  derived = 0;
  const entries = live.range(raw("k\0\0\0\0a:"), raw("k\0\0\0\0a;"), false);
  const keys = [...{ [Symbol.iterator]: () => entries ?? [].values() }].map(([key]) => key);
  expect(keys).toEqual(["k\0\0\0\0a:1", "k\0\0\0\0a:2"]);
  expect(derived).toBeLessThanOrEqual(2);
});

/** Live objects by the names of their keys, changed once, with the index entry `off` or `on` of each. */
function changedOnce(live: LiveObjects, kind: LiveKind, names: readonly string[]): void {
  for (const name of names) {
    const place = { at: raw(`k\0\0\0\0${name}`), phys: 0 };
    const [before, after] = [recordIn(`off ${name}`), recordIn(`on ${name}`)];
    live.changeAnew({ kind, place, before, after, tail: [], given: undefined }, true);
  }
}

function named(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `o${String(from + at).padStart(6, "0")}`);
}

test("range() derives and encodes the records that are taken, of both generations, and no others", () => {
  let derived = 0;
  const kind: LiveKind = {
    ...KIND,
    derivesRecord: true,
    baseOf: (record) => record,
    derive: (_below, { record, tail }) => {
      derived += 1;
      return { count: tail.length, record, writes: new Map() };
    },
  };
  const live = new LiveObjects(new Map());
  changedOnce(live, kind, named(0, 500));
  live.freeze();
  changedOnce(live, kind, named(500, 500));
  derived = 0;
  for (const reverse of [false, true]) {
    const entries = live.range(raw("k\0"), raw("k\x01"), reverse);
    expect(entries?.next().value?.[0]).toBe(`k\0\0\0\0o${reverse ? "000999" : "000000"}`);
  }
  expect(derived).toBeLessThanOrEqual(4);
});

test("range() over an index that is read again computes the entries of few objects, however many have changed", () => {
  let computed = 0;
  const kind: LiveKind = {
    ...KIND,
    indexKeys: (phys, record) => {
      computed += 1;
      return KIND.indexKeys(phys, record);
    },
  };
  const first = (live: LiveObjects) => live.range(raw("i"), raw("iz"), false)?.next().value?.[0];
  const live = new LiveObjects(new Map());
  changedOnce(live, kind, named(0, 10));
  first(live);
  changedOnce(live, kind, named(10, 2000));
  computed = 0;
  expect(first(live)).toBe("ioff o000000");
  expect(computed).toBeLessThan(200);
  live.freeze();
  changedOnce(live, kind, named(3000, 2000));
  computed = 0;
  expect(first(live)).toBe("ioff o000000");
  expect(computed).toBeLessThan(200);
});

test("range() merges the index entries of both generations, the newer over the older, in both directions", () => {
  const live = new LiveObjects(new Map());
  changedOnce(live, KIND, ["a", "c"]);
  live.freeze();
  const place = { at: raw("k\0\0\0\0a"), phys: 0 };
  const back = { kind: KIND, place, before: recordIn("on a"), after: recordIn("off a") };
  live.changeAnew({ ...back, tail: [], given: undefined }, true);
  changedOnce(live, KIND, ["b"]);
  const expected = ["+ioff a", "-ioff b", "-ioff c", "-ion a", "+ion b", "+ion c"];
  expect(indexOf(live)).toEqual(expected);
  const entries = live.range(raw("i"), raw("j"), true) ?? [].values();
  const backwards = [...{ [Symbol.iterator]: () => entries }];
  expect(backwards.map(([key, value]) => `${value === null ? "-" : "+"}${key}`)).toEqual(
    expected.toReversed(),
  );
});

test("prepareIndexes() leaves nothing for the first reader of an index to do", async () => {
  let made = 0;
  const counted: LiveKind = {
    ...KIND,
    indexKeys: (phys, record) => {
      made += 1;
      return KIND.indexKeys(phys, record);
    },
  };
  const live = new LiveObjects(new Map());
  const change = (id: number, from: string, to: string) =>
    live.change({
      kind: counted,
      place: { at: raw(`k\0\0\0\0key${id}`), phys: 0 },
      before: { ...recordIn(from), id },
      after: { ...recordIn(to), id },
      tail: [],
      given: undefined,
    });
  for (let id = 1; id <= 1000; id += 1) change(id, `a${id}`, `b${id}`);
  expect(made).toBe(0);
  const prepared = live.prepareIndexes();
  // While it goes on, a change does not wait for the others.
  const before = made;
  for (let id = 1001; id <= 1100; id += 1) change(id, `a${id}`, `b${id}`);
  expect(made).toBe(before);
  await prepared;
  const after = made;
  const index = indexOf(live);
  expect(made).toBe(after);
  expect(index.length).toBe(2200);
  expect(index).toEqual([...index].sort((a, b) => (a.slice(1) < b.slice(1) ? -1 : 1)));
});
