/** Scopes for expressions under test. */
import { EVENT_BUDGET, type Scope } from "../../../src/engine/expressions-scope.ts";

/** An empty scope with what is given in it. */
export function scopeWith(given: Partial<Scope> = {}): Scope {
  return {
    context: {},
    constants: {},
    eventType: "E",
    eventData: undefined,
    now: 1_700_000_000_000,
    key: "k",
    resultSizeMax: 1_000_000,
    budgetLeft: EVENT_BUDGET,
    activeIds: () => [],
    ...given,
  };
}
