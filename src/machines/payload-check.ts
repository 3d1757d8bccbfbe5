/**
 * Looks whether bytes from outside are the record or the history of a machine. The store believes what it has written itself; a
 * payload of RESTORE was written by whoever sent it.
 */
import { type Bytes, chars, raw, readU64 } from "../base/bytes.ts";
import { EventData } from "../base/event-data.ts";
import { EACH_MAX } from "../engine/child-actions.ts";
import { childIdFault } from "../engine/child-ids.ts";
import { childKey, pendingKey } from "../keyspace/layouts.ts";
import { parseData } from "./chart-cache.ts";
import { decodeHistory, type HistoryEntry, type HistoryKind } from "./history.ts";
import { decodeOutcome } from "./outcome-codec.ts";
import type { Outcome } from "./outcomes.ts";
import { decodeMachine, type MachineRecord } from "./record.ts";

/** The machine of a record's payload; undefined when it is not one that this version could have written. */
export function checkedMachine(payload: Buffer): MachineRecord | undefined {
  let machine: MachineRecord;
  try {
    machine = decodeMachine({ type: "machine", expireAtMs: 0, id: 0, payload });
  } catch {
    // Not JSON, or of another length: that is the answer.
    return undefined;
  }
  return isMachine(machine) ? machine : undefined;
}

/** The types say what was written; here nothing is taken for granted. */
function isMachine(machine: MachineRecord): boolean {
  const { definition, map, states, reason, initial, sources, outer }: Untrusted = machine;
  const hasSource =
    definition === undefined
      ? isMap(map) && isText(initial) && Array.isArray(states) && states.length === 1
      : map === undefined && isObject(definition) && isTexts(Object.values(definition));
  return (
    hasSource &&
    Array.isArray(states) &&
    states.every(isActiveState) &&
    new Set(states.map(([name]: [unknown]) => name)).size === states.length &&
    ["active", "failed", "suspended", "done", "stopped"].includes(machine.status) &&
    (reason === undefined || isText(reason)) &&
    COUNTS.every((name) => isCount(machine[name])) &&
    machine.rev > 0 &&
    Array.isArray(outer) &&
    outer.every(isActiveState) &&
    isObject(sources) &&
    Object.values(sources).every(isSourceNumber)
  );
}

type Untrusted = { readonly [Name in keyof MachineRecord]: unknown };

const COUNTS = [
  "rev",
  "createdMs",
  "updatedMs",
  "pendingNext",
  "deferredCount",
  "outcomeNext",
  "outcomeFirst",
  "failedCount",
  "childCount",
] as const;

const HISTORY_KINDS: Readonly<Record<HistoryKind, true>> = {
  create: true,
  set: true,
  event: true,
  raise: true,
  send: true,
  mutate: true,
  force: true,
  reset: true,
  timer: true,
  suspend: true,
  resume: true,
  refused: true,
  failed: true,
  retry: true,
  patch: true,
  undo: true,
  migrate: true,
  imported: true,
  child: true,
};

type UntrustedEntry = { readonly [Name in keyof HistoryEntry]: unknown };

/** Whether a key's fields after the id, and the value, are those of entries of history. */
export function isHistoryPart(rest: Bytes, value: Buffer): boolean {
  if (chars(rest).length !== 8) return false;
  const revOfKey = readU64(rest, 0);
  let entries: HistoryEntry[];
  try {
    entries = decodeHistory(revOfKey, value);
  } catch {
    // Not JSON, or of another length: that is the answer.
    return false;
  }
  const [first] = entries;
  const isInOrder = entries.every(({ rev }, at) => at === 0 || rev > (entries[at - 1]?.rev ?? 0));
  return (
    first !== undefined && (revOfKey === 0 || first.rev === revOfKey) && isInOrder && entries.every(isEntry)
  );
}

