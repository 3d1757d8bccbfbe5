/** How far all consumer groups of a stream are done with its entries. */

import { type EntryId, ID_MAX, idAfter } from "./entry-id.ts";
import { groupsOf } from "./groups.ts";
import { firstPendingId } from "./pending.ts";
import type { Stream } from "./streams.ts";

/**
 * The lowest id that some group has not acknowledged: every entry before it was delivered to and acknowledged by
 * all groups. undefined when the stream has no group. Costs a look at each group.
 */
export function acknowledgedBefore(stream: Stream): EntryId | undefined {
  if (stream.header.groupCount === 0) return undefined;
  let lowest: EntryId = ID_MAX;
  for (const group of groupsOf(stream)) {
    const unread = idAfter(group.lastId) ?? ID_MAX;
    const pending = group.pendingCount > 0 ? firstPendingId(group) : undefined;
    const end = pending !== undefined && pending < unread ? pending : unread;
    if (end < lowest) lowest = end;
  }
  return lowest;
}
