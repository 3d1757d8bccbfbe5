/**
 * Machines in a dump. They are values of a module's type named "StateType", in one of two forms:
 *
 * - that of redis-state-machine, which is the machine's JSON. `sm-compat module` writes it, so that machines can be
 *   taken back to a Redis server with the module, and every mode reads it, so that they can be brought over;
 * - Detent's own, with everything a machine has: its record and its history.
 *
 * The value is a sequence of an opcode (2: integer, 5: string, 0: end) and what it announces. Ours: the integer 1,
 * the format; the record's payload; then of each part of the machine its place and its bytes.
 */
import { isUtf8 } from "node:buffer";
import { bufferOf, bytesOf } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import { documentOf, ownMap } from "../machines/machine-document.ts";
import { checkedPart, type MachinePart, machineParts } from "../machines/parts.ts";
import { checkedMachine } from "../machines/payload-check.ts";
import { decodeMachine, encodeMachine, type MachineRecord } from "../machines/record.ts";
import { RDB_MODULE, sealDump } from "./payload.ts";
import { RdbFault, type RdbReader } from "./rdb-reader.ts";
import { rdbLength, rdbString } from "./rdb-writer.ts";

/** Nine characters of 6 bits, "StateType", and 10 bits for the version of the form. */
const TYPE_ID = 0x4ad6ad793ca97800n;
const FORM_OF_THE_MODULE = 1n;
const OWN_FORM = 2n;
const OWN_FORMAT = 1n;

const OPCODE_END = 0n;
const OPCODE_INTEGER = 2n;
const OPCODE_STRING = 5n;

/** The payload of a machine; in the module's form if that is asked for and the machine has a map of its own. */
export function dumpMachine(db: Database, record: KeyRecord, asModule: boolean): Buffer {
  const machine = decodeMachine(record);
  if (asModule && machine.map !== undefined) {
    const json = Buffer.from(documentOf(machine, ownMap(machine), machine.reason ?? ""), "utf8");
    return sealDump(RDB_MODULE, rdbLength(TYPE_ID | FORM_OF_THE_MODULE), ...piece(json), END);
  }
  const parts = [...machineParts(db.transaction, record.id)].flatMap(({ space, rest, value }) => [
    ...piece(Buffer.concat([Buffer.from(space), bufferOf(rest)])),
    ...piece(value),
  ]);
  const format = [rdbLength(OPCODE_INTEGER), rdbLength(OWN_FORMAT)];
  return sealDump(
    RDB_MODULE,
    rdbLength(TYPE_ID | OWN_FORM),
    ...format,
    ...piece(
      machine.parent === undefined ? record.payload : encodeMachine({ ...machine, parent: undefined }),
    ),
    ...parts,
    END,
  );
}

/** What a dump says of a machine: its JSON, or all of it. */
export type DumpedMachine =
  | { readonly kind: "document"; readonly json: string }
  | { readonly kind: "whole"; readonly machine: MachineRecord; readonly parts: readonly MachinePart[] };

/** Reads a machine from behind the type byte. @throws RdbFault when it is none */
export function readDumpedMachine(reader: RdbReader): DumpedMachine {
  const id = reader.length();
  if (id === (TYPE_ID | FORM_OF_THE_MODULE)) {
    const [json, ...more] = strings(reader);
    if (json === undefined || more.length > 0) throw new RdbFault("one string was expected");
    if (!isUtf8(json)) throw new RdbFault("a document in UTF-8 was expected");
    return { kind: "document", json: json.toString("utf8") };
  }
  if (id !== (TYPE_ID | OWN_FORM)) throw new RdbFault("a value of a module that is not known");
  if (reader.length() !== OPCODE_INTEGER || reader.length() !== OWN_FORMAT)
    throw new RdbFault("no known format");
  const [payload, ...rest] = strings(reader);
  if (payload === undefined || rest.length % 2 !== 0) throw new RdbFault("a record and pairs were expected");
  return { kind: "whole", machine: checkedRecord(payload), parts: partsOf(rest) };
}

const END = rdbLength(OPCODE_END);

function piece(bytes: Buffer): Buffer[] {
  return [rdbLength(OPCODE_STRING), rdbString(bytes)];
}

function strings(reader: RdbReader): Buffer[] {
  const found: Buffer[] = [];
  for (let opcode = reader.length(); opcode !== OPCODE_END; opcode = reader.length()) {
    if (opcode !== OPCODE_STRING) throw new RdbFault("a string was expected");
    found.push(reader.string());
  }
  return found;
}

function checkedRecord(payload: Buffer): MachineRecord {
  const machine = checkedMachine(payload);
  if (machine === undefined) throw new RdbFault("no record of a machine");
  return machine;
}

/** Pairs of a place, which is the letter of a space and the rest of the key, and a value. */
function partsOf(pairs: readonly Buffer[]): MachinePart[] {
  const parts: MachinePart[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const [place, value] = [pairs[i], pairs[i + 1]];
    if (place === undefined || value === undefined) break;
    const part = checkedPart(place.toString("latin1", 0, 1), bytesOf(place.subarray(1)), value);
    if (part === undefined) throw new RdbFault("no part of a machine");
    parts.push(part);
  }
  return parts;
}
