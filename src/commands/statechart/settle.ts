/** What became of an event, in the outcome that is kept of it. */
import { findOutcome, replaceOutcome } from "../../store/machine-outcomes.ts";
import type { PendingEvent } from "../../store/machine-pending.ts";
import type { StepOutcome } from "./machine-step.ts";
import type { Scope, Subject } from "./subject.ts";

export interface Settled {
  readonly before: Subject;
  readonly after: Subject;
  readonly pending: PendingEvent;
}

/** Brings the outcome of an event that had waited up to date; its first reply stays. */
export function settle(scope: Scope, { before, after, pending }: Settled, outcome: StepOutcome): void {
  if (pending.id === undefined) return;
  const { transaction } = scope.db;
  const known = findOutcome(transaction, after.record.id, pending.id);
  if (known === undefined) return;
  replaceOutcome(transaction, after.record.id, {
    ...known,
    atMs: scope.nowMs,
    code: codeOf(outcome),
    from: before.machine.states.map(([state]) => state),
    to: after.machine.states.map(([state]) => state),
    rev: after.machine.rev,
    details: outcome.kind === "refused" ? outcome.message : undefined,
  });
}

/** What an outcome is called. */
export function codeOf(outcome: StepOutcome): string {
  switch (outcome.kind) {
    case "moved":
      return "OK";
    case "refused":
      return outcome.code;
    case "deferred":
      return "DEFERRED";
    case "ignored":
      return "IGNORED";
  }
}
