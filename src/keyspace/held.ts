/** All partitions that a server holds as one: for figures, and for what reads beside the turns. */
import type { Bytes } from "../base/bytes.ts";
import type { StoreStatus } from "../storage/ordered-store.ts";
import { Databases } from "./databases.ts";
import { duesAt } from "./layouts.ts";
import type { Partition, Partitions } from "./partitions.ts";

/** Those that are held; where none is, the empty one. */
function heldOf({ all, home }: Partitions): readonly Partition[] {
  return all.length === 0 ? [home] : all;
}

/** Databases to be read in every partition, in the order of slots. */
export function readEverywhere(partitions: Partitions, count: number, nowMs: number): readonly Databases[] {
  return heldOf(partitions).map(({ store, place }) => new Databases(store.begin(), count, nowMs, place));
}

/** Databases to be read in the partition of a slot, or in the first one. */
export function readAt(
  partitions: Partitions,
  slot: number | undefined,
  { count, nowMs }: { readonly count: number; readonly nowMs: number },
): Databases {
  const { store, place } = partitions.of(slot) ?? partitions.home;
  return new Databases(store.begin(), count, nowMs, place);
}

/** Where the index of what falls due begins in a partition. */
export function timersFrom(partitions: Partitions): (databases: Databases) => Bytes {
  return ({ place }) => partitions.get(place.number)?.timersFrom ?? duesAt(0);
}

/** Sums; of the last sync and the last checkpoint, the longest. */
export function statusOf(partitions: Partitions): StoreStatus {
  return heldOf(partitions)
    .map(({ store }) => store.status())
    .reduce((sum, one) => ({
      position: sum.position + one.position,
      journalBytes: sum.journalBytes + one.journalBytes,
      flushMs: Math.max(sum.flushMs, one.flushMs),
      flushCount: sum.flushCount + one.flushCount,
      flushTotalMs: sum.flushTotalMs + one.flushTotalMs,
      cacheHits: sum.cacheHits + one.cacheHits,
      cacheMisses: sum.cacheMisses + one.cacheMisses,
      unflushedCommits: sum.unflushedCommits + one.unflushedCommits,
      pendingKeys: sum.pendingKeys + one.pendingKeys,
      pendingBytes: sum.pendingBytes + one.pendingBytes,
      pendingBytesMax: sum.pendingBytesMax + one.pendingBytesMax,
      isCheckpointing: sum.isCheckpointing || one.isCheckpointing,
      checkpointCount: sum.checkpointCount + one.checkpointCount,
      checkpointMs: Math.max(sum.checkpointMs, one.checkpointMs),
      dataBytes: sum.dataBytes + one.dataBytes,
      usedBytes: sum.usedBytes + one.usedBytes,
    }));
}

/** What was read of machines and is kept decoded. */
export function decodedFigures(partitions: Partitions): {
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
} {
  let [bytes, hits, misses] = [0, 0, 0];
  for (const { store } of heldOf(partitions)) {
    bytes += store.decoded.bytes;
    hits += store.decoded.hits;
    misses += store.decoded.misses;
  }
  return { bytes, hits, misses };
}
