/** What a machine keeps beside its record, and what becomes of it when the machine is removed, copied or moved. */
import { type DueEntry, GARBAGE_OBJECT, garbageKey } from "../keyspace/layouts.ts";
import type { ObjectStorage } from "../keyspace/objects.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { linksOf } from "./child-links.ts";
import { indexMachine, notifyParent } from "./machines.ts";
import { machineParts, putMachinePart } from "./parts.ts";
import { armDue, disarmDue, dueEntryOf, pendingOf } from "./pending.ts";
import { decodeMachine, encodeMachine, isRunning, type MachineRecord } from "./record.ts";
import { unwatchMachine, watchMachine } from "./sla-index.ts";
import { storedTimers } from "./stored-timers.ts";

export const MACHINE_STORAGE: ObjectStorage = {
  removed: (transaction, place, record) => {
    const machine = decodeMachine(record);
    indexMachine(transaction, place.phys, record.id, machine, -1);
    for (const entry of dueEntries(transaction, record.id, machine)) disarmDue(transaction, entry);
    unwatchMachine(transaction, { phys: place.phys, id: record.id }, machine);
    transaction.put(garbageKey(GARBAGE_OBJECT, record.id), Buffer.alloc(0));
    notifyParent(transaction, place.phys, machine);
  },
  dependants: (transaction, record) => {
    const { childCount } = decodeMachine(record);
    if (childCount === 0) return [];
    return linksOf(transaction, record.id).flatMap(({ child }) => child ?? []);
  },
  copied: (transaction, record, to, id) => {
    const machine = decodeMachine(record);
    indexMachine(transaction, to.phys, id, machine, 1);
    for (const part of [...machineParts(transaction, record.id)]) putMachinePart(transaction, id, part);
    armMachine(transaction, to.phys, id, machine);
    return machine.parent === undefined ? record.payload : encodeMachine({ ...machine, parent: undefined });
  },
  moved: (transaction, from, to, record) => {
    if (from.phys === to.phys) return;
    const machine = decodeMachine(record);
    indexMachine(transaction, from.phys, record.id, machine, -1);
    indexMachine(transaction, to.phys, record.id, machine, 1);
    unwatchMachine(transaction, { phys: from.phys, id: record.id }, machine);
    armMachine(transaction, to.phys, record.id, machine);
  },
};

/** Puts all of a machine that falls due into the index of due times, unless it is suspended or done; and its slas. */
export function armMachine(transaction: Transaction, phys: number, id: number, machine: MachineRecord): void {
  watchMachine({ transaction, phys }, id, machine);
  if (!isRunning(machine)) return;
  for (const entry of dueEntries(transaction, id, machine)) armDue(transaction, entry, phys);
}

/** Everything of a machine that falls due: timers of the engine and scheduled events. */
export function dueEntries(reader: OrderedReader, id: number, machine: MachineRecord): DueEntry[] {
  const timers = storedTimers(machine.snapshot).map(
    ({ seq, deadlineMs }): DueEntry => ({ dueMs: deadlineMs, id, kind: "e", sequence: seq }),
  );
  const scheduled = pendingOf(reader, id).map((pending) => dueEntryOf(id, pending));
  return [...timers, ...scheduled.filter((entry) => entry !== undefined)];
}
