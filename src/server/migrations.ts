/**
 * The way up from an earlier format of the store. Each format number has one step to the next; a store that is
 * opened with an earlier one is carried over before anyone is served, step by step and slice by slice. A slice is
 * one commit, and how far its step has got is in the same commit: whenever the process ends, the next start goes
 * on where this one stopped, and neither does a thing twice.
 *
 * Who changes the layout of a key or a record raises STORE_FORMAT and adds a step here, and a directory made by the
 * version before to `tests/cases`.
 */

import { type Bytes, chars, raw } from "../base/bytes.ts";
import { roundsOfEventLoop } from "../base/event-loop.ts";
import type { Log } from "../base/log.ts";
import { metaKey } from "../keyspace/layouts.ts";
import { encodeNumber } from "../keyspace/records.ts";
import type { Store } from "../keyspace/store.ts";
import { STORE_FORMAT } from "../keyspace/store-format.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { indexOuterStates } from "../machines/outer-states.ts";
import { untilLoaded } from "../storage/until-loaded.ts";

/** From a format to the next one. */
export interface Migration {
  /** What changes, for the operator who reads the log. */
  readonly summary: string;
  /**
   * Carries over a bounded part of the store, about a thousand entries: what stands at `from` and behind it, in key
   * order. Returns where to go on, or undefined when nothing is left. Without it the step changes no data.
   */
  readonly slice?: (transaction: Transaction, from: Bytes) => Bytes | undefined;
}

/** The step at index n leads from format n + 1 to n + 2. */
export const MIGRATIONS: readonly Migration[] = [
  { summary: "machines and history entries have room for more; those that are there are read as they are" },
  { summary: "machines are indexed by their outer states too", slice: indexOuterStates },
  {
    summary:
      "keys may hold hashes, sets, lists and sorted sets, outcomes are shorter; what is there is read as it is",
  },
];

const POSITION_KEY = metaKey("migration");

/**
 * Carries a store over to the present format; does nothing when it has that. To be called before the store serves.
 * @throws CommitError when the disk does not take it; the next call goes on from there
 */
export async function migrate(
  store: Store,
  log: Log,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const formatNow = () => untilLoaded(() => store.format);
  for (let format = await formatNow(); format < STORE_FORMAT; format = await formatNow()) {
    const migration = migrations[format - 1];
    if (migration === undefined) throw new Error(`no way from format ${format} of the store`);
    log(`The store has format ${format} and is carried over to format ${format + 1}: ${migration.summary}`);
    const startMs = performance.now();
    while (!(await runSlice(store, migration, format + 1))) await roundsOfEventLoop(1);
    log(`The store has format ${format + 1}, after ${(performance.now() - startMs).toFixed(0)} ms`);
  }
}

/** One commit; true when the step is done. */
async function runSlice(store: Store, { slice }: Migration, formatNext: number): Promise<boolean> {
  return untilLoaded(() =>
    store.attempt((transaction) => {
      const position = transaction.get(POSITION_KEY);
      const next = slice?.(transaction, raw(position?.toString("latin1") ?? ""));
      if (next === undefined) {
        transaction.remove(POSITION_KEY);
        transaction.put(metaKey("format"), encodeNumber(formatNext));
      } else transaction.put(POSITION_KEY, Buffer.from(chars(next), "latin1"));
      store.commit(transaction);
      return next === undefined;
    }),
  );
}
