/** What a stored snapshot holds beside states and timers: the data of events, what joins keep, slas. */
import { withInexactNumbers } from "../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Machine } from "./machine.ts";
import { hasNumber } from "./sorted.ts";
import type { EventOrigin, Kept, SendExtras, Sla } from "./types.ts";

/** What joins keep, each of an active state and each place once; undefined when it is none of this machine. */
export function readKept(
  machine: Machine,
  { json, configuration }: { readonly json: Json; readonly configuration: readonly number[] },
): readonly Kept[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const taken = new Set<string>();
  const all: Kept[] = [];
  for (const item of json) {
    const kept = readOne(item);
    const join = kept && machine.joins[kept.join];
    const place = kept && join?.places[kept.place];
    if (kept === undefined || join === undefined || place === undefined || place.kind === "if")
      return undefined;
    const name = `${kept.join} ${kept.place}`;
    if (taken.has(name) || !hasNumber(configuration, join.state)) return undefined;
    taken.add(name);
    all.push(kept);
  }
  return all;
}

function readOne(json: Json): Kept | undefined {
  if (!isJsonObject(json)) return undefined;
  const { seq, join, place, atMs, event, origin, isSpent } = json;
  const counts = [seq, join, place, atMs].filter(isCount);
  const [first, second, third, fourth] = counts;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    return undefined;
  if (typeof event !== "string" || (isSpent !== undefined && isSpent !== true)) return undefined;
  const payload = readPayload(json);
  const how = origin === undefined ? undefined : readOrigin(origin);
  if (payload === undefined || (origin !== undefined && how === undefined)) return undefined;
  return {
    seq: first,
    join: second,
    place: third,
    atMs: fourth,
    event,
    ...payload,
    ...(how === undefined ? {} : { origin: how }),
    ...(isSpent === true ? { isSpent } : {}),
  };
}

const TEXTS: readonly string[] = ["id", "by", "reason", "trace"];
const TIMES: readonly string[] = ["stampMs", "receivedMs", "expireAtMs"];

function readOrigin(json: Json): EventOrigin | undefined {
  if (!isJsonObject(json)) return undefined;
  const isOne = Object.entries(json).every(
    ([name, value]) =>
      (TEXTS.includes(name) && typeof value === "string") || (TIMES.includes(name) && isCount(value)),
  );
  // Each field was looked at.
  return isOne ? (json as EventOrigin) : undefined;
}

/** What the event of a timer of kind `send` comes with; undefined when it is something else. */
export function readExtras({ kind, def, eventId, expireAtMs }: JsonObject): SendExtras | undefined {
  if (kind !== "send" && (def ?? eventId ?? expireAtMs) !== undefined) return undefined;
  if (def !== undefined && typeof def !== "string") return undefined;
  if (eventId !== undefined && typeof eventId !== "string") return undefined;
  if (expireAtMs !== undefined && !isCount(expireAtMs)) return undefined;
  return {
    ...(def === undefined ? {} : { def }),
    ...(eventId === undefined ? {} : { eventId }),
    ...(expireAtMs === undefined ? {} : { expireAtMs }),
  };
}

/** The slas of active states, each once; undefined when they are none. */
export function readSlas(json: Json, configuration: readonly number[]): readonly Sla[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const slas: Sla[] = [];
  for (const item of json) {
    if (!Array.isArray(item)) return undefined;
    const [state, sinceMs, deadlineMs, over] = item;
    if (!isCount(state) || !isCount(sinceMs) || !isCount(deadlineMs)) return undefined;
    if (!hasNumber(configuration, state) || slas.some((sla) => sla.state === state)) return undefined;
    if (item.length > 3 && over !== 1) return undefined;
    slas.push({ state, sinceMs, deadlineMs, ...(over === 1 ? { isOver: true } : {}) });
  }
  return slas;
}

export function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The data of a timer or of an event that is kept; undefined when it is none. */
export function readPayload({
  data,
  text,
}: JsonObject): { readonly data?: Json; readonly text?: string } | undefined {
  if (text === undefined) return data === undefined ? {} : { data };
  if (typeof text !== "string") return undefined;
  try {
    return { data: withInexactNumbers(text, JSON.parse(text) as Json), text };
  } catch {
    // Not JSON: that is the answer.
    return undefined;
  }
}
