/** What happens when a machine has been in a state for longer than it should. */
import { assert } from "../base/assert.ts";
import { bufferOf } from "../base/bytes.ts";
import { stateOf } from "../engine/machine.ts";
import type { Sla } from "../engine/types.ts";
import { appendEntry } from "../streams/append.ts";
import { fieldsOf } from "../streams/entry-fields.ts";
import { keepingOf } from "./keeping.ts";
import type { DueMachine } from "./pending.ts";
import { activeNames } from "./record.ts";
import { markOverdue } from "./sla-index.ts";
import { changeStream } from "./stream-names.ts";
import type { Scope, Subject } from "./subject.ts";
import { writeSnapshot } from "./writing.ts";

/** A machine has been in a state for as long as it should: from now on it is overdue. Its rev stays. */
export function becomeOverdue(scope: Scope, subject: Subject, due: DueMachine): void {
  const { chart, record, machine, key } = subject;
  const sla = chart?.snapshot.slas.find(
    ({ state, deadlineMs, isOver }) => state === due.sequence && deadlineMs === due.dueMs && isOver !== true,
  );
  if (chart === undefined || sla === undefined) return;
  const { definition } = machine;
  assert(definition !== undefined, "a machine with an sla has a definition");
  const slas = chart.snapshot.slas.map((one): Sla => (one === sla ? { ...sla, isOver: true } : one));
  writeSnapshot(scope, subject, { ...chart.snapshot, slas });
  const { state, sinceMs, deadlineMs } = sla;
  markOverdue(scope.db, record.id, sla);
  const states = JSON.stringify(activeNames(machine));
  const fields = fieldsOf([
    ["key", bufferOf(key)],
    ["def", `${definition.name}:${definition.version}`],
    ["rev", machine.rev],
    ["kind", "overdue"],
    ["from", states],
    ["to", states],
    ["state", stateOf(chart.machine, state).path],
    ["since", sinceMs],
    ["sla", deadlineMs - sinceMs],
    ["at", scope.nowMs],
  ]);
  const options = { lengthMax: keepingOf(scope.server.config).changesMax, nowMs: scope.nowMs };
  appendEntry(scope.db, changeStream(scope.db.place, definition.name), fields, options);
}
