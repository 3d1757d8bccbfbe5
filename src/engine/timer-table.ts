/** The timers of a run: those of its snapshot until the first change, then tables by number, id and state. */
import { hasNumber } from "./sorted.ts";
import type { Timer } from "./types.ts";

export class TimerTable {
  #list: readonly Timer[] | undefined;
  #bySeq: Map<number, Timer> | undefined;
  #byId: Map<string, Timer[]> | undefined;

  constructor(timers: readonly Timer[]) {
    this.#list = timers;
  }

  get size(): number {
    return this.#bySeq?.size ?? this.#list?.length ?? 0;
  }

  /** In order of creation. */
  list(): readonly Timer[] {
    this.#list ??= [...(this.#bySeq?.values() ?? [])];
    return this.#list;
  }

  add(timer: Timer): void {
    this.#own().set(timer.seq, timer);
    if (timer.id !== undefined && this.#byId !== undefined) index(this.#byId, timer.id, timer);
  }

  /** Removes the timers of an id and returns them. */
  removeId(id: string): readonly Timer[] {
    if (this.size === 0) return [];
    if (this.#byId === undefined) {
      this.#byId = new Map();
      for (const timer of this.list()) if (timer.id !== undefined) index(this.#byId, timer.id, timer);
    }
    const timers = this.#byId.get(id) ?? [];
    this.#byId.delete(id);
    return this.#remove(timers);
  }

  /** Removes the timers that belong to states, given in ascending order, and returns them. */
  removeStates(states: readonly number[]): readonly Timer[] {
    const timers = this.list().filter(({ state }) => state !== undefined && hasNumber(states, state));
    return this.#remove(timers);
  }

  /** Removes all and returns them. */
  clear(): readonly Timer[] {
    return this.#remove(this.list());
  }

  #remove(timers: readonly Timer[]): readonly Timer[] {
    const removed = timers.filter(({ seq }) => this.#has(seq));
    if (removed.length === 0) return removed;
    const own = this.#own();
    for (const { seq } of removed) own.delete(seq);
    return removed;
  }

  #has(seq: number): boolean {
    return this.#bySeq === undefined || this.#bySeq.has(seq);
  }

  /** The table to write to, made of the list at the first change. */
  #own(): Map<number, Timer> {
    this.#bySeq ??= new Map((this.#list ?? []).map((timer) => [timer.seq, timer]));
    this.#list = undefined;
    return this.#bySeq;
  }
}

function index(byId: Map<string, Timer[]>, id: string, timer: Timer): void {
  const known = byId.get(id);
  if (known === undefined) byId.set(id, [timer]);
  else known.push(timer);
}
