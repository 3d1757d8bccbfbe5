/** The client has every SM command of commands.json, with every option of it. */
import { expect, test } from "vitest";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import type { Argument } from "../../src/catalogue/declaration.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import type { Connection } from "../../src/client/connection.ts";

/** What people read and programs do not, and what another option says as well. */
const LEFT_OUT = new Map([
  ["SM.DEF|HELP", "text for people"],
  ["SM.MIGRATION|HELP", "text for people"],
  ["SM.DEMO", "for people who look around"],
  ["SM.CREATE EX", "ttlMs is PX"],
  ["SM.MIGRATION|PLAN CHECK", "a plan that nobody starts is a line of SM.MIGRATION LIST"],
  ...["SM.COUNT", "SM.OVERDUE", "SM.REQUEUE", "SM.SCAN"].map(slotOf),
  ...["SM.MIGRATION|LIST", "SM.MIGRATION|STATUS", "SM.MIGRATION|UNDO"].map(slotOf),
]);

function slotOf(command: string): readonly [string, string] {
  return [`${command} SLOT`, "of a connection to a cluster: the client asks all partitions"];
}

type Words = ReadonlyArray<string | number>;

/** A connection that notes requests and answers nothing. */
function noting(requests: Words[]): Connection {
  return {
    call: async (...words) => {
      requests.push(words);
      return null;
    },
    duplicate: () => noting(requests),
    disconnect: () => undefined,
  };
}

async function all(walk: AsyncIterable<unknown>): Promise<void> {
  for await (const _found of walk);
}

const author = { by: "ann", reason: "r" };
const filter = { definition: "d", state: "s", status: "done" } as const;
const languages = ["mermaid", "dot", "json", "plantuml", "scxml", "xstate", "svg"] as const;
const imported = ["xstate", "scxml", "asl", "mermaid", "plantuml", "yaml"] as const;

/** Each method with all of its options, by its name. */
const CALLS: { readonly [Method in keyof Flat]: (client: Client) => ReadonlyArray<Promise<unknown>> } = {
  define: (client) => [client.define("d", {})],
  check: (client) => [client.check({})],
  definition: (client) => [client.definition("d")],
  definitions: (client) => [client.definitions(), client.definitions("d")],
  deleteDefinition: (client) => [client.deleteDefinition("d:v1")],
  graph: (client) => languages.map((language) => client.graph("d", language)),
  importDefinition: (client) => imported.map((language) => client.importDefinition("d", language, "")),
  checkImport: (client) => [client.checkImport("d", "asl", "")],
  create: (client) => [
    client.create("k", "d", { state: "s", context: {}, ...author, history: [], isNew: true, ttlMs: 1 }),
  ],
  get: (client) => [client.get("k", { rev: 1 }), client.get("k", { at: 1 })],
  state: (client) => [client.state("k")],
  context: (client) => [client.context("k")],
  values: (client) => [client.values("k", "a")],
  history: (client) => [client.history("k", { isNewestFirst: true, count: 1, where: "true" })],
  children: (client) => [client.children("k")],
  mutate: (client) => [client.mutate("k", "s", { isForced: true })],
  reset: (client) => [client.reset("k")],
  patch: (client) => [client.patch("k", {}, { ifRev: 1, ...author })],
  undo: (client) => [client.undo("k", { rev: 1, ifRev: 1, ...author })],
  undoPlan: (client) => [client.undoPlan("k", { rev: 1 })],
  suspend: (client) => [client.suspend("k", "r")],
  resume: (client) => [client.resume("k")],
  retry: (client) => [client.retry("k")],
  migrate: (client) => [client.migrate("k", "d", { state: "s", context: {}, ...author })],
  replay: (client) => [client.replay("k", { definition: "d", from: 1, count: 1 })],
  verify: (client) => [client.verify(), client.verify("k")],
  send: (client) => [
    client.send("k", "E", 1, {
      ...{ id: "i", ...author, seq: { source: "s", number: 1 }, ifState: "s", ifRev: 1, delayMs: 1, at: 1 },
      ...{ expireMs: 1, outcomeTtlMs: 1, stamp: 1, trace: "t", definition: "d" },
    }),
  ],
  why: (client) => [client.why("k", "E", 1, { rev: 1, definition: "d" })],
  next: (client) => [client.next("k")],
  wait: (client) => [
    client.wait("k", { state: "s" }, 1),
    client.wait("k", { rev: 1 }, 1),
    client.wait("k", { status: "done" }, 1),
  ],
  outcome: (client) => [client.outcome("k", "i")],
  outcomes: (client) => [client.outcomes("k", ["i", "j"])],
  pending: (client) => [client.pending("k")],
  joins: (client) => [client.joins("k")],
  cancel: (client) => [client.cancel("k", "i")],
  scan: (client) => [all(client.scan({ ...filter, olderMs: 1, match: "*", where: "true", count: 1 }))],
  scanMachines: (client) => [all(client.scanMachines())],
  count: (client) => [client.count(filter)],
  countBy: (client) => (["state", "status", "version"] as const).map((by) => client.countBy(by)),
  overdue: (client) => [all(client.overdue({ definition: "d", count: 1 }))],
  streams: (client) => [
    ...(["changes", "tasks", "dead", "refusals", "audit", "ingest"] as const).map((kind) =>
      client.streams({ kind }),
    ),
    client.streams({ kind: "changes", name: "d" }),
  ],
  requeue: (client) => [
    client.requeue("all", { task: "t", count: 1, stream: "sm:dead" }),
    client.requeue(["1-1"]),
  ],
  "migrations.plan": ({ migrations }) => [migrations.plan("a", "b", { states: {} })],
  "migrations.start": ({ migrations }) => [
    migrations.start(1),
    migrations.start({ from: "a", to: "b", map: {} }, { rate: 1, isHeld: true }),
  ],
  "migrations.status": ({ migrations }) => [migrations.status(1, 5)],
  "migrations.list": ({ migrations }) => [migrations.list()],
  "migrations.pause": ({ migrations }) => [migrations.pause(1)],
  "migrations.resume": ({ migrations }) => [migrations.resume(1)],
  "migrations.undo": ({ migrations }) => [migrations.undo(1)],
  "migrations.undoPlan": ({ migrations }) => [migrations.undoPlan(1)],
  "migrations.whatIf": ({ migrations }) =>
    (["pause", "resume", "stop"] as const).map((control) =>
      migrations.whatIf("a", "b", { count: 1, since: 1, control }),
    ),
  "maps.template": ({ maps }) => [maps.template()],
  "maps.set": ({ maps }) => [maps.set("k", { current: "", map: {}, initial: "" }, "s")],
  "maps.create": ({ maps }) => [maps.create("k")],
  "maps.get": ({ maps }) => [maps.get("k")],
  "maps.reason": ({ maps }) => [maps.reason("k")],
  "maps.states": ({ maps }) => [maps.states("k")],
};

