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

/** Machines that are read before the first of them is visited: those that the piece of work does not reach are read in vain. */
const READ_AT_ONCE = 8;

interface Start {
  readonly from: Source;
  readonly to: DefinitionName;
  readonly cursor: Bytes | undefined;
}

/** How much a piece of work does. */
export interface PieceLimit {
  readonly countMax: number;
  /** Asked after each machine. */
  isOver(): boolean;
}

/** Visits machines from a place in the index on, one at least. Where to go on; undefined: the end was reached. */
export function visitMachines(
  scope: Scope,
  start: Start,
  { countMax, isOver }: PieceLimit,
  visit: (subject: Subject) => void,
): Bytes | undefined {
  let { cursor } = start;
  for (let left = countMax; left > 0; left -= READ_AT_ONCE) {
    const wanted = Math.min(left, READ_AT_ONCE);
    const stretch = nextMachines(scope, { ...start, cursor }, wanted);
    for (const [index, { subject }] of stretch.found.entries()) {
      visit(subject);
      const next = stretch.found[index + 1];
      if (next !== undefined && isOver()) return next.position;
    }
    cursor = stretch.cursor;
    if (cursor === undefined || stretch.found.length < wanted || isOver()) break;
  }
  return cursor;
}

interface Stretch {
  /** Where to go on; undefined: the end was reached. */
  readonly cursor: Bytes | undefined;
  /** Positions and keys are taken before anything is changed. */
  readonly found: readonly { readonly position: Bytes; readonly subject: Subject }[];
}

/** The next machines from a place in the index on, at most `count`. */
function nextMachines(scope: Scope, given: Start, count: number): Stretch {
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
