/** Events: sending and explaining them, waiting for what they lead to, and what is pending. */
import { type Connection, listOf } from "./connection.ts";
import { DetentError } from "./detent-error.ts";
import { nextOf, outcomeOf, pendingOf, sentOf, whyOf } from "./replies.ts";
import { arrayOf, string, strings } from "./reply-shape.ts";
import type { Next, Outcome, Pending, Sent, Why } from "./reply-types.ts";
import { activeTrace } from "./tracing.ts";
import { authorWords, dataWords, option, type Words } from "./words.ts";

/** The data, which may be left out where it may be undefined, and the options. */
export type SendArguments<Data, State extends string = string> = undefined extends Data
  ? [data?: Data, options?: SendOptions<State>]
  : [data: Data, options?: SendOptions<State>];

export interface SendOptions<State extends string = string> {
  /** The same id with the same event and data is applied once: again, it gets the first answer again. */
  readonly id?: string;
  readonly by?: string;
  readonly reason?: string;
  /** Refused with STALE unless the number is higher than all before it of this source. */
  readonly seq?: { readonly source: string; readonly number: number };
  /** Refused with UNMET unless the machine is in this state, at this revision. */
  readonly ifState?: State;
  readonly ifRev?: number;
  /** Delivered later: after so many milliseconds, or at a time (milliseconds since the epoch). */
  readonly delayMs?: number;
  readonly at?: number;
  /** Not delivered, and forgotten when deferred, after so many milliseconds. */
  readonly expireMs?: number;
  /** How long the answer to the id is kept. */
  readonly outcomeTtlMs?: number;
  /** When it happened at its source, milliseconds since the epoch. */
  readonly stamp?: number;
  /** The `traceparent` of the trace it belongs to; that of the active span of OpenTelemetry unless given. */
  readonly trace?: string;
  /** The definition of a machine that is made first if the key is free. */
  readonly definition?: string;
}

export interface WhyOptions {
  /** Of the machine as it was at this revision. */
  readonly rev?: number;
  /** Under this definition: `name` or `name:version`. */
  readonly definition?: string;
}

/** What to wait for. */
export type WaitFor<State extends string = string> =
  | { readonly state: State }
  | { readonly rev: number }
  | { readonly status: "active" | "failed" | "suspended" | "done" | "stopped" };

/** The place of a join: it holds an event, or waits for one. */
export interface JoinPlace {
  /** The state that has the join. */
  readonly state: string;
  readonly place: string;
  /** The event that is kept, or the descriptor of those that would be. */
  readonly event: string;
  readonly isKept: boolean;
  /** Data and id of the event that is kept. */
  readonly data: unknown;
  readonly id: string | null;
}

export interface EventMethods<Events extends object, Context, State extends string> {
  /** Sends an event. @throws DetentError with one of the codes `RefusalCode` when the machine does not take it */
  send<Name extends keyof Events & string>(
    key: string,
    event: Name,
    ...rest: SendArguments<Events[Name], State>
  ): Promise<Sent<State>>;
  /** What `send` would do and why, without doing it; null where there is no machine. */
  why<Name extends keyof Events & string>(
    key: string,
    event: Name,
    data?: Events[Name],
    options?: WhyOptions,
  ): Promise<Why<Context, State> | null>;
  /** The transitions that the machine would take now, and what its joins wait for; empty where there is no machine. */
  next(key: string): Promise<readonly Next[]>;
  /**
   * Waits, on a connection of its own, until the machine is so: its states then, or null when that takes longer than the
   * timeout in milliseconds (0: for ever).
   */
  wait(key: string, what: WaitFor<State>, timeoutMs: number): Promise<readonly State[] | null>;
  /** What became of the event with an id; null where that is not kept, or there is no machine. */
  outcome(key: string, id: string): Promise<Outcome<State> | null>;
  /** The same for several, in their order. */
  outcomes(key: string, ids: readonly string[]): Promise<ReadonlyArray<Outcome<State> | null>>;
  /** Deferred, scheduled and kept events, timers, tasks, failed steps and children that have not ended. */
  pending(key: string): Promise<readonly Pending[]>;
  /** The places of the joins of the active states: those that hold an event first. */
  joins(key: string): Promise<readonly JoinPlace[]>;
  /** Removes pending events and timers by their ids; returns how many. */
  cancel(key: string, ...ids: readonly string[]): Promise<number>;
}

