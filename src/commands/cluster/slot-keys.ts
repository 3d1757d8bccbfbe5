/**
 * CLUSTER KEYSLOT, COUNTKEYSINSLOT and GETKEYSINSLOT. There is no index of keys by slot, which each write would have to
 * keep, so the last two walk all keys, as KEYS does.
 */
import { bufferOf } from "../../base/bytes.ts";
import { slotOf } from "../../cluster/slots.ts";
import { SLOT_COUNT } from "../../cluster/view.ts";
import type { Database } from "../../keyspace/database.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, integer } from "../arguments.ts";
import { everyDatabase } from "../everywhere.ts";
import type { Call, Handler } from "../handler.ts";
import { clusterOf } from "./topology.ts";

export const clusterKeyslot = {
  name: "CLUSTER|KEYSLOT",
  run: (call) => {
    clusterOf(call);
    return slotOf(argument(call.args, 2));
  },
} as const satisfies Handler;

export const clusterCountkeysinslot = {
  name: "CLUSTER|COUNTKEYSINSLOT",
  run: (call) => {
    clusterOf(call);
    const slot = integer(argument(call.args, 2));
    if (!isSlot(slot)) throw errors.invalidSlot();
    return keysInSlot(call, Number(slot), Number.POSITIVE_INFINITY).length;
  },
} as const satisfies Handler;

export const clusterGetkeysinslot = {
  name: "CLUSTER|GETKEYSINSLOT",
  run: (call) => {
    clusterOf(call);
    const slot = integer(argument(call.args, 2));
    const count = integer(argument(call.args, 3));
    if (!isSlot(slot) || count < 0n) throw errors.invalidSlotOrCount();
    return keysInSlot(call, Number(slot), Number(count));
  },
} as const satisfies Handler;

/** The database of the partition that has a slot; undefined where another server holds it. */
function databaseOf(call: Call, slot: number): Database | undefined {
  const partition = clusterOf(call).partitions.find(
    ({ firstSlot, lastSlot }) => firstSlot <= slot && slot <= lastSlot,
  );
  return everyDatabase(call).find(({ place }) => place.count === 1 || place.number === partition?.partition);
}

function isSlot(slot: bigint): boolean {
  return slot >= 0n && slot < BigInt(SLOT_COUNT);
}

function keysInSlot(call: Call, slot: number, countMax: number): Buffer[] {
  const keys: Buffer[] = [];
  const db = databaseOf(call, slot);
  if (db === undefined) return keys;
  // Collected first: looking at a key may remove it, and the walk must not see that.
  for (const key of [...db.keys()]) {
    if (keys.length >= countMax) break;
    const bytes = bufferOf(key);
    if (slotOf(bytes) === slot && db.find(key) !== undefined) keys.push(bytes);
  }
  return keys;
}
