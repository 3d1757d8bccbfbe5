/**
 * SM.REQUEUE ALL | id [id …] [TASK name] [COUNT n]: puts tasks that were given up back to their streams, the oldest
 * first, under new task ids and with new deadlines; replies how many.
 */

import { WRITE } from "../../clients/users/check.ts";
import { keepingOf } from "../../machines/keeping.ts";
import { DEAD, requeueTask, streamAt, taskStream } from "../../machines/tasks.ts";
import * as errors from "../../protocol/errors.ts";
import type { StreamEntry } from "../../streams/chunk.ts";
import { textField } from "../../streams/entry-fields.ts";
import { type EntryId, ID_MAX, ID_MIN } from "../../streams/entry-id.ts";
import { deleteAmong, settleFirstId } from "../../streams/removal.ts";
import { entriesOf, entryAt, type Stream, saveStream } from "../../streams/streams.ts";
import { argument, safeInteger, text, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";
import { mayAccess } from "../rights.ts";
import { exactId } from "../stream/ids.ts";

export const smRequeue = {
  name: "SM.REQUEUE",
  run: (call) => {
    const selection = parse(call.args);
    if (!mayAccess(call, DEAD, { reads: true, writes: true })) throw errors.noPermissionKey();
    const record = call.db.find(DEAD);
    if (record !== undefined && record.type !== "stream") throw errors.wrongType();
    const stream = streamAt(call.db, DEAD);
    if (stream === undefined) return 0;
    const limits = { lengthMax: keepingOf(call.server.config).changesMax };
    let count = 0;
    for (const { id, fields } of chosen(stream, selection)) {
      const task = textField(fields, "task");
      if (task !== undefined && !mayAccess(call, taskStream(task), WRITE)) throw errors.noPermissionKey();
      if (!requeueTask(call.db, fields, limits)) continue;
      deleteAmong(stream, id);
      count += 1;
    }
    if (count === 0) return 0;
    settleFirstId(stream);
    saveStream(stream, "xdel");
    return count;
  },
} as const satisfies Handler;

interface Selection {
  /** Undefined: all. */
  readonly ids: readonly EntryId[] | undefined;
  readonly task: string | undefined;
  readonly count: number;
}

function parse(args: Call["args"]): Selection {
  let position = 1;
  const ids: EntryId[] = [];
  const isAll = token(args[1]) === "ALL";
  if (isAll) position = 2;
  for (; !isAll && position < args.length && !Object.hasOwn(FORMS, token(args[position])); position += 1) {
    ids.push(exactId(argument(args, position)));
  }
  if (!isAll && ids.length === 0) throw errors.syntaxError();
  const given = readOptions(args, position, FORMS);
  const task = given.value("TASK");
  const countGiven = given.value("COUNT");
  const count = countGiven === undefined ? Number.POSITIVE_INFINITY : safeInteger(countGiven);
  if (count < 1) throw errors.countNotPositive();
  return { ids: isAll ? undefined : ids, task: task === undefined ? undefined : text(task, "TASK"), count };
}

const FORMS = { TASK: VALUE, COUNT: VALUE } as const;

/** Up to `count` entries; those asked for twice are there once. */
function chosen(stream: Stream, { ids, task, count }: Selection): StreamEntry[] {
  const found: StreamEntry[] = [];
  for (const entry of ids === undefined
    ? entriesOf(stream, { from: ID_MIN, to: ID_MAX })
    : named(stream, ids)) {
    if (found.length >= count) break;
    if (task === undefined || textField(entry.fields, "task") === task) found.push(entry);
  }
  return found;
}

function* named(stream: Stream, ids: readonly EntryId[]): Generator<StreamEntry> {
  for (const id of new Set(ids)) {
    const fields = entryAt(stream, id);
    if (fields !== undefined) yield { id, fields };
  }
}
