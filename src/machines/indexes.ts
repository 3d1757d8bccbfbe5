/** Reading the indexes and counters of machines; `machines.ts` writes them. */
import { assert } from "../base/assert.ts";
import { type Bytes, chars, readU64 } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import {
  type DefinitionName,
  definitionOfKey,
  definitionPrefix,
  isFieldOf,
  machineCounterFields,
  machineCounterPrefix,
  prefixRange,
  type Range,
  type StatePlace,
  stateKey,
  stateKeyFields,
  statePrefix,
} from "../keyspace/layouts.ts";
import { decodeNumber } from "../keyspace/records.ts";
import { NO_DEFINITION } from "./index-keys.ts";
import { decodeMachine, type MachineRecord } from "./record.ts";

export interface MachineCounter {
  readonly definition: DefinitionName;
  /** Undefined: of all states together. */
  readonly place: StatePlace | undefined;
  readonly status: string;
  readonly count: number;
}

/** The counters of a database, of a definition's versions, or of one version. */
export function machineCounters(db: Database, name?: string, version?: string): MachineCounter[] {
  const range = prefixRange(machineCounterPrefix(db.phys, name, version));
  return Array.from(db.transaction.range(range.from, range.to), ([key, value]) => {
    const fields = machineCounterFields(key);
    const { definition, place } = fields.isWhole ? fields : resolved(db, fields);
    return { definition, place, status: fields.status, count: decodeNumber(value) };
  });
}

/** A counter whose names do not all be in its key: what it counts knows them. */
function resolved(
  db: Database,
  { place, machines }: ReturnType<typeof machineCounterFields>,
): Pick<MachineCounter, "definition" | "place"> {
  const first = firstKey(db, machines.from, machines.to);
  const machine = first === undefined ? undefined : machineAt(db, first);
  assert(machine !== undefined, "a machine that a counter counts");
  const definition = machine.definition ?? NO_DEFINITION;
  if (place === undefined) return { definition, place };
  const states = place.isOuter ? machine.outer : machine.states;
  const named = states.find(([state]) => isFieldOf(place.state, state));
  assert(named !== undefined, "the state of a machine that a counter counts");
  return { definition, place: { ...place, state: named[0] } };
}

/** The machine whose id ends a key of an index. */
function machineAt(db: Database, position: Bytes): MachineRecord | undefined {
  const key = db.keyOf(readU64(position, chars(position).length - 8));
  const record = key === undefined ? undefined : db.find(key);
  return record?.type === "machine" ? decodeMachine(record) : undefined;
}

/** A machine in the order of an index, with the position it stands at. */
export interface WalkEntry {
  readonly position: Bytes;
  readonly id: number;
  /** The atomic state it is found in, where a machine in parallel states is found in each of them. */
  readonly foundIn?: string;
}

export interface WalkStart {
  readonly db: Database;
  /** Undefined: of all definitions, and without one. */
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** Where to go on; undefined: from the beginning. */
  readonly cursor: Bytes | undefined;
}

/** All machines of a database, a definition or a version, in the order of definitions and creation. */
export function* machinesByDefinition({ db, name, version, cursor }: WalkStart): Generator<WalkEntry> {
  const range = prefixRange(definitionPrefix(db.phys, name, version));
  const from = within(range, cursor);
  if (from === undefined) return;
  for (const [position] of db.transaction.range(from, range.to)) {
    yield { position, id: readU64(position, chars(position).length - 8) };
  }
}

export interface StateWalkStart extends WalkStart {
  /** An outer state or an atomic one. */
  readonly state: string;
  /** Only machines that entered the state at or before this time; undefined: all. */
  readonly enteredUntilMs: number | undefined;
}

/** The machines in a state, definition by definition, the one that has been there longest first. */
export function* machinesInState(start: StateWalkStart): Generator<WalkEntry> {
  for (const prefix of prefixesIn(start)) {
    const range = prefixRange(prefix);
    if (start.cursor !== undefined && start.cursor >= range.to) continue;
    const from = within(range, start.cursor) ?? range.from;
    const to =
      start.enteredUntilMs === undefined
        ? range.to
        : stateKey(prefix, Math.max(0, start.enteredUntilMs + 1), 0);
    if (from >= to) continue;
    for (const [position] of start.db.transaction.range(from, to))
      yield { position, id: stateKeyFields(position).id };
  }
}

/**
 * The machines in the atomic states in which counters know one of a status, the one that has been in its state longest first. Others are in
 * these states as well; a machine in parallel states is found in each of them.
 */
export function* machinesBesideStatus(start: WalkStart & { readonly status: string }): Generator<WalkEntry> {
  const { db, name, version, cursor, status } = start;
  const places = machineCounters(db, name, version).flatMap(
    ({ definition, place, status: counted, count }) =>
      place === undefined || place.isOuter || counted !== status || count === 0
        ? []
        : [{ state: place.state, range: prefixRange(statePrefix(db.phys, definition, place)) }],
  );
  for (const { state, range } of places.sort((a, b) => (a.range.from < b.range.from ? -1 : 1))) {
    const from = within(range, cursor);
    if (from === undefined) continue;
    for (const [position] of db.transaction.range(from, range.to))
      yield { position, id: stateKeyFields(position).id, foundIn: state };
  }
}

/** Where the machines of a state stand, definition by definition, in the order of keys: as an outer one or an atomic one. */
function* prefixesIn(start: StateWalkStart): Generator<string> {
  const { state } = start;
  for (const definition of definitionsIn(start)) {
    const prefixes = [true, false].map((isOuter) =>
      statePrefix(start.db.phys, definition, { state, isOuter }),
    );
    yield* prefixes.sort();
  }
}

/** The definitions that have machines, in index order: one look for each. */
function* definitionsIn({ db, name, version }: WalkStart): Generator<DefinitionName> {
  const range = prefixRange(definitionPrefix(db.phys, name, version));
  let { from } = range;
  for (;;) {
    const next = firstKey(db, from, range.to);
    if (next === undefined) return;
    yield definitionOfKey(next) ?? machineAt(db, next)?.definition ?? NO_DEFINITION;
    from = prefixRange(chars(next).slice(0, -8)).to;
  }
}

function firstKey(db: Database, from: Bytes, to: Bytes): Bytes | undefined {
  if (from >= to) return undefined;
  for (const [key] of db.transaction.range(from, to)) return key;
  return undefined;
}

/** Where a range goes on; undefined when the cursor is beyond it. A cursor before it begins at its beginning. */
function within(range: Range, cursor: Bytes | undefined): Bytes | undefined {
  if (cursor === undefined || cursor < range.from) return range.from;
  return cursor < range.to ? cursor : undefined;
}
