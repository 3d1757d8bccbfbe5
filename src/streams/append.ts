/** Appending to a stream from within other commands: the change stream and the tasks of machines. */
import type { Bytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { Fields } from "./chunk.ts";
import { autoId, type EntryId, idOfPlace } from "./entry-id.ts";
import { appendTo, createStream, openStream, recordEvent, saveStream } from "./streams.ts";
import { NODE_ENTRIES_MAX } from "./tail.ts";
import { trimAcknowledged } from "./trim.ts";

/** A stream is trimmed once it has a hundredth too many, or so many entries: each trim looks at every group. */
const SLACK_MAX = 1000;

/** How many entries beyond a length are let be. */
export function slackOf(lengthMax: number): number {
  return Math.min(SLACK_MAX, Math.floor(lengthMax / 100));
}

export interface AppendOptions {
  /** Above the last id of the stream; left out: from the time and the last id, as for `*`. */
  readonly id?: EntryId;
  /** The time the id tells; left out: that of the database, which for what is overdue is when it was due. */
  readonly nowMs?: number;
  /** Entries to keep; what a consumer group has not acknowledged stays beyond it. 0 or left out: all. */
  readonly lengthMax?: number;
  /** Keeps all entries of a stream that has no consumer group: nobody has read them yet. */
  readonly keepsUnread?: boolean;
}

/**
 * Adds an entry to the stream at a key, made if missing, in the transaction of the caller. Returns its id; undefined,
 * with nothing written, when the key holds something else or the id is not above the last.
 */
export function appendEntry(
  db: Database,
  key: Bytes,
  fields: Fields,
  { id, nowMs = db.nowMs, lengthMax = 0, keepsUnread = false }: AppendOptions = {},
): EntryId | undefined {
  const record = db.find(key);
  if (record !== undefined && record.type !== "stream") return undefined;
  const stream = record === undefined ? createStream(db, key) : openStream(db, key, record);
  const entryId = id ?? idOfPlace(autoId(nowMs, stream.header.lastId), db.place);
  if (entryId === undefined || entryId <= stream.header.lastId) return undefined;
  appendTo(stream, { id: entryId, fields, nodeEntriesMax: NODE_ENTRIES_MAX });
  const mayTrim = lengthMax > 0 && !(keepsUnread && stream.header.groupCount === 0);
  const trimmed = mayTrim ? trimAcknowledged(stream, lengthMax, slackOf(lengthMax)) : 0;
  saveStream(stream, "xadd");
  if (trimmed > 0) recordEvent(stream, "xtrim");
  return entryId;
}
