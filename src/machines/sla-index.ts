/**
 * How long a machine may be in a state (`sla`). Until that is over it is in the index of due times, whether or not
 * the machine is suspended; then it is reported, once, and the machine is in the index of those that are overdue.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Effect, Sla } from "../engine/types.ts";
import type { Database } from "../keyspace/database.ts";
import { type DueEntry, dueKey, overdueKey } from "../keyspace/layouts.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { armDue } from "./pending.ts";
import { hasEnded, type MachineRecord } from "./record.ts";
import { type StoredSla, storedSlas } from "./stored-timers.ts";

const NOTHING = Buffer.alloc(0);

type Place = Pick<Database, "transaction" | "phys">;

/** As the engine or the store has it. */
type AnySla = Pick<Sla, "state" | "deadlineMs"> & { readonly isOver?: boolean };

function dueEntry(id: number, { state, deadlineMs }: AnySla): DueEntry {
  return { dueMs: deadlineMs, id, kind: "l", sequence: state };
}

/** The key of an sla in the index it is in: by due time until it is over, among what is overdue then. */
function slaKey(phys: number, id: number, sla: AnySla): Bytes {
  const { state, deadlineMs, isOver } = sla;
  return isOver === true ? overdueKey(phys, { deadlineMs, id, state }) : dueKey(dueEntry(id, sla));
}

/** The keys of the indexes in which a machine stands for its slas. */
export function slaKeys(phys: number, id: number, machine: MachineRecord): Bytes[] {
  return slasOf(machine).map((sla) => slaKey(phys, id, sla));
}

/** Puts a machine into the indexes for its slas. */
export function watchMachine(place: Place, id: number, machine: MachineRecord): void {
  for (const sla of slasOf(machine)) {
    if (sla.isOver) markOverdue(place, id, sla);
    else armDue(place.transaction, dueEntry(id, sla), place.phys);
  }
}

/** Takes a machine out of them. */
export function unwatchMachine(
  transaction: Transaction,
  { phys, id }: { readonly phys: number; readonly id: number },
  machine: MachineRecord,
): void {
  for (const key of slaKeys(phys, id, machine)) transaction.remove(key);
}

/** Brings the indexes in step with the states that a step has entered and left. */
export function watchStates({ transaction, phys }: Place, id: number, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.kind === "watch") armDue(transaction, dueEntry(id, effect.sla), phys);
    else if (effect.kind === "unwatch") transaction.remove(slaKey(phys, id, effect.sla));
  }
}

/** An sla that has fallen due, and is out of the index of due times, goes among those that are overdue. */
export function markOverdue({ transaction, phys }: Place, id: number, sla: AnySla): void {
  transaction.put(slaKey(phys, id, { ...sla, isOver: true }), NOTHING);
}

/** A machine that has ended is in no state for too long. */
function slasOf(machine: MachineRecord): readonly StoredSla[] {
  return hasEnded(machine) ? [] : storedSlas(machine.snapshot);
}
