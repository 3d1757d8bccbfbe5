/**
 * Trimming: removal of entries from the front.
 *
 * Redis keeps entries in nodes of up to `stream-node-max-entries`, and its approximate trimming (`~`) removes whole
 * nodes only. Clients see how many entries that leaves, so entries here carry the number of a node too: one ends
 * when so many entries were added to it, or when it has lost all it held. `stream-node-max-bytes` ends no node here:
 * where entries are large, Redis' nodes are shorter and its `~` comes closer to what was asked for.
 */
import { acknowledgedBefore } from "./acknowledged.ts";
import type { EntryId } from "./entry-id.ts";
import { removeFromFront } from "./removal.ts";
import type { StoredChunk } from "./stored-chunks.ts";
import { type Stream, storedChunks } from "./streams.ts";

/** What is to be left. */
export type TrimTarget =
  | { readonly kind: "length"; readonly lengthMax: number }
  | { readonly kind: "minId"; readonly minId: EntryId };

export interface Trim {
  readonly target: TrimTarget;
  /** Whole nodes only. */
  readonly isApproximate: boolean;
  /** Entries removed at most; 0: as many as it takes. */
  readonly limit: number;
}

/** Removes entries from the front; returns how many. Costs what it removes, and one node. */
export function trimStream(stream: Stream, { target, isApproximate, limit }: Trim): number {
  const { length } = stream.header;
  if (target.kind === "length" && length <= target.lengthMax) return 0;
  if (isApproximate) return removeFromFront(stream, countOfNodes(stream, target, limit));
  const count =
    target.kind === "length" ? length - target.lengthMax : countBelow(stream, target.minId, length);
  return removeFromFront(stream, count);
}

/** Entries that trimAcknowledged removes at once: a group that has held a stream for long may let go of millions. */
const REMOVED_AT_ONCE_MAX = 1000;

/**
 * Trims to a length, but leaves every entry that a consumer group has not been given or has not acknowledged. As
 * finding these costs a look at each group, it is done only once `slack` entries are too many. Where very many are,
 * some go now and the others later.
 */
export function trimAcknowledged(stream: Stream, lengthMax: number, slack: number): number {
  const excess = stream.header.length - lengthMax;
  if (excess <= slack) return 0;
  const count = Math.min(excess, REMOVED_AT_ONCE_MAX);
  const end = acknowledgedBefore(stream);
  return removeFromFront(stream, end === undefined ? count : countBelow(stream, end, count));
}

/** How many entries are below an id; `countMax` when there are more. */
function countBelow(stream: Stream, id: EntryId, countMax: number): number {
  const { firstId } = stream.header;
  let count = 0;
  for (const chunk of storedChunks(stream)) {
    if (count >= countMax) break;
    const reader = chunk.from(firstId);
    if (reader === undefined) continue;
    if (reader.lastId < id) {
      count += chunk.countFrom(firstId);
      continue;
    }
    if (reader.id >= id) break;
    do count += 1;
    while (chunk.next(reader) && reader.id < id);
    if (reader.id >= id) break;
  }
  return Math.min(count, countMax);
}

/** How many entries the nodes from the first on have together that can go whole. */
function countOfNodes(stream: Stream, target: TrimTarget, limit: number): number {
  const { firstId, length } = stream.header;
  let node: number | undefined;
  let whole = 0;
  let count = 0;
  for (const chunk of storedChunks(stream)) {
    const reader = chunk.from(firstId);
    if (reader === undefined) continue;
    if (reader.node !== node) whole = count;
    node = reader.node;
    count += chunk.countFrom(firstId);
    const mayGo =
      target.kind === "length" ? length - count >= target.lengthMax : lastIdOf(chunk, firstId) < target.minId;
    if (!mayGo || (limit > 0 && count > limit)) return whole;
  }
  return count;
}

/** The id of the last entry of a chunk that is there. */
function lastIdOf(chunk: StoredChunk, firstId: EntryId): EntryId {
  const reader = chunk.from(firstId);
  let last = chunk.id;
  if (reader === undefined) return last;
  if (chunk.holes === undefined) return reader.lastId;
  do last = reader.id;
  while (chunk.next(reader));
  return last;
}
