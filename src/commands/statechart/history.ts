/**
 * SM.HISTORY key start end [REV] [COUNT n] [WHERE expr]: the recorded changes between two revs; `-` and `+` are the
 * ends, and `(` before a rev leaves it out. With REV the newest comes first, and the bounds may stand either way round.
 * WHERE looks at a bounded number.
 */
import { bytesOf, textOfBytes } from "../../base/bytes.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import { localsOf } from "../../engine/inexact-data.ts";
import { type HistoryEntry, historyOf } from "../../machines/history.ts";
import { logOf } from "../../machines/outbox.ts";
import { type Subject, subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, safeInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { FLAG, readOptions, VALUE } from "../options.ts";
import { readWhere, type Where } from "./where.ts";

export const smHistory = {
  name: "SM.HISTORY",
  run: (call) => {
    const { args, db, nowMs } = call;
    const { reverse, limit, where } = readPage(args, nowMs);
    const bounds = [bound(argument(args, 2)), bound(argument(args, 3))] as const;
    const subject = subjectAt(call, bytesOf(argument(args, 1)));
    if (subject === undefined) return null;
    const [low, high] = reverse && bounds[0].rev > bounds[1].rev ? [bounds[1], bounds[0]] : bounds;
    const [from, to] = [low.rev + Number(low.isOpen), high.rev - Number(high.isOpen)];
    const range = { from, to: Math.min(to, subject.machine.rev), reverse };
    const read = (most: number) => historyOf(db.transaction, subject.record.id, { ...range, limit: most });
    if (where === undefined) return read(limit).map(entryReply);
    return selected(subject, read(LOOKED_MAX + 1), { limit, where });
  },
} as const satisfies Handler;

/** Entries that WHERE looks at; where there are more, the reply ends with the rev at which to go on. */
const LOOKED_MAX = 10_000;

function selected(
  { key, machine }: Subject,
  entries: readonly HistoryEntry[],
  { limit, where }: { readonly limit: number; readonly where: Where },
): Reply[] {
  const found: Reply[] = [];
  const states = [...machine.outer, ...machine.states].map(([state]) => state);
  const name = textOfBytes(key);
  for (const [looked, entry] of entries.entries()) {
    if (found.length >= limit) break;
    if (looked === LOOKED_MAX || (where.isSpent && looked > 0))
      return [
        ...found,
        map([
          ["kind", "more"],
          ["rev", entry.rev],
        ]),
      ];
    const fields = localsOf(undefined, fieldsOf(entry));
    if (where.holds({ key: name, context: {}, states, fields })) found.push(entryReply(entry));
  }
  return found;
}

/** What an expression sees of an entry: its fields as SM.HISTORY shows them, JSON as values. */
function fieldsOf(entry: HistoryEntry): JsonObject {
  const log = logOf(entry);
  return {
    rev: entry.rev,
    at: entry.atMs,
    stamp: entry.stampMs ?? null,
    kind: entry.kind,
    event: entry.event ?? null,
    id: entry.id ?? null,
    by: entry.by ?? null,
    reason: entry.reason ?? null,
    from: [...entry.from],
    to: [...entry.to],
    via: [...(entry.via ?? [])],
    data: entry.data?.value ?? null,
    context: entry.context ?? null,
    gone: [...(entry.gone ?? [])],
    log: log === undefined ? null : (JSON.parse(log) as Json),
    output: entry.output ?? null,
    trace: entry.trace ?? null,
  };
}

const FIELDS = "rev at stamp kind event id by reason from to via data context gone log output trace".split(
  " ",
);

const FORMS = { REV: FLAG, COUNT: VALUE, WHERE: VALUE } as const;

interface Page {
  readonly reverse: boolean;
  readonly limit: number;
  readonly where: Where | undefined;
}

function readPage(args: readonly Buffer[], nowMs: number): Page {
  const given = readOptions(args, 4, FORMS);
  const count = given.value("COUNT");
  const limit = count === undefined ? Number.POSITIVE_INFINITY : safeInteger(count);
  if (limit < 0) throw errors.outOfRange();
  const where = readWhere(given.value("WHERE"), { fields: FIELDS, nowMs });
  return { reverse: given.has("REV"), limit, where };
}

interface Bound {
  readonly rev: number;
  /** Whether the entry of that rev is left out. */
  readonly isOpen: boolean;
}

function bound(bytes: Buffer): Bound {
  const word = bytes.toString("latin1");
  if (word === "-") return { rev: 0, isOpen: false };
  if (word === "+") return { rev: Number.MAX_SAFE_INTEGER - 1, isOpen: false };
  const isOpen = word.startsWith("(");
  const rev = safeInteger(isOpen ? bytes.subarray(1) : bytes);
  if (rev < 0) throw errors.outOfRange();
  return { rev, isOpen };
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
    ...(entry.gone === undefined ? [] : [["gone", [...entry.gone]] as const]),
    ["log", logOf(entry) ?? null],
    ["output", entry.output === undefined ? null : JSON.stringify(entry.output)],
    ["trace", entry.trace ?? null],
  ]);
}
