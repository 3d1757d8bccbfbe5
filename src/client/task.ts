/** One task: read from its stream, handed to the handler, answered. */
import { type Connection, jsonIn } from "./connection.ts";
import { activeTrace } from "./tracing.ts";

export interface Task<Input = unknown> {
  /** Id of the task: it answers once. */
  readonly id: string;
  /** Key of the machine. */
  readonly key: string;
  readonly input: Input;
  /** When it is given up, milliseconds since the epoch. */
  readonly deadlineMs: number | undefined;
  /** Which delivery of it this is, from 1. */
  readonly attempt: number;
}

/** Does a task; what it returns is the data of the event the task has named as `done`. */
export type TaskHandler<Input = unknown, Output = unknown> = (task: Task<Input>) => Promise<Output>;

export interface StoredTask<Input> {
  readonly task: Task<Input>;
  /** The event that the answer is. */
  readonly done: string | undefined;
  /** The `traceparent` of the change that has set it. */
  readonly trace: string | undefined;
}

export function taskOf<Input>(fields: ReadonlyMap<string, string>, attempt: number): StoredTask<Input> {
  const deadline = fields.get("deadline");
  const task = {
    id: fields.get("id") ?? "",
    key: fields.get("key") ?? "",
    input: jsonIn<Input>(fields.get("input")),
    deadlineMs: deadline === undefined ? undefined : Number(deadline),
    attempt,
  };
  return { task, done: fields.get("done"), trace: fields.get("trace") };
}

/** Refusals that are an answer: no further try changes them, as the id of the task is spent or the machine gone. */
const FINAL = /^(DUPID|ILLEGAL|GUARD|REJECTED|INVARIANT|EXECFAIL|DONE|NOMACHINE|WRONGTYPE) /;

export interface Answer {
  readonly output: unknown;
  /** Why the machine does not take the answer. */
  readonly refusal?: Error;
}

/** Does a task and sends its answer. @throws whatever the handler throws, and what may change when it is tried again */
export async function answerTask<Input>(
  connection: Connection,
  { task, done, trace }: StoredTask<Input>,
  handler: TaskHandler<Input>,
): Promise<Answer> {
  const output = await handler(task);
  if (done === undefined) return { output };
  const data = output === undefined ? [] : [JSON.stringify(output)];
  const traced = activeTrace() ?? trace;
  const options = ["ID", task.id, ...(traced === undefined ? [] : ["TRACE", traced])];
  try {
    await connection.call("SM.SEND", task.key, done, ...data, ...options);
    return { output };
  } catch (error) {
    if (!(error instanceof Error && FINAL.test(error.message))) throw error;
    return error.message.startsWith("DUPID ") ? { output } : { output, refusal: error };
  }
}
