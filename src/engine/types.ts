/**
 * The values that cross the border of the engine: snapshots, events, effects and results.
 *
 * The engine is a set of pure functions over these values. It knows no clock, socket, byte, key space or chance:
 * time and the machine's key come in through `Env`, everything that is to happen outside leaves as an `Effect`.
 * Snapshots are immutable; a step that changes nothing returns the parts it did not change as they were.
 */
import type { Json, JsonObject } from "../base/json.ts";
import type { TaskRetry, Transition } from "./machine.ts";

/** Bounds of one step. All are enforced with a reason, none by a crash. */
export type StepLimits = {
  /** Microsteps (and dequeued internal events) in one macrostep; beyond it the event fails. */
  readonly microstepsMax: number;
  /** Size of one expression's result: characters plus one for each value in it. */
  readonly resultSizeMax: number;
};

/** The defaults of `StepLimits`; `sm-microsteps-max` is 1000 in the specification. */
export const STEP_LIMITS: StepLimits = { microstepsMax: 1000, resultSizeMax: 1_000_000 };

/** What a step may know of the world. */
export type Env = {
  /** Milliseconds since the epoch, recorded by the caller: the only time the engine ever sees. */
  readonly now: number;
  /** The machine's key, for the variable `key`. */
  readonly key: string;
  readonly limits?: StepLimits;
  /** True to have `Moved.trace` filled; off by default because most callers throw it away. */
  readonly trace?: boolean;
  /** The machines it belongs to and those that belong to it; undefined where there are none. */
  readonly relatives?: Relatives | undefined;
  /** Watches how transitions are chosen; tests of definitions count coverage with it. */
  readonly observer?: StepObserver | undefined;
};

/** Sees each choice of a step as it is made, also of a step that fails in the end. */
export type StepObserver = {
  /** The guard of a transition was evaluated. */
  readonly onGuard: (transition: Transition, holds: boolean) => void;
  /** A transition is taken. */
  readonly onTaken: (transition: Transition) => void;
  /** States were entered, in this order. */
  readonly onEntered?: (states: readonly number[]) => void;
};

/** What the variables `children` and `parent` are. Asked for only where an expression reads them. */
export type Relatives = {
  /** By the id of each: state, status, done, output. */
  children(): JsonObject;
  /** Key, state and status; null for none. */
  parent(): JsonObject | null;
};

/** An event from outside. `data` is what the client sent, absent when it sent none. */
export type EngineEvent = {
  readonly type: string;
  readonly data?: Json;
  /** The text the data was read from, for what hands it on whole. */
  readonly text?: string;
  /** How it came, for who keeps it. */
  readonly origin?: EventOrigin;
};

/** What an event for another machine may come with. */
export type SendExtras = {
  /** The definition of a machine that is made when there is none: `name` or `name:version`. */
  readonly def?: string;
  readonly eventId?: string;
  /** After this time it no longer counts, milliseconds since the epoch. */
  readonly expireAtMs?: number;
};

/** A state that has been entered and is not to last longer than until a time. */
export type Sla = {
  readonly state: number;
  readonly sinceMs: number;
  /** Absolute, milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** That time has passed, and it was reported. */
  readonly isOver?: true;
};

/** How an event came. The engine hands it on with the event it keeps, and expressions read id, sender and time. */
export type EventOrigin = {
  readonly id?: string | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  readonly stampMs?: number | undefined;
  readonly trace?: string | undefined;
  readonly receivedMs?: number | undefined;
  /** After this time it no longer counts. */
  readonly expireAtMs?: number | undefined;
};

/** What fills a place of a join: an event that waits for the others, or a time that is over. */
export type Kept = {
  /** Its identity, from the same sequence as that of timers. */
  readonly seq: number;
  /** Numbers of the join and of the place. */
  readonly join: number;
  readonly place: number;
  readonly atMs: number;
  readonly event: string;
  readonly data?: Json;
  /** The text of the data where it was handed on whole. */
  readonly text?: string;
  readonly origin?: EventOrigin;
  /** Of a time that has completed its join once: it completes it no second time by itself. */
  readonly isSpent?: true;
};

