/** What subcommands ask of a server that runs. */
import type { Json, JsonObject } from "../base/json.ts";
import { isJsonObject } from "../base/json.ts";
import type { HistoryRow } from "../definition-tests/history.ts";
import { listOf, mapOf, Remote, RemoteError, type Reply, textOf } from "../remote/remote.ts";
import { compiled, type Document, DocumentError, type LoadedDefinition, parseDocument } from "./documents.ts";
import { type Given, type OptionTable, textOption } from "./subcommand.ts";

const URL_BY_DEFAULT = "redis://127.0.0.1:6379";
/** Entries of a history that are read at a time. */
const HISTORY_COUNT = 1000;
/** Entries of one history that are read at all. */
const HISTORY_MAX = 100_000;

export const SERVER_OPTIONS: OptionTable = { url: { type: "string" } };

export const SERVER_HELP = `  --url URL        the server: redis://[user[:password]@]host[:port][/database], rediss:// for TLS;
                   ${URL_BY_DEFAULT} unless given`;

/** The address of the server that the options name. */
export function urlOption(given: Given): string {
  return textOption(given, "url") ?? URL_BY_DEFAULT;
}

/** Connects to the server of the options, and hangs up when the work is done. @throws RemoteError */
export async function withServer<T>(given: Given, work: (remote: Remote) => Promise<T>): Promise<T> {
  const remote = await Remote.connect(urlOption(given));
  try {
    return await work(remote);
  } finally {
    remote.close();
  }
}

/** A definition that the server has; of a name alone the newest. `name` of the result has the version. */
export async function definitionOf(remote: Remote, id: string): Promise<LoadedDefinition> {
  const found = await findDefinition(remote, id);
  if (found === undefined) throw new RemoteError(`there is no definition '${id}'`);
  return found;
}

/** The same; undefined where the server has none. */
export async function findDefinition(remote: Remote, id: string): Promise<LoadedDefinition | undefined> {
  const text = await remote.call("SM.DEF", "GET", id);
  if (typeof text !== "string") return undefined;
  const document: Document = await parseDocument(text, id);
  const name = id.includes(":") ? id : await newestOf(remote, id);
  return { name, path: undefined, document, machine: compiled(name, document) };
}

async function newestOf(remote: Remote, name: string): Promise<string> {
  const last = listOf(await remote.call("SM.DEF", "LIST", name)).at(-1);
  return last === undefined ? name : textOf(Array.isArray(last) ? last[0] : last);
}

/** The definition of a machine. @throws RemoteError when there is none, or the key holds something else */
export async function definitionOfMachine(remote: Remote, key: string): Promise<string> {
  const reply = await remote.call("SM.INFO", key);
  if (reply === null) throw new RemoteError(`there is no machine '${key}'`);
  const definition = mapOf(reply).get("definition");
  if (typeof definition !== "string" || definition === "")
    throw new DocumentError(`'${key}' is a map machine: it has no definition`);
  return definition;
}

/** The history of a machine from its beginning, as far as it is kept. */
export async function historyRows(remote: Remote, key: string): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for (let from = "-"; rows.length < HISTORY_MAX; from = `(${rows.at(-1)?.rev ?? 0}`) {
    const page = listOf(await remote.call("SM.HISTORY", key, from, "+", "COUNT", String(HISTORY_COUNT)));
    rows.push(...page.map(rowOf));
    if (page.length < HISTORY_COUNT) break;
  }
  return rows;
}

function rowOf(reply: Reply): HistoryRow {
  const row = mapOf(reply);
  const text = (name: string) => {
    const value = row.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const json = (name: string): Json | undefined => {
    const value = text(name);
    return value === undefined ? undefined : (JSON.parse(value) as Json);
  };
  const context = json("context");
  return {
    rev: Number(row.get("rev")),
    atMs: Number(row.get("at")),
    kind: text("kind") ?? "",
    event: text("event"),
    id: text("id"),
    by: text("by"),
    data: json("data"),
    to: listOf(row.get("to")).map((name) => textOf(name)),
    context: isJsonObject(context) ? nested(context) : undefined,
  };
}

/** Changes are listed by path, `order.lines[0]`: those below the first key cannot be compared as a whole, and are left out. */
function nested(context: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(context).filter(([path]) => !/[.[]/.test(path)));
}

/** Numbers by name, as SM.COUNT … BY gives them. */
export async function countsOf(remote: Remote, definition: string): Promise<ReadonlyMap<string, number>> {
  const reply = await remote.call("SM.COUNT", "DEF", definition, "BY", "STATE");
  return new Map([...mapOf(reply)].map(([state, count]) => [state, Number(count)]));
}
