/**
 * A machine as the simplest program would keep it: what the commands do to the chart JOB, written down by hand. The
 * time of timers, the inbox and the memory of ids are all here; nothing is shared with the server.
 */

export const JOB = {
  initial: "idle",
  context: { n: 0 },
  states: {
    idle: {
      on: { START: { target: "busy", guard: "data.n > context.n", actions: [{ assign: { n: "data.n" } }] } },
    },
    busy: {
      on: {
        STOP: "idle",
        HOLD: "held",
        TIRE: "late",
        // Fails for 0, which the context does not tell of.
        WEIGH: { target: "busy", actions: [{ assign: { n: "data.n == 0 ? context.none : context.n" } }] },
      },
      after: { "10s": "late" },
    },
    late: {
      on: { STOP: "idle", END: "ended" },
      join: [{ all: { packed: "PACK", label: { event: "LABEL", guard: "event.n > 0" } }, target: "idle" }],
    },
    held: { defer: ["STOP"], on: { FREE: "busy" } },
    ended: { type: "final" },
  },
};

const LATE_MS = 10_000;

export interface Scheduled {
  readonly dueMs: number;
  readonly order: number;
  readonly event: string;
  readonly n: number;
  readonly id: string | undefined;
}

export interface Job {
  state: string;
  n: number;
  rev: number;
  status: "active" | "failed" | "suspended" | "done";
  timerMs: number | undefined;
  /** Ids of the deferred STOPs, in order; undefined for one without. */
  inbox: (string | undefined)[];
  scheduled: Scheduled[];
  /** Scheduled events that have failed, in order. */
  failed: Sent[];
  /** What the join of `late` keeps, in the order in which it came. */
  kept: Sent[];
  /** Events by id, with the reply each has got. */
  ids: Map<string, { readonly event: string; readonly n: number; readonly reply: string }>;
  highest: number;
  expireAtMs: number | undefined;
  order: number;
}

export interface Sent {
  readonly event: string;
  readonly n: number;
  readonly id?: string | undefined;
  readonly sequence?: number | undefined;
  readonly delay?: number | undefined;
}

export function newJob(expireAtMs: number | undefined): Job {
  return {
    state: "idle",
    n: 0,
    rev: 1,
    status: "active",
    timerMs: undefined,
    inbox: [],
    scheduled: [],
    failed: [],
    kept: [],
    ids: new Map(),
    highest: Number.NEGATIVE_INFINITY,
    expireAtMs,
    order: 0,
  };
}

export function copyOf(job: Job): Job {
  return {
    ...job,
    inbox: [...job.inbox],
    scheduled: [...job.scheduled],
    failed: [...job.failed],
    kept: [...job.kept],
    ids: new Map(job.ids),
  };
}

/** The state it replies with, or the code of its refusal. */
export function send(job: Job, { event, n, id, sequence, delay }: Sent, nowMs: number): string {
  if (job.status === "suspended") return "SUSPENDED";
  const known = id === undefined ? undefined : job.ids.get(id);
  if (known !== undefined) return known.event === event && known.n === n ? known.reply : "DUPID";
  const reply = decide();
  if (id !== undefined) job.ids.set(id, { event, n, reply });
  return reply;

  function decide(): string {
    if (job.status === "done") return "DONE";
    if (sequence !== undefined && sequence <= job.highest) return "STALE";
    if (delay !== undefined) {
      job.order += 1;
      job.scheduled.push({ dueMs: nowMs + delay, order: job.order, event, n, id });
    } else {
      const refusal = deliver(job, { event, n, id }, nowMs);
      if (refusal !== undefined) return refusal;
    }
    if (sequence !== undefined) job.highest = sequence;
    return job.state;
  }
}

/** Undefined, or the code of the refusal. */
function deliver(job: Job, { event, n, id }: Sent, nowMs: number): string | undefined {
  if (job.state === "held" && event === "STOP") {
    job.inbox.push(id);
    return undefined;
  }
  if (job.state === "idle" && event === "START") {
    if (n <= job.n) return "GUARD";
    job.n = n;
  }
  if (job.state === "late" && (event === "PACK" || event === "LABEL"))
    return keep(job, { event, n, id }, nowMs);
  if (job.state === "busy" && event === "WEIGH") {
    if (n === 0) return "EXECFAIL";
    job.rev += 1;
    return undefined;
  }
  const next = NEXT.get(`${job.state} ${event}`);
  if (next === undefined) return "ILLEGAL";
  enter(job, next, nowMs);
  return undefined;
}

/** An event that the join of `late` has a place for; the second of two completes it. */
function keep(job: Job, sent: Sent, nowMs: number): string | undefined {
  if (job.kept.some(({ event }) => event === sent.event)) return "ILLEGAL";
  if (sent.event === "LABEL" && sent.n === 0) return "GUARD";
  if (job.kept.length === 0) {
    job.kept = [sent];
    job.rev += 1;
  } else {
    job.kept = [];
    enter(job, "idle", nowMs);
  }
  return undefined;
}

