/** A machine as the engine carries it to another definition (engine/carry.ts). */
import type { Json } from "../../base/json.ts";
import type { Former } from "../../engine/carry-states.ts";
import { BLANK_SNAPSHOT } from "../../engine/types.ts";
import type { Database } from "../../keyspace/database.ts";
import { historyOf } from "../history.ts";
import { targetsOf } from "../machine-step.ts";
import { activeNames } from "../record.ts";
import type { Subject } from "../subject.ts";

export function formerOf(subject: Subject): Former {
  const { chart, machine } = subject;
  const leaves = activeNames(machine);
  return {
    machine: chart?.machine,
    // What a machine with a map of its own is to the engine: a context and a state, and nothing that is due.
    snapshot: chart?.snapshot ?? BLANK_SNAPSHOT,
    leaves,
    since: new Map([["", machine.createdMs], ...machine.outer, ...machine.states]),
    isStopped: machine.status === "stopped",
    hasTargets: chart === undefined && leaves.some((state) => targetsOf(subject, state).size > 0),
  };
}

/** Entries of history that the expressions of a map see: the newest. */
const SEEN_MAX = 1000;

/** The variable `history`: entries of a machine, oldest first. */
export function seenHistory(db: Database, { record, machine }: Subject): Json {
  const range = { from: 1, to: machine.rev, reverse: true, limit: SEEN_MAX };
  return historyOf(db.transaction, record.id, range)
    .reverse()
    .map(({ rev, atMs, kind, event, id, by, reason, from, to, data }) => ({
      rev,
      at: atMs,
      kind,
      event: event ?? null,
      id: id ?? null,
      by: by ?? null,
      reason: reason ?? null,
      from,
      to,
      data: data?.value ?? null,
    }));
}
