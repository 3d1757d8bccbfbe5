/**
 * The client of Detent for TypeScript: machines with typed events over a connection of ioredis. What the server
 * refuses is thrown as a `DetentError` with its code; whatever else goes wrong as the connection throws it.
 */
import { type ChangeOptions, type MachineChange, readChanges } from "./changes.ts";
import { type Connection, jsonIn, listOf } from "./connection.ts";
import type { Definition } from "./definition.ts";
import { DetentError, withTypedErrors } from "./detent-error.ts";
import {
  type Machine,
  machineOf,
  type Recorded,
  recordedOf,
  type Sent,
  sentOf,
  textsOf,
  type Why,
  whyOf,
} from "./replies.ts";
import { startWorker, type TaskHandler, type Worker, type WorkerOptions } from "./worker.ts";

export type { ChangeOptions, MachineChange } from "./changes.ts";
export type { Connection } from "./connection.ts";
export type * from "./definition.ts";
export { DetentError, type ErrorCode, type RefusalCode } from "./detent-error.ts";
export type { Candidate, Machine, Recorded, Sent, Why } from "./replies.ts";
export { type TestServer, type TestServerOptions, testServer } from "./test-server.ts";
export type { Task, TaskHandler, Worker, WorkerOptions } from "./worker.ts";

/** Names to anything: what is known of events and tasks when nothing is said. */
type Anything = { readonly [name: string]: unknown };

type InputOf<Task> = Task extends { readonly input: infer Input } ? Input : unknown;
type OutputOf<Task> = Task extends { readonly output: infer Output } ? Output : unknown;

/** The data, which may be left out where it may be undefined, and the options. */
export type SendArguments<Data> = undefined extends Data
  ? [data?: Data, options?: SendOptions]
  : [data: Data, options?: SendOptions];

export interface CreateOptions {
  /** The state to start in instead of the initial one; several, one for each parallel region. */
  readonly state?: string | readonly string[];
  /** Stands in for the context of the definition, key by key. */
  readonly context?: object;
  readonly reason?: string;
  /** Creates it only if the key is free. */
  readonly isNew?: boolean;
  /** The key goes after so long. */
  readonly ttlMs?: number;
}

export interface SendOptions {
  /** The same id with the same event and data is applied once: again, it gets the first answer again. */
  readonly id?: string;
  readonly by?: string;
  readonly reason?: string;
  /** Refused with STALE unless the number is higher than all before it of this source. */
  readonly seq?: { readonly source: string; readonly number: number };
  /** Refused with UNMET unless the machine is in this state, at this revision. */
  readonly ifState?: string;
  readonly ifRev?: number;
  /** Delivered later: after so many milliseconds, or at a time (milliseconds since the epoch). */
  readonly delayMs?: number;
  readonly at?: number;
  /** Not delivered, and forgotten when deferred, after so many milliseconds. */
  readonly expireMs?: number;
  /** The definition of a machine that is made first if the key is free. */
  readonly definition?: string;
}

export interface WhyOptions {
  /** Of the machine as it was at this revision. */
  readonly rev?: number;
  /** Under this definition: `name` or `name:version`. */
  readonly definition?: string;
}

export interface HistoryOptions {
  /** From one rev to another, both included. */
  readonly from?: number;
  readonly to?: number;
  readonly isNewestFirst?: boolean;
  readonly count?: number;
}

/**
 * What a program knows of its machines is up to it. `Events`: the data of each event by its name, undefined for none.
 * `Context`: their data. `Tasks`: what a worker is given and what it answers, `{input, output}` by name of the task.
 * @throws DetentError from each method, for what the server refuses
 */
export interface Client<
  Events extends object = Anything,
  Context = unknown,
  Tasks extends object = Anything,
> {
  /** Stores a definition, or the text of one, under `name` or `name:version`; returns `name:version`. */
  define(name: string, definition: Definition | string): Promise<string>;
  /** Creates a machine, in place of what the key holds; false when `isNew` is asked for and the key is taken. */
  create(key: string, definition: string, options?: CreateOptions): Promise<boolean>;
  /** Sends an event. @throws DetentError with one of the codes `RefusalCode` when the machine does not take it */
  send<Name extends keyof Events & string>(
    key: string,
    event: Name,
    ...rest: SendArguments<Events[Name]>
  ): Promise<Sent>;
  /** What `send` would do and why, without doing it; null where there is no machine. */
  why<Name extends keyof Events & string>(
    key: string,
    event: Name,
    data?: Events[Name],
    options?: WhyOptions,
  ): Promise<Why<Context> | null>;
  /** The machine as it stands, read at once; null where there is none. */
  get(key: string): Promise<Machine<Context> | null>;
  /** Its active states; empty where there is no machine. */
  state(key: string): Promise<readonly string[]>;
  /** Its data; null where there is no machine. */
  context(key: string): Promise<Context | null>;
  /** What it has been through, the oldest first; empty where there is no machine. */
  history(key: string, options?: HistoryOptions): Promise<readonly Recorded[]>;
  /**
   * The changes of the machines of a definition, on a connection of its own. What a consumer of a group was given and
   * has not acknowledged it is given again when it starts anew, before anything else.
   */
  changes(name: string, options: ChangeOptions): AsyncGenerator<MachineChange<Context>, void, undefined>;
  /** Takes the tasks of a name and answers them with what the handler returns. */
  worker<Name extends keyof Tasks & string>(
    name: Name,
    handler: TaskHandler<InputOf<Tasks[Name]>, OutputOf<Tasks[Name]>>,
    options?: WorkerOptions,
  ): Promise<Worker>;
}

