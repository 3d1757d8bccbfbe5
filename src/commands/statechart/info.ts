/** SM.INFO key [REV n|TIME unix-ms]: all about a machine, now or as it was. */
import { bytesOf } from "../../base/bytes.ts";
import { isJsonObject, type Json } from "../../base/json.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { historyOf } from "../../store/machine-history.ts";
import { pendingOf } from "../../store/machine-pending.ts";
import type { MachineStatus } from "../../store/machine-record.ts";
import { argument, safeInteger, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { type Subject, subjectAt } from "./subject.ts";

/** What differs between the present and the past. */
interface State {
  readonly states: readonly string[];
  readonly status: MachineStatus;
  readonly rev: number;
  readonly context: Json;
  readonly updatedMs: number;
  readonly reason: string | undefined;
  readonly pending: number;
  readonly timers: number;
}

export const smInfo = {
  name: "SM.INFO",
  run: (call) => {
    const { args } = call;
    const until = args.length === 2 ? undefined : readUntil(args);
    const subject = subjectAt(call, bytesOf(argument(args, 1)));
    if (subject === undefined) return null;
    const state = until === undefined ? present(call, subject) : past(call, subject, until);
    return state === undefined ? null : reply(call, subject, state);
  },
} as const satisfies Handler;

/** The last change that counts: by its rev, or by its time. */
type Until = { readonly rev: number } | { readonly atMs: number };

function readUntil(args: readonly Buffer[]): Until {
  const option = token(args[2]);
  if (args.length !== 4 || (option !== "REV" && option !== "TIME")) throw errors.syntaxError();
  const number = safeInteger(argument(args, 3));
  return option === "REV" ? { rev: number } : { atMs: number };
}

function present(call: Call, { machine, record, chart }: Subject): State {
  return {
    states: machine.states.map(([state]) => state),
    status: machine.status,
    rev: machine.rev,
    context: chart?.snapshot.context ?? {},
    updatedMs: machine.updatedMs,
    reason: machine.reason,
    pending: pendingOf(call.db.transaction, record.id).length,
    timers: chart?.snapshot.timers.length ?? 0,
  };
}

/**
 * The machine as its history tells it: the last context that was recorded whole with all later changes applied.
 * Undefined when it was not there yet, or when the history does not reach back that far. O(number of changes until
 * then).
 */
function past(call: Call, subject: Subject, until: Until): State | undefined {
  const { rev, updatedMs } = subject.machine;
  if ("rev" in until && until.rev > rev) return undefined;
  if ("rev" in until ? until.rev === rev : until.atMs >= updatedMs) return present(call, subject);
  const range = { from: 1, to: "rev" in until ? until.rev : rev };
  const entries = historyOf(call.db.transaction, subject.record.id, range).filter(
    ({ atMs }) => "rev" in until || atMs <= until.atMs,
  );
  const last = entries.at(-1);
  const isThere = last !== undefined && (!("rev" in until) || last.rev === until.rev);
  const base = entries.findLastIndex(({ kind }) => WHOLE_CONTEXT.has(kind));
  if (!isThere || (base < 0 && subject.chart !== undefined)) return undefined;
  const context: { [key: string]: Json } = structuredClone({ ...entries[base]?.context });
  for (const entry of entries.slice(base + 1)) {
    for (const [path, value] of Object.entries(entry.context ?? {})) assign(context, path.split("."), value);
  }
  return {
    states: last.to,
    status: last.status ?? "active",
    rev: last.rev,
    context,
    updatedMs: last.atMs,
    reason: entries.findLast(({ reason }) => reason !== undefined)?.reason,
    pending: 0,
    timers: 0,
  };
}

/** Entries that hold the context whole, not what has changed of it. */
const WHOLE_CONTEXT: ReadonlySet<string> = new Set(["create", "set", "reset", "force"]);

/** Sets the value at a dotted path, as `assign` did. */
function assign(context: { [key: string]: Json }, path: readonly string[], value: Json): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    context[key] = value;
    return;
  }
  const inner = context[key];
  const copy: { [key: string]: Json } = isJsonObject(inner) ? { ...inner } : {};
  assign(copy, rest, value);
  context[key] = copy;
}

function reply(call: Call, { machine, record }: Subject, state: State): Reply {
  const { definition } = machine;
  return map([
    ["definition", definition === undefined ? null : `${definition.name}:${definition.version}`],
    ["state", [...state.states]],
    ["status", state.status],
    ["rev", state.rev],
    ["context", JSON.stringify(state.context)],
    ["created", machine.createdMs],
    ["updated", state.updatedMs],
    ["reason", state.reason ?? null],
    ["pending", state.pending],
    ["timers", state.timers],
    ["ttl", record.expireAtMs === 0 ? -1 : record.expireAtMs - call.nowMs],
  ]);
}
