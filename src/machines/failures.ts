/**
 * Steps that no client waits for and that come to nothing. One that *fails* (an action, a limit) stays with the machine
 * until it is retried, cancelled or out of place: the machine is `failed` meanwhile, and runs on. One that is *refused*
 * (no state takes the event, a guard is false, its condition or its time is past) is over. Both are in the history,
 * in the change stream and in the stream `sm:refusals`.
 */
import { bufferOf } from "../base/bytes.ts";
import { appendEntry } from "../streams/append.ts";
import { fieldsOf } from "../streams/entry-fields.ts";
import type { HistoryEntry, Rest } from "./history.ts";
import type { Refusal } from "./machine-step.ts";
import { type Origin, originOf } from "./origin.ts";
import {
  addPending,
  dropPending,
  type FailedEvent,
  findPending,
  pendingOf,
  storedPending,
} from "./pending.ts";
import { activeNames, isRunning, type MachineRecord } from "./record.ts";
import { refusalStream } from "./stream-names.ts";
import type { Scope, Subject } from "./subject.ts";
import { writeRecord } from "./writing.ts";

/** Failed steps a machine keeps; the history tells of any more. */
const FAILED_MAX = 1000;

/** The codes of what fails, as against what is refused. */
const FAILURES: ReadonlySet<string> = new Set(["EXECFAIL", "INVARIANT", "REJECTED", "ERR"]);

export function isFailure({ code }: Pick<Refusal, "code">): boolean {
  return FAILURES.has(code);
}

/** A step that failed: the event, how it came, and which state had armed it. */
export type FailedStep = Origin & Pick<FailedEvent, "from" | "state">;

/** The machine with another number of failed steps; its status follows. */
export function withFailed(machine: MachineRecord, failedCount: number): MachineRecord {
  const status = isRunning(machine) ? (failedCount > 0 ? "failed" : "active") : machine.status;
  return { ...machine, failedCount, status };
}

/** Keeps a step that has failed and that no transition for the error has taken. */
export function markFailed(scope: Scope, subject: Subject, step: FailedStep, failure: Refusal): Subject {
  const { machine, record } = subject;
  const { code, message } = failure;
  const isKept = machine.failedCount < FAILED_MAX;
  const sequence = machine.pendingNext;
  if (isKept) {
    const { from, state } = step;
    const failed = { ...originOf(step), kind: "failed", sequence, from, state, code, message } as const;
    const place = { id: record.id, phys: scope.db.phys };
    addPending(scope.db.transaction, place, { ...failed, receivedMs: scope.nowMs });
  }
  const counted = withFailed(machine, machine.failedCount + (isKept ? 1 : 0));
  const next = { ...counted, pendingNext: isKept ? sequence + 1 : sequence };
  return writeNothing(
    scope,
    { ...subject, machine: next },
    { kind: "failed", step, failure, before: subject, rest: isKept ? { n: [sequence] } : undefined },
  );
}

/** Records that an event was refused which no client waits for; `dropped` are failed steps that went before it. */
export function recordRefusal(
  scope: Scope,
  subject: Subject,
  step: Origin,
  { dropped, ...failure }: Refusal & { readonly dropped?: readonly FailedEvent[] },
): Subject {
  const rest = dropped === undefined ? undefined : { f: dropped.map(storedPending) };
  return writeNothing(scope, subject, { kind: "refused", step, failure, before: subject, rest });
}

interface Nothing {
  readonly kind: "failed" | "refused";
  readonly step: Origin;
  readonly failure: Refusal;
  readonly before: Subject;
  readonly rest: Rest | undefined;
}

/** The entry of a step that has come to nothing. */
function writeNothing(scope: Scope, { machine }: Subject, nothing: Nothing): Subject {
  const { kind, step, failure, before, rest } = nothing;
  const states = activeNames(machine);
  const rev = machine.rev + 1;
  const history: HistoryEntry = {
    rev,
    atMs: scope.nowMs,
    kind,
    ...originOf(step),
    reason: `${failure.code} ${failure.message}`,
    from: states,
    to: states,
    status: machine.status === "active" ? undefined : machine.status,
    rest,
  };
  const written = writeRecord(scope, before, { ...machine, rev, updatedMs: scope.nowMs }, history);
  logRefusal(scope, written, step, { ...failure, wasTold: false });
  return written;
}

/**
 * Adds an entry to the stream of refusals, where the configuration asks for it; a key of another type takes none. There
 * may be no machine.
 */
export function logRefusal(
  scope: Scope,
  { key, machine }: Pick<Subject, "key"> & { readonly machine: MachineRecord | undefined },
  { event, id }: Pick<Origin, "event" | "id">,
  { code, message, wasTold }: Pick<Refusal, "code" | "message"> & { readonly wasTold: boolean },
): void {
  const { values } = scope.server.config;
  const kept = values["sm-refusals"];
  if (kept === "none" || (wasTold && kept !== "all")) return;
  const definition = machine?.definition;
  const fields = fieldsOf([
    ["key", bufferOf(key)],
    ["def", definition === undefined ? undefined : `${definition.name}:${definition.version}`],
    ["rev", machine?.rev],
    ["event", event],
    ["id", id],
    ["code", code],
    ["message", message],
    ["at", scope.nowMs],
  ]);
  const options = { lengthMax: values["sm-refusals-maxlen"], nowMs: scope.nowMs };
  appendEntry(scope.db, refusalStream(scope.db.place), fields, options);
}

/** The failed steps of a machine, in the order in which they failed. */
export function failedOf(
  scope: Scope,
  { machine, record }: Pick<Subject, "machine" | "record">,
): FailedEvent[] {
  if (machine.failedCount === 0) return [];
  return pendingOf(scope.db.transaction, record.id).filter((pending) => pending.kind === "failed");
}

/** A failed step as it stands now; undefined when it is gone. */
export function findFailed(scope: Scope, { record }: Subject, sequence: number): FailedEvent | undefined {
  const pending = findPending(scope.db.transaction, record.id, sequence);
  return pending?.kind === "failed" ? pending : undefined;
}

/** Forgets failed steps of a machine. */
export function dropFailed(scope: Scope, subject: Subject, over: readonly FailedEvent[]): Subject {
  if (over.length === 0) return subject;
  for (const failed of over) dropPending(scope.db.transaction, subject.record.id, failed);
  const { machine } = subject;
  return writeRecord(scope, subject, withFailed(machine, machine.failedCount - over.length), undefined);
}

/** Puts another reason in the place of the one for which a step has failed before. */
export function failAgain(
  scope: Scope,
  { record }: Subject,
  failed: FailedEvent,
  { code, message }: Pick<Refusal, "code" | "message">,
): void {
  addPending(scope.db.transaction, { id: record.id, phys: scope.db.phys }, { ...failed, code, message });
}
