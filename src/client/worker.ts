/**
 * A worker: takes the tasks of a name, hands each to a handler and sends what that returns to the machine under the id of
 * the task, so that a task done twice is applied once. A task whose handler fails is tried again by the same worker after
 * a delay that grows; one whose worker has died is taken over by another. How often, the task says itself (`attempts`).
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "./connection.ts";
import { Patience } from "./patience.ts";
import { streamKeys } from "./stream-keys.ts";
import { answerTask, type StoredTask, type Task, type TaskHandler } from "./task.ts";
import { BLOCK_MS, type LaneHost, TaskLane } from "./task-lane.ts";
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

const RETRY_AFTER_MS = 30_000;
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

class RunningWorker<Input> implements LaneHost<Input> {
  readonly connection: Connection;
  readonly group: string;
  readonly consumer: string;
  readonly retryAfterMs: number;
  readonly #name: string;
  readonly #options: Options<Input>;
  readonly #report: (error: unknown, task?: Task) => void;
  /** Room for tasks that no lane has. */
  #room: number;
  #whenRoom: Array<() => void> = [];
  #lanes: readonly TaskLane<Input>[] = [];
  #isStopped = false;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, name: string, options: Options<Input>) {
    this.connection = connection;
    this.group = options.group ?? "workers";
    this.consumer = options.consumer ?? `${process.pid}-${Math.random().toString(36).slice(2)}`;
    this.retryAfterMs = Math.max(1, Math.ceil(options.retryAfterMs ?? RETRY_AFTER_MS));
    this.#name = name;
    this.#options = options;
    this.#room = options.concurrency ?? 1;
    const { onError } = options;
    this.#report = onError === undefined ? reporter(name) : (error, task) => onError(error, task);
  }

  async start(): Promise<void> {
    const patience = new Patience(new AbortController().signal);
    const streams = await streamKeys(this.connection, "tasks", this.#name, patience);
    const lanes = streams.map((stream) => new TaskLane(this, stream));
    try {
      await Promise.all(lanes.map((lane) => patience.keep(() => lane.ensureGroup())));
    } catch (error) {
      for (const lane of lanes) lane.disconnect();
      throw error;
    }
    this.#lanes = lanes;
    this.#ended = Promise.all(lanes.map((lane) => lane.loop()));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.release(0);
    await Promise.race([this.#ended, delay(2 * BLOCK_MS, undefined, { ref: false })]);
    for (const lane of this.#lanes) lane.disconnect();
    await this.#ended;
    await Promise.all(this.#lanes.flatMap(({ running }) => [...running]));
    for (const lane of this.#lanes) lane.end();
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  get hasOthers(): boolean {
    return this.#lanes.length > 1;
  }

  reserve(): number {
    const room = this.#room;
    this.#room = 0;
    return room;
  }

  release(count: number): void {
    this.#room += count;
    const waiting = this.#whenRoom;
    this.#whenRoom = [];
    for (const go of waiting) go();
  }

  whenRoom(): Promise<void> {
    if (this.#room > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenRoom.push(resolve);
    });
  }

  report(error: unknown): void {
    this.#report(error);
  }

  async run(lane: TaskLane<Input>, entry: string, stored: StoredTask<Input>): Promise<void> {
    const { task, trace } = stored;
    const { hooks = {}, handler } = this.#options;
    try {
      this.#tell(task, () => hooks.onStart?.(task));
      const answer = await withTaskSpan({ ...task, name: this.#name, trace }, () =>
        answerTask(this.connection, stored, handler),
      );
      await lane.ack(entry);
      const { refusal, output } = answer;
      if (refusal === undefined) this.#tell(task, () => hooks.onDone?.(task, output));
      else {
        this.#tell(task, () => hooks.onRefused?.(task, refusal));
        this.#report(refusal, task);
      }
    } catch (error) {
      const retryInMs = this.#wait(lane, entry, task.attempt);
      this.#tell(task, () => hooks.onFailed?.({ task, error, retryInMs }));
      this.#report(error, task);
    } finally {
      this.release(1);
    }
  }

  /** Lets a task wait for its next attempt; null where too many wait already. */
  #wait(lane: TaskLane<Input>, entry: string, attempt: number): number | null {
    if (this.#isStopped || this.#waitingCount() >= WAITING_MAX) return null;
    const {
      delayMs = Math.min(1000, this.retryAfterMs),
      factor = 2,
      maxDelayMs = 60_000,
    } = this.#options.backoff ?? {};
    const retryInMs = Math.min(delayMs * factor ** (attempt - 1), maxDelayMs);
    lane.wait(entry, Date.now() + retryInMs, attempt);
    return retryInMs;
  }

  #waitingCount(): number {
    return this.#lanes.reduce((sum, { waitingCount }) => sum + waitingCount, 0);
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
