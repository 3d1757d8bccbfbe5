/** Entries of streams, as objects by field. */
import type { TestClient } from "../../support/client.ts";

export type EntryFields = Readonly<Record<string, string>>;

/** All entries at a key, in order. */
export async function entriesAt(client: TestClient, key: string): Promise<EntryFields[]> {
  return fieldsOfEntries(await client.call("XRANGE", key, "-", "+"));
}

/** The entries of a reply of XRANGE, or of one stream in a reply of XREADGROUP. */
export function fieldsOfEntries(reply: unknown): EntryFields[] {
  if (!Array.isArray(reply)) throw new Error("entries are an array");
  return reply.map((entry: unknown) => {
    const fields: unknown = Array.isArray(entry) ? entry[1] : undefined;
    if (!Array.isArray(fields)) throw new Error("an entry has an id and fields");
    const pairs = fields.flatMap(
      (name: unknown, i): Array<[string, string]> =>
        i % 2 === 0 ? [[String(name), String(fields[i + 1])]] : [],
    );
    return Object.fromEntries(pairs);
  });
}