/** The names of all methods that answer with one reply: streams are `changes` and `worker`. */
type Flat = Record<
  | Exclude<keyof Client, "changes" | "worker" | "migrations" | "maps">
  | `migrations.${keyof Client["migrations"]}`
  | `maps.${keyof Client["maps"]}`,
  unknown
>;

async function requestsOfAllMethods(): Promise<Words[]> {
  const requests: Words[] = [];
  const client = createClient(noting(requests));
  // Null is the answer to all of them: what a method makes of it is tried elsewhere.
  for (const call of Object.values(CALLS)) await Promise.allSettled(call(client));
  return requests;
}

function tokensOf({ token, parts }: Argument): string[] {
  return [...(token === undefined ? [] : [token]), ...parts.flatMap(tokensOf)];
}

test("the client sends every SM command of the catalogue, with each of its options", async () => {
  const requests = await requestsOfAllMethods();
  const sent = new Map<string, Set<string>>();
  const containers = CATALOGUE.commands.filter(({ subcommands }) => subcommands.size > 0);
  for (const [name = "", second, ...rest] of requests) {
    const isContainer = containers.some(({ declaration }) => declaration.name === name);
    const command = isContainer ? `${name}|${second}` : String(name);
    const words = sent.get(command) ?? new Set();
    for (const word of [second, ...rest]) words.add(String(word));
    sent.set(command, words);
  }
  const declared = CATALOGUE.commands
    .filter(({ declaration }) => declaration.name.startsWith("SM."))
    .flatMap((command) => (command.subcommands.size > 0 ? [...command.subcommands.values()] : [command]));
  const missing = declared.flatMap(({ declaration: { name, arguments: parts = [] } }) => {
    const words = sent.get(name);
    if (words === undefined) return [name];
    return parts
      .flatMap(tokensOf)
      .filter((token) => !words.has(token))
      .map((token) => `${name} ${token}`);
  });
  expect(declared.length).toBeGreaterThan(40);
  expect(missing.filter((name) => !LEFT_OUT.has(name))).toEqual([]);
});
