/**
 * What the user of RESTORE and COPY may bring to a key. No argument says what comes: a machine of a definition, with
 * events that wait to be delivered. RESTORE takes the right to use the one, both take the right to send the others.
 */
import type { Bytes } from "../../base/bytes.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import { eventsKept } from "../../machines/kept-events.ts";
import { type PendingEvent, pendingOf } from "../../machines/pending.ts";
import type { MachineRecord } from "../../machines/record.ts";
import { subjectAt } from "../../machines/subject.ts";
import type { Call } from "../handler.ts";
import { assertMayUse, eventDenied, maySend } from "../rights.ts";

/** Before a machine is made. @throws ReplyError NOPERM */
export function assertMayRestore(call: Call, { definition }: MachineRecord): void {
  if (definition !== undefined) assertMayUse(call, `${definition.name}:${definition.version}`);
}

/** What waits in the machine at a key is to wait under another one, or has just come. @throws ReplyError NOPERM */
export function assertMayDeliver(call: Call, at: Bytes, record: KeyRecord, key: Bytes): void {
  if (call.session.user.isUnlimited || record.type !== "machine") return;
  for (const pending of pendingOf(call.db.transaction, record.id)) {
    if (wasSent(pending)) assertMaySend(call, key, pending.event);
  }
  const subject = subjectAt(call, at);
  for (const { event } of subject === undefined ? [] : eventsKept(subject)) assertMaySend(call, key, event);
}

/** Whether it came from outside; the rest a machine does by itself. */
function wasSent(pending: PendingEvent): boolean {
  if (pending.kind === "failed") return pending.from === "event" || pending.from === "send";
  return pending.kind === "deferred" || pending.kind === "scheduled";
}

function assertMaySend(call: Call, key: Bytes, event: string): void {
  if (!maySend(call, key, event)) throw eventDenied(call, event);
}
