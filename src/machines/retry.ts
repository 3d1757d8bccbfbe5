/** Runs the steps again that have failed, in the order in which they did. */
import { ReplyError } from "../protocol/reply-error.ts";
import { Delivery } from "./delivery.ts";
import { dropFailed, failAgain, failedOf, findFailed, isFailure, recordRefusal } from "./failures.ts";
import { eventOf, ownEventOf, type StepOutcome, stepEvent, stepRaised } from "./machine-step.ts";
import { originOf } from "./origin.ts";
import type { FailedEvent } from "./pending.ts";
import { isRunning } from "./record.ts";
import { deedRefusal } from "./rights.ts";
import { settle } from "./settle.ts";
import { envOf, findSubject, type Scope, type Subject } from "./subject.ts";

/** True when no failed step is left; false at the first that fails again, and when there was none. */
export function retryFailed(scope: Scope, subject: Subject): boolean {
  const failed = failedOf(scope, subject);
  for (const { sequence } of failed) {
    const current = findSubject(scope, subject.key);
    if (current === undefined || !isRunning(current.machine)) return false;
    // A step before it may have left the state that had armed this one, or ended the machine.
    const step = findFailed(scope, current, sequence);
    if (step !== undefined && !retryOne(scope, current, step)) return false;
  }
  return failed.length > 0;
}

function retryOne(scope: Scope, subject: Subject, step: FailedEvent): boolean {
  const savepoint = scope.databases.transaction.savepoint();
  const failure = attempt(scope, subject, step);
  if (failure === undefined) return true;
  scope.databases.rollback(savepoint);
  failAgain(scope, subject, step, failure);
  return false;
}

/** Why a step has failed again; undefined when it has not. */
function attempt(scope: Scope, subject: Subject, step: FailedEvent) {
  const isOwn = step.from !== "send" && step.from !== "event";
  const refusal = isOwn ? deedRefusal(scope, subject.machine, { kind: "go-on" }) : undefined;
  if (refusal !== undefined) return refusal;
  const before = dropFailed(scope, subject, [step]);
  const env = envOf(scope, subject);
  const outcome: StepOutcome = isOwn
    ? stepRaised(before, ownEventOf(step), env)
    : stepEvent(before, eventOf(step), env);
  if (outcome.kind === "refused") {
    if (isFailure(outcome)) return outcome;
    const after = recordRefusal(scope, before, step, { ...outcome, dropped: [step] });
    settle(scope, { before, after, pending: step }, outcome);
    return undefined;
  }
  try {
    const delivery = new Delivery(scope);
    delivery.apply(before, outcome, { kind: "retry", ...originOf(step), dropped: [step] }, step);
    delivery.runFollowUps();
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    return { code: error.code, message: error.text };
  }
  const after = findSubject(scope, subject.key) ?? before;
  settle(scope, { before, after, pending: step }, outcome);
  return undefined;
}
