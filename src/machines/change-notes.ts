/**
 * Which machines have changed, gathered for a moment at a time: for who shows what there is and need not hear of each
 * change. Nothing is gathered while nobody follows; the cost of a change does not grow with the number of followers.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { Change, KeyEvent } from "../keyspace/changes.ts";

/** What is gathered is handed out so long after the first change in it. */
export const GATHERED_MS = 50;
/** Definitions in a moment, and keys of each, at most; what comes beyond is counted alone. */
const DEFINITIONS_MAX = 1000;
const KEYS_MAX = 500;

/** Events of keys by which machines come or go without a history entry. What the key holds is not known: all may be looked at anew. */
const COMES_OR_GOES: ReadonlySet<KeyEvent> = new Set([
  "copy_to",
  "del",
  "expired",
  "move_from",
  "move_to",
  "rename_from",
  "rename_to",
  "restore",
]);

/** Machines of a definition that have changed. */
export interface ChangedMachines {
  /** Changes of all of them. */
  readonly count: number;
  /** How often each has changed. */
  readonly keys: ReadonlyMap<Bytes, number>;
}

/** What has changed in a database in a moment. */
export interface ChangeNote {
  /** By the name of the definition, empty for map machines. */
  readonly definitions: ReadonlyMap<string, ChangedMachines>;
  /** More has changed than is named. */
  readonly isPartial: boolean;
}

interface Gathered {
  readonly definitions: Map<string, { count: number; readonly keys: Map<Bytes, number> }>;
  isPartial: boolean;
}

/** `from`: the other server of the cluster at which it has changed. */
type Listener = (note: ChangeNote, from: string | undefined) => void;

/** The database of a cluster. */
const SHARED_DATABASE = 0;

export class ChangeNotes {
  readonly #clock: Clock;
  /** By the database. */
  readonly #listeners = new Map<number, Set<Listener>>();
  readonly #gathered = new Map<number, Gathered>();
  #cancelWake: (() => void) | undefined;
  /** Called whenever somebody begins to follow. */
  onFollowed: () => void = () => undefined;
  /** Takes what changes here for the other servers of a cluster; undefined while nobody follows there. */
  tell: ((note: ChangeNote) => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many follow. */
  get size(): number {
    let size = 0;
    for (const listeners of this.#listeners.values()) size += listeners.size;
    return size;
  }

  /** Calls a listener with what changes in a database from now on; returns what ends that. */
  follow(database: number, listener: Listener): () => void {
    const listeners = this.#listeners.get(database) ?? new Set();
    this.#listeners.set(database, listeners.add(listener));
    this.onFollowed();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(database) !== listeners) return;
      this.#listeners.delete(database);
      if (this.#isWanted(database)) return;
      this.#gathered.delete(database);
      if (this.#gathered.size > 0) return;
      this.#cancelWake?.();
      this.#cancelWake = undefined;
    };
  }

  /** The changes of a turn that is committed. */
  note(changes: readonly Change[]): void {
    if (this.#listeners.size === 0 && this.tell === undefined) return;
    for (const change of changes) {
      if (change.kind === "machine") {
        const gathered = this.#of(change.database);
        if (gathered !== undefined) add(gathered, change.definition?.name ?? "", change.key);
      } else if (change.kind === "swap") for (const database of change.databases) this.#noteUnnamed(database);
      else if (change.kind === "flush") this.#noteUnnamed(change.database);
      else if (change.kind === "key" && COMES_OR_GOES.has(change.event)) this.#noteUnnamed(change.database);
    }
  }

  /** Hands out what has changed at another server of the cluster. */
  handOn(note: ChangeNote, from: string): void {
    for (const listener of this.#listeners.get(SHARED_DATABASE) ?? []) listener(note, from);
  }

  #isWanted(database: number): boolean {
    return this.#listeners.has(database) || (this.tell !== undefined && database === SHARED_DATABASE);
  }

  /** Machines may have come or gone. */
  #noteUnnamed(database: number): void {
    const gathered = this.#of(database);
    if (gathered !== undefined) gathered.isPartial = true;
  }

  /** What is gathered of a database; undefined where nobody follows. */
  #of(database: number): Gathered | undefined {
    const known = this.#gathered.get(database);
    if (known !== undefined || !this.#isWanted(database)) return known;
    const gathered = { definitions: new Map(), isPartial: false };
    this.#gathered.set(database, gathered);
    this.#cancelWake ??= this.#clock.wakeAt(this.#clock.now() + GATHERED_MS, () => this.#handOut());
    return gathered;
  }

  #handOut(): void {
    this.#cancelWake = undefined;
    const all = [...this.#gathered];
    this.#gathered.clear();
    for (const [database, gathered] of all) {
      for (const listener of this.#listeners.get(database) ?? []) listener(gathered, undefined);
      if (database === SHARED_DATABASE) this.tell?.(gathered);
    }
  }
}

function add(gathered: Gathered, definition: string, key: Bytes): void {
  const { definitions } = gathered;
  let machines = definitions.get(definition);
  if (machines === undefined) {
    if (definitions.size === DEFINITIONS_MAX) {
      gathered.isPartial = true;
      return;
    }
    machines = { count: 0, keys: new Map() };
    definitions.set(definition, machines);
  }
  machines.count += 1;
  const times = machines.keys.get(key);
  if (times !== undefined || machines.keys.size < KEYS_MAX) machines.keys.set(key, (times ?? 0) + 1);
  else gathered.isPartial = true;
}
