/**
 * The changes of machines as they happen, through a consumer group, in order and without a gap. What a consumer was
 * given and has not acknowledged it is given again when it starts anew under the same name, before anything else.
 */
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
 * The changes of the machines of a definition, until the signal. Uses a connection of its own. Where stream and group
 * are gone it begins anew with what comes. @throws whatever the connection throws; what was not acknowledged then
 * comes when the reading is begun again
 */
export async function* readChanges<Context>(
  connection: Connection,
  name: string,
  { group, consumer = "reader", signal }: ChangeOptions,
): AsyncGenerator<MachineChange<Context>, void, undefined> {
  if (signal?.aborted === true) return;
  const stream = `sm:changes:${name}`;
  const reader = connection.duplicate();
  reader.on?.("error", () => undefined);
  const end = (): void => reader.disconnect();
  signal?.addEventListener("abort", end);
  const isEnded = (): boolean => signal?.aborted === true;
  const ack = async (entry: string): Promise<void> => {
    await connection.call("XACK", stream, group, entry);
  };
  const place: Place = { reader, stream, group, consumer };
  const beginAnew = async (error: unknown): Promise<Batch> => {
    if (!isGroupMissing(error)) throw error;
    await ensureGroup(reader, stream, group);
    return { entries: [], source: "pending", last: START };
  };
  let last = START;
  let source: Source = "pending";
  try {
    await ensureGroup(reader, stream, group);
    while (!isEnded()) {
      const batch: Batch = await nextBatch(place, last, source).catch(beginAnew);
      ({ source, last } = batch);
      for (const { id, fields } of batch.entries) {
        if (isEnded()) return;
        last = id;
        if (fields === undefined) await ack(id);
        else yield changeOf<Context>(connection, { id, fields }, () => ack(id));
      }
    }
  } catch (error) {
    // A call that the end has cut off is no failure.
    if (!isEnded()) throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    reader.disconnect();
  }
}

/** Below every id. */
const START = "0-0";

interface Place {
  readonly reader: Connection;
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

async function read({ reader, stream, group, consumer }: Place, after: string): Promise<StreamEntry[]> {
  const where = ["COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", stream, after];
  return entriesRead(await reader.call("XREADGROUP", "GROUP", group, consumer, ...where));
}

async function firstPendingBehind(place: Place, last: string): Promise<string | undefined> {
  const { reader, stream, group, consumer } = place;
  const [first] = listOf(await reader.call("XPENDING", stream, group, `(${last}`, "+", 1, consumer));
  return first === undefined ? undefined : String(listOf(first)[0]);
}

function changeOf<Context>(
  connection: Connection,
  { id, fields }: { readonly id: string; readonly fields: ReadonlyMap<string, string> },
  ack: () => Promise<void>,
): MachineChange<Context> {
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
