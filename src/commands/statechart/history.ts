/**
 * SM.HISTORY key start end [REV] [COUNT n]: the recorded changes between two revs; `-` and `+` are the ends. With
 * REV the newest comes first, and the bounds may stand either way round.
 */
import { bytesOf } from "../../base/bytes.ts";
import { type HistoryEntry, historyOf } from "../../machines/history.ts";
import { logOf } from "../../machines/outbox.ts";
import { subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, safeInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { FLAG, readOptions, VALUE } from "../options.ts";

export const smHistory = {
  name: "SM.HISTORY",
  run: (call) => {
    const { args, db } = call;
    const { reverse, limit } = readPage(args);
    const bounds = [bound(argument(args, 2)), bound(argument(args, 3))] as const;
    const subject = subjectAt(call, bytesOf(argument(args, 1)));
    if (subject === undefined) return null;
    const [from, to] = reverse ? [Math.min(...bounds), Math.max(...bounds)] : bounds;
    const range = { from, to: Math.min(to, subject.machine.rev), reverse, limit };
    return historyOf(db.transaction, subject.record.id, range).map(entryReply);
  },
} as const satisfies Handler;

const FORMS = { REV: FLAG, COUNT: VALUE } as const;

function readPage(args: readonly Buffer[]): { readonly reverse: boolean; readonly limit: number } {
  const given = readOptions(args, 4, FORMS);
  const count = given.value("COUNT");
  const limit = count === undefined ? Number.POSITIVE_INFINITY : safeInteger(count);
  if (limit < 0) throw errors.outOfRange();
  return { reverse: given.has("REV"), limit };
}

function bound(bytes: Buffer): number {
  const word = bytes.toString("latin1");
  if (word === "-") return 0;
  if (word === "+") return Number.MAX_SAFE_INTEGER - 1;
  const rev = safeInteger(bytes);
  if (rev < 0) throw errors.outOfRange();
  return rev;
}

function entryReply(entry: HistoryEntry): Reply {
  return map([
    ["rev", entry.rev],
    ["at", entry.atMs],
    ["stamp", entry.stampMs ?? null],
    ["kind", entry.kind],
    ["event", entry.event ?? null],
    ["id", entry.id ?? null],
    ["by", entry.by ?? null],
    ["reason", entry.reason ?? null],
    ["from", [...entry.from]],
    ["to", [...entry.to]],
    ["via", [...(entry.via ?? [])]],
    ["data", entry.data?.text ?? null],
    ["context", entry.context === undefined ? null : JSON.stringify(entry.context)],
    ["log", logOf(entry) ?? null],
    ["output", entry.output === undefined ? null : JSON.stringify(entry.output)],
    ["trace", entry.trace ?? null],
  ]);
}
