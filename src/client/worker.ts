/**
 * A worker: takes the tasks of a name, hands each to a handler and sends what comes of it to the machine under the
 * id of the task, so that a task done twice is applied once. A task whose handler fails, or whose worker dies, is
 * tried again when it has lain idle for long enough; how often, the task says itself (`attempts`).
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  type Connection,
  ensureGroup,
  entriesIn,
  entriesRead,
  isGroupMissing,
  jsonIn,
  listOf,
  type StreamEntry,
} from "./connection.ts";

export interface Task<Input = unknown> {
  /** Id of the task: it answers once. */
  readonly id: string;
  /** Key of the machine. */
  readonly key: string;
  readonly input: Input;
  /** When it is given up, milliseconds since the epoch. */
  readonly deadlineMs: number | undefined;
}

/** Does a task; what it returns is the data of the event the task has named as `done`. */
export type TaskHandler<Input = unknown, Output = unknown> = (task: Task<Input>) => Promise<Output>;

export interface WorkerOptions {
  /** Tasks at a time; 1 where none is given. */
  readonly concurrency?: number;
  readonly group?: string;
  /** Name of this worker within the group: of those that run at the same time, each needs its own. */
  readonly consumer?: string;
  /** How long a task lies idle before it is tried again; a task at work is kept from lying idle. */
  readonly retryAfterMs?: number;
  /**
   * Told of a handler that fails, of a connection that fails, and of an answer that the machine refuses: the task is
   * then done with all the same. That an answer comes too late (DUPID) is nothing to tell of.
   */
  readonly onError?: (error: unknown) => void;
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
/** Of the time a task lies idle before it is tried again: how often those at work are kept, how often is looked. */
const BEATS = 3;

interface Options<Input> extends WorkerOptions {
  readonly handler: TaskHandler<Input>;
}

export async function startWorker<Input>(
  connection: Connection,
  name: string,
  options: Options<Input>,
): Promise<Worker> {
  const { concurrency = 1, group = "workers", onError = () => undefined } = options;
  const retryAfterMs = Math.max(1, Math.ceil(options.retryAfterMs ?? RETRY_AFTER_MS));
  const beatMs = Math.ceil(retryAfterMs / BEATS);
  const consumer = options.consumer ?? `${process.pid}-${Math.random().toString(36).slice(2)}`;
  const stream = `sm:tasks:${name}`;
  await ensureGroup(connection, stream, group);
  const reader = connection.duplicate();
  reader.on?.("error", onError);
  const running = new Map<string, Promise<void>>();
  let isStopped = false;
  let claimAtMs = 0;

  const run = async (entry: string, fields: ReadonlyMap<string, string>): Promise<void> => {
    try {
      const refusal = await perform(connection, fields, options.handler);
      await connection.call("XACK", stream, group, entry);
      if (refusal !== undefined) onError(refusal);
    } catch (error) {
      onError(error);
    } finally {
      running.delete(entry);
    }
  };
  const take = (entries: readonly StreamEntry[]): void => {
    for (const { id, fields } of entries) {
      if (fields !== undefined && !running.has(id)) running.set(id, run(id, fields));
    }
  };
  const beat = setInterval(() => {
    if (running.size === 0) return;
    connection
      .call("XCLAIM", stream, group, consumer, 0, ...running.keys(), "JUSTID")
      .catch((error: unknown) => isGroupMissing(error) || onError(error));
  }, beatMs);

  /** Takes over what lies idle. That there is nothing, which is nearly always so, is found out without a write. */
  const claim = async (free: number): Promise<void> => {
    const idle = listOf(
      await reader.call("XPENDING", stream, group, "IDLE", retryAfterMs, "-", "+", free),
    ).map((pending) => String(listOf(pending)[0]));
    if (idle.length < free) claimAtMs = Date.now() + beatMs;
    if (idle.length === 0) return;
    take(entriesIn(await reader.call("XCLAIM", stream, group, consumer, retryAfterMs, ...idle)));
  };
  const turn = async (): Promise<void> => {
    let free = concurrency - running.size;
    if (free > 0 && Date.now() >= claimAtMs) await claim(free);
    free = concurrency - running.size;
    if (free <= 0) await Promise.race(running.values());
    if (free <= 0 || isStopped) return;
    const where = ["COUNT", free, "BLOCK", Math.min(BLOCK_MS, beatMs), "STREAMS", stream, ">"];
    take(entriesRead(await reader.call("XREADGROUP", "GROUP", group, consumer, ...where)));
  };
  const recover = async (error: unknown): Promise<void> => {
    if (isGroupMissing(error)) return ensureGroup(connection, stream, group);
    onError(error);
    await delay(BLOCK_MS);
  };
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      try {
        await turn();
      } catch (error) {
        if (!isStopped) await recover(error).catch(onError);
      }
    }
  };
  const ended = loop();
  const stop = async (): Promise<void> => {
    isStopped = true;
    await Promise.race([ended, delay(2 * BLOCK_MS, undefined, { ref: false })]);
    reader.disconnect();
    await ended;
    await Promise.all(running.values());
    clearInterval(beat);
  };
  return { stop };
}

/** Refusals that are an answer: no further try will change them, as the id of the task is spent or the machine gone. */
const FINAL = /^(DUPID|ILLEGAL|GUARD|EXECFAIL|DONE|NOMACHINE|WRONGTYPE) /;

/** Does a task and sends what comes of it; returns a refusal that is worth telling of. */
async function perform<Input>(
  connection: Connection,
  fields: ReadonlyMap<string, string>,
  handler: TaskHandler<Input>,
): Promise<Error | undefined> {
  const id = fields.get("id") ?? "";
  const key = fields.get("key") ?? "";
  const deadline = fields.get("deadline");
  const deadlineMs = deadline === undefined ? undefined : Number(deadline);
  const data = await handler({ id, key, input: jsonIn(fields.get("input")), deadlineMs });
  const done = fields.get("done");
  if (done === undefined) return undefined;
  const json = data === undefined ? [] : [JSON.stringify(data)];
  try {
    await connection.call("SM.SEND", key, done, ...json, "ID", id);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error && FINAL.test(error.message))) throw error;
    return error.message.startsWith("DUPID ") ? undefined : error;
  }
}