export function eventMethods(connection: Connection): EventMethods<Record<string, unknown>, unknown, string> {
  const { call } = connection;
  const next = async (key: string) => arrayOf(nextOf)(await call("SM.NEXT", key));
  const pending = async (key: string) => arrayOf(pendingOf)(await call("SM.PENDING", key));
  const outcomes = async (key: string, ids: readonly string[]) => {
    if (ids.length === 0) return [];
    const found = listOf(await call("SM.OUTCOME", key, ...ids));
    return ids.map((_id, index) => (found[index] ? outcomeOf(found[index]) : null));
  };
  return {
    send: (key, event, ...[data, options = {}]) =>
      send(connection, [key, event, ...dataWords(data)], options),
    why: async (key, event, data, { rev, definition } = {}) => {
      const options = [...option("REV", rev), ...option("DEF", definition)];
      const reply = await call("SM.WHY", key, event, ...dataWords(data), ...options);
      return reply === null ? null : whyOf(reply);
    },
    next,
    wait: (key, what, timeoutMs) => waitFor(connection, [key, ...waitWords(what), timeoutMs]),
    outcome: async (key, id) => (await outcomes(key, [id]))[0] ?? null,
    outcomes,
    pending,
    joins: async (key) => joinsOf(await pending(key), await next(key)),
    cancel: async (key, ...ids) => (ids.length === 0 ? 0 : Number(await call("SM.CANCEL", key, ...ids))),
  };
}

async function send(connection: Connection, args: readonly string[], options: SendOptions): Promise<Sent> {
  const reply = await connection.call("SM.SEND", ...args, ...sendWords(options), "FULL");
  if (reply === null) throw new DetentError("UNMET ifState or ifRev does not hold");
  // An event that was first sent without FULL gets that answer again: the states alone.
  const isBare = Array.isArray(reply) && !Array.isArray(reply[1]);
  if (!isBare || options.id === undefined) return sentOf(reply);
  const [found] = listOf(await connection.call("SM.OUTCOME", args[0] ?? "", options.id));
  const { rev, code, from, to, at, output, log } = outcomeOf(found);
  return { states: strings(reply), rev, hasChanged: code === "OK", code, from, to, at, output, log };
}

function sendWords({ seq, trace = activeTrace(), ...options }: SendOptions): Words {
  return [
    ...option("ID", options.id),
    ...authorWords(options),
    ...(seq === undefined ? [] : ["SEQ", seq.source, seq.number]),
    ...option("IFSTATE", options.ifState),
    ...option("IFREV", options.ifRev),
    ...option("DELAY", options.delayMs),
    ...option("AT", options.at),
    ...option("EXPIRE", options.expireMs),
    ...option("OUTCOMETTL", options.outcomeTtlMs),
    ...option("STAMP", options.stamp),
    ...option("TRACE", trace),
    ...option("DEF", options.definition),
  ];
}

function waitWords(what: WaitFor): Words {
  if ("state" in what) return ["STATE", what.state];
  return "rev" in what ? ["REV", what.rev] : ["STATUS", what.status];
}

/** Why a connection of its own: a request that waits holds up all later ones on the connection of the caller. */
async function waitFor(connection: Connection, words: Words): Promise<readonly string[] | null> {
  const waiting = connection.duplicate();
  waiting.on?.("error", () => undefined);
  try {
    const reply = await waiting.call("SM.WAIT", ...words);
    return reply === null ? null : arrayOf(string)(reply);
  } finally {
    waiting.disconnect();
  }
}

function joinsOf(pending: readonly Pending[], next: readonly Next[]): JoinPlace[] {
  const kept = pending
    .filter(({ kind }) => kind === "kept")
    .map(({ states: [state = ""], place, event, data, id }) => ({
      ...{ state, place: place ?? "", event, isKept: true, data, id },
    }));
  const empty = next
    .filter(({ place }) => place !== null)
    .map(({ from: state, place, event }) => ({
      ...{ state, place: place ?? "", event, isKept: false, data: null, id: null },
    }));
  return [...kept, ...empty];
}
