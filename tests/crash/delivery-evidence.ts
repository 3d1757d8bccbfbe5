/**
 * What the crash tests of delivery know at the end of a round: what was sent and answered, what workers and readers
 * have said, and what the server says when it is asked by commands. Plain data, so that the check of it can be
 * tested without a server.
 */

/** What a change stream and a machine's history both tell of a change. States, data and context as JSON texts. */
export interface Change {
  readonly rev: number;
  readonly at: number;
  readonly kind: string;
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly data: string | undefined;
  readonly context: string | undefined;
}

/** An entry of the change stream. */
export interface ChangeEntry extends Change {
  /** Its id, `ms-seq`. */
  readonly entry: string;
  readonly key: string;
}

export interface MachineView {
  readonly key: string;
  readonly rev: number;
  /** The active states, as JSON text. */
  readonly states: string;
  readonly history: readonly Change[];
  /** The tasks whose results the machine has applied, as it has noted them itself, in order. */
  readonly applied: readonly string[];
  /** How many failed tasks it was notified of. */
  readonly failedCount: number;
}

export type Answer =
  | {
      readonly kind: "applied";
      readonly rev: number;
      readonly at: number;
      readonly from: string;
      readonly to: string;
      readonly bytes: string;
    }
  | { readonly kind: "refused"; readonly code: string; readonly bytes: string };

/** An event of the producer; in the order in which they were sent to their machine. */
export interface SentEvent {
  readonly key: string;
  readonly event: string;
  readonly id: string;
  readonly data: string | undefined;
  /** Tasks and emitted events it leads to where it is applied. */
  readonly taskCount: number;
  readonly emitCount: number;
  /** All replies it has got. */
  readonly answers: readonly Answer[];
}

/** What a process that reads the change stream has been given and has acknowledged, between its start and its end. */
export interface Reading {
  readonly group: string;
  readonly consumer: string;
  readonly given: readonly string[];
  /** Entries whose acknowledgement the server has confirmed. */
  readonly acknowledged: readonly string[];
}

/** A consumer group as the server sees it. */
export interface GroupView {
  readonly stream: string;
  readonly group: string;
  readonly pendingCount: number;
  /** Entries the group was not given. */
  readonly unreadCount: number;
}

export interface Outcome {
  readonly key: string;
  readonly id: string;
  readonly event: string;
  readonly code: string;
  readonly rev: number;
}

export interface Evidence {
  readonly changes: readonly ChangeEntry[];
  readonly machines: readonly MachineView[];
  readonly sent: readonly SentEvent[];
  readonly readings: readonly Reading[];
  readonly groups: readonly GroupView[];
  /** Task ids that a worker has told it has a result of. */
  readonly performed: ReadonlySet<string>;
  /** Task ids in the stream of tasks, in its order. */
  readonly tasks: readonly string[];
  /** Task ids in the stream of dead tasks. */
  readonly dead: readonly string[];
  /** Outcomes of all events and tasks that have one. */
  readonly outcomes: readonly Outcome[];
  /** What SM.VERIFY has found. */
  readonly unsound: readonly string[];
}

/** `key@rev#n`, the n-th task of a change, and behind a dot how often it was put back. */
export function taskId(key: string, rev: number, number: number, requeued = 0): string {
  return `${key}@${rev}#${number}${requeued === 0 ? "" : `.${requeued}`}`;
}

/** True when the first entry id stands before the second. */
export function isBefore(left: string, right: string): boolean {
  const [leftMs = 0, leftSeq = 0] = left.split("-").map(Number);
  const [rightMs = 0, rightSeq = 0] = right.split("-").map(Number);
  return leftMs === rightMs ? leftSeq < rightSeq : leftMs < rightMs;
}
