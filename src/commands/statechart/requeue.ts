/**
 * SM.REQUEUE ALL | id [id …] [TASK name] [COUNT n] [STREAM key | SLOT n]: puts tasks that were given up back to their
 * streams, the oldest first, under new task ids and with new deadlines; replies how many. Where the server holds several
 * partitions, of all of them; STREAM names one of their streams of dead letters, since two may have an entry of the same id, SLOT
 * its partition.
 */

import { bufferOf, textOfBytes } from "../../base/bytes.ts";
import { mergedInOrder } from "../../base/merged-in-order.ts";
import { WRITE } from "../../clients/users/check.ts";
import { keepingOf } from "../../machines/keeping.ts";
import { deadStream, taskStream } from "../../machines/stream-names.ts";
import { requeueTask, streamAt } from "../../machines/tasks.ts";
import * as errors from "../../protocol/errors.ts";
import type { StreamEntry } from "../../streams/chunk.ts";
import { textField } from "../../streams/entry-fields.ts";
import { type EntryId, ID_MAX, ID_MIN } from "../../streams/entry-id.ts";
import { deleteAmong, settleFirstId } from "../../streams/removal.ts";
import { entriesOf, entryAt, type Stream, saveStream } from "../../streams/streams.ts";
import { argument, safeInteger, text, token } from "../arguments.ts";
import { placesAsked, readSlot } from "../cluster/slot-option.ts";
import type { Call, Handler } from "../handler.ts";
import { atMostOneOf, readOptions, VALUE } from "../options.ts";
import { mayAccess } from "../rights.ts";
import { exactId } from "../stream/ids.ts";

export const smRequeue = {
  name: "SM.REQUEUE",
  run: (call) => {
    const selection = parse(call.args);
    const streams = deadStreams(call, selection);
    const limits = { lengthMax: keepingOf(call.server.config).changesMax };
    const changed = new Set<Stream>();
    let count = 0;
    for (const [stream, { id, fields }] of chosen(streams, selection)) {
      const { db } = stream;
      const task = textField(fields, "task");
      if (task !== undefined && !mayAccess(call, taskStream(db.place, task), WRITE))
        throw errors.noPermissionKey();
      if (!requeueTask(db, fields, limits)) continue;
      deleteAmong(stream, id);
      changed.add(stream);
      count += 1;
    }
    for (const stream of changed) {
      settleFirstId(stream);
      saveStream(stream, "xdel");
    }
    return count;
  },
} as const satisfies Handler;

/** The streams of dead letters, or the one that was named. @throws ReplyError */
function deadStreams(call: Call, { stream: named, slot }: Selection): Stream[] {
  const { session } = call;
  // The request has come to the partition of the stream that it names.
  const places = named === undefined ? placesAsked(call, slot) : [call.databases];
  const streams: Stream[] = [];
  for (const databases of places) {
    const db = databases.at(session.database);
    const key = deadStream(db.place);
    if (named !== undefined && !named.equals(bufferOf(key)))
      throw errors.err(`STREAM names a stream of dead letters; of this partition it is ${textOfBytes(key)}`);
    if (!mayAccess(call, key, { reads: true, writes: true })) throw errors.noPermissionKey();
    const record = db.find(key);
    if (record !== undefined && record.type !== "stream") throw errors.wrongType();
    const stream = streamAt(db, key);
    if (stream !== undefined) streams.push(stream);
  }
  return streams;
}

interface Selection {
  /** Undefined: all. */
  readonly ids: readonly EntryId[] | undefined;
  readonly task: string | undefined;
  readonly count: number;
  readonly stream: Buffer | undefined;
  readonly slot: number | undefined;
}

function parse(args: Call["args"]): Selection {
  let position = 1;
  const ids: EntryId[] = [];
  const isAll = token(args[1]) === "ALL";
  if (isAll) position = 2;
  for (; !isAll && position < args.length && !Object.hasOwn(FORMS, token(args[position])); position += 1) {
    ids.push(exactId(argument(args, position)));
  }
  if (!isAll && ids.length === 0) throw errors.err("syntax error, give the ids of entries, or ALL");
  const given = readOptions(args, position, FORMS);
  atMostOneOf(given, ["STREAM", "SLOT"]);
  const task = given.value("TASK");
  const countGiven = given.value("COUNT");
  const count = countGiven === undefined ? Number.POSITIVE_INFINITY : safeInteger(countGiven);
  if (count < 1) throw errors.countNotPositive();
  return {
    ids: isAll ? undefined : ids,
    task: task === undefined ? undefined : text(task, "TASK"),
    count,
    stream: given.value("STREAM"),
    slot: readSlot(given.value("SLOT")),
  };
}

const FORMS = { TASK: VALUE, COUNT: VALUE, STREAM: VALUE, SLOT: VALUE } as const;

/** Up to `count` entries; those asked for twice are there once. */
function chosen(streams: readonly Stream[], { ids, task, count }: Selection): Dead[] {
  const found: Dead[] = [];
  const walk = ids === undefined ? mergedInOrder(streams.map(allOf), isOlder) : named(streams, ids);
  for (const dead of walk) {
    if (found.length >= count) break;
    if (task === undefined || textField(dead[1].fields, "task") === task) found.push(dead);
  }
  return found;
}

type Dead = readonly [stream: Stream, entry: StreamEntry];

function* allOf(stream: Stream): Generator<Dead> {
  for (const entry of entriesOf(stream, { from: ID_MIN, to: ID_MAX })) yield [stream, entry];
}

function isOlder([, a]: Dead, [, b]: Dead): boolean {
  return a.id < b.id;
}

function* named(streams: readonly Stream[], ids: readonly EntryId[]): Generator<Dead> {
  for (const id of new Set(ids)) {
    for (const stream of streams) {
      const fields = entryAt(stream, id);
      if (fields !== undefined) yield [stream, { id, fields }];
    }
  }
}