/** Something that is to happen later on behalf of a machine. `seq` is its identity: unique in the machine's life. */
export type Timer = {
  readonly seq: number;
  /** Absolute, milliseconds since the epoch. Equal deadlines fire in the order of `seq`. */
  readonly deadlineMs: number;
  readonly kind: "after" | "raise" | "send";
  /** The event it delivers: to the machine itself (`after`, `raise`) or to the machine at `to` (`send`). */
  readonly event: string;
  readonly data?: Json;
  /** The text of the data where it was handed on whole. */
  readonly text?: string;
  /** The name given in the definition, for `cancel`. */
  readonly id?: string;
  readonly to?: string;
  /** Index of the state an `after` belongs to; it is cancelled when that state is left. */
  readonly state?: number;
} & SendExtras;

/**
 * A stable configuration of a machine and all it needs to go on. Immutable, self-contained: the pending timers are
 * in it, so a caller's due-time index holds no more than (deadline, key, seq).
 */
export type Snapshot = {
  readonly status: "active" | "done";
  /** Indices of all active states, the root and other ancestors included, in document order. */
  readonly configuration: readonly number[];
  /** What each history state remembers: its index to the states to enter again. */
  readonly history: ReadonlyMap<number, readonly number[]>;
  readonly context: JsonObject;
  /** Pending timers in order of creation (`seq`). */
  readonly timers: readonly Timer[];
  /** What joins have, in the order in which it came. */
  readonly kept: readonly Kept[];
  /** The active states that are not to last too long, in the order in which they were entered. */
  readonly slas: readonly Sla[];
  /** The next `seq` of a timer or of what a join keeps. */
  readonly timerSeq: number;
  /** The machine's output; present when it is done and has one. */
  readonly output?: Json;
};

/** A machine that is in no state yet, with nothing in its context and nothing that waits. */
export const BLANK_SNAPSHOT: Snapshot = {
  status: "active",
  configuration: [],
  history: new Map(),
  context: {},
  timers: [],
  kept: [],
  slas: [],
  timerSeq: 1,
};

/** A machine to be made as the child of another, or a list of them. */
export type NewChild = {
  readonly id: string;
  /** Its definition, `name` or `name:version`. */
  readonly src: string;
  /** What is merged over the context of the definition, of each child. */
  readonly inputs: readonly JsonObject[];
  /** Whether it is a list, of any length. */
  readonly isList: boolean;
};

/** What the caller has to do in the commit of the step, in this order. */
export type Effect =
  /** Store the timer in the due-time index. It is in the snapshot already. */
  | { readonly kind: "arm"; readonly timer: Timer }
  /** Remove it from the index; a timer that fires all the same does nothing. */
  | { readonly kind: "disarm"; readonly timer: Timer }
  /** `raise` with `delay: 0`: deliver to this machine as a new event, right after this one. */
  | { readonly kind: "raise"; readonly event: string; readonly data?: Json; readonly text?: string }
  /** Deliver to the machine at `to`, in the same commit. */
  | ({
      readonly kind: "send";
      readonly to: string;
      readonly event: string;
      readonly data?: Json;
      readonly text?: string;
      readonly id?: string;
    } & SendExtras)
  | { readonly kind: "emit"; readonly event: string; readonly data?: Json; readonly text?: string }
  | {
      readonly kind: "task";
      readonly task: string;
      readonly input?: Json;
      readonly text?: string;
      /** Events the task's end is reported with. */
      readonly done?: string;
      readonly failed?: string;
      readonly timeoutMs?: number;
      readonly attempts?: number;
      readonly retry?: TaskRetry;
    }
  /** A state whose length is bounded was entered, or left. */
  | { readonly kind: "watch" | "unwatch"; readonly sla: Sla }
  /** What became of events at joins: kept in a place, used by a join that is complete, left over by one whose state was left, or too old. */
  | { readonly kind: "kept" | "consumed" | "released" | "expired"; readonly kept: readonly Kept[] }
  /** Make a machine, or one for each input, that belongs to this one. */
  | { readonly kind: "spawn"; readonly child: NewChild }
  /** Stop the machine of this id, or all of the list of this id. */
  | { readonly kind: "stop"; readonly id: string }
  /** Suspend this machine when the step is written. */
  | { readonly kind: "suspend"; readonly reason?: string }
  | { readonly kind: "log"; readonly value: Json };

