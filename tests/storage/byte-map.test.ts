import fc from "fast-check";
import { expect, test } from "vitest";
import { chars, raw } from "../../src/base/bytes.ts";
import { ByteMap, type Former } from "../../src/storage/byte-map.ts";
import { runs } from "../support/runs.ts";

/** Packs what does not begin with "!". */
const packs = (_key: string, value: Buffer) => value[0] !== 33;

const value = (text: string) => Buffer.from(text, "latin1");
const text = (stored: Buffer | null | undefined) => (stored ? stored.toString("latin1") : stored);

function contents(map: ByteMap): Array<[string, string | null]> {
  const keys = Array.from(map.keys(), chars).sort();
  return keys.map((key) => [key, text(map.get(raw(key))) ?? null]);
}

/** Keys of which many meet in a small table, long ones and the empty one among them. */
const key: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 120 }).map((number) => `key${number}`) },
  fc.integer({ min: 0, max: 3 }).map((number) => `${number}`.repeat(1000)),
  fc.constantFrom("", "\xff\0"),
);

const stored: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 9999 }).map(String) },
  fc.integer({ min: 0, max: 9 }).map((number) => `!${number}`),
  fc.integer({ min: 500, max: 600 }).map((length) => "v".repeat(length)),
  fc.constant(""),
);

type Step = readonly [kind: "put" | "take" | "order", key: string, value: string | null];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("put" as const), key, fc.option(stored, { nil: null })) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("take" as const), key, fc.constant(null)) },
  fc.tuple(fc.constant("order" as const), key, fc.constant(null)),
);

test("a map has what was put and not taken, and goes back step by step", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const map = new ByteMap(packs);
      const model = new Map<string, string | null>();
      const before: Array<[string, Former, ReadonlyMap<string, string | null>]> = [];
      for (const [kind, name, given] of steps) {
        const at = new Map(model);
        if (kind === "order") map.order();
        else if (kind === "put") {
          before.push([name, map.put(raw(name), given === null ? null : value(given)), at]);
          model.set(name, given);
        } else {
          before.push([name, map.take(raw(name)), at]);
          model.delete(name);
        }
        expect(map.size).toBe(model.size);
        expect(text(map.get(raw(name)))).toBe(model.get(name));
      }
      expect(contents(map)).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
      for (const [name, former, at] of before.toReversed()) {
        map.restore(raw(name), former);
        expect(contents(map)).toEqual([...at].sort(([a], [b]) => (a < b ? -1 : 1)));
      }
    }),
    { numRuns: runs(60, 2000) },
  );
});

test("range() reads in byte order what is there, both ways, also what comes meanwhile", () => {
  const map = new ByteMap(packs);
  for (let number = 9; number >= 0; number -= 1) map.put(raw(`a${number}`), value(`${number}`));
  map.take(raw("a4"));
  const read = (reverse: boolean) => {
    const found: string[] = [];
    for (const [at, stored] of map.range(raw("a2"), raw("a8"), reverse)) {
      found.push(`${chars(at)}=${text(stored)}`);
      if (chars(at) === "a3") map.put(raw("a31"), null);
    }
    return found.join(" ");
  };
  expect(read(false)).toBe("a2=2 a3=3 a31=null a5=5 a6=6 a7=7");
  expect(read(true)).toBe("a7=7 a6=6 a5=5 a31=null a3=3 a2=2");
});

test("get() returns a value that stays what it is when its key is put again", () => {
  const map = new ByteMap(packs);
  map.put(raw("key"), value("first"));
  const first = map.get(raw("key"));
  for (let number = 0; number < 20_000; number += 1) map.put(raw("key"), value(`other ${number}`));
  expect([text(first), text(map.get(raw("key"))), map.size]).toEqual(["first", "other 19999", 1]);
});

test("get() returns the very buffer of a value that is not packed", () => {
  const map = new ByteMap(packs);
  const [dear, long, short] = [value("!dear"), Buffer.alloc(2000), value("short")];
  map.put(raw("dear"), dear);
  map.put(raw("long"), long);
  map.put(raw("short"), short);
  expect(map.get(raw("dear"))).toBe(dear);
  expect(map.get(raw("long"))).toBe(long);
  expect(map.get(raw("short"))).not.toBe(short);
});

test("bytes does not grow with a long value that is replaced over and over", () => {
  const map = new ByteMap(packs);
  const put = () => map.put(raw("key"), Buffer.alloc(100_000));
  put();
  const { bytes } = map;
  for (let number = 0; number < 100; number += 1) put();
  expect(map.bytes - bytes).toBeLessThan(2000);
});

test("a map finds its keys while it grows to many", () => {
  const map = new ByteMap(packs, 1000);
  for (let number = 0; number < 50_000; number += 1) map.put(raw(`key${number}`), value(`${number}`));
  for (let number = 0; number < 50_000; number += 2) map.take(raw(`key${number}`));
  let found = 0;
  for (let number = 0; number < 50_000; number += 1)
    if (text(map.get(raw(`key${number}`))) === (number % 2 === 0 ? undefined : `${number}`)) found += 1;
  expect([found, map.size]).toEqual([50_000, 25_000]);
});
