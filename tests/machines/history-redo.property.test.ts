/**
 * What a restart makes of a history when the process has ended within a checkpoint: the data file has some of what the
 * checkpoint was to write, and the journal brings all of it again, older values of chunks included.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { raw } from "../../src/base/bytes.ts";
import { Transaction } from "../../src/keyspace/transaction.ts";
import { historyOf, historyWrites, putHistory, trimHistory } from "../../src/machines/history.ts";
import { encodeEntry } from "../../src/machines/history-codec.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { OrderedReader, Write } from "../../src/storage/ordered-store.ts";

const ID = 7;

function entry(rev: number, length: number) {
  const kind = rev === 1 ? ("create" as const) : ("event" as const);
  return { rev, atMs: 1000 + rev, kind, from: ["a"], to: ["b"], reason: "x".repeat(length) };
}

function revsOf(reader: OrderedReader): number[] {
  return historyOf(reader, ID, { from: 1, to: Number.MAX_SAFE_INTEGER }).map(({ rev }) => rev);
}

function inOrder(writes: Iterable<Write>): Write[] {
  return [...writes].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A store as another one is. */
function copyOf(store: MemoryStore): MemoryStore {
  const copy = new MemoryStore();
  copy.commit([...store.range(raw("h"), raw("i"))]);
  return copy;
}

/** The writes over a store, as a table lies over the data file. */
function over(store: OrderedReader, writes: readonly Write[]): Transaction {
  const transaction = new Transaction(store);
  transaction.apply(writes);
  return transaction;
}

const lengths = (maxLength: number) =>
  fc.array(fc.constantFrom(0, 0, 0, 60, 600, 5000), { maxLength, minLength: 0 });

test("a history is whole again when a restart redoes it over any part of a checkpoint", () => {
  const runs = Number(process.env["HISTORY_RUNS"] ?? 1000);
  fc.assert(
    fc.property(
      lengths(150),
      lengths(6),
      lengths(300),
      lengths(90),
      fc.constantFrom(0, 3, 40, 100),
      fc.nat(),
      fc.boolean(),
      (stored, written, live, later, max, cut, isLimitKnown) => {
        let rev = 0;
        const next = (length: number) => {
          rev += 1;
          return entry(rev, length);
        };
        // In the data file from earlier checkpoints.
        const data = new MemoryStore();
        data.commit(historyWrites(data, ID, stored.map(next).map(encodeEntry), max));
        // In the ordinary way since then: the table.
        const ordinary = new Transaction(data);
        for (const length of written) {
          const made = next(length);
          putHistory(ordinary, ID, made);
          trimHistory(ordinary, ID, { rev: made.rev, max });
        }
        const table = inOrder(ordinary.writes());
        // And then live.
        const entries = live.map(next).map(encodeEntry);
        const folded = inOrder(historyWrites(over(data, table), ID, entries, max));
        const expected = revsOf(over(over(data, table), folded));
        const all = [...table, ...folded];
        const torn = copyOf(data);
        torn.commit(all.slice(0, cut % (all.length + 1)));
        // The configuration may have changed, and a restart does not know it.
        const limit = isLimitKnown ? max : 0;
        const again = historyWrites(over(torn, table), ID, entries, limit);
        const shown = revsOf(over(over(torn, table), again));
        expect(shown.slice(-expected.length)).toEqual(expected);
        expect(shown).toEqual(
          Array.from({ length: shown.length }, (_, index) => rev - shown.length + 1 + index),
        );
        torn.commit(table);
        torn.commit(again);
        expect(revsOf(torn)).toEqual(shown);
        // No entry is in two chunks, and what follows goes on.
        const newest = rev;
        torn.commit(historyWrites(torn, ID, later.map(next).map(encodeEntry), max));
        const end = revsOf(torn);
        expect(end).toEqual(Array.from({ length: end.length }, (_, index) => rev - end.length + 1 + index));
        expect(end.length).toBeGreaterThanOrEqual(Math.min(expected.length, max === 0 ? newest : max));
      },
    ),
    { numRuns: runs },
  );
});
