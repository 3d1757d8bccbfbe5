/** What a server is asked, by commands alone, to know what it has made of all that was sent to it. */
import type { Decoded } from "../support/resp-decoder.ts";
import type { Change, ChangeEntry, GroupView, MachineView, Outcome } from "./delivery-evidence.ts";
import type { KeptServer } from "./kept-server.ts";

export interface Entry {
  readonly entry: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** The entries of a stream behind an id. */
export async function entriesAfter(server: KeptServer, stream: string, after: string): Promise<Entry[]> {
  const reply = listOf(await server.ask("XRANGE", stream, `(${after}`, "+"));
  return reply.map((each) => {
    const [entry, fields] = listOf(each);
    const texts = Array.from(pairsOf(fields), ([name, value]) => [name, String(value)] as const);
    return { entry: String(entry), fields: new Map(texts) };
  });
}

export function changeEntry({ entry, fields }: Entry): ChangeEntry {
  const text = (name: string) => fields.get(name);
  return {
    entry,
    key: text("key") ?? "",
    rev: Number(text("rev")),
    at: Number(text("at")),
    kind: text("kind") ?? "",
    event: text("event"),
    id: text("id"),
    from: text("from") ?? "",
    to: text("to") ?? "",
    data: text("data"),
    context: text("context"),
  };
}

/** What a machine says of itself. */
export async function machineView(server: KeptServer, key: string): Promise<MachineView> {
  const info = pairsOf(await server.ask("SM.INFO", key));
  const context: unknown = JSON.parse(String(await server.ask("SM.CONTEXT", key)));
  const { applied, failedCount } = notesOf(context);
  return {
    key,
    rev: Number(info.get("rev")),
    states: JSON.stringify(await server.ask("SM.STATE", key)),
    history: listOf(await server.ask("SM.HISTORY", key, "-", "+")).map(changeOf),
    applied,
    failedCount,
  };
}

function notesOf(context: unknown): Pick<MachineView, "applied" | "failedCount"> {
  const isNoted = typeof context === "object" && context !== null && "applied" in context;
  if (!isNoted || !Array.isArray(context.applied) || !("failedCount" in context)) {
    throw new Error(`a machine's context is ${JSON.stringify(context)}`);
  }
  return { applied: context.applied.map(String), failedCount: Number(context.failedCount) };
}

function changeOf(reply: Decoded): Change {
  const fields = pairsOf(reply);
  const text = (name: string) => {
    const value = fields.get(name);
    return value === undefined || value === null ? undefined : String(value);
  };
  return {
    rev: Number(fields.get("rev")),
    at: Number(fields.get("at")),
    kind: text("kind") ?? "",
    event: text("event"),
    id: text("id"),
    from: JSON.stringify(fields.get("from")),
    to: JSON.stringify(fields.get("to")),
    data: text("data"),
    context: text("context"),
  };
}

/** The outcomes of events of a machine that have one. */
export async function outcomesOf(
  server: KeptServer,
  key: string,
  ids: readonly string[],
): Promise<Outcome[]> {
  const replies = listOf(await server.ask("SM.OUTCOME", key, ...ids));
  return replies.flatMap((reply) => {
    if (reply === null) return [];
    const fields = pairsOf(reply);
    const text = (name: string) => String(fields.get(name));
    return [
      { key, id: text("id"), event: text("event"), code: text("code"), rev: Number(fields.get("rev")) },
    ];
  });
}

export async function groupView(server: KeptServer, stream: string, group: string): Promise<GroupView> {
  const groups = listOf(await server.ask("XINFO", "GROUPS", stream)).map(pairsOf);
  const own = groups.find((each) => each.get("name") === group);
  if (own === undefined) throw new Error(`${stream} has no group ${group}`);
  const unread = await entriesAfter(server, stream, String(own.get("last-delivered-id")));
  return { stream, group, pendingCount: Number(own.get("pending")), unreadCount: unread.length };
}

/** A flat array of names and values by name. */
function pairsOf(reply: Decoded | undefined): Map<string, Decoded> {
  const flat = listOf(reply ?? null);
  const pairs = new Map<string, Decoded>();
  for (let index = 0; index + 1 < flat.length; index += 2)
    pairs.set(String(flat[index]), flat[index + 1] ?? null);
  return pairs;
}

/** @throws Error when the reply is no array */
export function listOf(reply: Decoded): readonly Decoded[] {
  if (Array.isArray(reply)) return reply;
  throw new Error(`the reply is no array: ${JSON.stringify(reply)}`);
}