/** A client over a connection of ioredis, which stays the caller's to close. @throws TypeError for a `keyPrefix` */
export function createClient<
  Events extends object = Anything,
  Context = unknown,
  Tasks extends object = Anything,
>(connection: Connection): Client<Events, Context, Tasks> {
  // Why: ioredis puts it before the keys of commands it knows, which are those of streams, not those of machines.
  if (connection.options?.keyPrefix)
    throw new TypeError("the connection of a Detent client has no keyPrefix");
  const typed = withTypedErrors(connection);
  const { call } = typed;
  return {
    define: async (name, definition) => {
      const json = typeof definition === "string" ? definition : JSON.stringify(definition);
      return String(await call("SM.DEF", "CREATE", name, json));
    },
    create: async (key, definition, options = {}) =>
      (await call("SM.CREATE", key, definition, ...createWords(options))) !== null,
    send: (key, event, ...[data, options = {}]) => send(typed, [key, event, ...dataWords(data)], options),
    why: async (key, event, data, { rev, definition } = {}) => {
      const options = [...option("REV", rev), ...option("DEF", definition)];
      const reply = await call("SM.WHY", key, event, ...dataWords(data), ...options);
      return reply === null ? null : whyOf(reply);
    },
    get: async (key) => {
      const reply = await call("SM.INFO", key);
      return reply === null ? null : machineOf(reply);
    },
    state: async (key) => textsOf(await call("SM.STATE", key)),
    context: async (key) => jsonIn(await call("SM.CONTEXT", key)),
    history: async (key, options = {}) =>
      listOf(await call("SM.HISTORY", key, ...historyWords(options))).map(recordedOf),
    changes: (name, options) => readChanges<Context>(typed, name, options),
    worker: (name, handler, options = {}) => startWorker(typed, name, { handler, ...options }),
  };
}

async function send(connection: Connection, args: readonly string[], options: SendOptions): Promise<Sent> {
  const reply = await connection.call("SM.SEND", ...args, ...sendWords(options), "FULL");
  if (reply === null) throw new DetentError("UNMET ifState or ifRev does not hold");
  // Sent first without FULL, by whomever, the event gets that answer again: the states alone.
  const isBare = Array.isArray(reply) && !Array.isArray(reply[1]);
  if (!isBare || options.id === undefined) return sentOf(reply);
  const [outcome] = listOf(await connection.call("SM.OUTCOME", args[0] ?? "", options.id));
  return { ...sentOf(outcome), states: textsOf(reply) };
}

type Words = Array<string | number>;

function dataWords(data: unknown): string[] {
  return data === undefined ? [] : [JSON.stringify(data)];
}

/** An option and its value, nothing where it is not given. */
function option(name: string, value: string | number | undefined): Words {
  return value === undefined ? [] : [name, value];
}

function createWords({ state = [], context, reason, isNew = false, ttlMs }: CreateOptions): Words {
  const states = typeof state === "string" ? [state] : state;
  const json = context === undefined ? undefined : JSON.stringify(context);
  return [
    ...states.flatMap((name) => ["STATE", name]),
    ...option("CONTEXT", json),
    ...option("REASON", reason),
    ...(isNew ? ["NX"] : []),
    ...option("PX", ttlMs),
  ];
}

function sendWords({ seq, ...options }: SendOptions): Words {
  return [
    ...option("ID", options.id),
    ...option("BY", options.by),
    ...option("REASON", options.reason),
    ...(seq === undefined ? [] : ["SEQ", seq.source, seq.number]),
    ...option("IFSTATE", options.ifState),
    ...option("IFREV", options.ifRev),
    ...option("DELAY", options.delayMs),
    ...option("AT", options.at),
    ...option("EXPIRE", options.expireMs),
    ...option("DEF", options.definition),
  ];
}

function historyWords({ from, to, isNewestFirst = false, count }: HistoryOptions): Words {
  return [from ?? "-", to ?? "+", ...(isNewestFirst ? ["REV"] : []), ...option("COUNT", count)];
}
