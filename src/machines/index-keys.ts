/** Under which keys a machine stands in the index of states, and which counters count it. */
import type { Bytes } from "../base/bytes.ts";
import { type DefinitionName, machineCounterKey, stateKey, statePrefix } from "../keyspace/layouts.ts";
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

/** The keys of a definition's counters: composing one costs a microsecond, finding it a tenth. */
interface KnownKeys {
  readonly phys: number;
  readonly definition: DefinitionName;
  readonly keys: Map<string, Bytes>;
}

const KNOWN_MAX = 10_000;
const known = new Map<string, KnownKeys>();
let knownCount = 0;

function knownKeys(phys: number, definition: DefinitionName): KnownKeys {
  const name = `${phys}\n${definition.name}\n${definition.version}`;
  let found = known.get(name);
  if (found === undefined) {
    found = { phys, definition, keys: new Map() };
    known.set(name, found);
  }
  return found;
}

function counterKey(
  { phys, definition, keys }: KnownKeys,
  state: string | undefined,
  isOuter: boolean,
  status: string,
): Bytes {
  const name = state === undefined ? status : `${status}${isOuter ? "\n" : "\r"}${state}`;
  let key = keys.get(name);
  if (key === undefined) {
    key = machineCounterKey(phys, definition, state === undefined ? undefined : { state, isOuter }, status);
    if (knownCount >= KNOWN_MAX) {
      known.clear();
      knownCount = 0;
    }
    knownCount += 1;
    keys.set(name, key);
  }
  return key;
}
