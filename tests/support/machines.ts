/** Replies about machines in a form that tests read: maps as objects, whichever protocol they came in. */
import type { TestClient } from "./client.ts";
import type { Decoded } from "./resp-decoder.ts";

/** A map reply, RESP2's flat array or RESP3's map, by its keys. */
export function fields(reply: Decoded): Readonly<Record<string, Decoded>> {
  if (reply instanceof Map) return Object.fromEntries(reply) as Record<string, Decoded>;
  if (!Array.isArray(reply) || reply.length % 2 !== 0) throw new Error("the reply is no map");
  const pairs: Array<[string, Decoded]> = [];
  for (let i = 0; i < reply.length; i += 2) pairs.push([String(reply[i]), reply[i + 1] ?? null]);
  return Object.fromEntries(pairs);
}

/** A reply that is an array of maps. */
export function rows(reply: Decoded): ReadonlyArray<Readonly<Record<string, Decoded>>> {
  if (!Array.isArray(reply)) throw new Error("the reply is no array");
  return reply.map((row) => fields(row));
}

/** Stores a definition. @throws Error when it is refused */
export async function define(client: TestClient, id: string, definition: unknown): Promise<void> {
  const reply = await client.call("SM.DEF", "CREATE", id, JSON.stringify(definition));
  if (typeof reply !== "string") throw new Error(`${id} was refused: ${JSON.stringify(reply)}`);
}

/** All keys SM.SCAN returns, page by page. */
export async function scanAll(client: TestClient, ...filter: readonly string[]): Promise<string[]> {
  const keys: string[] = [];
  let cursor = "0";
  do {
    const reply = await client.call("SM.SCAN", cursor, ...filter);
    const [next, page] = Array.isArray(reply) ? reply : [];
    if (typeof next !== "string" || !Array.isArray(page)) throw new Error("the reply is no page");
    keys.push(...page.map(String));
    cursor = next;
  } while (cursor !== "0");
  return keys;
}
