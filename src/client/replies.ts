/** What the replies about machines say, by name. Maps come flat, as objects or as a Map, as the connection is set. */
import { fieldsOf, jsonIn, listOf } from "./connection.ts";

/** What an event has led to. */
export interface Sent {
  /** Active states, as dotted paths, in document order. */
  readonly states: readonly string[];
  readonly rev: number;
  /** False for an event that was ignored, deferred or scheduled. */
  readonly hasChanged: boolean;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What SM.WHY says: what would come of an event, and how that was found. */
export interface Why<Context = unknown> {
  readonly event: string;
  readonly states: readonly string[];
  /** `OK`, `DEFERRED`, `IGNORED`, or the code of the refusal. */
  readonly verdict: string;
  /** The text of the refusal. */
  readonly message: string | null;
  readonly to: readonly string[];
  /** The data it would have then; null for a map machine. */
  readonly context: Context | null;
  readonly candidates: readonly Candidate[];
}

/** A transition that was looked at. */
export interface Candidate {
  /** The state it belongs to, and the descriptor the event matched. */
  readonly from: string;
  readonly event: string;
  readonly targets: readonly string[];
  readonly guard: string | null;
  readonly result: string;
  /** Why the guard could not be evaluated. */
  readonly error: string | null;
  /** What the guard read, by path. */
  readonly values: ReadonlyMap<string, unknown>;
}

/** An entry of the history of a machine. */
export interface Recorded {
  readonly rev: number;
  readonly at: number;
  /** `create`, `event`, `timer` and others. */
  readonly kind: string;
  readonly event: string | null;
  readonly id: string | null;
  readonly by: string | null;
  readonly reason: string | null;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly data: unknown;
  /** What has changed of the context, by path; of a new machine all of it. */
  readonly context: unknown;
}

/** A machine as it stands. */
export interface Machine<Context = unknown> {
  /** `name:version`; null for a map machine. */
  readonly definition: string | null;
  readonly states: readonly string[];
  readonly status: "active" | "done" | "suspended" | (string & {});
  readonly rev: number;
  readonly context: Context;
  /** Milliseconds since the epoch, both. */
  readonly created: number;
  readonly updated: number;
  readonly reason: string | null;
}

/** The reply of SM.SEND FULL, or of SM.OUTCOME, which has other names for the same. */
export function sentOf(reply: unknown): Sent {
  const fields = fieldsOf(reply);
  const [from, to] = [textsOf(fields.get("from")), textsOf(fields.get("to"))];
  return {
    states: fields.has("state") ? textsOf(fields.get("state")) : to,
    rev: Number(fields.get("rev")),
    hasChanged: fields.has("changed") ? Number(fields.get("changed")) === 1 : fields.get("code") === "OK",
    from,
    to,
    at: Number(fields.get("at")),
  };
}

export function whyOf<Context>(reply: unknown): Why<Context> {
  const fields = fieldsOf(reply);
  return {
    event: String(fields.get("event")),
    states: textsOf(fields.get("state")),
    verdict: String(fields.get("verdict")),
    message: textOf(fields.get("message")),
    to: textsOf(fields.get("to")),
    context: jsonIn(fields.get("context")),
    candidates: listOf(fields.get("candidates")).map(candidateOf),
  };
}

function candidateOf(reply: unknown): Candidate {
  const fields = fieldsOf(reply);
  const values = Array.from(fieldsOf(fields.get("values")), ([path, json]) => [path, jsonIn(json)] as const);
  return {
    from: String(fields.get("from")),
    event: String(fields.get("event")),
    targets: textsOf(fields.get("targets")),
    guard: textOf(fields.get("guard")),
    result: String(fields.get("result")),
    error: textOf(fields.get("error")),
    values: new Map(values),
  };
}

export function recordedOf(reply: unknown): Recorded {
  const fields = fieldsOf(reply);
  return {
    rev: Number(fields.get("rev")),
    at: Number(fields.get("at")),
    kind: String(fields.get("kind")),
    event: textOf(fields.get("event")),
    id: textOf(fields.get("id")),
    by: textOf(fields.get("by")),
    reason: textOf(fields.get("reason")),
    from: textsOf(fields.get("from")),
    to: textsOf(fields.get("to")),
    data: jsonIn(fields.get("data")),
    context: jsonIn(fields.get("context")),
  };
}

export function machineOf<Context>(reply: unknown): Machine<Context> {
  const fields = fieldsOf(reply);
  return {
    definition: textOf(fields.get("definition")),
    states: textsOf(fields.get("state")),
    status: String(fields.get("status")),
    rev: Number(fields.get("rev")),
    context: jsonIn(fields.get("context")),
    created: Number(fields.get("created")),
    updated: Number(fields.get("updated")),
    reason: textOf(fields.get("reason")),
  };
}

/** An array of texts; empty where the reply is none. */
export function textsOf(reply: unknown): string[] {
  return listOf(reply).map(String);
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
