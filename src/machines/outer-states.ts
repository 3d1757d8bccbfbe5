/** Brings the outer states of machines that were stored before these were indexed into indexes and counters. */
import { type Bytes, chars, raw, readU32 } from "../base/bytes.ts";
import { behind, prefixRange } from "../keyspace/layouts.ts";
import { decodeRecord } from "../keyspace/records.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { counterKeys, stateKeys } from "./index-keys.ts";
import { decodeMachine } from "./record.ts";

/** Keys that one slice looks at. */
const SLICE_KEYS_MAX = 1000;

/** Indexes the machines of a slice of keys; returns where to go on, undefined when nothing is left. */
export function indexOuterStates(transaction: Transaction, from: Bytes): Bytes | undefined {
  const keys = prefixRange("k");
  const start = from < keys.from ? keys.from : from;
  const slice: Array<readonly [Bytes, Buffer]> = [];
  for (const entry of transaction.range(start, keys.to)) {
    slice.push(entry);
    if (slice.length === SLICE_KEYS_MAX) break;
  }
  for (const [key, value] of slice) {
    const record = decodeRecord(value);
    if (record.type === "machine") indexOne(transaction, readU32(key, 1), record);
  }
  const last = slice.at(-1);
  return last === undefined || slice.length < SLICE_KEYS_MAX ? undefined : raw(chars(behind(last[0])));
}

function indexOne(transaction: Transaction, phys: number, record: ReturnType<typeof decodeRecord>): void {
  const machine = decodeMachine(record);
  if (machine.outer.length === 0) return;
  const innermost = { ...machine, outer: [] };
  const known = new Set(stateKeys(phys, record.id, innermost));
  for (const key of stateKeys(phys, record.id, machine))
    if (!known.has(key)) transaction.put(key, Buffer.alloc(0));
  const counted = new Set(counterKeys(phys, machine.definition, innermost));
  for (const key of counterKeys(phys, machine.definition, machine))
    if (!counted.has(key)) transaction.count(key, 1, { isRedone: false });
}
