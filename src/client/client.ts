/**
 * The client of Detent for TypeScript: machines with typed events over a connection of ioredis. A refusal is a value
 * with its code; whatever else goes wrong is thrown as the connection throws it.
 */
import { type ChangeOptions, type MachineChange, readChanges } from "./changes.ts";
import { type Connection, jsonIn, listOf, pairsOf } from "./connection.ts";
import { startWorker, type TaskHandler, type Worker, type WorkerOptions } from "./worker.ts";

/** The data of each event by its name. */
export type EventMap = { readonly [event: string]: unknown };

const REFUSALS = [
  "NOMACHINE",
  "ILLEGAL",
  "GUARD",
  "DUPID",
  "STALE",
  "SUSPENDED",
  "DONE",
  "NOSTATE",
  "EXECFAIL",
  "UNMET",
] as const;

/** Why an event was refused: a code of the server, or UNMET where `ifState` or `ifRev` did not hold. */
export type RefusalCode = (typeof REFUSALS)[number];

export type SendResult =
  | { readonly ok: true; readonly states: readonly string[]; readonly rev: number }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string };

export interface SendOptions {
  /** The same id with the same event is applied once. */
  readonly id?: string;
  readonly by?: string;
  readonly reason?: string;
  readonly ifState?: string;
  readonly ifRev?: number;
  /** Makes the machine first if it is missing. */
  readonly definition?: string;
}

export interface HistoryRecord {
  readonly rev: number;
  readonly at: number;
  readonly kind: string;
  readonly event: string | null;
  readonly id: string | null;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly data: unknown;
  readonly context: unknown;
}

export interface Client<Events extends EventMap> {
  /** Stores a definition; returns `name:version`. */
  define(name: string, definition: object): Promise<string>;
  /** False when `isNew` is asked for and the key is taken. */
  create(
    key: string,
    definition: string,
    options?: { readonly context?: object; readonly isNew?: boolean },
  ): Promise<boolean>;
  send<Name extends keyof Events & string>(
    key: string,
    event: Name,
    data?: Events[Name],
    options?: SendOptions,
  ): Promise<SendResult>;
  /** The reply of SM.WHY by name. */
  why<Name extends keyof Events & string>(
    key: string,
    event: Name,
    data?: Events[Name],
  ): Promise<ReadonlyMap<string, unknown>>;
  state(key: string): Promise<readonly string[]>;
  context(key: string): Promise<unknown>;
  /** Records from one rev to another, both included; all where none is given. */
  history(key: string, from?: number, to?: number): Promise<readonly HistoryRecord[]>;
  /** The changes of the machines of a definition, each until it is acknowledged; see changes.ts. */
  changes(name: string, options: ChangeOptions): AsyncGenerator<MachineChange, void, undefined>;
  /** Takes tasks of a name; see worker.ts. */
  worker(name: string, handler: TaskHandler, options?: WorkerOptions): Promise<Worker>;
}

export function createClient<Events extends EventMap = EventMap>(connection: Connection): Client<Events> {
  return {
    define: async (name, definition) =>
      String(await connection.call("SM.DEF", "CREATE", name, JSON.stringify(definition))),
    create: async (key, definition, { context, isNew = false } = {}) => {
      const options = context === undefined ? [] : ["CONTEXT", JSON.stringify(context)];
      if (isNew) options.push("NX");
      return (await connection.call("SM.CREATE", key, definition, ...options)) !== null;
    },
    send: (key, event, data, options = {}) => send(connection, [key, event, ...dataOf(data)], options),
    why: async (key, event, data) => pairsOf(await connection.call("SM.WHY", key, event, ...dataOf(data))),
    state: async (key) => listOf(await connection.call("SM.STATE", key)).map(String),
    context: async (key) => jsonIn(await connection.call("SM.CONTEXT", key)),
    history: async (key, from, to) =>
      listOf(await connection.call("SM.HISTORY", key, from ?? "-", to ?? "+")).map(recordOf),
    changes: (name, options) => readChanges(connection, name, options),
    worker: (name, handler, options = {}) => startWorker(connection, name, { handler, ...options }),
  };
}

function dataOf(data: unknown): string[] {
  return data === undefined ? [] : [JSON.stringify(data)];
}

async function send(connection: Connection, args: string[], options: SendOptions): Promise<SendResult> {
  const given: Array<readonly [string, string | number | undefined]> = [
    ["ID", options.id],
    ["BY", options.by],
    ["REASON", options.reason],
    ["IFSTATE", options.ifState],
    ["IFREV", options.ifRev],
    ["DEF", options.definition],
  ];
  const words = given.flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  try {
    const reply = await connection.call("SM.SEND", ...args, ...words, "FULL");
    if (reply === null) return { ok: false, code: "UNMET", message: "ifState or ifRev does not hold" };
    const full = pairsOf(reply);
    return { ok: true, states: listOf(full.get("state")).map(String), rev: Number(full.get("rev")) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = REFUSALS.find((each) => message.startsWith(`${each} `));
    if (code === undefined) throw error;
    return { ok: false, code, message: message.slice(code.length + 1) };
  }
}

function recordOf(reply: unknown): HistoryRecord {
  const fields = pairsOf(reply);
  const text = (name: string) => (fields.get(name) == null ? null : String(fields.get(name)));
  return {
    rev: Number(fields.get("rev")),
    at: Number(fields.get("at")),
    kind: String(fields.get("kind")),
    event: text("event"),
    id: text("id"),
    from: listOf(fields.get("from")).map(String),
    to: listOf(fields.get("to")).map(String),
    data: jsonIn(fields.get("data")),
    context: jsonIn(fields.get("context")),
  };
}
