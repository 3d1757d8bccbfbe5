/**
 * Looks whether a store agrees with itself: every record has its entries in the indexes and every entry its
 * record, and the counters count them. Reads the whole store: for tests, and for an operator who asks.
 */
import type { Bytes } from "../base/bytes.ts";
import { bytesOf, chars, readU32 } from "../base/bytes.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { counterValue } from "./counters.ts";
import { GARBAGE_DATABASE } from "./databases.ts";
import {
  counterKey,
  databasePrefix,
  expiryFields,
  expiryKey,
  garbageFields,
  garbageSpace,
  idOfLongStringKey,
  idOfOrderKey,
  longStringKey,
  orderKey,
  prefixRange,
  recordKey,
} from "./layouts.ts";
import { checkLibraries } from "./libraries.ts";
import type { ObjectTypes } from "./objects.ts";
import { decodeNumber, decodeRecord, type KeyRecord } from "./records.ts";

/** What was found wrong, a sentence each; empty when all agrees. O(size of the store). */
export function checkStore(reader: OrderedReader, objects: ObjectTypes): string[] {
  const findings: string[] = [];
  const check: Check = {
    reader,
    flushed: new Set(),
    keys: new Map(),
    expires: new Map(),
    longStrings: new Set(),
    findings,
  };
  for (const [key] of all(reader, garbageSpace(GARBAGE_DATABASE)))
    check.flushed.add(garbageFields(key).number);
  let idMax = 0;
  for (const [key, value] of all(reader, prefixRange("k"))) {
    const record = decodeRecord(value);
    idMax = Math.max(idMax, record.id);
    checkRecord(check, key, record);
    findings.push(...objects.checkObject(reader, record));
  }
  if (idMax > counterValue(reader, counterKey("id"))) {
    findings.push(`the id ${idMax} is above the counter of ids`);
  }
  checkOrder(check);
  checkExpiry(check);
  checkLongStrings(check);
  checkCounters(check);
  findings.push(...objects.check(reader), ...checkLibraries(reader));
  return findings;
}

interface Check {
  readonly reader: OrderedReader;
  /** Physical databases whose removal is under way: their parts may be missing. */
  readonly flushed: Set<number>;
  /** Keys found, and keys that expire, by physical database. */
  readonly keys: Map<number, number>;
  readonly expires: Map<number, number>;
  /** Ids of the long strings found. */
  readonly longStrings: Set<number>;
  readonly findings: string[];
}

function checkRecord(check: Check, key: Bytes, record: KeyRecord): void {
  const phys = readU32(key, 1);
  add(check.keys, phys);
  const named = check.reader.get(orderKey(databasePrefix("o", phys), record.id));
  const place = `the record ${shown(key)} (id ${record.id})`;
  if (named === undefined || chars(recordKey(databasePrefix("k", phys), bytesOf(named))) !== chars(key)) {
    check.findings.push(`${place} has no entry in the order of SCAN`);
  }
  if (record.type === "longString") {
    check.longStrings.add(record.id);
    if (check.reader.get(longStringKey(record.id)) === undefined)
      check.findings.push(`${place} lacks its bytes`);
  }
  if (record.expireAtMs === 0) return;
  add(check.expires, phys);
  if (check.flushed.has(phys)) return;
  if (check.reader.get(expiryKey(record.expireAtMs, phys, record.id)) === undefined) {
    check.findings.push(`${place} expires and is not in the index of expiries`);
  }
}

function checkOrder({ reader, findings }: Check): void {
  for (const [key, value] of all(reader, prefixRange("o"))) {
    const record = recordOf(reader, readU32(key, 1), bytesOf(value));
    if (record?.id !== idOfOrderKey(key)) findings.push(`the order entry ${shown(key)} has no record`);
  }
}

function checkExpiry({ reader, flushed, findings }: Check): void {
  for (const [key, value] of all(reader, prefixRange("x"))) {
    const { phys, id, dueMs } = expiryFields(key);
    const record = recordOf(reader, phys, bytesOf(value));
    if (record?.id === id && record.expireAtMs === dueMs) continue;
    if (!flushed.has(phys)) findings.push(`the expiry ${shown(key)} has no record that is due then`);
  }
}

function checkLongStrings({ reader, longStrings, findings }: Check): void {
  for (const [key] of all(reader, prefixRange("v"))) {
    const id = idOfLongStringKey(key);
    if (!longStrings.has(id)) findings.push(`the bytes of the long string ${id} belong to no record`);
  }
}

function checkCounters({ reader, flushed, keys, expires, findings }: Check): void {
  for (const [name, found] of [["keys", keys] as const, ["expires", expires] as const]) {
    for (const [key, value] of all(reader, prefixRange(`c${name}`))) {
      const phys = Number(chars(key).slice(1 + name.length));
      const counted = decodeNumber(value);
      const there = found.get(phys) ?? 0;
      found.delete(phys);
      if (flushed.has(phys) || counted === there) continue;
      findings.push(`the counter ${name} of ${phys} says ${counted}, there are ${there}`);
    }
    for (const phys of found.keys()) {
      if (!flushed.has(phys)) findings.push(`the physical database ${phys} has no counter ${name}`);
    }
  }
}

function recordOf(reader: OrderedReader, phys: number, userKey: Bytes): KeyRecord | undefined {
  const value = reader.get(recordKey(databasePrefix("k", phys), userKey));
  return value === undefined ? undefined : decodeRecord(value);
}

function all(reader: OrderedReader, { from, to }: { readonly from: Bytes; readonly to: Bytes }) {
  return reader.range(from, to);
}

function add(counts: Map<number, number>, phys: number): void {
  counts.set(phys, (counts.get(phys) ?? 0) + 1);
}

function shown(key: Bytes): string {
  return JSON.stringify(chars(key));
}
