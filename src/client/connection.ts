/** What the client asks of a connection, and the shapes of replies. ioredis' `Redis` is such a connection. */

export interface Connection {
  call(command: string, ...args: Array<string | number>): Promise<unknown>;
  /** Another connection to the same server, for reads that wait. */
  duplicate(): Connection;
  disconnect(): void;
}

/** A flat array of names and values as a map of texts to values. */
export function pairsOf(reply: unknown): Map<string, unknown> {
  const flat = listOf(reply);
  const pairs = new Map<string, unknown>();
  for (let index = 0; index + 1 < flat.length; index += 2) pairs.set(String(flat[index]), flat[index + 1]);
  return pairs;
}

/** An array; empty where the reply is none. */
export function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

/** The value of a JSON text; undefined where there is none. */
export function jsonIn(text: unknown): unknown {
  return typeof text === "string" ? JSON.parse(text) : undefined;
}

export interface StreamEntry {
  readonly id: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** The entries of XRANGE, of XAUTOCLAIM, or of one stream of XREADGROUP; those that were removed are left out. */
export function entriesIn(reply: unknown): StreamEntry[] {
  return listOf(reply).flatMap((entry) => {
    const [id, fields] = listOf(entry);
    if (!Array.isArray(fields)) return [];
    const texts = Array.from(pairsOf(fields), ([name, value]) => [name, String(value)] as const);
    return [{ id: String(id), fields: new Map(texts) }];
  });
}

/** The entries of the only stream of a reply of XREADGROUP: in RESP2 an array of pairs, in RESP3 a map, laid flat. */
export function entriesRead(reply: unknown): StreamEntry[] {
  const [first, second] = listOf(reply);
  return entriesIn(Array.isArray(first) ? first[1] : second);
}

/** Makes a stream and a group of it that begins with the first entry, unless they are there. */
export async function ensureGroup(connection: Connection, stream: string, group: string): Promise<void> {
  try {
    await connection.call("XGROUP", "CREATE", stream, group, "0", "MKSTREAM");
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("BUSYGROUP"))) throw error;
  }
}
