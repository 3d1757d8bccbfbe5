/** Guards at run time: the verdict, and the account of it that `explain` and refusals give. */
import { type Expression, ExpressionFailure, readValue } from "./expressions.ts";
import type { Read } from "./expressions-scope.ts";
import type { Run } from "./interpreter.ts";
import { type Guard, stateOf, type Transition } from "./machine.ts";
import type { GuardVerdict } from "./types.ts";

/** True when the guard holds. A guard that fails to evaluate, or gives no boolean, is false. */
export function holds(run: Run, guard: Guard | undefined): boolean {
  if (guard === undefined) return true;
  switch (guard.kind) {
    case "expression":
      return guard.expression.isTrue(run);
    case "and":
      return guard.guards.every((part) => holds(run, part));
    case "or":
      return guard.guards.some((part) => holds(run, part));
    case "not":
      return !failsOrHolds(run, guard.guard);
    case "in":
      return run.isActive(guard.state);
  }
}

/** True when the guard holds or is not known: the negation of an unknown is no reason to move either. */
function failsOrHolds(run: Run, guard: Guard): boolean {
  return holds(run, guard) || failureOf(run, guard) !== undefined;
}

/** Why a guard could not be evaluated; undefined when it could. */
export function failureOf(run: Run, guard: Guard): string | undefined {
  switch (guard.kind) {
    case "expression":
      return expressionFailure(run, guard.expression);
    case "and":
    case "or": {
      for (const part of guard.guards) {
        const failure = failureOf(run, part);
        if (failure !== undefined) return failure;
        if (holds(run, part) === (guard.kind === "or")) return undefined;
      }
      return undefined;
    }
    case "not":
      return failureOf(run, guard.guard);
    case "in":
      return undefined;
  }
}

function expressionFailure(run: Run, expression: Expression): string | undefined {
  try {
    const value = expression.evaluate(run);
    return typeof value === "boolean"
      ? undefined
      : `it is ${JSON.stringify(value)}, which is neither true nor false`;
  } catch (error) {
    if (error instanceof ExpressionFailure) return error.message;
    throw error;
  }
}

/** The text of a guard, as messages show it. */
export function sourceOf(guard: Guard): string {
  switch (guard.kind) {
    case "expression":
      return guard.expression.source;
    case "and":
    case "or":
      return guard.guards.map((part) => `(${sourceOf(part)})`).join(` ${guard.kind} `);
    case "not":
      return `not (${sourceOf(guard.guard)})`;
    case "in":
      return guard.source;
  }
}

/** The variable paths a guard reads, each once, in the order of the text. */
export function readsOf(guard: Guard): readonly Read[] {
  switch (guard.kind) {
    case "expression":
      return guard.expression.reads;
    case "and":
    case "or": {
      const reads = guard.guards.flatMap((part) => readsOf(part));
      return [...new Map(reads.map((read) => [read.path, read])).values()];
    }
    case "not":
      return readsOf(guard.guard);
    case "in":
      return [];
  }
}

/** The verdict on the guard of a transition, with the values it read. */
export function verdictOn(run: Run, transition: Transition, guard: Guard): GuardVerdict {
  const isTrue = holds(run, guard);
  const reason = isTrue ? undefined : failureOf(run, guard);
  const reads = readsOf(guard).map((read) => {
    const value = readValue(read, run);
    return value === undefined ? { path: read.path } : { path: read.path, value };
  });
  const state = stateOf(run.machine, transition.source).path;
  const verdict = { state, guard: sourceOf(guard), holds: isTrue, reads };
  const { otherwise } = transition;
  return {
    ...verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(otherwise === undefined || isTrue ? {} : { otherwise }),
  };
}
