/** The section of INFO about state machines, with the figures that the metrics of the HTTP interface have. */
import { decodedFigures, timersFrom } from "../../keyspace/held.ts";
import {
  type MachineCount,
  machineCounts,
  type StreamFigures,
  streamFigures,
} from "../../machines/figures.ts";
import { waitingLetters } from "../../machines/mail/outgoing.ts";
import type { StreamKind } from "../../machines/stream-names.ts";
import type { Call } from "../handler.ts";

/** Lines of single definitions and states, and of single groups, at most: INFO is one text. */
const LINES_MAX = 1000;

export function statemachineLines(call: Call): readonly string[] {
  const { server } = call;
  const everywhere = call.everywhere();
  const decoded = decodedFigures(server.partitions);
  const counts = machineCounts(everywhere);
  const overdue = server.longCounts.overdue(everywhere);
  const timers = server.longCounts.timers(everywhere, timersFrom(server.partitions));
  const streams = streamFigures(everywhere);
  const whole = counts.filter(({ state }) => state === undefined);
  const tasks = streams.filter((stream) => stream.of?.kind === "tasks");
  return [
    `machines:${sum(whole)}`,
    ...["active", "failed", "suspended", "done", "stopped"].map(
      (status) => `machines_${status}:${sum(whole.filter((one) => one.status === status))}`,
    ),
    `machines_overdue:${sum(overdue)}`,
    `machines_overdue_ms:${Math.max(0, ...overdue.map(({ longestMs }) => longestMs))}`,
    `timers_pending:${timers.pending}`,
    `timers_late:${timers.late}`,
    `timers_lateness_ms:${timers.latenessMs}`,
    `tasks:${tasks.reduce((total, { length }) => total + length, 0)}`,
    `tasks_pending:${tasks.flatMap(({ groups }) => groups).reduce((total, { pending }) => total + pending, 0)}`,
    `dead_letters:${lengthOf(streams, "dead")}`,
    `refusals_kept:${lengthOf(streams, "refusals")}`,
    `machine_cache_bytes:${decoded.bytes}`,
    `machine_cache_hits:${decoded.hits}`,
    `machine_cache_misses:${decoded.misses}`,
    ...mailLines(call),
    ...countLines(counts).slice(0, LINES_MAX),
    ...stayLines(call),
    ...groupLines(streams).slice(0, LINES_MAX),
  ];
}

/** Events for machines of other partitions, where there are any. */
function mailLines(call: Call): readonly string[] {
  if (call.databases.place.count === 1) return [];
  const waiting = call.everywhere().map(({ transaction }) => waitingLetters(transaction));
  const since = Math.min(...waiting.map(({ sinceMs }) => sinceMs ?? call.nowMs));
  return [
    `letters_waiting:${sum(waiting)}`,
    `letters_waiting_bytes:${waiting.reduce((total, { bytes }) => total + bytes, 0)}`,
    `letters_waiting_ms:${Math.max(0, call.nowMs - since)}`,
    `letters_taken:${call.server.statistics.lettersTaken}`,
  ];
}

function sum(counts: ReadonlyArray<{ readonly count: number }>): number {
  return counts.reduce((total, { count }) => total + count, 0);
}

function lengthOf(streams: readonly StreamFigures[], wanted: StreamKind): number {
  return streams.reduce((total, { of, length }) => (of?.kind === wanted ? total + length : total), 0);
}

/** `state_0_order:v1/paid:active=3,failed=1`, the number being that of the database; without a state, of the definition. */
function countLines(counts: readonly MachineCount[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { database, definition, state, isOuter, status, count } of counts) {
    if (isOuter) continue;
    const name = oneLine(state === undefined ? definition : `${definition}/${state}`);
    const field = `${state === undefined ? "definition" : "state"}_${database}_${name}`;
    const known = lines.get(field);
    if (known === undefined) lines.set(field, [`${status}=${count}`]);
    else known.push(`${status}=${count}`);
  }
  return [...lines].map(([field, values]) => `${field}:${values.join(",")}`).sort();
}

/** `stay_0_order:v1/paid:count=3,p50=1023,p95=2047`: how long machines stayed in the states that they have left, in milliseconds. */
function stayLines({ server }: Call): readonly string[] {
  return Array.from(server.flow.stays(LINES_MAX), ({ database, definition, state, stays }) => {
    const percentiles = [50, 95].map((percent) => `p${percent}=${stays.percentile(percent)}`);
    return `stay_${database}_${oneLine(`${definition}/${state}`)}:count=${stays.count},${percentiles.join(",")}`;
  }).sort();
}

function groupLines(streams: readonly StreamFigures[]): string[] {
  return streams.flatMap(({ database, name, groups }) =>
    groups.map(
      (group) =>
        `group_${database}_${oneLine(name)}/${oneLine(group.name)}:consumers=${group.consumers},` +
        `pending=${group.pending},lag=${group.lag ?? ""}`,
    ),
  );
}

/** Names are a client's: what would end the line is shown as a space. */
function oneLine(name: string): string {
  return name.replaceAll(/[\r\n]/g, " ");
}
