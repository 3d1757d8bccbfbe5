/** Map machines, as the module redis-state-machine has them: a map of targets of their own instead of a definition. */
import type { Connection } from "./connection.ts";
import { json, nullOr, string, strings } from "./reply-shape.ts";

export interface MapMachine {
  readonly current: string;
  readonly map: { readonly [state: string]: readonly string[] };
  readonly initial: string;
  readonly reason?: string;
}

/** `mutate`, `reset` and `state` of the client are for map machines too. */
export interface MapMachines {
  /** A blank machine, to be filled in. */
  template(): Promise<MapMachine>;
  /** Stores one, in place of what the key holds; `current` replaces the one of the machine. */
  set(key: string, machine: MapMachine, current?: string): Promise<void>;
  /** Stores a blank one. */
  create(key: string): Promise<void>;
  /** The machine; null where there is none. */
  get(key: string): Promise<MapMachine | null>;
  /** The reason of its last move; null where none was given, or there is no machine. */
  reason(key: string): Promise<string | null>;
  /** The states that its map lists. */
  states(key: string): Promise<readonly string[]>;
}

export function mapMachines({ call }: Connection): MapMachines {
  return {
    template: async () => json(await call("SM.TEMPLATE")),
    set: async (key, machine, current) => {
      await call("SM.SET", key, JSON.stringify(machine), ...(current === undefined ? [] : [current]));
    },
    create: async (key) => {
      await call("SM.CREATE", key);
    },
    get: async (key) => json(await call("SM.GET", key)),
    reason: async (key) => nullOr(string)(await call("SM.GET", key, "REASON")),
    states: async (key) => strings(await call("SM.STATE", key, "LIST")),
  };
}
