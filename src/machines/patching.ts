/** SM.PATCH: the context of a machine is changed from outside, as a change like any other. */
import type { EventData } from "../base/event-data.ts";
import { isJsonObject } from "../base/json.ts";
import { patch } from "../engine/patch.ts";
import * as errors from "../protocol/errors.ts";
import { Delivery } from "./delivery.ts";
import { checkParent } from "./family-invariants.ts";
import { type Next, taken } from "./machine-step.ts";
import { isRunning } from "./record.ts";
import { envOf, findSubject, type Scope, type Subject } from "./subject.ts";
import { type Cause, writeStill } from "./writing.ts";

export interface Patching {
  /** A JSON object. */
  readonly document: EventData;
  readonly reason: string | undefined;
  readonly by: string | undefined;
}

/**
 * The machine as the change leaves it: automatic transitions follow where it runs. @throws ReplyError INVARIANT and what
 * else an action of theirs may end with
 */
export function patchMachine(scope: Scope, subject: Subject, { document, reason, by }: Patching): Subject {
  const { chart } = subject;
  if (chart === undefined) throw errors.err("a map machine has no context");
  const { value } = document;
  if (!isJsonObject(value)) throw errors.err("the patch must be a JSON object");
  const env = envOf(scope, subject);
  const settles = isRunning(subject.machine);
  const moved = patch(chart.machine, chart.snapshot, { document: value, settles }, env);
  if (moved.kind === "failed") throw errors.refused(moved.code, moved.message);
  const next = taken(chart, moved, env);
  if (next.kind === "refused") throw errors.refused("EXECFAIL", next.message);
  const cause: Cause = { kind: "patch", data: document, reason, by };
  return settles ? deliver(scope, subject, next, cause) : write(scope, subject, next, cause);
}

function deliver(scope: Scope, subject: Subject, next: Next, cause: Cause): Subject {
  const delivery = new Delivery(scope);
  const after = delivery.apply(subject, next, cause, { event: "", receivedMs: scope.nowMs });
  return delivery.runFollowUps() ? (findSubject(scope, subject.key) ?? after) : after;
}

/** One that is done or suspended stays so, and nothing follows. */
function write(scope: Scope, subject: Subject, next: Next, cause: Cause): Subject {
  const after = writeStill(scope, subject, next, cause);
  const { parent } = subject.machine;
  if (parent !== undefined) checkParent(scope, parent.id);
  return after;
}
