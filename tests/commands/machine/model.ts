/** Map machines as a plain object in memory, in the obvious way: what the commands are compared with. */
import type { HistoryEntry } from "../../../src/machines/history.ts";

export interface ModelMachine {
  readonly map: Readonly<Record<string, readonly string[]>>;
  readonly initial: string;
  current: string;
  sinceMs: number;
  reason: string | undefined;
  expireAtMs: number | undefined;
  history: HistoryEntry[];
}

export interface ModelMode {
  readonly isModule: boolean;
}

export class Model {
  readonly machines = new Map<string, ModelMachine>();
  readonly strings = new Set<string>();
  readonly #isModule: boolean;
  nowMs: number;

  constructor({ isModule }: ModelMode, nowMs: number) {
    this.#isModule = isModule;
    this.nowMs = nowMs;
  }

  /** The replies as the test client decodes them; an error is its first word. */
  set(
    key: string,
    machine: { map: ModelMachine["map"]; initial: string; current: string; reason?: string | undefined },
  ) {
    const { map, initial, reason } = machine;
    // The JSON is read before the key is looked at.
    if (this.#isModule && reason === undefined) return "ERR";
    if (this.strings.has(key)) return this.#wrongType;
    const current = machine.current === "" ? initial : machine.current;
    this.#store(key, { map, initial, current, reason }, "set");
    return "OK";
  }

  create(key: string) {
    if (this.strings.has(key)) return this.#wrongType;
    this.#store(
      key,
      { map: {}, initial: "", current: "", reason: this.#isModule ? "" : undefined },
      "create",
    );
    return "OK";
  }

  mutate(key: string, to: string, reason: string | undefined, isForced: boolean) {
    if (this.strings.has(key)) return this.#wrongType;
    const machine = this.machines.get(key);
    if (machine === undefined) return null;
    const states = new Set(Object.keys(machine.map));
    if (!this.#isModule)
      for (const state of [machine.initial, ...Object.values(machine.map).flat()]) states.add(state);
    const isListed = machine.map[machine.current]?.includes(to) === true;
    if (!states.has(to) || !(isForced || isListed)) return this.#isModule ? "Invaild" : null;
    this.#move(machine, to, isForced ? "force" : "mutate", reason);
    return "OK";
  }

  reset(key: string) {
    if (this.strings.has(key)) return this.#wrongType;
    const machine = this.machines.get(key);
    if (machine === undefined) return null;
    this.#move(machine, machine.initial, "reset", undefined);
    return "OK";
  }

  state(key: string) {
    if (this.strings.has(key)) return this.#wrongType;
    const machine = this.machines.get(key);
    return machine === undefined ? null : [machine.current];
  }

  get(key: string) {
    if (this.strings.has(key)) return this.#wrongType;
    const machine = this.machines.get(key);
    if (machine === undefined) return null;
    const { current, map, initial, reason } = machine;
    return JSON.stringify({ current, map, initial, reason });
  }

  del(key: string) {
    return Number(this.machines.delete(key)) + Number(this.strings.delete(key));
  }

  putString(key: string) {
    this.machines.delete(key);
    this.strings.add(key);
    return "OK";
  }

  expire(key: string, ms: number) {
    const machine = this.machines.get(key);
    if (machine === undefined) return undefined;
    machine.expireAtMs = this.nowMs + ms;
    return 1;
  }

  rename(from: string, to: string) {
    const machine = this.machines.get(from);
    if (machine === undefined) return undefined;
    this.del(from);
    this.del(to);
    this.machines.set(to, machine);
    return "OK";
  }

  copy(from: string, to: string) {
    const machine = this.machines.get(from);
    if (machine === undefined || this.machines.has(to) || this.strings.has(to)) return undefined;
    this.machines.set(to, { ...machine, history: [...machine.history] });
    return 1;
  }

  flush() {
    this.machines.clear();
    this.strings.clear();
    return "OK";
  }

  /** Time goes on; what is due is gone. */
  advance(ms: number): void {
    this.nowMs += ms;
    for (const [key, { expireAtMs }] of this.machines) {
      if (expireAtMs !== undefined && expireAtMs <= this.nowMs) this.machines.delete(key);
    }
  }

  get #wrongType() {
    return this.#isModule ? "Existing" : "WRONGTYPE";
  }

  #store(
    key: string,
    machine: Pick<ModelMachine, "map" | "initial" | "current" | "reason">,
    kind: "set" | "create",
  ): void {
    const { current, reason } = machine;
    const first = { rev: 1, atMs: this.nowMs, kind, from: [], to: [current], reason };
    this.machines.set(key, { ...machine, sinceMs: this.nowMs, expireAtMs: undefined, history: [first] });
  }

  #move(
    machine: ModelMachine,
    to: string,
    kind: "mutate" | "force" | "reset",
    reason: string | undefined,
  ): void {
    const from = machine.current;
    machine.history.push({
      rev: machine.history.length + 1,
      atMs: this.nowMs,
      kind,
      from: [from],
      to: [to],
      reason,
    });
    if (from !== to) machine.sinceMs = this.nowMs;
    machine.current = to;
    machine.reason = reason ?? machine.reason;
  }
}
