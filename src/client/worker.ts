/**
 * A worker: takes the tasks of a name, hands each to a handler and sends what comes of it to the machine under the
 * id of the task, so that a task done twice is applied once. A task whose handler fails, or whose worker dies, is
 * tried again when it has lain idle for long enough; how often, the task says itself (`attempts`).
 */
import {
  type Connection,
  ensureGroup,
  entriesIn,
  entriesRead,
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
  /** Told of a handler or a connection that fails. */
  readonly onError?: (error: unknown) => void;
}

export interface Worker {
  /** Takes no further tasks; resolves when those at work are done. */
  stop(): Promise<void>;
}

const BLOCK_MS = 500;
const RETRY_AFTER_MS = 30_000;

interface Options<Input> extends WorkerOptions {
  readonly handler: TaskHandler<Input>;
}

export async function startWorker<Input>(
  connection: Connection,
  name: string,
  options: Options<Input>,
): Promise<Worker> {
  const {
    concurrency = 1,
    group = "workers",
    retryAfterMs = RETRY_AFTER_MS,
    onError = () => undefined,
  } = options;
  const consumer = options.consumer ?? `${process.pid}-${Math.random().toString(36).slice(2)}`;
  const stream = `sm:tasks:${name}`;
  await ensureGroup(connection, stream, group);
  const reader = connection.duplicate();
  const running = new Map<string, Promise<void>>();
  let isStopped = false;

  const run = async (entry: StreamEntry): Promise<void> => {
    try {
      await perform(connection, entry, options.handler);
      await connection.call("XACK", stream, group, entry.id);
    } catch (error) {
      onError(error);
    } finally {
      running.delete(entry.id);
    }
  };
  const take = (entries: readonly StreamEntry[]): void => {
    for (const entry of entries) if (!running.has(entry.id)) running.set(entry.id, run(entry));
  };
  const beat = setInterval(() => {
    if (running.size === 0) return;
    connection.call("XCLAIM", stream, group, consumer, 0, ...running.keys(), "JUSTID").catch(onError);
  }, retryAfterMs / 3);

  const turn = async (): Promise<void> => {
    const free = concurrency - running.size;
    if (free <= 0) {
      await Promise.race(running.values());
      return;
    }
    const claim = ["XAUTOCLAIM", stream, group, consumer] as const;
    const [, claimed] = listOf(await reader.call(...claim, retryAfterMs, "0", "COUNT", free));
    const again = entriesIn(claimed);
    take(again);
    if (again.length > 0 || isStopped) return;
    const where = ["COUNT", free, "BLOCK", Math.min(BLOCK_MS, retryAfterMs), "STREAMS", stream, ">"];
    take(entriesRead(await reader.call("XREADGROUP", "GROUP", group, consumer, ...where)));
  };
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      try {
        await turn();
      } catch (error) {
        onError(error);
        await new Promise((resolve) => setTimeout(resolve, BLOCK_MS));
      }
    }
  };
  const ended = loop();
  const stop = async (): Promise<void> => {
    isStopped = true;
    await ended;
    await Promise.all(running.values());
    clearInterval(beat);
    reader.disconnect();
  };
  return { stop };
}

/** Refusals that are an answer: the event came too late or twice, and no further try will change that. */
const FINAL = /^(DUPID|ILLEGAL|GUARD|DONE|NOMACHINE) /;

async function perform<Input>(
  connection: Connection,
  { fields }: StreamEntry,
  handler: TaskHandler<Input>,
): Promise<void> {
  const id = fields.get("id") ?? "";
  const key = fields.get("key") ?? "";
  const deadline = fields.get("deadline");
  const deadlineMs = deadline === undefined ? undefined : Number(deadline);
  const data = await handler({ id, key, input: jsonIn(fields.get("input")), deadlineMs });
  const done = fields.get("done");
  if (done === undefined) return;
  const json = data === undefined ? [] : [JSON.stringify(data)];
  try {
    await connection.call("SM.SEND", key, done, ...json, "ID", id);
  } catch (error) {
    if (!(error instanceof Error && FINAL.test(error.message))) throw error;
  }
}
