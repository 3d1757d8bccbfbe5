/** Finding machines: walks over those that fit, their numbers, those that are overdue, and tasks that were given up. */
import { type Connection, fieldsOf, listOf } from "./connection.ts";
import { mergedInOrder, sums } from "./merging.ts";
import { askEach, type Part, partsOf, serversOf } from "./partitions.ts";
import { machineOf } from "./replies.ts";
import { arrayOf, nullOr, number, objectOf, recordOf, string, word } from "./reply-shape.ts";
import type { Machine, Status } from "./reply-types.ts";
import { option, type Words } from "./words.ts";

export interface CountFilter<State extends string = string> {
  /** `name` or `name:version`. */
  readonly definition?: string;
  readonly state?: State;
  readonly status?: Status;
}

export interface ScanFilter<State extends string = string> extends CountFilter<State> {
  /** In its states for longer than so many milliseconds. */
  readonly olderMs?: number;
  /** A glob pattern that the key matches. */
  readonly match?: string;
  /** An expression that the machine fulfils. */
  readonly where?: string;
  /** How much the server looks at in one step. */
  readonly count?: number;
}

export interface OverdueFilter {
  readonly definition?: string;
  readonly count?: number;
}

/** A state that has lasted longer than its `sla`. */
export interface Overdue {
  readonly key: string;
  /** Empty for the whole machine. */
  readonly state: string;
  readonly since: number;
  readonly sla: number;
  readonly overdueMs: number;
  readonly definition: string;
}

export interface RequeueOptions {
  /** Of one task alone. */
  readonly task?: string;
  readonly count?: number;
  /** The stream of dead letters, where a cluster has one for each partition. */
  readonly stream?: string;
}

export interface StreamFilter {
  readonly kind?: StreamKind;
  /** Of a definition or a task, with that `kind`; empty for the changes of map machines. */
  readonly name?: string;
}

export type StreamKind = "changes" | "tasks" | "dead" | "refusals" | "audit" | "ingest";

/** A stream that the server writes; a cluster has one of each for each partition. */
export interface ServerStream {
  /** Its key. */
  readonly stream: string;
  readonly kind: StreamKind;
  /** The definition or the task it is of. */
  readonly name: string | null;
  readonly partition: number;
  readonly slot: number;
  /** The id of the server that owns the partition, and where it is reached. */
  readonly owner: string | null;
  readonly host: string | null;
  readonly port: number | null;
  /** Null while no server owns it. */
  readonly length: number | null;
  readonly lastId: string | null;
}

export type Found<Context, State extends string> = Machine<Context, State> & { readonly key: string };

export interface FindingMethods<Context, State extends string> {
  /**
   * The keys of the machines that fit, step by step, in a cluster those of all servers. One that fits from beginning to end comes,
   * whatever partitions change hands meanwhile; one that changes may come twice.
   */
  scan(filter?: ScanFilter<State>): AsyncGenerator<string, void, undefined>;
  /** The same with what `get` reads of each. */
  scanMachines(filter?: ScanFilter<State>): AsyncGenerator<Found<Context, State>, void, undefined>;
  /** How many machines fit, in the whole cluster. */
  count(filter?: CountFilter<State>): Promise<number>;
  /** How many for each state, status or version that occurs. */
  countBy(
    by: "state" | "status" | "version",
    filter?: CountFilter<State>,
  ): Promise<{ readonly [name: string]: number }>;
  /** The states that have lasted longer than their `sla`, the longest first. */
  overdue(filter?: OverdueFilter): AsyncGenerator<Overdue, void, undefined>;
  /** The streams that the server writes, those of all partitions of a cluster. */
  streams(filter?: StreamFilter): Promise<readonly ServerStream[]>;
  /** Puts tasks that were given up back to their streams, by the ids of their entries in `sm:dead` or all; how many. With `count`, one partition after another. */
  requeue(entries: readonly string[] | "all", options?: RequeueOptions): Promise<number>;
}

