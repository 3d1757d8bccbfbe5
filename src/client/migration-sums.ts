/** A migration that is one in each of several partitions, as one: its numbers are sums. */
import type {
  MigrationEntry,
  MigrationState,
  MigrationStatus,
  MigrationUndo,
  MovedOut,
} from "./migration-types.ts";

/** What it is doing is what any of them is still doing, the first of these; as the server has it for its own partitions. */
const ORDER: ReadonlyArray<MigrationEntry["status"]> = [
  "PAUSED",
  "RUNNING",
  "UNDOING",
  "DONE",
  "UNDONE",
  "PLANNED",
];
/** Of machines that were left, unless asked for otherwise. */
const EXAMPLES = 10;

export function statusInAll(each: readonly MigrationStatus[], examples = EXAMPLES): MigrationStatus {
  const sum = each.reduce(bothStatuses);
  return { ...sum, examples: sum.examples.slice(0, examples) };
}

function bothStatuses(a: MigrationStatus, b: MigrationStatus): MigrationStatus {
  return {
    ...a,
    status: firstOf<MigrationState>(a.status, b.status),
    moved: a.moved + b.moved,
    held: a.held + b.held,
    left: a.left === null || b.left === null ? null : a.left + b.left,
    undone: a.undone + b.undone,
    stayed: a.stayed + b.stayed,
    out: outOfBoth(a.out, b.out),
    started: Math.min(a.started, b.started),
    updated: Math.max(a.updated, b.updated),
    ended: a.ended === null || b.ended === null ? null : Math.max(a.ended, b.ended),
    examples: [...a.examples, ...b.examples],
  };
}

export function undoneInAll(each: readonly MigrationUndo[]): MigrationUndo {
  return each.reduce(bothUndone);
}

function bothUndone(a: MigrationUndo, b: MigrationUndo): MigrationUndo {
  return { ...a, machines: a.machines + b.machines, out: outOfBoth(a.out, b.out) };
}

export function listedInAll(lists: ReadonlyArray<readonly MigrationEntry[]>): readonly MigrationEntry[] {
  const byId = new Map<number, MigrationEntry>();
  for (const entry of lists.flat()) {
    const known = byId.get(entry.id) ?? entry;
    const [status, at] = [firstOf(known.status, entry.status), Math.min(known.at, entry.at)];
    byId.set(entry.id, { ...known, status, at });
  }
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

function firstOf<Status extends MigrationEntry["status"]>(a: Status, b: Status): Status {
  return ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b;
}

function outOfBoth(a: MovedOut, b: MovedOut): MovedOut {
  return {
    emitted: a.emitted + b.emitted,
    tasks: a.tasks + b.tasks,
    sent: a.sent + b.sent,
    childrenStarted: a.childrenStarted + b.childrenStarted,
    childrenStopped: a.childrenStopped + b.childrenStopped,
  };
}
