/** Holds one machine's record against its entries in the indexes, its history and its timers. */
import type { Database } from "../keyspace/database.ts";
import { definitionKey, dueKey } from "../keyspace/layouts.ts";
import { checkLinks } from "./check-families.ts";
import { entriesOf, linkOf } from "./child-links.ts";
import { historyOf } from "./history.ts";
import { NO_DEFINITION, stateKeys } from "./index-keys.ts";
import { dueEntries } from "./object-storage.ts";
import { pendingOf } from "./pending.ts";
import { isRunning, type MachineRecord } from "./record.ts";
import { machineById } from "./relatives.ts";
import { slaKeys } from "./sla-index.ts";

/** What is wrong, a sentence each. */
export function verifyMachine(db: Database, id: number, machine: MachineRecord): string[] {
  const findings: string[] = [];
  const { transaction, phys } = db;
  const definition = machine.definition ?? NO_DEFINITION;
  if (transaction.get(definitionKey(phys, definition, id)) === undefined) {
    findings.push("it is missing in the index by definition");
  }
  const states = [...machine.states, ...machine.outer];
  for (const [position, key] of stateKeys(phys, id, machine).entries()) {
    if (transaction.get(key) === undefined)
      findings.push(`it is missing in the index of state '${states[position]?.[0]}'`);
  }
  const [latest] = historyOf(transaction, id, { from: 0, to: machine.rev, reverse: true, limit: 1 });
  if (latest?.rev !== machine.rev)
    findings.push(`its rev is ${machine.rev}, its history ends with ${latest?.rev}`);
  const pending = pendingOf(transaction, id);
  const deferred = pending.filter(({ kind }) => kind === "deferred").length;
  if (deferred !== machine.deferredCount) {
    findings.push(`it counts ${machine.deferredCount} deferred events and has ${deferred}`);
  }
  const failed = pending.filter(({ kind }) => kind === "failed").length;
  if (failed !== machine.failedCount) {
    findings.push(`it counts ${machine.failedCount} failed steps and has ${failed}`);
  }
  if (pending.some(({ kind, sequence }) => kind !== "task" && sequence >= machine.pendingNext)) {
    findings.push(`its next waiting event is number ${machine.pendingNext}, and it has one that comes later`);
  }
  findings.push(
    ...checkLinks(machine, [...entriesOf(transaction, id)], (child) => machineById(db, child)?.machine),
    ...checkOwnLink(db, id, machine),
  );
  for (const key of slaKeys(phys, id, machine))
    if (transaction.get(key) === undefined) findings.push("it is missing in the index of slas");
  for (const entry of dueEntries(transaction, id, machine)) {
    const isArmed = transaction.get(dueKey(entry)) !== undefined;
    if (isArmed === isRunning(machine)) continue;
    findings.push(
      isArmed ? "something of it falls due though it is not active" : "something of it never falls due",
    );
  }
  return findings;
}

/** Whether the machine that this one belongs to knows it. */
function checkOwnLink(db: Database, id: number, { parent }: MachineRecord): string[] {
  if (parent === undefined) return [];
  const link = linkOf(db.transaction, parent.id, parent);
  return link?.child === id ? [] : ["the machine it belongs to does not know it"];
}
