/** What the client asks of a connection, and the shapes of replies. ioredis' `Redis` and `Cluster` are such connections. */

export interface Connection {
  call(command: string, ...args: Array<string | number>): Promise<unknown>;
  /** Of a connection to a cluster: the same at the owner of a slot. */
  callAt?: ((slot: number, command: string, ...args: Array<string | number>) => Promise<unknown>) | undefined;
  /** Another connection to the same server, for reads that wait. */
  duplicate(): Connection;
  disconnect(): void;
  /** Listens to failures to connect, where the connection reports them. Calls fail or wait all the same. */
  on?(event: "error", listener: (error: Error) => void): unknown;
  readonly options?: {
    readonly keyPrefix?: string | undefined;
    /** Of a `Cluster`. */
    readonly redisOptions?: { readonly keyPrefix?: string | undefined } | undefined;
  };
}

/**
 * A map by the names of its fields. It comes as a flat array in RESP2, and in RESP3 as ioredis is set to give
 * it: flat too, or as an object.
 */
export function fieldsOf(reply: unknown): Map<string, unknown> {
  if (reply instanceof Map) return new Map(Array.from(reply, ([name, value]) => [String(name), value]));
  if (typeof reply === "object" && reply !== null && !Array.isArray(reply))
    return new Map(Object.entries(reply));
  const flat = listOf(reply);
  const fields = new Map<string, unknown>();
  for (let index = 0; index + 1 < flat.length; index += 2) fields.set(String(flat[index]), flat[index + 1]);
  return fields;
}

/** An array; empty where the reply is none. */
export function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

/** The value of a JSON text, of the type that the caller has declared; null where there is no text. */
export function jsonIn<Value = unknown>(text: unknown): Value {
  return JSON.parse(typeof text === "string" ? text : "null");
}

export interface StreamEntry {
  readonly id: string;
  /** Undefined when the entry was removed from the stream and is pending all the same. */
  readonly fields: ReadonlyMap<string, string> | undefined;
}

/** The entries of XRANGE, of XAUTOCLAIM, or of one stream of XREADGROUP. */
export function entriesIn(reply: unknown): StreamEntry[] {
  return listOf(reply).map((entry) => {
    const [id, fields] = listOf(entry);
    if (!Array.isArray(fields)) return { id: String(id), fields: undefined };
    const texts = Array.from(fieldsOf(fields), ([name, value]) => [name, String(value)] as const);
    return { id: String(id), fields: new Map(texts) };
  });
}

/** The entries of the only stream of a reply of XREADGROUP: in RESP2 an array of pairs, in RESP3 a map. */
export function entriesRead(reply: unknown): StreamEntry[] {
  const [first] = listOf(reply);
  const [entries] = Array.isArray(first) ? [first[1]] : fieldsOf(reply).values();
  return entriesIn(entries);
}

/** Makes a stream and a group of it that begins with the first entry, unless they are there. */
export async function ensureGroup(connection: Connection, stream: string, group: string): Promise<void> {
  try {
    await connection.call("XGROUP", "CREATE", stream, group, "0", "MKSTREAM");
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("BUSYGROUP"))) throw error;
  }
}

/** True when the server says that a stream or its group is not there: flushed, deleted, or destroyed. */
export function isGroupMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOGROUP");
}
