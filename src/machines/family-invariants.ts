/** Invariants that read `children`: what a child does must leave them true for the machine it belongs to. */
import { breachOf } from "../engine/invariants.ts";
import * as errors from "../protocol/errors.ts";
import { envOf, findSubject, type Scope } from "./subject.ts";

/** @throws ReplyError INVARIANT when the machine with this id, as it is now, breaks one */
export function checkParent(scope: Scope, id: number): void {
  const key = scope.db.keyOf(id);
  const parent = key === undefined ? undefined : findSubject(scope, key);
  if (parent?.chart === undefined || parent.chart.machine.childInvariants.length === 0) return;
  const { machine, snapshot } = parent.chart;
  const breach = breachOf(machine, snapshot, envOf(scope, parent), machine.childInvariants);
  if (breach !== undefined) throw errors.refused("INVARIANT", breach);
}
