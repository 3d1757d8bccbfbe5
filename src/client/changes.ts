/**
 * The changes of machines as they happen, through a consumer group. What a consumer was given and has not
 * acknowledged it is given again when it starts anew under the same name, before anything else.
 */
import { type Connection, ensureGroup, entriesRead, jsonIn, type StreamEntry } from "./connection.ts";

export interface ChangeOptions {
  readonly group: string;
  /** Name of this reader within the group; `reader` where none is given. */
  readonly consumer?: string;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

export interface MachineChange {
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
  /** Tells the group that it is done with. */
  ack(): Promise<void>;
}

/** Entries asked for at once, and how long to wait for one: a signal is heeded at least so often. */
const COUNT = 100;
const BLOCK_MS = 500;

/** The changes of the machines of a definition, until the signal. Uses a connection of its own. */
export async function* readChanges(
  connection: Connection,
  name: string,
  { group, consumer = "reader", signal }: ChangeOptions,
): AsyncGenerator<MachineChange, void, undefined> {
  const stream = `sm:changes:${name}`;
  await ensureGroup(connection, stream, group);
  const reader = connection.duplicate();
  const read = async (after: string): Promise<StreamEntry[]> => {
    const where = ["COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", stream, after];
    return entriesRead(await reader.call("XREADGROUP", "GROUP", group, consumer, ...where));
  };
  const isEnded = (): boolean => signal?.aborted === true;
  const ack = async (entry: string): Promise<void> => {
    await connection.call("XACK", stream, group, entry);
  };
  try {
    let after = "0";
    while (!isEnded()) {
      const entries = await read(after);
      for (const entry of entries) {
        if (isEnded()) return;
        yield changeOf(entry, ack);
      }
      if (after !== ">") after = entries.at(-1)?.id ?? ">";
    }
  } finally {
    reader.disconnect();
  }
}

function changeOf({ id, fields }: StreamEntry, ack: (entry: string) => Promise<void>): MachineChange {
  const states = (name: string): string[] => {
    const value = jsonIn(fields.get(name));
    return Array.isArray(value) ? value.map(String) : [];
  };
  return {
    entry: id,
    key: fields.get("key") ?? "",
    definition: fields.get("def") ?? "",
    rev: Number(fields.get("rev")),
    kind: fields.get("kind") ?? "",
    event: fields.get("event") ?? null,
    id: fields.get("id") ?? null,
    by: fields.get("by") ?? null,
    reason: fields.get("reason") ?? null,
    from: states("from"),
    to: states("to"),
    data: jsonIn(fields.get("data")),
    context: jsonIn(fields.get("context")),
    at: Number(fields.get("at")),
    ack: () => ack(id),
  };
}
