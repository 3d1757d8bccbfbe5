/**
 * The change list of a transaction: one record for each thing that happened to a key. Keyspace notifications,
 * WATCH, waiters and tracking are all derived from it, so that no command has to remember them.
 */
import type { Bytes } from "../base/bytes.ts";
import type { DefinitionName } from "./layouts.ts";

/**
 * The class of a keyspace event, as in `notify-keyspace-events`: g generic, $ string, l list, s set, h hash, z sorted
 * set, t stream, d module
 * (here: machines), x expired, e evicted, n new key.
 */
export type EventClass = "g" | "$" | "l" | "s" | "h" | "z" | "t" | "d" | "x" | "e" | "n";

/** Every event there is, with its class. The names are Redis' own, or those of the commands it does not have. */
export const EVENT_CLASSES = {
  append: "$",
  copy_to: "g",
  del: "g",
  expire: "g",
  expired: "x",
  georadiusstore: "z",
  geosearchstore: "z",
  hdel: "h",
  hincrby: "h",
  hincrbyfloat: "h",
  hset: "h",
  incrby: "$",
  incrbyfloat: "$",
  linsert: "l",
  lpop: "l",
  lpush: "l",
  lrem: "l",
  lset: "l",
  ltrim: "l",
  move_from: "g",
  move_to: "g",
  new: "n",
  persist: "g",
  pfadd: "$",
  rename_from: "g",
  rename_to: "g",
  restore: "g",
  rpop: "l",
  rpush: "l",
  sadd: "s",
  sdiffstore: "s",
  set: "$",
  setbit: "$",
  setrange: "$",
  sinterstore: "s",
  sortstore: "l",
  spop: "s",
  srem: "s",
  sunionstore: "s",
  "sm.child": "d",
  "sm.create": "d",
  "sm.migrate": "d",
  "sm.mutate": "d",
  "sm.patch": "d",
  "sm.reset": "d",
  "sm.resume": "d",
  "sm.refused": "d",
  "sm.failed": "d",
  "sm.retry": "d",
  "sm.send": "d",
  "sm.set": "d",
  xadd: "t",
  xdel: "t",
  "xgroup-create": "t",
  "xgroup-createconsumer": "t",
  "xgroup-delconsumer": "t",
  "xgroup-destroy": "t",
  "xgroup-setid": "t",
  xsetid: "t",
  xtrim: "t",
  "sm.suspend": "d",
  "sm.timer": "d",
  "sm.undo": "d",
  zadd: "z",
  zdiffstore: "z",
  zincr: "z",
  zinterstore: "z",
  zpopmax: "z",
  zpopmin: "z",
  zrangestore: "z",
  zrem: "z",
  zremrangebylex: "z",
  zremrangebyrank: "z",
  zremrangebyscore: "z",
  zunionstore: "z",
} as const satisfies Readonly<Record<string, EventClass>>;

export type KeyEvent = keyof typeof EVENT_CLASSES;

/** What a machine has recorded of a change, as far as the key space tells of it. */
export interface RecordedChange {
  readonly rev: number;
  readonly atMs: number;
  readonly kind: string;
  readonly event?: string | undefined;
  /** The active states before and after. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** Arrow of a statechart: a transition as SM.DEF GRAPH has it. Each is one object as long as its definition is compiled. */
export interface Edge {
  /** Unlike that of any other edge of the definition that differs in what follows. */
  readonly name: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly event: string;
}

/** The way of a machine through its states in a change. */
export interface Way {
  /** The states that were left, outer ones among them, and since when they had been active. */
  readonly left: ReadonlyArray<readonly [state: string, sinceMs: number]>;
  readonly taken: readonly Edge[];
}

export type Change =
  | { readonly kind: "key"; readonly database: number; readonly key: Bytes; readonly event: KeyEvent }
  /** The key was written in a way that has no event of its own; WATCH and tracking hear of it all the same. */
  | { readonly kind: "touch"; readonly database: number; readonly key: Bytes }
  /** What a machine has recorded of a change; other changes tell that its key was written. */
  | {
      readonly kind: "machine";
      readonly database: number;
      readonly key: Bytes;
      readonly definition: DefinitionName | undefined;
      readonly history: RecordedChange;
      readonly way: Way;
    }
  /** `phys` is what the database stood for: its keys can still be looked up there within the transaction. */
  | { readonly kind: "flush"; readonly database: number; readonly phys: number }
  | { readonly kind: "swap"; readonly databases: readonly [number, number] };
