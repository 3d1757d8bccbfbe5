/** SM.INFO key [REV n|TIME unix-ms]: all about a machine, now or as it was. */

import { bytesOf } from "../../base/bytes.ts";
import type { Json } from "../../base/json.ts";
import { type Machine, stateOf } from "../../engine/machine.ts";
import { timeLeft } from "../../keyspace/expiry-time.ts";
import type { DefinitionName } from "../../keyspace/layouts.ts";
import { findDefinition } from "../../machines/definitions.ts";
import { standingAt } from "../../machines/history.ts";
import { definitionThen } from "../../machines/past-definition.ts";
import { pendingOf } from "../../machines/pending.ts";
import { activeNames, type MachineStatus, outerNames } from "../../machines/record.ts";
import { type Scope, type Subject, subjectAt } from "../../machines/subject.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, safeInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { atMostOneOf, readOptions, VALUE } from "../options.ts";
import { childrenReply, parentReply } from "./family.ts";

/** What differs between the present and the past. */
interface State {
  /** Undefined for a map machine. */
  readonly definition: DefinitionName | undefined;
  /** Its compiled form; undefined where that is not there. */
  readonly chart: Machine | undefined;
  readonly states: readonly string[];
  readonly status: MachineStatus;
  readonly rev: number;
  readonly context: Json;
  /** Undefined for none. */
  readonly output: Json | undefined;
  readonly updatedMs: number;
  readonly reason: string | undefined;
  readonly pending: number;
  readonly timers: number;
  readonly failed: number;
  /** The states that have lasted longer than they should. */
  readonly overdue: readonly string[];
}

export const smInfo = {
  name: "SM.INFO",
  run: (call) => {
    const { args } = call;
    const until = readUntil(args);
    const subject = subjectAt(call, bytesOf(argument(args, 1)));
    if (subject === undefined) return null;
    const state = until === undefined ? present(call, subject) : past(call, subject, until);
    return state === undefined ? null : reply(call, subject, state);
  },
} as const satisfies Handler;

/** All about a machine as it is now. */
export function infoOf(call: Scope, subject: Subject): Reply {
  return reply(call, subject, present(call, subject));
}

/** The last change that counts: by its rev, or by its time. */
type Until = { readonly rev: number } | { readonly atMs: number };

function readUntil(args: readonly Buffer[]): Until | undefined {
  const given = readOptions(args, 2, { REV: VALUE, TIME: VALUE });
  atMostOneOf(given, ["REV", "TIME"]);
  const [rev, time] = [given.value("REV"), given.value("TIME")];
  if (rev !== undefined) return { rev: safeInteger(rev) };
  return time === undefined ? undefined : { atMs: safeInteger(time) };
}

function present(call: Scope, { machine, record, chart }: Subject): State {
  return {
    definition: machine.definition,
    chart: chart?.machine,
    states: activeNames(machine),
    status: machine.status,
    rev: machine.rev,
    context: chart?.snapshot.context ?? {},
    output: chart?.snapshot.output,
    updatedMs: machine.updatedMs,
    reason: machine.reason,
    pending: pendingOf(call.db.transaction, record.id).length,
    timers: chart?.snapshot.timers.length ?? 0,
    failed: machine.failedCount,
    overdue: overdueOf(chart),
  };
}

/**
 * The machine as its history tells it. Undefined when it was not there yet, or when the history does not reach back
 * that far. O(number of changes until then).
 */
function past(call: Scope, subject: Subject, until: Until): State | undefined {
  const { rev, updatedMs } = subject.machine;
  if ("rev" in until && until.rev > rev) return undefined;
  if ("rev" in until ? until.rev === rev : until.atMs >= updatedMs) return present(call, subject);
  const standing = standingAt(call.db.transaction, subject.record.id, {
    to: "rev" in until ? until.rev : rev,
    counts: (entry) => ("rev" in until ? entry.rev <= until.rev : entry.atMs <= until.atMs),
  });
  if (standing === undefined || ("rev" in until && standing.rev !== until.rev)) return undefined;
  const { to: states, status = "active", atMs: updatedAtMs, reason, context, output } = standing;
  if (context === undefined) return undefined;
  const definition = definitionThen(call.db, subject, standing.rev);
  return {
    definition,
    chart: chartThen(call, subject, definition),
    states,
    status,
    rev: standing.rev,
    context,
    output,
    updatedMs: updatedAtMs,
    reason,
    pending: 0,
    timers: 0,
    failed: 0,
    overdue: [],
  };
}

function chartThen(
  call: Scope,
  { machine, chart }: Subject,
  definition: DefinitionName | undefined,
): Machine | undefined {
  if (definition === undefined) return undefined;
  if (definition === machine.definition) return chart?.machine;
  const stored = findDefinition(call.db, definition.name, definition.version);
  return stored && call.server.charts.chartOf(stored);
}

function overdueOf(chart: Subject["chart"]): string[] {
  if (chart === undefined) return [];
  const over = chart.snapshot.slas.filter(({ isOver }) => isOver === true);
  return over.map(({ state }) => stateOf(chart.machine, state).path);
}

/** The tags of the states that are active, outer ones among them, in document order, each once. */
function tagsOf({ chart, states }: State): string[] {
  if (chart === undefined) return [];
  const { byPath } = chart;
  const active = new Set([0, ...[...states, ...outerNames(states)].map((name) => byPath.get(name) ?? 0)]);
  const tags = [...active].sort((a, b) => a - b).flatMap((index) => stateOf(chart, index).tags);
  return [...new Set(tags)];
}

function reply(call: Scope, subject: Subject, state: State): Reply {
  const { machine, record } = subject;
  const { definition } = state;
  return map([
    ["definition", definition === undefined ? null : `${definition.name}:${definition.version}`],
    ["state", [...state.states]],
    ["status", state.status],
    ["rev", state.rev],
    ["context", JSON.stringify(state.context)],
    ["output", state.output === undefined ? null : JSON.stringify(state.output)],
    ["tags", tagsOf(state)],
    ["created", machine.createdMs],
    ["updated", state.updatedMs],
    ["reason", state.reason ?? null],
    ["pending", state.pending],
    ["timers", state.timers],
    ["failed", state.failed],
    ["overdue", [...state.overdue]],
    ["parent", parentReply(call, subject)],
    ["children", childrenReply(call, subject)],
    ["ttl", record.expireAtMs === 0 ? -1 : timeLeft(record.expireAtMs, call.nowMs)],
  ]);
}
