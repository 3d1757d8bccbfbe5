/**
 * A worker: takes the tasks of a name, hands each to a handler and sends what that returns to the machine under the id of
 * the task, so that a task done twice is applied once. A task whose handler fails is tried again by the same worker after
 * a delay that grows; one whose worker has died is taken over by another. How often, the task says itself (`attempts`).
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  type Connection,
  ensureGroup,
  entriesIn,
  entriesRead,
  isGroupMissing,
  listOf,
} from "./connection.ts";
import { answerTask, type StoredTask, type Task, type TaskHandler, taskOf } from "./task.ts";
import { withTaskSpan } from "./tracing.ts";

export type { Task, TaskHandler } from "./task.ts";

/** How a task has failed. */
export interface TaskFailure {
  readonly task: Task;
  readonly error: unknown;
  /** After how long this worker tries it again; null where it leaves that to others. */
  readonly retryInMs: number | null;
}

/** What a program may want to know of a worker, for metrics and logs. What a hook throws is reported and changes nothing. */
export interface WorkerHooks {
  onStart?(task: Task): void;
  /** The machine has the answer; `output` is what the handler has returned. */
  onDone?(task: Task, output: unknown): void;
  onFailed?(failure: TaskFailure): void;
  /** The machine refuses the answer for good; the task is over all the same. */
  onRefused?(task: Task, error: Error): void;
}

export interface WorkerOptions {
  /** Tasks at a time; 1 where none is given. */
  readonly concurrency?: number;
  readonly group?: string;
  /** Name of this worker within the group: of those that run at the same time, each needs its own. */
  readonly consumer?: string;
  /** How long a task of a worker that has died lies idle before another takes it over; 30 seconds unless given. */
  readonly retryAfterMs?: number;
  /** When a task that has failed is tried again: after `delayMs`, each time `factor` times as long, `maxDelayMs` at most. */
  readonly backoff?: { readonly delayMs?: number; readonly factor?: number; readonly maxDelayMs?: number };
  /**
   * Gets each error of a handler, of the connection, and each refusal of an answer; they are written to stderr unless it is
   * given. An answer that comes too late (DUPID) is no error.
   */
  readonly onError?: (error: unknown, task?: Task) => void;
  readonly hooks?: WorkerHooks;
}

export interface Worker {
  /**
   * Asks for no further tasks; resolves when those at work are done, and what the server was just handing out. Takes
   * up to a second where the server does not answer, and as long as the connection tries where an answer is due.
   */
  stop(): Promise<void>;
}

const BLOCK_MS = 500;
const RETRY_AFTER_MS = 30_000;
/** Of the time a task lies idle before it is taken over: how often those at work are kept, how often is looked. */
const BEATS = 3;
/** Tasks that have failed and wait here for their next attempt; beyond these, they are left to lie idle. */
const WAITING_MAX = 1000;

interface Options<Input> extends WorkerOptions {
  readonly handler: TaskHandler<Input>;
}

export async function startWorker<Input>(
  connection: Connection,
  name: string,
  options: Options<Input>,
): Promise<Worker> {
  const running = new RunningWorker(connection, name, options);
  await running.start();
  return { stop: () => running.stop() };
}

class RunningWorker<Input> {
  readonly #connection: Connection;
  readonly #reader: Connection;
  readonly #name: string;
  readonly #stream: string;
  readonly #group: string;
  readonly #consumer: string;
  readonly #options: Options<Input>;
  readonly #retryAfterMs: number;
  readonly #beatMs: number;
  readonly #report: (error: unknown, task?: Task) => void;
  /** By entry: those at work, and when those that have failed are tried again. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, { readonly dueMs: number; readonly attempt: number }>();
  #claimAtMs = 0;
  #isStopped = false;
  #beat: NodeJS.Timeout | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(connection: Connection, name: string, options: Options<Input>) {
    this.#connection = connection;
    this.#name = name;
    this.#stream = `sm:tasks:${name}`;
    this.#group = options.group ?? "workers";
    this.#consumer = options.consumer ?? `${process.pid}-${Math.random().toString(36).slice(2)}`;
    this.#options = options;
    this.#retryAfterMs = Math.max(1, Math.ceil(options.retryAfterMs ?? RETRY_AFTER_MS));
    this.#beatMs = Math.ceil(this.#retryAfterMs / BEATS);
    const { onError } = options;
    this.#report = onError === undefined ? reporter(name) : (error, task) => onError(error, task);
    this.#reader = connection.duplicate();
    this.#reader.on?.("error", (error) => this.#report(error));
  }

  async start(): Promise<void> {
    try {
      await ensureGroup(this.#connection, this.#stream, this.#group);
    } catch (error) {
      this.#reader.disconnect();
      throw error;
    }
    this.#beat = setInterval(() => this.#keep(), this.#beatMs);
    this.#ended = this.#loop();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.race([this.#ended, delay(2 * BLOCK_MS, undefined, { ref: false })]);
    this.#reader.disconnect();
    await this.#ended;
    await Promise.all(this.#running.values());
    clearInterval(this.#beat);
  }

  /** Keeps tasks at work, and those that wait here, from lying idle. */
  #keep(): void {
    const entries = [...this.#running.keys(), ...this.#waiting.keys()];
    if (entries.length === 0) return;
    this.#connection
      .call("XCLAIM", this.#stream, this.#group, this.#consumer, 0, ...entries, "JUSTID")
      .catch((error: unknown) => isGroupMissing(error) || this.#report(error));
  }

  async #loop(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#turn();
      } catch (error) {
        if (!this.#isStopped) await this.#recover(error).catch((failure) => this.#report(failure));
      }
    }
  }

