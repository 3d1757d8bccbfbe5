/** What the replies about machines say, as plain objects. */

/** What became of an event. */
export interface Sent<State extends string = string> {
  /** Active states, as dotted paths, in document order. */
  readonly states: readonly State[];
  readonly rev: number;
  /** False for an event that was ignored, deferred, kept by a join or scheduled. */
  readonly hasChanged: boolean;
  readonly code: "OK" | "DEFERRED" | "KEPT" | "IGNORED" | "SCHEDULED" | (string & {});
  readonly from: readonly State[];
  readonly to: readonly State[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The output of a machine that the event has ended. */
  readonly output: unknown;
  /** What the event has logged. */
  readonly log: readonly unknown[];
}

/** What SM.WHY explains: what an event would do, and why. */
export interface Why<Context = unknown, State extends string = string> {
  readonly event: string;
  readonly states: readonly State[];
  /** `OK`, `DEFERRED`, `KEPT`, `IGNORED`, or the code of the refusal. */
  readonly verdict: string;
  /** The text of the refusal. */
  readonly message: string | null;
  readonly to: readonly State[];
  /** The data it would have then; null for a map machine. */
  readonly context: Context | null;
  readonly candidates: readonly Candidate[];
  /** Key of the machine it belongs to. */
  readonly parent: string | null;
  /** Keys of the machines that would belong to it afterwards. */
  readonly children: readonly string[];
}

/** A transition that was considered, or the place of a join. */
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
  readonly values: { readonly [path: string]: unknown };
  /** The name of the place of a join that the event would fill. */
  readonly place: string | null;
  /** What that join still waits for. */
  readonly missing: readonly string[];
}

/** A transition of the active states, or an empty place of their joins. */
export interface Next {
  readonly event: string;
  readonly from: string;
  readonly targets: readonly string[];
  readonly guard: string | null;
  /** Whether the guard holds; null where that depends on the data of the event. */
  readonly holds: boolean | null;
  readonly place: string | null;
  readonly missing: readonly string[];
  /** Keys of the children that it would stop. */
  readonly stops: readonly string[];
}

/** An entry of the history of a machine. */
export interface Recorded<State extends string = string> {
  readonly rev: number;
  readonly at: number;
  /** When it happened at its source. */
  readonly stamp: number | null;
  /** `create`, `event`, `timer` and others. */
  readonly kind: string;
  readonly event: string | null;
  readonly id: string | null;
  readonly by: string | null;
  readonly reason: string | null;
  readonly from: readonly State[];
  readonly to: readonly State[];
  /** States that were entered and left again on the way. */
  readonly via: readonly string[];
  readonly data: unknown;
  /** What has changed of the context, by path; of a new machine all of it. */
  readonly context: unknown;
  /** The paths of `context` that were removed. */
  readonly gone: readonly string[];
  readonly log: readonly unknown[];
  readonly output: unknown;
  readonly trace: string | null;
}

export type Status = "active" | "failed" | "suspended" | "done" | "stopped";

/** A machine. */
export interface Machine<Context = unknown, State extends string = string> {
  /** `name:version`; null for a map machine. */
  readonly definition: string | null;
  readonly states: readonly State[];
  readonly status: Status;
  readonly rev: number;
  readonly context: Context;
  readonly output: unknown;
  readonly tags: readonly string[];
  /** Milliseconds since the epoch, both. */
  readonly created: number;
  readonly updated: number;
  readonly reason: string | null;
  /** How many events are deferred or scheduled, how many timers run, how many steps have failed. */
  readonly pending: number;
  readonly timers: number;
  readonly failed: number;
  /** Active states that have lasted longer than their `sla`. */
  readonly overdue: readonly string[];
  readonly parent: string | null;
  readonly children: readonly string[];
  /** Milliseconds until the key expires; null if it does not. */
  readonly ttlMs: number | null;
}

/** What became of an event that had an id. */
export interface Outcome<State extends string = string> {
  readonly event: string;
  readonly data: unknown;
  readonly id: string;
  readonly by: string | null;
  readonly at: number;
  readonly received: number;
  /** `OK`, or the code of the refusal. */
  readonly code: string;
  readonly from: readonly State[];
  readonly to: readonly State[];
  readonly rev: number;
  /** The text of the refusal. */
  readonly details: string | null;
  readonly output: unknown;
  readonly log: readonly unknown[];
}

/** Something that a machine has before it: an event, a timer, a task, a failed step, a child. */
export interface Pending {
  readonly id: string;
  readonly kind: "child" | "deferred" | "failed" | "kept" | "running" | "scheduled" | "task" | "timer";
  readonly event: string;
  readonly due: number | null;
  readonly data: unknown;
  /** The state that has armed a timer, that a step has failed in, or whose join keeps an event. */
  readonly states: readonly string[];
  readonly error: string | null;
  /** The name of a kept event's place in its join. */
  readonly place: string | null;
  /** Of a child: its key, its definition and its status. */
  readonly key: string | null;
  readonly definition: string | null;
  readonly status: Status | null;
}

/** A change that was run again. */
export interface Replayed {
  readonly rev: number;
  readonly event: string;
  readonly recorded: readonly string[];
  readonly computed: readonly string[];
  readonly isEqual: boolean;
  readonly difference: "refused" | "failed" | "states" | "context" | null;
}

/** What SM.UNDO would make of a machine. */
export interface UndoPlan<Context = unknown, State extends string = string> {
  /** The first change that would be taken back, and how many. */
  readonly rev: number;
  readonly undone: number;
  readonly states: readonly State[];
  readonly status: Status;
  readonly context: Context;
  readonly timers: ReadonlyArray<{ readonly id: string; readonly event: string; readonly due: number }>;
  /** What has left with a change and stays out. */
  readonly stays: readonly Effect[];
}

export interface Effect {
  readonly rev: number;
  readonly kind: "task" | "emit" | "send" | "spawn" | "stop";
  readonly name: string | null;
  readonly to: string | null;
  readonly id: string | null;
  /** Of a task: whether it has been answered. */
  readonly isDone: boolean | null;
}
