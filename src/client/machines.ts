/** Machines: making, reading and correcting them. */
import { type Connection, fieldsOf, jsonIn, listOf } from "./connection.ts";
import { DetentError } from "./detent-error.ts";
import type { ContextGiven, PathOf, ValueAt } from "./inference.ts";
import { askEach, serversOf } from "./partitions.ts";
import { machineOf, recordedOf, replayedOf, undoPlanOf } from "./replies.ts";
import { strings } from "./reply-shape.ts";
import type { Machine, Recorded, Replayed, UndoPlan } from "./reply-types.ts";
import { type Authored, authorWords, jsonText, option, stateWords, switchWord, type Words } from "./words.ts";

export interface CreateOptions<Context = unknown, State extends string = string> extends Authored {
  /** The state to start in instead of the initial one; several, one for each parallel region. */
  readonly state?: State | readonly State[];
  /** Replaces the context of the definition, key by key. */
  readonly context?: ContextGiven<Context>;
  /** What the machine has been through elsewhere, the oldest first. */
  readonly history?: readonly PastChange[];
  /** Creates it only if the key is free. */
  readonly isNew?: boolean;
  /** The key goes after so long. */
  readonly ttlMs?: number;
}

export interface PastChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly to: string | readonly string[];
  readonly [field: string]: unknown;
}

/** Of the machine as it was at a revision, or at a time in milliseconds since the epoch. */
export type Past = { readonly rev?: number } | { readonly at?: number };

export interface HistoryOptions {
  /** From one rev to another, both included. */
  readonly from?: number;
  readonly to?: number;
  readonly isNewestFirst?: boolean;
  readonly count?: number;
  /** An expression that the entries fulfil. */
  readonly where?: string;
}

export interface MutateOptions {
  readonly reason?: string;
  /** To any state that the machine has, whatever its definition says. */
  readonly isForced?: boolean;
}

export interface MigrateOptions<State extends string = string> extends Authored {
  readonly state?: State | readonly State[];
  readonly context?: object;
}

export interface ReplayOptions {
  readonly definition?: string;
  readonly from?: number;
  readonly count?: number;
}

export interface MachineMethods<Context, State extends string> {
  /** Creates a machine, in place of what the key holds; false when `isNew` is asked for and the key is taken. */
  create(key: string, definition: string, options?: CreateOptions<Context, State>): Promise<boolean>;
  /** The machine, read at once, as it is or as it was; null where there is none. */
  get(key: string, past?: Past): Promise<Machine<Context, State> | null>;
  /** Its active states; empty where there is no machine. */
  state(key: string): Promise<readonly State[]>;
  /** Its data; null where there is no machine. */
  context(key: string): Promise<Context | null>;
  /** Parts of its data by path, null for what is not there; null where there is no machine. */
  values<Path extends PathOf<Context>>(
    key: string,
    ...paths: readonly [Path, ...Path[]]
  ): Promise<{ readonly [Each in Path]: ValueAt<Context, Each> | null } | null>;
  /** What it has been through, the oldest first; empty where there is no machine. */
  history(key: string, options?: HistoryOptions): Promise<ReadonlyArray<Recorded<State>>>;
  /** The machines that belong to it, in the order of their ids. */
  children(key: string): Promise<ReadonlyArray<Machine & { readonly key: string }>>;
  /** Moves a map machine to a state that its own leads to, any machine by force; false where that leads nowhere. */
  mutate(key: string, state: State, options?: MutateOptions): Promise<boolean>;
  /** Brings it back to its initial state; false where there is no machine. */
  reset(key: string): Promise<boolean>;
  /** Merges a document into its data; returns the revision. @throws DetentError UNMET where `ifRev` does not hold */
  patch(key: string, changes: object, options?: Authored & { readonly ifRev?: number }): Promise<number>;
  /** Takes back the last change, or all down to `rev`; returns the revision. @throws DetentError NOUNDO, UNMET */
  undo(key: string, options?: Authored & { readonly rev?: number; readonly ifRev?: number }): Promise<number>;
  /** What `undo` would do, and what stays out. */
  undoPlan(key: string, options?: { readonly rev?: number }): Promise<UndoPlan<Context, State>>;
  /** Stops it from taking events; false where it was suspended already. */
  suspend(key: string, reason?: string): Promise<boolean>;
  /** Lets it take events again; false where it was not suspended. */
  resume(key: string): Promise<boolean>;
  /** Runs its failed steps again; false where one fails again, or there is none. */
  retry(key: string): Promise<boolean>;
  /** Moves it to another definition with all it has; returns the revision. */
  migrate(key: string, definition: string, options?: MigrateOptions): Promise<number>;
  /** Runs its recorded events again, under another definition if one is given, and writes nothing. */
  replay(key: string, options?: ReplayOptions): Promise<readonly Replayed[]>;
  /** What does not agree in the indexes of a machine, or of the whole database: empty when all is well. */
  verify(key?: string): Promise<readonly string[]>;
}

