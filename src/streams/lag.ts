/**
 * How far a consumer group has read, counted in entries. Redis counts reads while it can be sure of the count: an
 * XDEL ahead of the group makes it unsure until the group's last id is one whose place is known, such as the stream's
 * first or last. These are its rules (7.0), as XINFO shows `entries-read` and `lag`.
 */

import type { Group } from "./consumers.ts";
import { type EntryId, ID_MIN } from "./entry-id.ts";
import type { StreamHeader } from "./header.ts";

/** entriesRead of a group that cannot tell. */
export const READ_UNKNOWN = -1n;

/** How many entries a group has not read yet; undefined when that is not known. */
export function lagOf(header: StreamHeader, group: Group): bigint | undefined {
  if (header.entriesAdded === 0n) return 0n;
  const read =
    group.entriesRead !== READ_UNKNOWN && !hasDeletedFrom(header, group.lastId)
      ? group.entriesRead
      : entriesUpTo(header, group.lastId);
  return read === READ_UNKNOWN ? undefined : header.entriesAdded - read;
}

/** Moves a group on to an entry it is given. */
export function advanceGroup(header: StreamHeader, group: Group, id: EntryId): void {
  if (group.entriesRead !== READ_UNKNOWN && !hasDeletedFrom(header, id)) group.entriesRead += 1n;
  else if (header.entriesAdded > 0n) group.entriesRead = entriesUpTo(header, id);
  group.lastId = id;
}

/** How many entries were added up to an id, it included; READ_UNKNOWN when that is not known. */
export function entriesUpTo(header: StreamHeader, id: EntryId): bigint {
  if (header.entriesAdded === 0n) return 0n;
  if (header.length === 0 && id <= header.lastId) return header.entriesAdded;
  if (id === header.lastId) return header.entriesAdded;
  if (id > header.lastId) return READ_UNKNOWN;
  if (header.maxDeletedId !== ID_MIN && header.maxDeletedId >= header.firstId) return READ_UNKNOWN;
  const before = header.entriesAdded - BigInt(header.length);
  if (id < header.firstId) return before;
  return id === header.firstId ? before + 1n : READ_UNKNOWN;
}

/** True when an entry from an id on may have been deleted. */
function hasDeletedFrom(header: StreamHeader, id: EntryId): boolean {
  if (header.length === 0 || header.maxDeletedId === ID_MIN) return false;
  return id <= header.maxDeletedId;
}
