/** XREAD [COUNT count] [BLOCK ms] STREAMS key [key …] id [id …]: entries behind the ids, waiting for them if asked to. */
import { bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import { type EntryId, ID_MAX, ID_MIN, idAfter, idBefore } from "../../streams/entry-id.ts";
import { lastValidId, openStream } from "../../streams/streams.ts";
import type { Call, Handler, Wait } from "../handler.ts";
import { look } from "../values.ts";
import { deadlineOf } from "../wait.ts";
import { exactId } from "./ids.ts";
import { readArguments } from "./read-arguments.ts";
import { rangeReply, readReply, streamAt } from "./streams.ts";

export const xread = {
  name: "XREAD",
  run: (call) => {
    const { streams, count, blockMs } = readArguments(call, "xread");
    const positions = streams.map(({ key, id }) => ({
      key: Buffer.from(key),
      after: startOf(call, key, id),
    }));
    const reply = read(call, positions, count);
    if (reply !== undefined) return reply;
    if (blockMs === undefined || !call.mayWait) return NULL_ARRAY;
    const wait: Wait = {
      kind: "wait",
      keys: positions.map(({ key }) => bytesOf(key)),
      deadlineMs: deadlineOf(call.nowMs, blockMs),
      onTimeout: NULL_ARRAY,
      retry: (later) => read(later, positions, count) ?? wait,
    };
    return wait;
  },
} as const satisfies Handler;

interface Position {
  readonly key: Buffer;
  readonly after: EntryId;
}

/** The id behind which to read: `$` is the last ever given, `+` the one before the last entry. */
function startOf(call: Call, key: Buffer, id: Buffer): EntryId {
  const stream = streamAt(call, key);
  switch (id.toString("latin1")) {
    case "$":
      return stream?.header.lastId ?? ID_MIN;
    case "+": {
      if (stream === undefined) return ID_MIN;
      return stream.header.length === 0 ? stream.header.lastId : (idBefore(lastValidId(stream)) ?? ID_MIN);
    }
    case ">":
      throw errors.newEntriesWithoutGroup();
    default:
      return exactId(id);
  }
}

/** What there is to read; undefined when there is nothing. A key that no longer holds a stream has nothing. */
function read(call: Call, positions: readonly Position[], count: number): Reply | undefined {
  const found: Array<readonly [Buffer, Reply]> = [];
  for (const { key, after } of positions) {
    const record = look(call, key);
    const from = idAfter(after);
    if (record?.type !== "stream" || from === undefined) continue;
    const entries = rangeReply(openStream(call.db, bytesOf(key), record), { from, to: ID_MAX }, count);
    if (entries.length > 0) found.push([key, entries]);
  }
  return found.length === 0 ? undefined : readReply(call, found);
}
