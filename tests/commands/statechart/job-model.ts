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
    busy: { on: { STOP: "idle", HOLD: "held" }, after: { "10s": "late" } },
    late: { on: { STOP: "idle", END: "ended" } },
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
  status: "active" | "suspended" | "done";
  timerMs: number | undefined;
  /** Ids of the deferred STOPs, in order; undefined for one without. */
  inbox: (string | undefined)[];
  scheduled: Scheduled[];
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
    ids: new Map(),
    highest: Number.NEGATIVE_INFINITY,
    expireAtMs,
    order: 0,
  };
}

export function copyOf(job: Job): Job {
  return { ...job, inbox: [...job.inbox], scheduled: [...job.scheduled], ids: new Map(job.ids) };
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
  const next = NEXT.get(`${job.state} ${event}`);
  if (next === undefined) return "ILLEGAL";
  enter(job, next, nowMs);
  return undefined;
}

const NEXT = new Map([
  ["idle START", "busy"],
  ["busy STOP", "idle"],
  ["busy HOLD", "held"],
  ["late STOP", "idle"],
  ["late END", "ended"],
  ["held FREE", "busy"],
]);

function enter(job: Job, state: string, nowMs: number): void {
  job.state = state;
  job.rev += 1;
  job.timerMs = state === "busy" ? nowMs + LATE_MS : undefined;
  if (state === "ended") {
    job.status = "done";
    job.inbox = [];
    job.scheduled = [];
  }
  if (job.inbox.length > 0 && (state === "busy" || state === "late")) {
    job.inbox.shift();
    enter(job, "idle", nowMs);
  }
}

/** SM.RESET: the code of a refusal, or undefined. */
export function reset(job: Job, nowMs: number): string | undefined {
  if (job.status === "suspended") return "SUSPENDED";
  job.inbox = [];
  job.n = 0;
  job.status = "active";
  enter(job, "idle", nowMs);
  return undefined;
}

/** SM.MUTATE with FORCE: the code of a refusal, or undefined. */
export function force(job: Job, state: string, nowMs: number): string | undefined {
  if (job.status === "suspended") return "SUSPENDED";
  job.status = "active";
  enter(job, state, nowMs);
  return undefined;
}

/** SM.CANCEL: how many deferred and scheduled events it has taken back. */
export function cancel(job: Job, id: string): number {
  const before = job.inbox.length + job.scheduled.length;
  job.inbox = job.inbox.filter((other) => other !== id);
  job.scheduled = job.scheduled.filter((other) => other.id !== id);
  return before - job.inbox.length - job.scheduled.length;
}

export function setStatus(job: Job, from: Job["status"], to: Job["status"]): number {
  if (job.status !== from) return 0;
  job.status = to;
  job.rev += 1;
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
      if (job.status === "active") deliver(job, { ...next, event: next.event }, nowMs);
    }
  }
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
