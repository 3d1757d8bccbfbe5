/** A counted tree agrees with an array under any operations, and with itself after each command. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Transaction } from "../../src/keyspace/transaction.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { CountedTree } from "../../src/values/counted-tree.ts";
import { Packed } from "../../src/values/packed.ts";
import { checkTree } from "../../src/values/tree-check.ts";
import { runs } from "../support/runs.ts";

const ID = 7;

/** Few lengths, among them some that fill a leaf. */
const entry = fc
  .tuple(fc.nat({ max: 60 }), fc.constantFrom(3, 3, 20, 300, 900, 5000))
  .map(([seed, length]) => Buffer.alloc(length, String.fromCharCode(40 + seed)));

type Operation =
  | { readonly kind: "insert"; readonly at: number; readonly entry: Buffer; readonly times: number }
  | { readonly kind: "remove"; readonly at: number; readonly part: number }
  | { readonly kind: "replace"; readonly at: number; readonly entry: Buffer }
  | { readonly kind: "commit" };

const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("insert" as const),
      at: fc.oneof(fraction, fc.constantFrom(0, 1)),
      entry,
      times: fc.constantFrom(1, 5, 40, 200),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("remove" as const),
      at: fraction,
      part: fc.oneof(fc.constant(0), fraction),
    }),
  },
  fc.record({ kind: fc.constant("replace" as const), at: fraction, entry }),
  fc.record({ kind: fc.constant("commit" as const) }),
);

function all(tree: CountedTree): Buffer[] {
  const found: Buffer[] = [];
  while (found.length < tree.count) {
    const { entries, start } = tree.runAt(found.length);
    expect(start).toBe(found.length);
    found.push(...entries.entries());
  }
  return found;
}

/** What an operation does to a list of entries; the place it is about. */
function placeOf(each: Operation, count: number): number {
  if (!("at" in each)) return 0;
  return Math.floor(each.at * (count + (each.kind === "insert" ? 1 : 0)));
}

test("a tree without an order agrees with an array under any operations", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 25 }), (operations) => {
      const store = new MemoryStore();
      let transaction = new Transaction(store);
      let tree = CountedTree.of(ID, transaction, Packed.of([Buffer.from("first")]), false);
      const model: Buffer[] = [Buffer.from("first")];
      for (const each of operations) {
        const at = placeOf(each, model.length);
        if (each.kind === "insert") {
          for (let time = 0; time < each.times; time += 1) {
            tree.insert(at, each.entry);
            model.splice(at, 0, each.entry);
          }
        } else if (each.kind === "remove" && model.length > 0) {
          const count = Math.max(1, Math.floor(each.part * (model.length - at)));
          tree.remove(at, count);
          model.splice(at, count);
        } else if (each.kind === "replace" && model.length > 0) {
          tree.replace(at, each.entry);
          model[at] = each.entry;
        } else if (each.kind === "commit") {
          tree.write(transaction);
          store.commit(transaction.writes());
          transaction = new Transaction(store);
          expect(checkTree(transaction, ID, [tree.count, ...tree.numbers], false)).toEqual([]);
          tree = new CountedTree(ID, transaction, tree.root);
        }
        expect(tree.count).toBe(model.length);
        if (model.length > 0)
          expect(tree.at(Math.min(at, model.length - 1))).toEqual(model[Math.min(at, model.length - 1)]);
      }
      expect(all(tree)).toEqual(model);
      tree.write(transaction);
      expect(checkTree(transaction, ID, [tree.count, ...tree.numbers], false)).toEqual([]);
    }),
    { numRuns: runs(8, 30) },
  );
});

test("a tree whose entries are removed one by one in any order is empty in the end, and takes others", () => {
  const store = new MemoryStore();
  const transaction = new Transaction(store);
  const entries = Array.from({ length: 3000 }, (_, at) => Buffer.from(String(at).padStart(90, "0")));
  const tree = CountedTree.of(ID, transaction, Packed.of(entries), true);
  for (let step = 0; step < entries.length; step += 1) {
    const at = (step * 1009) % entries.length;
    tree.removeInOrder(entries[at] ?? Buffer.alloc(0));
  }
  expect([tree.count, tree.root.height]).toEqual([0, 0]);
  tree.insertInOrder(Buffer.from("one"));
  tree.write(transaction);
  expect(checkTree(transaction, ID, [1, ...tree.numbers], true)).toEqual([]);
});

test("a tree in byte order finds every entry under any insertions and removals", () => {
  const word = fc
    .tuple(fc.nat({ max: 400 }), fc.constantFrom("", "x", "yy".repeat(40), "z".repeat(700)))
    .map(([number, end]) => Buffer.from(`prefix that all have ${number}${end}`));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 4 }), word), { maxLength: 800 }), (steps) => {
      const store = new MemoryStore();
      const transaction = new Transaction(store);
      const tree = CountedTree.of(ID, transaction, Packed.EMPTY, true);
      const model: Buffer[] = [];
      for (const [kind, bytes] of steps) {
        const at = model.findIndex((other) => other.compare(bytes) >= 0);
        const place = at < 0 ? model.length : at;
        expect(tree.below(bytes)).toBe(place);
        const isThere = model[place]?.equals(bytes) === true;
        if (kind > 0 && !isThere) {
          tree.insertInOrder(bytes);
          model.splice(place, 0, bytes);
        } else if (kind < 2 && isThere) {
          if (kind === 0) tree.remove(place, 1);
          else tree.removeInOrder(bytes);
          model.splice(place, 1);
        }
      }
      expect(all(tree)).toEqual(model);
      tree.write(transaction);
      expect(checkTree(transaction, ID, [tree.count, ...tree.numbers], true)).toEqual([]);
    }),
    { numRuns: runs(8, 25) },
  );
});
