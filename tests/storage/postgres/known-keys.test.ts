/** What is known of data in another process: always true, bounded, and kept for who has loaded it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { chars, raw } from "../../../src/base/bytes.ts";
import type { Entry } from "../../../src/storage/ordered-store.ts";
import { END, KnownKeys } from "../../../src/storage/postgres/known-keys.ts";

const key = fc
  .tuple(
    fc.constantFrom("a", "b", "c"),
    fc.string({ unit: fc.constantFrom("x", "y", "\xff", "\0"), maxLength: 2 }),
  )
  .map(([space, rest]) => space + rest);
const write = fc.tuple(key, fc.option(fc.constantFrom("1", "22", "x".repeat(500))));

type Action =
  | { readonly kind: "write"; readonly writes: readonly (readonly [string, string | null])[] }
  | { readonly kind: "page"; readonly from: string; readonly to: string; readonly pins: boolean }
  | { readonly kind: "point"; readonly at: string; readonly pins: boolean }
  | { readonly kind: "unpin" };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), writes: fc.array(write, { maxLength: 4 }) }),
  fc.record({
    kind: fc.constant("page" as const),
    from: key,
    to: fc.oneof(key, fc.constant(END)),
    pins: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("point" as const), at: key, pins: fc.boolean() }),
  fc.constant({ kind: "unpin" as const }),
);

class Model {
  readonly known: KnownKeys;
  readonly data = new Map<string, string>();
  readonly pinned: { readonly keys: string[]; readonly items: ReturnType<KnownKeys["addPage"]> }[] = [];

  constructor(bytesMax: number) {
    this.known = new KnownKeys(bytesMax);
  }

  run(one: Action): void {
    if (one.kind === "write") this.#write(one.writes);
    else if (one.kind === "page") this.#loadPage(one.from, one.to, one.pins);
    else if (one.kind === "point") this.#loadPoint(one.at, one.pins);
    else {
      const first = this.pinned.shift();
      if (first !== undefined) this.known.unpin(first.items);
    }
  }

  /** @returns how many keys were known */
  check(keys: readonly string[]): number {
    let count = 0;
    for (const at of keys) {
      const found = this.known.get(raw(at));
      if (found === undefined) continue;
      count += 1;
      expect([at, found?.toString() ?? null]).toEqual([at, this.data.get(at) ?? null]);
    }
    for (const { keys: kept } of this.pinned)
      for (const at of kept) expect([at, this.known.get(raw(at)) !== undefined]).toEqual([at, true]);
    return count;
  }

  #rows(from: string, to: string): Entry[] {
    const within = [...this.data]
      .filter(([at]) => at >= from && at < to)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return within.map(([at, value]) => [raw(at), Buffer.from(value)]);
  }

  #write(writes: readonly (readonly [string, string | null])[]): void {
    const last = new Map(writes);
    for (const [at, value] of last) {
      if (value === null) this.data.delete(at);
      else this.data.set(at, value);
    }
    this.known.write([...last].map(([at, value]) => [raw(at), value === null ? null : Buffer.from(value)]));
  }

  #loadPage(from: string, to: string, pins: boolean): void {
    if (from >= to) return;
    const rows = this.#rows(from, to);
    this.#keep(this.known.addPage(from, to, rows), [from, ...rows.map(([at]) => chars(at))], pins);
  }

  #loadPoint(at: string, pins: boolean): void {
    const value = this.data.get(at);
    const next = [...this.data.keys()].filter((other) => other > at).sort()[0] ?? END;
    const items =
      value === undefined ? this.known.addPage(at, next, []) : this.known.addPoint(at, Buffer.from(value));
    this.#keep(items, [at], pins);
  }

  #keep(items: ReturnType<KnownKeys["addPage"]>, keys: string[], pins: boolean): void {
    this.known.pin(items);
    if (pins) this.pinned.push({ keys, items });
    else this.known.unpin(items);
  }
}

for (const bytesMax of [2500, 1_000_000]) {
  test(`KnownKeys of ${bytesMax} bytes knows only keys that the data has, and keeps pinned ones`, () => {
    let knownCount = 0;
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.array(key, { maxLength: 20 }), (actions, keys) => {
        const model = new Model(bytesMax);
        for (const one of actions) {
          model.run(one);
          knownCount += model.check([...keys, ...model.data.keys()]);
        }
        for (const { items } of model.pinned.splice(0)) model.known.unpin(items);
        model.known.limit(0);
        model.known.limit(0);
        expect(model.known.bytes).toBe(0);
      }),
      { numRuns: 400 },
    );
    expect(knownCount).toBeGreaterThan(1000);
  });
}

test("KnownKeys stays within its bound, and keeps the keys that are used longest", () => {
  const known = new KnownKeys(100_000);
  for (let index = 0; index < 5000; index += 1) {
    const items = known.addPoint(`k${index}`, Buffer.alloc(200));
    known.pin(items);
    known.unpin(items);
    known.get(raw("k0"));
    expect(known.bytes).toBeLessThan(101_000);
  }
  expect([known.get(raw("k0"))?.length, known.get(raw("k10"))]).toEqual([200, undefined]);
});

test("a page that writes make long is divided, and knows the same", () => {
  const known = new KnownKeys(10_000_000);
  known.addPage("a", "b", []);
  for (let index = 0; index < 3000; index += 1)
    known.write([[raw(`a${(index * 7919) % 3000}`), Buffer.from("v")]]);
  expect(known.pageAt("a")?.keys.length).toBeLessThan(600);
  for (let index = 0; index < 3000; index += 1) expect(known.get(raw(`a${index}`))?.toString()).toBe("v");
  expect(known.get(raw("ax"))).toBeNull();
});
