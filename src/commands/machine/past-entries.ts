/** `HISTORY json` of SM.CREATE: what a machine has been through elsewhere, oldest first. */
import { EventData } from "../../base/event-data.ts";
import { textOfJson } from "../../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { kindOf } from "../../engine/problems.ts";
import { parseData } from "../../machines/chart-cache.ts";
import type { PastEntry } from "../../machines/making.ts";
import * as errors from "../../protocol/errors.ts";
import { text } from "../arguments.ts";

const ENTRIES_MAX = 10_000;
const FIELDS: readonly string[] = ["at", "to", "event", "by", "reason", "data"];

/** None for an empty list. @throws ReplyError that says which entry is wrong, and what would be right */
export function readPast(bytes: Buffer): readonly PastEntry[] {
  const parsed = parseData(text(bytes, "HISTORY"));
  if (!parsed.ok) throw errors.err(`HISTORY is ${parsed.reason}`);
  const list = parsed.data.value;
  if (!Array.isArray(list))
    throw errors.err(`HISTORY must be a list of entries [{"at", "to", …}, …], this is ${kindOf(list)}`);
  if (list.length > ENTRIES_MAX) throw errors.err(`HISTORY may have ${ENTRIES_MAX} entries`);
  const entries: PastEntry[] = [];
  for (const [index, item] of list.entries()) {
    const entry = readEntry(item, `HISTORY[${index}]`);
    const before = entries.at(-1);
    if (before !== undefined && entry.atMs < before.atMs)
      throw errors.err(`HISTORY[${index}].at is before that of the entry before it; the oldest comes first`);
    entries.push(entry);
  }
  return entries;
}

function readEntry(json: Json, path: string): PastEntry {
  if (!isJsonObject(json)) throw errors.err(`${path} must be an object, this is ${kindOf(json)}`);
  const unknown = Object.keys(json).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw errors.err(`${path} has no field ${JSON.stringify(unknown)}; known are ${FIELDS.join(", ")}`);
  const { at, to, data } = json;
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0)
    throw errors.err(`${path}.at must be a time in milliseconds since the epoch`);
  const states = typeof to === "string" ? [to] : to;
  if (!Array.isArray(states) || states.length === 0 || !states.every((state) => typeof state === "string"))
    throw errors.err(`${path}.to must name a state, or list the states of regions`);
  return {
    atMs: at,
    to: states,
    event: optionalText(json, "event", path),
    by: optionalText(json, "by", path),
    reason: optionalText(json, "reason", path),
    data: data === undefined ? undefined : EventData.ofText(textOfJson(data)),
  };
}

function optionalText(json: JsonObject, name: string, path: string): string | undefined {
  const value = json[name];
  if (value === undefined || typeof value === "string") return value;
  throw errors.err(`${path}.${name} must be a string, this is ${kindOf(value)}`);
}