/** One changed place in the context: its path and the value it has now, none where it was removed. */
export type Change = { readonly path: string; readonly value?: Json };

/** One microstep as it happened: indices of states, and the events and sources of the transitions taken. */
export type TraceStep = {
  /** The event it reacted to; for an automatic step the event of the step before. */
  readonly event: string;
  /** Those of the machine itself, the same objects in every step. */
  readonly transitions: readonly Transition[];
  /** In the order of exit. */
  readonly exited: readonly number[];
  /** In the order of entry. */
  readonly entered: readonly number[];
};

/** The event was taken: a new stable snapshot. */
export type Moved = {
  readonly kind: "moved";
  readonly snapshot: Snapshot;
  readonly effects: readonly Effect[];
  /** Each assigned path whose value differs from before, in the order of first assignment. */
  readonly changes: readonly Change[];
  /** Filled when `Env.trace` is set. */
  readonly trace: readonly TraceStep[];
};

/** The verdict on one guard. `false` with a `reason` when it failed to evaluate. */
export type GuardVerdict = {
  /** Path of the state that has the transition. */
  readonly state: string;
  readonly guard: string;
  readonly holds: boolean;
  /** The variables it read, in the order of the text; no `value` where there is none. */
  readonly reads: readonly { readonly path: string; readonly value?: Json }[];
  readonly reason?: string;
  /** What the definition has a refusal by this guard say. */
  readonly otherwise?: string;
};

/** The event was refused; nothing changed. `message` is the text after the code, as the client reads it. */
export type Refused = {
  readonly kind: "refused";
  readonly code: "ILLEGAL" | "GUARD" | "DONE" | "NOSTATE";
  readonly message: string;
  /** Descriptors accepted in the current configuration, innermost state first (ILLEGAL). */
  readonly accepted: readonly string[];
  /** The guards that were false, in order of evaluation (GUARD). */
  readonly guards: readonly GuardVerdict[];
};

/** EXECFAIL: it could not be carried out; REJECTED: an action refused it; INVARIANT: what it led to may not be. */
export type FailureCode = "EXECFAIL" | "REJECTED" | "INVARIANT";

/**
 * An action failed or the bound on microsteps was reached: the event is undone as a whole (EXECFAIL). `snapshot` is
 * the one from before, without the timer that fired if it was one.
 */
export type Failed = {
  readonly kind: "failed";
  readonly code: FailureCode;
  readonly message: string;
  readonly reason: string;
  readonly snapshot: Snapshot;
};

/** Keep the event in the machine's inbox, behind those that wait already. */
export type Deferred = { readonly kind: "deferred"; readonly snapshot: Snapshot };

/** The event had no effect and needs none: `unmatched: "ignore"`, or a timer that is stale. */
export type Ignored = { readonly kind: "ignored"; readonly snapshot: Snapshot };

export type StepResult = Moved | Refused | Failed | Deferred | Ignored;

/** One thing to know about a definition: where, how bad, and what would be right. */
export type Finding = {
  readonly severity: "error" | "warning";
  /** JSON path, such as `$.states.paid.on.SHIP[0].target`. */
  readonly path: string;
  readonly message: string;
};