export function findingMethods(connection: Connection): FindingMethods<unknown, string> {
  return {
    scan: async function* (filter = {}) {
      for (const part of await partsOf(connection))
        for await (const [keys] of steps(part, "SM.SCAN", scanWords(filter))) yield* listOf(keys).map(string);
    },
    scanMachines: async function* (filter = {}) {
      for (const part of await partsOf(connection))
        for await (const [found] of steps(part, "SM.SCAN", [...scanWords(filter), "WITHINFO"]))
          for (const [key, machine] of pairsOf(found)) yield { ...machineOf(machine), key };
    },
    count: async (filter = {}) => {
      const counts = await askEach(await partsOf(connection), "SM.COUNT", ...filterWords(filter));
      return counts.map(Number).reduce((sum, count) => sum + count, 0);
    },
    countBy: async (by, filter = {}) => {
      const words = [...filterWords(filter), "BY", by.toUpperCase()];
      return sums((await askEach(await partsOf(connection), "SM.COUNT", ...words)).map(recordOf(number)));
    },
    overdue: async function* ({ definition, count } = {}) {
      const words = [...option("DEF", definition), ...option("COUNT", count)];
      const walks = (await partsOf(connection)).map((part) => overdueAt(part, words));
      yield* mergedInOrder(walks, (a, b) => a.since + a.sla < b.since + b.sla);
    },
    streams: async ({ kind, name } = {}) => {
      const words = [...option("KIND", kind?.toUpperCase()), ...option("NAME", name)];
      const lists = await askEach(await serversOf(connection), "SM.STREAMS", ...words);
      return merged(lists.map(streamsOf));
    },
    requeue: (entries, options = {}) => requeue(connection, entries, options),
  };
}

async function requeue(
  connection: Connection,
  entries: readonly string[] | "all",
  { task, count, stream }: RequeueOptions,
): Promise<number> {
  if (entries.length === 0) return 0;
  const words = [...(entries === "all" ? ["ALL"] : entries), ...option("TASK", task)];
  if (stream !== undefined)
    return Number(await connection.call("SM.REQUEUE", ...words, ...option("COUNT", count), "STREAM", stream));
  let done = 0;
  for (const part of await partsOf(connection)) {
    const left = count === undefined ? undefined : count - done;
    if (left === 0) break;
    done += Number(await part.ask("SM.REQUEUE", ...words, ...option("COUNT", left)));
  }
  return done;
}

async function* overdueAt(part: Part, words: Words): AsyncGenerator<Overdue, void, undefined> {
  for await (const [found] of steps(part, "SM.OVERDUE", words))
    for (const [key, overdue] of pairsOf(found)) yield { ...overdueOf(overdue), key };
}

/** Each server knows all streams, and the length of its own. */
function merged(lists: ReadonlyArray<readonly ServerStream[]>): readonly ServerStream[] {
  const streams = new Map<string, ServerStream>();
  for (const row of lists.flat())
    if (!streams.has(row.stream) || row.length !== null) streams.set(row.stream, row);
  return [...streams.values()];
}

const overdueOf = objectOf<Omit<Overdue, "key">>({
  state: string,
  since: number,
  sla: number,
  overdueMs: number,
  definition: string,
});

export const streamsOf = arrayOf(
  objectOf<ServerStream>({
    stream: string,
    kind: word<StreamKind>(),
    name: nullOr(string),
    partition: number,
    slot: number,
    owner: nullOr(string),
    host: nullOr(string),
    port: nullOr(number),
    length: nullOr(number),
    lastId: nullOr(string),
  }),
);

/** What the steps of a walk have found, behind their cursors. */
async function* steps(part: Part, command: string, words: Words): AsyncGenerator<readonly unknown[]> {
  let cursor = "0";
  do {
    const [next, ...found] = listOf(await part.ask(command, cursor, ...words));
    cursor = String(next ?? 0);
    yield found;
  } while (cursor !== "0");
}

/** Keys and what belongs to each: pairs, or a map where the connection makes one of them. */
function pairsOf(reply: unknown): ReadonlyArray<readonly [key: string, value: unknown]> {
  if (!Array.isArray(reply)) return [...fieldsOf(reply)];
  return reply.map((pair) => [String(listOf(pair)[0]), listOf(pair)[1]]);
}

function filterWords({ definition, state, status }: CountFilter): Words {
  return [...option("DEF", definition), ...option("STATE", state), ...option("STATUS", status)];
}

function scanWords(filter: ScanFilter): Words {
  return [
    ...filterWords(filter),
    ...option("OLDER", filter.olderMs),
    ...option("MATCH", filter.match),
    ...option("WHERE", filter.where),
    ...option("COUNT", filter.count),
  ];
}
