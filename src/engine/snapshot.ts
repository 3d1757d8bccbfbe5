/**
 * The stored form of a snapshot: compact JSON that only makes sense together with the definition it belongs to, which
 * is immutable. States are indices; only active leaves are kept, ancestors follow from them. Reading checks
 * everything: a snapshot that is not legal for the machine is refused, never repaired.
 */
import { holdsInexact, textOfJson } from "../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { type Machine, stateOf } from "./machine.ts";
import { isCount, readExtras, readKept, readPayload, readSlas } from "./snapshot-kept.ts";
import { BLANK_SNAPSHOT, type Kept, type Snapshot, type Timer } from "./types.ts";

/** A snapshot read back, or what is wrong with it. */
export type SnapshotResult =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly reason: string };

/**
 * `c` leaves, `x` context, `s` next timer; where there is any: `h` history as [history, states …], `t` timers, `k` what
 * joins keep, `l` slas as [state, since, deadline, 1 when over], `d` 1 when done, `o` output.
 */
export function snapshotToJson(machine: Machine, snapshot: Snapshot): JsonObject {
  const json: { [key: string]: Json } = {
    c: snapshot.configuration.filter((index) => stateOf(machine, index).children.length === 0),
    x: snapshot.context,
    s: snapshot.timerSeq,
  };
  if (snapshot.history.size > 0) json["h"] = historyToJson(snapshot);
  if (snapshot.timers.length > 0) json["t"] = snapshot.timers.map(timerToJson);
  if (snapshot.kept.length > 0) json["k"] = snapshot.kept.map(keptToJson);
  if (snapshot.slas.length > 0) json["l"] = slasToJson(snapshot);
  if (snapshot.status === "done") json["d"] = 1;
  if (snapshot.output !== undefined) json["o"] = snapshot.output;
  return json;
}

/** What history states remember as it is stored. */
export function historyToJson({ history }: Pick<Snapshot, "history">): Json[] {
  return [...history].map(([state, states]) => [state, ...states]);
}

/** The slas as they are stored. */
export function slasToJson({ slas }: Pick<Snapshot, "slas">): Json[] {
  return slas.map(({ state, sinceMs, deadlineMs, isOver }) =>
    isOver === true ? [state, sinceMs, deadlineMs, 1] : [state, sinceMs, deadlineMs],
  );
}

/** A timer as it is stored. */
export function timerToJson({ data, text, ...timer }: Timer): JsonObject {
  return { ...timer, ...payloadToJson(data, text) };
}

/** What a join keeps as it is stored. */
export function keptToJson({ data, text, origin, ...kept }: Kept): JsonObject {
  // An origin has fields of JSON alone, and none that is undefined (joins.ts).
  const how = origin === undefined ? {} : { origin: origin as JsonObject };
  return { ...kept, ...payloadToJson(data, text), ...how };
}

/** Data of which there is a text, or that JSON alone does not hold, stands as that. */
function payloadToJson(data: Json | undefined, text: string | undefined): JsonObject {
  const stored = text ?? (holdsInexact(data) ? textOfJson(data ?? null) : undefined);
  if (stored !== undefined) return { text: stored };
  return data === undefined ? {} : { data };
}

/** Reads the stored form for this machine. */
export function snapshotFromJson(machine: Machine, json: Json): SnapshotResult {
  if (!isJsonObject(json)) return refuse("not an object");
  const configuration = readConfiguration(machine, json["c"]);
  if (configuration === undefined) return refuse("its states are no configuration of the machine");
  const history = readHistory(machine, json["h"] ?? []);
  if (history === undefined) return refuse("its history does not fit the machine");
  const timers = readTimers(machine, json["t"] ?? []);
  if (timers === undefined) return refuse("its timers do not fit the machine");
  const kept = readKept(machine, { json: json["k"] ?? [], configuration });
  if (kept === undefined) return refuse("what its joins keep does not fit the machine");
  const slas = readSlas(json["l"] ?? [], configuration);
  if (slas === undefined) return refuse("its slas do not fit the machine");
  const { x: context, s: timerSeq, d: done, o: output } = json;
  if (!isJsonObject(context)) return refuse("its context is not an object");
  if (!isCount(timerSeq) || [...timers, ...kept].some(({ seq }) => seq >= timerSeq))
    return refuse("its timer sequence is wrong");
  if (done !== undefined && done !== 1) return refuse("its status is wrong");
  const snapshot: Snapshot = {
    status: done === 1 ? "done" : "active",
    configuration,
    history,
    context,
    timers,
    kept,
    slas,
    timerSeq,
  };
  return { ok: true, snapshot: output === undefined ? snapshot : { ...snapshot, output } };
}

