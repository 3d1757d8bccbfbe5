/**
 * What a machine was before a change, from what it is now and the entries of its history. Pure: nothing is read or written.
 * Timers, joins, history states, slas and failed steps are gone back to change by change; states and context are those
 * of the last entry before.
 */
import { assert } from "../base/assert.ts";
import { sameData } from "../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Machine } from "../engine/machine.ts";
import { pathOf } from "../engine/paths.ts";
import { snapshotFromJson, snapshotToJson } from "../engine/snapshot.ts";
import { takenBack } from "../engine/trail.ts";
import type { Snapshot } from "../engine/types.ts";
import type { HistoryEntry } from "./history.ts";
import { type ActiveState, outerNames } from "./record.ts";
import type { Standing } from "./standing.ts";

export interface Undone {
  /** In the order of their revs; the last has led to what is now. */
  readonly undone: readonly HistoryEntry[];
  /** The last entry before them. */
  readonly was: Standing;
  /** Whether a timer is armed again whose firing is taken back. */
  readonly rearms?: boolean;
}

/** The snapshot before changes. */
export function snapshotBefore(
  machine: Machine,
  now: Snapshot,
  { undone, was, rearms = false }: Undone,
): Snapshot {
  const back = undone.reduceRight<JsonObject>(
    (stored, { rest }) => {
      if (rest === undefined) return stored;
      const fired = rearms && rest.x !== undefined ? [rest.x] : [];
      return takenBack(stored, fired.length === 0 ? rest : { ...rest, t: [...(rest.t ?? []), ...fired] });
    },
    snapshotToJson(machine, now),
  );
  const { d: _d, o: _o, ...rest } = back;
  const read = snapshotFromJson(machine, {
    ...rest,
    c: was.to.map((path) => machine.byPath.get(path) ?? -1),
    x: was.context ?? {},
    ...(was.status === "done" ? { d: 1 } : {}),
    ...(was.status === "done" && was.output !== undefined ? { o: was.output } : {}),
  });
  assert(read.ok, "the history of a machine leads to a snapshot of it");
  return sharing(now, read.snapshot);
}

/** With the timers and kept events that are the same as now: what follows from a difference compares them. */
function sharing(now: Snapshot, before: Snapshot): Snapshot {
  return { ...before, timers: shared(now.timers, before.timers), kept: shared(now.kept, before.kept) };
}

function shared<Item extends { readonly seq: number }>(
  now: readonly Item[],
  before: readonly Item[],
): readonly Item[] {
  const bySeq = new Map(now.map((item) => [item.seq, item]));
  return before.map((item) => {
    const known = bySeq.get(item.seq);
    return known !== undefined && JSON.stringify(known) === JSON.stringify(item) ? known : item;
  });
}

/** The failed steps before changes, in stored form by number. */
export function failedBefore(
  now: ReadonlyMap<number, JsonObject>,
  undone: readonly HistoryEntry[],
): ReadonlyMap<number, JsonObject> {
  const failed = new Map(now);
  for (const { rest } of undone.toReversed()) {
    for (const sequence of rest?.n ?? []) failed.delete(sequence);
    for (const step of rest?.f ?? []) failed.set(Number(step["sequence"]), step);
  }
  return failed;
}

/** How a context differs from another, as history tells it. */
export function contextDifference(
  before: JsonObject,
  after: JsonObject,
): { readonly context: JsonObject | undefined; readonly gone: readonly string[] | undefined } {
  const changes: [string, Json][] = [];
  const gone: string[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, fresh] = [own(before, key), own(after, key)];
    if (fresh === undefined) gone.push(pathOf([key]));
    if (fresh === undefined || !sameData(fresh, old)) changes.push([pathOf([key]), fresh ?? null]);
  }
  return {
    context: changes.length === 0 ? undefined : Object.fromEntries(changes),
    gone: gone.length === 0 ? undefined : gone,
  };
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const BEGINS_ANEW: ReadonlySet<string> = new Set(["create", "set", "reset", "force"]);

/** Since when the states of a machine are active, outer ones among them, entry by entry. */
export class Since {
  readonly #since = new Map<string, number>();

  add({ kind, to, atMs, rest }: Pick<HistoryEntry, "kind" | "to" | "atMs"> & Partial<HistoryEntry>): void {
    const active = new Set([...to, ...outerNames(to)]);
    for (const name of this.#since.keys())
      if (BEGINS_ANEW.has(kind) || !active.has(name)) this.#since.delete(name);
    for (const name of active) if (!this.#since.has(name)) this.#since.set(name, atMs);
    for (const [name, sinceMs] of rest?.s ?? []) this.#since.set(name, sinceMs);
  }

  /** States as a record has them; `now` are those that are active now, which may have been so all along. */
  of(names: readonly string[], now: readonly ActiveState[], untilMs: number): ActiveState[] {
    const still = new Map(now);
    return names.map((name) => {
      const sinceMs = still.get(name);
      const isStill = sinceMs !== undefined && sinceMs <= untilMs;
      return [name, isStill ? sinceMs : (this.#since.get(name) ?? untilMs)];
    });
  }
}

/** Something that left with a change and stays as it is. */
export interface Stay {
  readonly rev: number;
  readonly kind: "task" | "emit" | "send" | "spawn" | "stop";
  /** The event, the task, or the definition of the child. */
  readonly name: string | undefined;
  /** The key as the machine addressed it, or the id of the child. */
  readonly to: string | undefined;
  /** Of a task: its number in the change. Of an event: its id. */
  readonly number: number | undefined;
  readonly id: string | undefined;
}

/** What has left with a change, in order. */
export function staysOf({ rev, effects, rest }: HistoryEntry): Stay[] {
  const stays: Stay[] = [];
  const nothing = { name: undefined, to: undefined, number: undefined, id: undefined };
  let number = 0;
  for (const effect of Array.isArray(effects) ? effects : []) {
    if (!isJsonObject(effect)) continue;
    if (effect["kind"] === "emit")
      stays.push({ ...nothing, rev, kind: "emit", name: String(effect["event"]) });
    if (effect["kind"] !== "task") continue;
    number += 1;
    stays.push({ ...nothing, rev, kind: "task", name: String(effect["task"]), number });
  }
  for (const sent of rest?.o ?? []) {
    const [kind, to] = sent;
    const name = kind === "stop" ? undefined : sent[2];
    const id = kind === "send" ? (sent[3] ?? undefined) : undefined;
    stays.push({ ...nothing, rev, kind, to, name, id });
  }
  return stays;
}
