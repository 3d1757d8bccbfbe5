/** Goes through the machines of a source in the order of the index by definition, a few at a time. */
import { type Bytes, bufferOf, bytesOf } from "../../base/bytes.ts";
import type { DefinitionName } from "../../keyspace/layouts.ts";
import { NO_DEFINITION } from "../index-keys.ts";
import { machinesByDefinition } from "../indexes.ts";
import { decodeMachine } from "../record.ts";
import { type Scope, type Subject, subjectOf } from "../subject.ts";
import { SourceFilter } from "./routes.ts";
import type { Source } from "./stored.ts";

/** Entries of the index that are looked at for one machine that is wanted: others cost little. */
const LOOKS_PER_MACHINE = 20;

export interface Stretch {
  /** Where to go on; undefined: the end was reached. */
  readonly cursor: Bytes | undefined;
  /** Positions and keys are taken before anything is changed. */
  readonly found: readonly { readonly position: Bytes; readonly subject: Subject }[];
}

/** The next machines from a place in the index on, at most `count`. */
export function nextMachines(
  scope: Scope,
  given: { readonly from: Source; readonly to: DefinitionName; readonly cursor: Bytes | undefined },
  count: number,
): Stretch {
  const { db } = scope;
  const { from, to, cursor } = given;
  const filter = new SourceFilter(from, to);
  const { name, version } = "match" in from ? NO_DEFINITION : { name: from.name, version: from.version };
  const found: { position: Bytes; subject: Subject }[] = [];
  let looks = 0;
  for (const { position, id } of machinesByDefinition({ db, name, version, cursor })) {
    if (found.length === count || looks === count * LOOKS_PER_MACHINE) return { cursor: position, found };
    looks += 1;
    const key = db.keyOf(id);
    const record = key === undefined ? undefined : db.find(key);
    if (key === undefined || record?.type !== "machine" || !filter.includes(key, decodeMachine(record)))
      continue;
    found.push({ position, subject: subjectOf(scope, key, record) });
  }
  return { cursor: undefined, found };
}

export function textOfCursor(cursor: Bytes | undefined): string | null {
  return cursor === undefined ? null : bufferOf(cursor).toString("base64url");
}

export function cursorOfText(text: string | null): Bytes | undefined {
  return text === null ? undefined : bytesOf(Buffer.from(text, "base64url"));
}