function isEntry(entry: HistoryEntry): boolean {
  const {
    rev,
    atMs,
    kind,
    from,
    to,
    context,
    event,
    id,
    by,
    reason,
    status,
    via,
    stampMs,
    trace,
    gone,
    rest,
  }: UntrustedEntry = entry;
  const { data } = entry;
  return (
    isCount(rev) &&
    isCount(atMs) &&
    isText(kind) &&
    Object.hasOwn(HISTORY_KINDS, kind) &&
    isTexts(from) &&
    isTexts(to) &&
    [event, id, by, reason].every((text) => text === undefined || isText(text)) &&
    (status === undefined || ["failed", "suspended", "done", "stopped"].includes(status as string)) &&
    (context === undefined || isObject(context)) &&
    (via === undefined || isTexts(via)) &&
    (gone === undefined || isTexts(gone)) &&
    (rest === undefined || isRest(rest)) &&
    (stampMs === undefined || isCount(stampMs)) &&
    (trace === undefined || isText(trace)) &&
    (data === undefined || isDataText(data.text))
  );
}

/** Only its form: what it says of timers and joins is looked at when it is put into a snapshot. */
function isRest(rest: unknown): boolean {
  if (!isObject(rest)) return false;
  const { r, x, o } = rest;
  const areObjects = (list: unknown) => list === undefined || (Array.isArray(list) && list.every(isObject));
  const areCounts = (list: unknown) => list === undefined || (Array.isArray(list) && list.every(isCount));
  const areLists = (list: unknown) =>
    list === undefined || (Array.isArray(list) && list.every((item) => Array.isArray(item)));
  return (
    ["t", "k"].every((name) => areObjects(rest[name])) &&
    ["a", "q", "n"].every((name) => areCounts(rest[name])) &&
    ["h", "l", "o"].every((name) => areLists(rest[name])) &&
    (rest["f"] === undefined || (Array.isArray(rest["f"]) && rest["f"].every(isFailedStep))) &&
    (r === undefined || r === null || isText(r)) &&
    (x === undefined || isObject(x)) &&
    (rest["s"] === undefined || (Array.isArray(rest["s"]) && rest["s"].every(isActiveState))) &&
    (o === undefined || (o as readonly unknown[][]).every(isSent))
  );
}

function isSent([kind, ...rest]: readonly unknown[]): boolean {
  const texts = rest.slice(0, kind === "send" ? 2 : kind === "spawn" ? 2 : 1);
  return ["send", "spawn", "stop"].includes(kind as string) && texts.length > 0 && isTexts(texts);
}

function isFailedStep(step: unknown): boolean {
  if (!isObject(step) || !isCount(step["sequence"])) return false;
  const key = pendingKey(0, Number(step["sequence"]));
  return (
    step["kind"] === "failed" &&
    isPendingPart(raw(chars(key).slice(9)), Buffer.from(JSON.stringify(step), "utf8"))
  );
}

/** Whether these are the key and the value of an event that waits. */
export function isPendingPart(rest: Bytes, value: Buffer): boolean {
  const pending = objectOf(value);
  return (
    chars(rest).length === 8 &&
    pending !== undefined &&
    pending["sequence"] === readU64(rest, 0) &&
    (["deferred", "failed"].includes(pending["kind"] as string)
      ? pending["dueMs"] === undefined
      : isCount(pending["dueMs"])) &&
    (pending["kind"] !== "failed" || isFailedPart(pending)) &&
    isText(pending["event"]) &&
    isCount(pending["receivedMs"]) &&
    (pending["text"] === undefined || isDataText(pending["text"])) &&
    ["id", "by", "reason", "ifState", "trace"].every(
      (name) => pending[name] === undefined || isText(pending[name]),
    ) &&
    ["expireAtMs", "ifRev", "stampMs"].every(
      (name) => pending[name] === undefined || isCount(pending[name]),
    ) &&
    (pending["kind"] === "task") === (pending["task"] !== undefined) &&
    (pending["task"] === undefined || isAwaitedTask(pending["task"])) &&
    (pending["again"] === undefined || isTexts(pending["again"]))
  );
}