export function machineMethods(connection: Connection): MachineMethods<unknown, string> {
  const { call } = connection;
  const get = async (key: string, past: Past = {}) => {
    const words = [
      ...option("REV", "rev" in past ? past.rev : undefined),
      ...option("TIME", "at" in past ? past.at : undefined),
    ];
    const reply = await call("SM.INFO", key, ...words);
    return reply === null ? null : machineOf(reply);
  };
  return {
    create: async (key, definition, options = {}) =>
      (await call("SM.CREATE", key, definition, ...createWords(options))) !== null,
    get,
    state: async (key) => strings(await call("SM.STATE", key)),
    context: async (key) => jsonIn(await call("SM.CONTEXT", key)),
    values: async <Path extends string>(key: string, ...paths: readonly [Path, ...Path[]]) => {
      const reply = await call("SM.CONTEXT", key, ...paths);
      if (reply === null) return null;
      const found = paths.map((path, index) => [path, jsonIn(listOf(reply)[index])] as const);
      return Object.fromEntries(found) as { readonly [Each in Path]: ValueAt<unknown, Each> | null };
    },
    history: async (key, options = {}) => (await historyOf(connection, key, options)).map(recordedOf),
    children: async (key) => {
      const found: Array<Machine & { readonly key: string }> = [];
      const keys = (await get(key))?.children ?? [];
      for (let at = 0; at < keys.length; at += CHILDREN_AT_ONCE) {
        const part = keys.slice(at, at + CHILDREN_AT_ONCE);
        const machines = await Promise.all(part.map((child) => get(child)));
        for (const [index, machine] of machines.entries())
          if (machine !== null) found.push({ ...machine, key: part[index] ?? "" });
      }
      return found;
    },
    mutate: async (key, state, { reason, isForced = false } = {}) => {
      const words = isForced ? [reason ?? "", "FORCE"] : reason === undefined ? [] : [reason];
      return (await call("SM.MUTATE", key, state, ...words)) !== null;
    },
    reset: async (key) => (await call("SM.RESET", key)) !== null,
    ...corrections(connection),
  };
}

/** Children that are asked for at once. */
const CHILDREN_AT_ONCE = 100;

type Corrections = Pick<
  MachineMethods<unknown, string>,
  "patch" | "undo" | "undoPlan" | "suspend" | "resume" | "retry" | "migrate" | "replay" | "verify"
>;

function corrections(connection: Connection): Corrections {
  const { call } = connection;
  return {
    patch: async (key, changes, { ifRev, ...author } = {}) => {
      const words = [...option("IFREV", ifRev), ...authorWords(author)];
      return revisionOf(await call("SM.PATCH", key, JSON.stringify(changes), ...words));
    },
    undo: async (key, { rev, ifRev, ...author } = {}) => {
      const words = [...option("REV", rev), ...option("IFREV", ifRev), ...authorWords(author)];
      return revisionOf(await call("SM.UNDO", key, ...words));
    },
    undoPlan: async (key, { rev } = {}) =>
      undoPlanOf(await call("SM.UNDO", key, ...option("REV", rev), "PLAN")),
    suspend: async (key, reason) =>
      Number(await call("SM.SUSPEND", key, ...(reason === undefined ? [] : [reason]))) === 1,
    resume: async (key) => Number(await call("SM.RESUME", key)) === 1,
    retry: async (key) => Number(await call("SM.RETRY", key)) === 1,
    migrate: async (key, definition, { state, context, ...author } = {}) => {
      const words = [...stateWords(state), ...option("CONTEXT", jsonText(context)), ...authorWords(author)];
      return Number(await call("SM.MIGRATE", key, definition, ...words));
    },
    replay: async (key, { definition, from, count } = {}) => {
      const ask = async (start: number | undefined, left: number | undefined) => {
        const words = [...option("DEF", definition), ...option("FROM", start), ...option("COUNT", left)];
        return await call("SM.REPLAY", key, ...words);
      };
      return (await everyPart({ ask, count, start: from })).map(replayedOf);
    },
    verify: async (key) => {
      if (key !== undefined) return strings(await call("SM.VERIFY", key));
      return (await askEach(await serversOf(connection), "SM.VERIFY")).flatMap(strings);
    },
  };
}

function revisionOf(reply: unknown): number {
  if (reply === null) throw new DetentError("UNMET ifRev does not hold");
  return Number(reply);
}

function createWords(options: CreateOptions): Words {
  return [
    ...stateWords(options.state),
    ...option("CONTEXT", jsonText(options.context)),
    ...authorWords(options),
    ...option("HISTORY", jsonText(options.history)),
    ...switchWord("NX", options.isNew),
    ...option("PX", options.ttlMs),
  ];
}

async function historyOf(
  { call }: Connection,
  key: string,
  { from, to, isNewestFirst = false, count, where }: HistoryOptions,
): Promise<readonly unknown[]> {
  const ask = async (start: number | undefined, left: number | undefined) => {
    const range: Words = isNewestFirst
      ? [start ?? to ?? "+", from ?? "-"]
      : [start ?? from ?? "-", to ?? "+"];
    const words = [...switchWord("REV", isNewestFirst), ...option("COUNT", left), ...option("WHERE", where)];
    return await call("SM.HISTORY", key, ...range, ...words);
  };
  return await everyPart({ ask, count, start: undefined });
}

interface Parts {
  ask(start: number | undefined, left: number | undefined): Promise<unknown>;
  readonly count: number | undefined;
  readonly start: number | undefined;
}

/** A reply that would take the server too long ends with the revision at which to go on: asks on until it is whole. */
async function everyPart({ ask, count, start }: Parts): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  let next = start;
  while (true) {
    const part = listOf(await ask(next, count === undefined ? undefined : count - found.length));
    const last = fieldsOf(part.at(-1));
    const isWhole = last.get("kind") !== "more";
    for (const item of isWhole ? part : part.slice(0, -1)) found.push(item);
    if (isWhole || (count !== undefined && found.length >= count)) return found;
    next = Number(last.get("rev"));
  }
}