  async #recover(error: unknown): Promise<void> {
    if (isGroupMissing(error)) {
      this.#waiting.clear();
      return ensureGroup(this.#connection, this.#stream, this.#group);
    }
    this.#report(error);
    await delay(BLOCK_MS);
  }

  #free(): number {
    return (this.#options.concurrency ?? 1) - this.#running.size;
  }

  async #turn(): Promise<void> {
    if (this.#free() > 0) await this.#tryAgain(this.#free());
    if (this.#free() > 0 && Date.now() >= this.#claimAtMs) await this.#takeOver(this.#free());
    const free = this.#free();
    if (free <= 0) await Promise.race(this.#running.values());
    if (free <= 0 || this.#isStopped) return;
    const where = ["COUNT", free, "BLOCK", this.#blockMs(), "STREAMS", this.#stream, ">"];
    const read = await this.#reader.call("XREADGROUP", "GROUP", this.#group, this.#consumer, ...where);
    for (const entry of entriesRead(read)) this.#take(entry, 1);
  }

  /** Until the next task that waits here is due. */
  #blockMs(): number {
    const dues = Array.from(this.#waiting.values(), ({ dueMs }) => dueMs - Date.now());
    return Math.max(1, Math.ceil(Math.min(BLOCK_MS, this.#beatMs, ...dues)));
  }

  /** The tasks that have failed here and are due again. Where a task has had its last attempt, the server gives none. */
  async #tryAgain(free: number): Promise<void> {
    const due = [...this.#waiting].filter(([, { dueMs }]) => dueMs <= Date.now()).slice(0, free);
    if (due.length === 0) return;
    for (const [entry] of due) this.#waiting.delete(entry);
    const attempts = new Map(due.map(([entry, { attempt }]) => [entry, attempt + 1]));
    await this.#claim(0, attempts);
  }

  /** Takes over what lies idle. That there is nothing, which is nearly always so, is found out without a write. */
  async #takeOver(free: number): Promise<void> {
    const bounds = ["IDLE", this.#retryAfterMs, "-", "+", free];
    const idle = listOf(await this.#reader.call("XPENDING", this.#stream, this.#group, ...bounds));
    if (idle.length < free) this.#claimAtMs = Date.now() + this.#beatMs;
    if (idle.length === 0) return;
    const attempts = idle.map(listOf).map(([id, , , count]) => [String(id), Number(count) + 1] as const);
    await this.#claim(this.#retryAfterMs, new Map(attempts));
  }

  async #claim(idleMs: number, attempts: ReadonlyMap<string, number>): Promise<void> {
    const claim = [this.#stream, this.#group, this.#consumer, idleMs, ...attempts.keys()];
    for (const entry of entriesIn(await this.#reader.call("XCLAIM", ...claim)))
      this.#take(entry, attempts.get(entry.id) ?? 1);
  }

  #take(
    { id, fields }: { id: string; fields: ReadonlyMap<string, string> | undefined },
    attempt: number,
  ): void {
    if (fields === undefined || this.#running.has(id)) return;
    this.#waiting.delete(id);
    this.#running.set(id, this.#run(id, taskOf<Input>(fields, attempt)));
  }

  async #run(entry: string, stored: StoredTask<Input>): Promise<void> {
    const { task, trace } = stored;
    const { hooks = {}, handler } = this.#options;
    try {
      this.#tell(task, () => hooks.onStart?.(task));
      const answer = await withTaskSpan({ ...task, name: this.#name, trace }, () =>
        answerTask(this.#connection, stored, handler),
      );
      await this.#connection.call("XACK", this.#stream, this.#group, entry);
      const { refusal, output } = answer;
      if (refusal === undefined) this.#tell(task, () => hooks.onDone?.(task, output));
      else {
        this.#tell(task, () => hooks.onRefused?.(task, refusal));
        this.#report(refusal, task);
      }
    } catch (error) {
      const retryInMs = this.#wait(entry, task.attempt);
      this.#tell(task, () => hooks.onFailed?.({ task, error, retryInMs }));
      this.#report(error, task);
    } finally {
      this.#running.delete(entry);
    }
  }

  /** Lets a task wait for its next attempt; null where too many wait already. */
  #wait(entry: string, attempt: number): number | null {
    if (this.#isStopped || this.#waiting.size >= WAITING_MAX) return null;
    const {
      delayMs = Math.min(1000, this.#retryAfterMs),
      factor = 2,
      maxDelayMs = 60_000,
    } = this.#options.backoff ?? {};
    const retryInMs = Math.min(delayMs * factor ** (attempt - 1), maxDelayMs);
    this.#waiting.set(entry, { dueMs: Date.now() + retryInMs, attempt });
    return retryInMs;
  }

  #tell(task: Task, hook: () => void): void {
    try {
      hook();
    } catch (error) {
      this.#report(error, task);
    }
  }
}

/** How long the same error is not written again. */
const QUIET_MS = 60_000;

/** Writes errors to stderr: a server that is away once a minute, not with each attempt to reach it. */
function reporter(name: string): (error: unknown, task?: Task) => void {
  const last = { line: "", atMs: 0 };
  return (error, task) => {
    const line = `detent worker '${name}'${task === undefined ? "" : `, task '${task.id}'`}: ${String(error)}`;
    const nowMs = Date.now();
    if (line === last.line && nowMs - last.atMs < QUIET_MS) return;
    Object.assign(last, { line, atMs: nowMs });
    console.error(line);
  };
}