function isFailedPart({ from, state, code, message }: { readonly [name: string]: unknown }): boolean {
  return (
    ["timer", "raise", "send", "event", "child"].includes(from as string) &&
    (state === undefined || isText(state)) &&
    isText(code) &&
    isText(message)
  );
}

function isAwaitedTask(task: unknown): boolean {
  return (
    isObject(task) &&
    isText(task["name"]) &&
    (task["entry"] === undefined ||
      (isText(task["entry"]) && /^[0-9]{1,20}-[0-9]{1,20}$/.test(task["entry"]))) &&
    isCount(task["owner"])
  );
}

/** Whether these are the key and the value of an outcome. */
export function isOutcomePart(_rest: Bytes, value: Buffer): boolean {
  let outcome: { readonly [Name in keyof Outcome]: unknown };
  try {
    outcome = decodeOutcome(value);
  } catch {
    // Neither JSON nor of the present form: that is the answer.
    return false;
  }
  const { data }: { readonly data?: unknown } = outcome;
  return (
    isObject(outcome) &&
    [outcome.id, outcome.event, outcome.code].every(isText) &&
    [outcome.sequence, outcome.atMs, outcome.receivedMs, outcome.rev].every(isCount) &&
    [outcome.output, outcome.log].every((text) => text === undefined || isText(text)) &&
    (outcome.ttlMs === undefined || isCount(outcome.ttlMs)) &&
    isTexts(outcome.from) &&
    isTexts(outcome.to) &&
    (data === undefined || (data instanceof EventData && isDataText(data.text))) &&
    isSendReply(outcome.reply)
  );
}

function isSendReply(reply: unknown): boolean {
  if (!isObject(reply)) return false;
  if (reply["kind"] === "error") return isText(reply["message"]);
  if (reply["kind"] === "states") return isTexts(reply["states"]);
  const full = reply["full"];
  return (
    reply["kind"] === "full" &&
    isObject(full) &&
    ["state", "from", "to"].every((name) => isTexts(full[name])) &&
    ["rev", "changed", "at"].every((name) => isCount(full[name])) &&
    ["id", "output", "log"].every((name) => full[name] == null || isText(full[name])) &&
    (full["code"] === undefined || isText(full["code"]))
  );
}

/** Whether these are the key and the value of the place of an outcome among the others. */
export function isOutcomeOrderPart(rest: Bytes): boolean {
  return chars(rest).length === 8;
}

/** Whether these are the key and the value of a link to a child that is not there, or of the head of a list. */
export function isChildPart(rest: Bytes, value: Buffer): boolean {
  const entry = objectOf(value);
  if (entry === undefined) return false;
  const { name, index, count, open, status, child } = entry;
  if (!isText(name) || childIdFault(name) !== undefined || child !== undefined) return false;
  if (index !== undefined && (!isCount(index) || Number(index) >= EACH_MAX)) return false;
  if (chars(rest) !== chars(childKey(0, name, index as number | undefined)).slice(9)) return false;
  return count === undefined
    ? ["done", "failed", "stopped", "gone"].includes(status as string)
    : isCount(count) && isCount(open) && Number(open) <= Number(count) && index === undefined;
}

function objectOf(value: Buffer): { readonly [name: string]: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(value.toString("utf8"));
    return isObject(parsed) ? parsed : undefined;
  } catch {
    // Not JSON: that is the answer.
    return undefined;
  }
}

function isActiveState(state: unknown): boolean {
  return Array.isArray(state) && state.length === 2 && isText(state[0]) && isCount(state[1]);
}

function isMap(map: unknown): boolean {
  return (
    Array.isArray(map) &&
    map.every(
      (entry: unknown) => Array.isArray(entry) && entry.length === 2 && isText(entry[0]) && isTexts(entry[1]),
    )
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a value is the text of an event's data. */
function isDataText(value: unknown): boolean {
  return isText(value) && parseData(value).ok;
}

function isSourceNumber(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  return isText(value) && /^-?[1-9][0-9]{15,18}$/.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
