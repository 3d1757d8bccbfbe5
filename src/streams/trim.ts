/**
 * Trimming: removal of entries from the front.
 *
 * Redis keeps entries in nodes of up to `stream-node-max-entries`, and its approximate trimming (`~`) removes whole
 * nodes only. Clients see how many entries that leaves, so entries here carry the number of a node too: one ends
 * when so many entries were added to it, or when it has lost all it held. `stream-node-max-bytes` ends no node here:
 * where entries are large, Redis' nodes are shorter and its `~` comes closer to what was asked for.
 */

import { acknowledgedBefore } from "./acknowledged.ts";
import { type EntryId, ID_MAX } from "./entry-id.ts";
import { nodeOfEntry } from "./records.ts";
import type { Stream } from "./streams.ts";
import { deleteEntry, rawEntries, settleFirstId } from "./streams.ts";

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
  if (target.kind === "length" && stream.header.length <= target.lengthMax) return 0;
  const chosen = isApproximate ? wholeNodes(stream, target, limit) : single(stream, target);
  return removeFromFront(stream, chosen);
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
  const chosen: EntryId[] = [];
  for (const [id] of rawEntries(stream, { from: stream.header.firstId, to: ID_MAX })) {
    if (chosen.length === count || (end !== undefined && id >= end)) break;
    chosen.push(id);
  }
  return removeFromFront(stream, chosen);
}

function single(stream: Stream, target: TrimTarget): EntryId[] {
  const chosen: EntryId[] = [];
  const excess = target.kind === "length" ? stream.header.length - target.lengthMax : 0;
  for (const [id] of rawEntries(stream, { from: stream.header.firstId, to: ID_MAX })) {
    if (target.kind === "length" ? chosen.length >= excess : id >= target.minId) break;
    chosen.push(id);
  }
  return chosen;
}

function wholeNodes(stream: Stream, target: TrimTarget, limit: number): EntryId[] {
  const chosen: EntryId[] = [];
  for (const node of nodes(stream)) {
    const count = chosen.length + node.length;
    if (limit > 0 && count > limit) break;
    const last = node.at(-1);
    const fits =
      target.kind === "length"
        ? stream.header.length - count >= target.lengthMax
        : last !== undefined && last < target.minId;
    if (!fits) break;
    for (const id of node) chosen.push(id);
  }
  return chosen;
}

/** The ids of each node in turn. */
function* nodes(stream: Stream): Generator<EntryId[]> {
  let ids: EntryId[] = [];
  let number: number | undefined;
  for (const [id, value] of rawEntries(stream, { from: stream.header.firstId, to: ID_MAX })) {
    const node = nodeOfEntry(value);
    if (number !== undefined && node !== number) {
      yield ids;
      ids = [];
    }
    number = node;
    ids.push(id);
  }
  if (ids.length > 0) yield ids;
}

function removeFromFront(stream: Stream, ids: readonly EntryId[]): number {
  for (const id of ids) deleteEntry(stream, id);
  if (ids.length > 0) settleFirstId(stream);
  return ids.length;
}
