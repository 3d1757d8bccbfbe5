/** What the stream commands share: looking at a stream, and entries as replies. */
import { bytesOf } from "../../base/bytes.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { StreamEntry } from "../../streams/chunk.ts";
import type { Group } from "../../streams/consumers.ts";
import { findGroup } from "../../streams/groups.ts";
import { type EntryRange, openStream, type Stream, takeEntries } from "../../streams/streams.ts";
import type { Call } from "../handler.ts";
import { look, lookFor } from "../values.ts";
import { idReply } from "./ids.ts";

/** The stream at a key, undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function streamAt(call: Call, key: Buffer): Stream | undefined {
  return streamOf(call, key, lookFor(call, key));
}

function streamOf(call: Call, key: Buffer, record: KeyRecord | undefined): Stream | undefined {
  if (record === undefined) return undefined;
  if (record.type !== "stream") throw errors.wrongType();
  return openStream(call.db, bytesOf(key), record);
}

export interface StreamAndGroup {
  readonly stream: Stream;
  readonly group: Group;
}

/**
 * A group of the stream at a key, which is read, also by commands that write; undefined when there is no such key or
 * group. @throws ReplyError WRONGTYPE
 */
export function groupAt(call: Call, key: Buffer, name: Buffer): StreamAndGroup | undefined {
  return groupOf(call, key, name, look(call, key));
}

/** As `groupAt`, of a key that was looked at before. */
export function groupOf(
  call: Call,
  key: Buffer,
  name: Buffer,
  record: KeyRecord | undefined,
): StreamAndGroup | undefined {
  const stream = streamOf(call, key, record);
  const group = stream === undefined ? undefined : findGroup(stream, name);
  return stream === undefined || group === undefined ? undefined : { stream, group };
}

/** Entries by stream: a map in RESP3, pairs in RESP2. */
export function readReply({ session }: Call, streams: ReadonlyArray<readonly [Buffer, Reply]>): Reply {
  return session.protocol === 3 ? { kind: "map", entries: streams } : streams;
}

export function entryReply({ id, fields }: StreamEntry): Reply {
  return [idReply(id), fields];
}

/** The entries of a range, at most `count`. */
export function rangeReply(stream: Stream, range: EntryRange, count: number): Reply[] {
  return takeEntries(stream, range, count).map(entryReply);
}
