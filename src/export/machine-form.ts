/**
 * Machines in an export: what a person reads of them, which an import passes over, and all there is of them as this
 * version stores it, as in DUMP.
 */
import { bufferOf } from "../base/bytes.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import type { Database } from "../keyspace/database.ts";
import { FormFault, type ObjectForm, type PartFields } from "../keyspace/object-form.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import { createMachine } from "../machines/machines.ts";
import { armMachine } from "../machines/object-storage.ts";
import { machineParts } from "../machines/parts.ts";
import { checkedMachine } from "../machines/payload-check.ts";
import { activeNames, decodeMachine, encodeMachine, type MachineRecord } from "../machines/record.ts";
import { base64, inParts, storedParts, takeStoredParts } from "./stored-parts.ts";

/** Nothing of an import is a change that history or streams tell of. */
const NOTHING_TOLD = { historyMax: 0, changesMax: 0, tellsMaps: false };

/** The fields of a snapshot are in another order when a restart has made it of the journal. */
function ordered(snapshot: Json): Json {
  if (!isJsonObject(snapshot)) return snapshot;
  return Object.fromEntries(Object.entries(snapshot).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A machine as a person reads it, and its record. */
function firstPart(machine: MachineRecord): PartFields {
  const { definition, status, rev, createdMs, updatedMs, reason } = machine;
  return {
    ...(definition === undefined ? {} : { definition: `${definition.name}:${definition.version}` }),
    states: activeNames(machine),
    status,
    rev,
    created: new Date(createdMs).toISOString(),
    updated: new Date(updatedMs).toISOString(),
    ...(reason === undefined ? {} : { reason }),
    record: encodeMachine({ ...machine, snapshot: ordered(machine.snapshot) }).toString("base64"),
  };
}

/** The parts of a machine that goes without its family, as a copy does: its children count as stopped. */
export function* lonelyParts({ transaction }: Database, record: KeyRecord): Generator<PartFields> {
  yield firstPart({ ...decodeMachine(record), parent: undefined });
  yield* inParts(
    (function* () {
      for (const { space, rest, value } of machineParts(transaction, record.id))
        yield { place: Buffer.concat([Buffer.from(space), bufferOf(rest)]), value };
    })(),
  );
}

export const MACHINE_FORM: ObjectForm = {
  name: "machine",
  *parts(db, _key, record) {
    yield firstPart(decodeMachine(record));
    yield* storedParts(db, record.id);
  },
  take(db, key, { fields, isFirst, expireAtMs }) {
    if (isFirst) {
      const machine = checkedMachine(base64(fields["record"], "record"));
      if (machine === undefined) throw new FormFault("record is none of a machine that this version reads");
      const written = { machine, expireAtMs, history: undefined, keeping: NOTHING_TOLD, event: undefined };
      armMachine(db.transaction, db.phys, createMachine(db, key, written).id, machine);
      return;
    }
    const record = db.find(key);
    if (record?.type !== "machine") throw new FormFault("its first part is missing");
    takeStoredParts(db, record.id, fields);
    // Events that wait are among the parts, and fall due.
    armMachine(db.transaction, db.phys, record.id, decodeMachine(record));
  },
};
