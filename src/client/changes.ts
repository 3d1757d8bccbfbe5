/**
 * The changes of machines as they happen, through a consumer group, in order and without a gap. What a consumer was
 * given and has not acknowledged it is given again when it starts anew under the same name, before anything else.
 */
import { setMaxListeners } from "node:events";
import {
  type Connection,
  ensureGroup,
  entriesRead,
  fieldsOf,
  isGroupMissing,
  jsonIn,
  listOf,
  type StreamEntry,
} from "./connection.ts";
import { Patience } from "./patience.ts";
import { streamKeys } from "./stream-keys.ts";

export interface ChangeOptions {
  readonly group: string;
  /** Name of this reader within the group; `reader` where none is given. */
  readonly consumer?: string;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

export interface MachineChange<Context = unknown> {
  /** Id of the entry. */
  readonly entry: string;
  /** Its stream: in a cluster with several partitions, that of the partition of the machine. */
  readonly stream: string;
  readonly key: string;
  /** `name:version`. */
  readonly definition: string;
  readonly rev: number;
  /** As in the machine's history, or `emit`. */
  readonly kind: string;
  readonly event: string | null;
  readonly id: string | null;
  readonly by: string | null;
  readonly reason: string | null;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly data: unknown;
  /** What has changed of the context, by path. */
  readonly context: unknown;
  readonly at: number;
  /**
   * The data of the machine before and after the change, read from its history when they are asked for. Null where there
   * was no machine, and where the server no longer keeps that part of the history.
   */
  before(): Promise<Context | null>;
  after(): Promise<Context | null>;
  /** Acknowledges it: the group does not get it again. */
  ack(): Promise<void>;
}

/** Entries asked for at once, and how long the server waits for one. */
const COUNT = 100;
const BLOCK_MS = 5000;

/**
 * The changes of the machines of a definition, until the signal, each machine's in order. Uses a connection of its own for
 * each partition of a cluster. Where stream and group are gone it begins anew with what comes. @throws whatever the
 * connection throws; what was not acknowledged then comes when the reading is begun again
 */
export async function* readChanges<Context>(
  connection: Connection,
  name: string,
  { group, consumer = "reader", signal }: ChangeOptions,
): AsyncGenerator<MachineChange<Context>, void, undefined> {
  if (signal?.aborted === true) return;
  const ending = new AbortController();
  // Each stream listens.
  setMaxListeners(0, ending.signal);
  const end = (): void => ending.abort();
  signal?.addEventListener("abort", end);
  const patience = new Patience(ending.signal);
  const ackWith = (stream: string, id: string) => async (): Promise<void> => {
    // The reader may have ended, which takes nothing from what was read.
    await new Patience(new AbortController().signal).keep(() => connection.call("XACK", stream, group, id));
  };
  try {
    const streams = await streamKeys(connection, "changes", name, patience);
    const sources = streams.map((stream) =>
      readStream(connection, { stream, group, consumer }, ending.signal),
    );
    for await (const { stream, id, fields } of merged(sources)) {
      const ack = ackWith(stream, id);
      if (fields === undefined) await ack();
      else yield changeOf<Context>(connection, { stream, id, fields }, ack);
    }
  } catch (error) {
    // A call that the end has cut off is no failure.
    if (!ending.signal.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    end();
  }
}

interface ReadEntry extends StreamEntry {
  readonly stream: string;
}

/** The entries of one stream that the consumer is given. */
async function* readStream(
  connection: Connection,
  names: Omit<Place, "reader" | "patience">,
  signal: AbortSignal,
): AsyncGenerator<ReadEntry, void, undefined> {
  const { stream, group } = names;
  const reader = connection.duplicate();
  reader.on?.("error", () => undefined);
  const end = (): void => reader.disconnect();
  signal.addEventListener("abort", end);
  const place: Place = { ...names, reader, patience: new Patience(signal) };
  const begin = () => place.patience.keep(() => ensureGroup(reader, stream, group));
  const beginAnew = async (error: unknown): Promise<Batch> => {
    if (!isGroupMissing(error)) throw error;
    await begin();
    return { entries: [], source: "pending", last: START };
  };
  let last = START;
  let source: Source = "pending";
  try {
    await begin();
    while (!signal.aborted) {
      const batch: Batch = await nextBatch(place, last, source).catch(beginAnew);
      ({ source, last } = batch);
      for (const { id, fields } of batch.entries) {
        if (signal.aborted) return;
        last = id;
        yield { stream, id, fields };
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", end);
    reader.disconnect();
  }
}

/** What several sources give, as it comes; each one's in its order. */
async function* merged<Item>(
  sources: ReadonlyArray<AsyncGenerator<Item, void, undefined>>,
): AsyncGenerator<Item, void, undefined> {
  const ask = async (source: AsyncGenerator<Item, void, undefined>) => ({
    source,
    result: await source.next(),
  });
  const asked = new Map(sources.map((source) => [source, ask(source)]));
  try {
    while (asked.size > 0) {
      const { source, result } = await Promise.race(asked.values());
      asked.delete(source);
      if (result.done === true) continue;
      yield result.value;
      // Behind all others: none waits for ever for one that always has something.
      asked.set(source, ask(source));
    }
  } finally {
    for (const reply of asked.values()) reply.catch(() => undefined);
    for (const source of sources) source.return().catch(() => undefined);
  }
}

/** Below every id. */
const START = "0-0";

interface Place {
  readonly reader: Connection;
  readonly patience: Patience;
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
}

/** Where the next entries are: among what the consumer has pending, or new ones. */
type Source = "pending" | "new";

interface Batch {
  readonly entries: readonly StreamEntry[];
  readonly source: Source;
  /** The last entry that has been given to the caller, or was left out. */
  readonly last: string;
}

/**
 * The entries behind `last`. A reply that is lost on the way leaves the consumer with entries it has not seen, and
 * the connection may ask again without a word. So what is new is given to the caller only if it is the first that the
 * consumer has pending behind `last`; otherwise what is pending is read first.
 */
async function nextBatch(place: Place, last: string, source: Source): Promise<Batch> {
  if (source === "pending") {
    const entries = await read(place, last);
    return { entries, source: entries.length === 0 ? "new" : "pending", last };
  }
  const entries = await read(place, ">");
  const [first] = entries;
  if (first === undefined) return { entries, source: "new", last };
  // The group was set back: what it gives now comes before what the caller has.
  const from = isBefore(first.id, last) ? START : last;
  const isNext = first.id === (await firstPendingBehind(place, from));
  return isNext ? { entries, source: "new", last: from } : { entries: [], source: "pending", last: from };
}

/** True when an entry id, `ms-seq`, is lower than another. */
function isBefore(left: string, right: string): boolean {
  const [leftMs = "0", leftSeq = "0"] = left.split("-");
  const [rightMs = "0", rightSeq = "0"] = right.split("-");
  return leftMs === rightMs ? BigInt(leftSeq) < BigInt(rightSeq) : BigInt(leftMs) < BigInt(rightMs);
}

async function read(place: Place, after: string): Promise<StreamEntry[]> {
  const { reader, patience, stream, group, consumer } = place;
  const where = ["COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", stream, after];
  return entriesRead(
    await patience.keep(() => reader.call("XREADGROUP", "GROUP", group, consumer, ...where)),
  );
}

async function firstPendingBehind(place: Place, last: string): Promise<string | undefined> {
  const { reader, patience, stream, group, consumer } = place;
  const where = [`(${last}`, "+", 1, consumer];
  const [first] = listOf(await patience.keep(() => reader.call("XPENDING", stream, group, ...where)));
  return first === undefined ? undefined : String(listOf(first)[0]);
}

function changeOf<Context>(
  connection: Connection,
  entry: { readonly stream: string; readonly id: string; readonly fields: ReadonlyMap<string, string> },
  ack: () => Promise<void>,
): MachineChange<Context> {
  const { stream, id, fields } = entry;
  const states = (name: string): string[] => {
    const value = jsonIn(fields.get(name));
    return Array.isArray(value) ? value.map(String) : [];
  };
  const key = fields.get("key") ?? "";
  const [rev, at] = [Number(fields.get("rev")), Number(fields.get("at"))];
  const kind = fields.get("kind") ?? "";
  const contextAt = async (asked: number): Promise<Context | null> => {
    if (asked < 1) return null;
    const machine = fieldsOf(await connection.call("SM.INFO", key, "REV", asked));
    // One that was created since is another machine under the same key.
    return Number(machine.get("created")) > at ? null : jsonIn(machine.get("context"));
  };
  return {
    entry: id,
    stream,
    key,
    definition: fields.get("def") ?? "",
    rev,
    kind,
    event: fields.get("event") ?? null,
    id: fields.get("id") ?? null,
    by: fields.get("by") ?? null,
    reason: fields.get("reason") ?? null,
    from: states("from"),
    to: states("to"),
    data: jsonIn(fields.get("data")),
    context: jsonIn(fields.get("context")),
    at,
    // An overdue machine is as it was: the entry has the revision of the change before it.
    before: () => contextAt(kind === "overdue" ? rev : rev - 1),
    after: () => contextAt(rev),
    ack,
  };
}
