/** Under which keys a machine is in the index of states, and which counters count it. */
import type { Bytes } from "../base/bytes.ts";
import {
  type DefinitionName,
  machineCounterKey,
  type StatePlace,
  stateKey,
  statePrefix,
} from "../keyspace/layouts.ts";
import { type MachineRecord, NO_STATES } from "./record.ts";

/** The definition under which map machines are indexed. */
export const NO_DEFINITION: DefinitionName = { name: "", version: "" };

/** The entries of the index of states that a machine has: of its atomic states, and of those around them. */
export function stateKeys(phys: number, id: number, machine: MachineRecord): Bytes[] {
  const definition = machine.definition ?? NO_DEFINITION;
  const keys: Bytes[] = [];
  for (const [state, sinceMs] of machine.states)
    keys.push(stateKey(statePrefix(phys, definition, { state, isOuter: false }), sinceMs, id));
  for (const [state, sinceMs] of machine.outer)
    keys.push(stateKey(statePrefix(phys, definition, { state, isOuter: true }), sinceMs, id));
  return keys;
}

/** What counters tell of a machine. */
export type Counted = Pick<MachineRecord, "states" | "status"> & Partial<Pick<MachineRecord, "outer">>;

/** The counters that count a machine: that of its status, and those of its states. */
export function counterKeys(
  phys: number,
  definition: DefinitionName | undefined,
  { states, status, outer = NO_STATES }: Counted,
): Bytes[] {
  const known = knownKeys(phys, definition ?? NO_DEFINITION);
  const keys = [counterKey(known, undefined, false, status)];
  for (const [state] of states) keys.push(counterKey(known, state, false, status));
  for (const [state] of outer) keys.push(counterKey(known, state, true, status));
  return keys;
}

/** How the counters differ where a machine has gone from one record to another, keys by keys: -1 and 1. */
export function counterChanges(
  phys: number,
  definition: DefinitionName | undefined,
  before: Counted,
  after: Counted,
): readonly (readonly [key: Bytes, change: 1 | -1])[] {
  const [old] = before.states;
  const [fresh] = after.states;
  const isPlain = before.states.length === 1 && after.states.length === 1 && before.outer === after.outer;
  if (isPlain && before.status === after.status && old !== undefined && fresh !== undefined) {
    // As nearly every event leaves it: one state for another.
    if (old[0] === fresh[0]) return NO_CHANGES;
    const known = knownKeys(phys, definition ?? NO_DEFINITION);
    return [
      [counterKey(known, old[0], false, before.status), -1],
      [counterKey(known, fresh[0], false, after.status), 1],
    ];
  }
  const [left, entered] = [counterKeys(phys, definition, before), counterKeys(phys, definition, after)];
  return [
    ...left.filter((key) => !entered.includes(key)).map((key) => [key, -1] as const),
    ...entered.filter((key) => !left.includes(key)).map((key) => [key, 1] as const),
  ];
}

const NO_CHANGES: readonly never[] = [];

/**
 * The keys of a definition's counters: composing one costs a microsecond, finding it a tenth. Those of atomic states
 * stand by status and state, so that no name has to be put together to find them.
 */
interface KnownKeys {
  readonly phys: number;
  readonly definition: DefinitionName;
  readonly keys: Map<string, Bytes>;
  readonly ofStates: Map<string, Map<string, Bytes>>;
}

const KNOWN_MAX = 10_000;
const known = new Map<string, KnownKeys>();
let knownCount = 0;
/** Those asked for last: events to machines of a definition come in a row. */
let latest: KnownKeys | undefined;

function knownKeys(phys: number, definition: DefinitionName): KnownKeys {
  const isLatest =
    latest !== undefined &&
    latest.phys === phys &&
    latest.definition.name === definition.name &&
    latest.definition.version === definition.version;
  if (isLatest && latest !== undefined) return latest;
  const name = `${phys}\n${definition.name}\n${definition.version}`;
  let found = known.get(name);
  if (found === undefined) {
    found = { phys, definition, keys: new Map(), ofStates: new Map() };
    known.set(name, found);
  }
  latest = found;
  return found;
}

function counterKey(of: KnownKeys, state: string | undefined, isOuter: boolean, status: string): Bytes {
  if (state === undefined) return keyIn(of.keys, status, of, undefined, status);
  if (isOuter) return keyIn(of.keys, `${status}\n${state}`, of, { state, isOuter }, status);
  let keys = of.ofStates.get(status);
  if (keys === undefined) {
    keys = new Map();
    of.ofStates.set(status, keys);
  }
  return keys.get(state) ?? keyIn(keys, state, of, { state, isOuter }, status);
}

function keyIn(
  keys: Map<string, Bytes>,
  name: string,
  { phys, definition }: KnownKeys,
  place: StatePlace | undefined,
  status: string,
): Bytes {
  let key = keys.get(name);
  if (key === undefined) {
    key = machineCounterKey(phys, definition, place, status);
    if (knownCount >= KNOWN_MAX) {
      known.clear();
      latest = undefined;
      knownCount = 0;
    }
    knownCount += 1;
    keys.set(name, key);
  }
  return key;
}