const NEXT = new Map([
  ["idle START", "busy"],
  ["busy STOP", "idle"],
  ["busy HOLD", "held"],
  ["busy TIRE", "late"],
  ["late STOP", "idle"],
  ["late END", "ended"],
  ["held FREE", "busy"],
]);

function enter(job: Job, state: string, nowMs: number): void {
  const released = job.kept;
  job.kept = [];
  job.state = state;
  job.rev += 1;
  job.timerMs = state === "busy" ? nowMs + LATE_MS : undefined;
  if (state === "ended") {
    job.status = "done";
    job.inbox = [];
    job.scheduled = [];
    job.failed = [];
  }
  // What a join had kept that was left is tried once more, and refused for the record.
  if (job.status !== "done")
    for (const sent of released) if (deliver(job, sent, nowMs) !== undefined) job.rev += 1;
  if (job.inbox.length > 0 && (state === "busy" || state === "late")) {
    job.inbox.shift();
    enter(job, "idle", nowMs);
  }
}

/** SM.RESET: the code of a refusal, or undefined. */
export function reset(job: Job, nowMs: number): string | undefined {
  if (job.status === "suspended") return "SUSPENDED";
  job.inbox = [];
  job.failed = [];
  job.kept = [];
  job.n = 0;
  job.status = "active";
  enter(job, "idle", nowMs);
  return undefined;
}

/** SM.MUTATE with FORCE: the code of a refusal, or undefined. */
export function force(job: Job, state: string, nowMs: number): string | undefined {
  if (job.status === "suspended") return "SUSPENDED";
  job.status = job.failed.length > 0 ? "failed" : "active";
  enter(job, state, nowMs);
  return undefined;
}

/** SM.CANCEL: how many deferred, scheduled, failed and kept events it has taken back. */
export function cancel(job: Job, id: string): number {
  const before = waitingIn(job) + job.kept.length;
  job.kept = job.kept.filter((other) => other.id !== id);
  job.inbox = job.inbox.filter((other) => other !== id);
  job.scheduled = job.scheduled.filter((other) => other.id !== id);
  job.failed = job.failed.filter((other) => other.id !== id);
  settleStatus(job);
  return before - waitingIn(job) - job.kept.length;
}

/** How much waits in it. */
export function waitingIn({ inbox, scheduled, failed }: Job): number {
  return inbox.length + scheduled.length + failed.length;
}

function isRunning({ status }: Job): boolean {
  return status === "active" || status === "failed";
}

function settleStatus(job: Job): void {
  if (isRunning(job)) job.status = job.failed.length > 0 ? "failed" : "active";
}

/** SM.SUSPEND. */
export function suspend(job: Job): number {
  if (!isRunning(job)) return 0;
  job.status = "suspended";
  job.rev += 1;
  return 1;
}

/** SM.RESUME. */
export function resume(job: Job): number {
  if (job.status !== "suspended") return 0;
  job.status = "active";
  settleStatus(job);
  job.rev += 1;
  return 1;
}

/** SM.RETRY. */
export function retry(job: Job, nowMs: number): number {
  if (job.status !== "failed") return 0;
  for (let next = job.failed[0]; next !== undefined; next = job.failed[0]) {
    const outcome = deliver(job, next, nowMs);
    if (outcome === "EXECFAIL") return 0;
    job.failed.shift();
    if (outcome !== undefined) job.rev += 1;
    settleStatus(job);
  }
  return 1;
}

/** Does all that is due in its order; false when the job has expired meanwhile. */
export function passTime(job: Job, nowMs: number): boolean {
  const expiryMs = job.expireAtMs ?? Number.POSITIVE_INFINITY;
  for (;;) {
    const next = firstDue(job);
    if (next === undefined || next.dueMs > nowMs || next.dueMs >= expiryMs) return expiryMs > nowMs;
    if (next.event === undefined) enter(job, "late", nowMs);
    else {
      job.scheduled = job.scheduled.filter(({ order }) => order !== next.order);
      if (isRunning(job)) deliverDue(job, { ...next, event: next.event }, nowMs);
    }
  }
}

/** No client waits for it: what comes to nothing is recorded, and what fails is kept. */
function deliverDue(job: Job, sent: Sent, nowMs: number): void {
  const refusal = deliver(job, sent, nowMs);
  if (refusal === undefined) return;
  job.rev += 1;
  if (refusal === "EXECFAIL") job.failed.push(sent);
  settleStatus(job);
}

interface Due extends Partial<Scheduled> {
  readonly dueMs: number;
  readonly n: number;
}

/** A timer comes before the scheduled events of the same time. */
function firstDue({ status, timerMs, scheduled }: Job): Due | undefined {
  if (status === "suspended") return undefined;
  const [first] = [...scheduled].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
  if (timerMs !== undefined && (first === undefined || timerMs <= first.dueMs))
    return { dueMs: timerMs, n: 0 };
  return first;
}