function refuse(why: string): SnapshotResult {
  return { ok: false, reason: `the snapshot cannot be read: ${why}` };
}

function isIndex(machine: Machine, value: Json | undefined): value is number {
  return isCount(value) && value < machine.states.length;
}

function readConfiguration(machine: Machine, json: Json | undefined): readonly number[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const active = new Set<number>();
  for (const leaf of json) {
    if (!isIndex(machine, leaf)) return undefined;
    for (let index = leaf; index !== -1 && !active.has(index); index = stateOf(machine, index).parent)
      active.add(index);
  }
  const configuration = [...active].sort((a, b) => a - b);
  return isLegal(machine, active) ? configuration : undefined;
}

/** The root is active, one child of each active compound state, all children of each active parallel one. */
function isLegal(machine: Machine, active: ReadonlySet<number>): boolean {
  const counts = new Map<number, number>();
  for (const index of active) {
    const { parent } = stateOf(machine, index);
    counts.set(parent, (counts.get(parent) ?? 0) + 1);
  }
  for (const index of active) {
    const { kind, children } = stateOf(machine, index);
    const count = counts.get(index) ?? 0;
    if (kind === "history" || (kind === "compound" && count !== 1)) return false;
    if (kind === "parallel" && count !== children.length) return false;
  }
  return active.has(0);
}

function readHistory(machine: Machine, json: Json): ReadonlyMap<number, readonly number[]> | undefined {
  if (!Array.isArray(json)) return undefined;
  // Most machines remember nothing: they share one map, which nobody changes.
  if (json.length === 0) return BLANK_SNAPSHOT.history;
  const history = new Map<number, readonly number[]>();
  for (const entry of json) {
    if (!Array.isArray(entry)) return undefined;
    const indices = entry.filter((index): index is number => isIndex(machine, index));
    const [key, ...states] = indices;
    if (key === undefined || indices.length !== entry.length || stateOf(machine, key).kind !== "history")
      return undefined;
    const parent = stateOf(machine, stateOf(machine, key).parent);
    if (!states.every((index) => index > parent.index && index <= parent.last)) return undefined;
    history.set(key, states);
  }
  return history;
}

function readTimers(machine: Machine, json: Json): readonly Timer[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const timers = json.map((item) => readTimer(machine, item));
  return timers.every((timer) => timer !== undefined) ? timers : undefined;
}

function readTimer(machine: Machine, json: Json): Timer | undefined {
  if (!isJsonObject(json)) return undefined;
  const { seq, deadlineMs, kind, event, id, to, state } = json;
  if (!isCount(seq) || !isCount(deadlineMs) || typeof event !== "string") return undefined;
  if (kind !== "after" && kind !== "raise" && kind !== "send") return undefined;
  const payload = readPayload(json);
  const extras = readExtras(json);
  if (payload === undefined || extras === undefined) return undefined;
  if (id !== undefined && typeof id !== "string") return undefined;
  if (kind === "send" ? typeof to !== "string" : to !== undefined) return undefined;
  if (kind === "after" ? !isIndex(machine, state) : state !== undefined) return undefined;
  return {
    seq,
    deadlineMs,
    kind,
    event,
    ...payload,
    ...extras,
    ...(id === undefined ? {} : { id }),
    ...(typeof to === "string" ? { to } : {}),
    ...(typeof state === "number" ? { state } : {}),
  };
}
