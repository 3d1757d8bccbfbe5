/**
 * Requests by chance from users with limits: alone, in MULTI, by scripts and functions, over HTTP, to the stream of
 * events, and by definitions that they make. Nothing that a user may not touch changes, nothing of it is shown, no event
 * that it may not send arrives, and no machine is made of a definition that it may not use.
 */
import { expect, onTestFinished, test } from "vitest";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { operationsOf } from "../../src/http/rest.ts";
import { encodeRequest, type TestClient } from "../support/client.ts";
import { request } from "../support/http.ts";
import { rows } from "../support/machines.ts";
import { seeded } from "../support/seeded.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import {
  COMMANDS,
  FORBIDDEN_KEYS,
  type Pick,
  reachingDefinition,
  requestOf,
  TELLING,
  type Word,
} from "./reach-requests.ts";
import { HIDDEN_TEXT, prepareWorld, SECRET } from "./reach-world.ts";

const ROUNDS = Number(process.env["REACH_ROUNDS"] ?? 24);
const SEED = Number(process.env["REACH_SEED"] ?? 20261129);
const REQUESTS = 60;

const LIBRARY =
  "#!lua name=lib\nredis.register_function('run', function(keys, args) return redis.call(unpack(args)) end)";

interface Limits {
  readonly rules: readonly string[];
  /** What no reply may show. */
  readonly secrets: readonly string[];
  readonly hasAllKeys: boolean;
}

const COMMON = [
  "reset",
  "on",
  ">pw",
  "+@all",
  "-@admin",
  "-sm.send|STOP",
  "-sm.force",
  "def~mine*",
  "&mine:*",
];

/** One who has some keys, and one who has all, and some definitions. */
const USERS: readonly Limits[] = [
  {
    rules: [...COMMON, "~my:*", "%R~r:*", "%W~w:*", "~events"],
    secrets: [SECRET, HIDDEN_TEXT],
    hasAllKeys: false,
  },
  { rules: [...COMMON, "~*"], secrets: [HIDDEN_TEXT], hasAllKeys: true },
];

type Transport = "plain" | "multi" | "eval" | "fcall" | "http" | "http-multi";
const TRANSPORTS: readonly Transport[] = ["plain", "multi", "eval", "fcall", "http", "http-multi"];
const HEADERS = { authorization: `Basic ${Buffer.from("u:pw").toString("base64")}` };

interface Asking {
  readonly client: TestClient;
  readonly server: TestServer;
}

/** Sends requests in one of the ways there are; the texts of their replies. */
async function ask(
  { client, server }: Asking,
  transport: Transport,
  requests: readonly Word[][],
): Promise<string[]> {
  const wrapped = (...head: Word[]) => requests.map((one) => [...head, ...one]);
  switch (transport) {
    case "plain":
      return exchanged(client, requests);
    case "multi":
      return exchanged(client, [["MULTI"], ...requests, ["EXEC"]]);
    case "eval":
      return exchanged(client, wrapped("EVAL", "return redis.call(unpack(ARGV))", "0"));
    case "fcall":
      return exchanged(client, wrapped("FCALL", "run", "0"));
    case "http":
      return Promise.all(requests.map((one) => overHttp(server, one)));
    case "http-multi":
      return [await overHttp(server, [["MULTI"], ...requests, ["EXEC"]])];
  }
}

async function exchanged(client: TestClient, requests: readonly Word[][]): Promise<string[]> {
  const waiting = requests.map(() => client.next());
  client.write(Buffer.concat(requests.map(encodeRequest)));
  return (await Promise.all(waiting)).map(({ bytes }) => bytes.toString("latin1"));
}

async function overHttp({ url }: TestServer, body: ReadonlyArray<Word | Word[]>): Promise<string> {
  const plain = (word: Word | Word[]): unknown => {
    if (Array.isArray(word)) return word.map(plain);
    return Buffer.isBuffer(word) ? { base64: word.toString("base64") } : word;
  };
  const asked = { method: "POST", headers: HEADERS, body: body.map(plain) };
  return (await request(url, "/api/v1/commands", asked)).body;
}

/** A request of the REST interface, with keys and definitions in its path, query and body; what is asked and answered. */
async function askRest({ url }: TestServer, pick: Pick): Promise<readonly [string, string]> {
  const { method, path: template } = pick(operationsOf(CATALOGUE));
  const values: Readonly<Record<string, string>> = {
    key: pick([...FORBIDDEN_KEYS, "my:m", "my:n"]),
    name: pick(["hidden", "mine2"]),
    version: "v1",
  };
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? "x"),
  );
  const query = pick([
    ...["", "?definition=hidden", "?definition=mine", "?event=STOP&definition=hidden"],
    ...["?from=-&to=%2B", "?where=true"],
  ]);
  const body = pick<unknown>([
    { event: "STOP" },
    { event: "GO", definition: "hidden" },
    { definition: "hidden" },
    reachingDefinition(pick),
  ]);
  const asked = { method, headers: HEADERS, ...(method === "GET" ? {} : { body }) };
  return [`${method} ${path}${query}`, (await request(url, `${path}${query}`, asked)).body];
}

/** What must not change. */
async function guarded(admin: TestClient, { hasAllKeys }: Limits): Promise<unknown> {
  const definition = [
    await admin.call("SM.DEF", "GET", "hidden"),
    await admin.call("SM.DEF", "LIST", "hidden"),
    (await admin.exchange("SM.MIGRATION", "LIST")).bytes
      .toString("latin1")
      .split("\r\n")
      .filter((line) => line.includes("hidden")),
  ];
  // A user with all keys may copy and remove what is under them.
  if (hasAllKeys) return { definition };
  const keys = (await admin.call("KEYS", "*")) as string[];
  const foreign = keys.filter((key) => !/^(my:|w:|events$|sm:|\{my:)/.test(key)).sort();
  const values = await Promise.all(
    foreign.map(async (key) => [
      key,
      (await admin.exchange("DUMP", key)).bytes.toString("latin1"),
      await admin.call("TTL", key),
    ]),
  );
  return { definition, values, machines: await admin.call("SM.SCAN", "0", "DEF", "hidden", "COUNT", "1000") };
}

/** Machines that STOP has reached, or waits for, beyond the one for which it has been waiting. */
async function reached(admin: TestClient): Promise<string[]> {
  const found: string[] = [];
  let waiting = 0;
  for (const key of ((await admin.call("KEYS", "*")) as string[]).sort()) {
    if ((await admin.call("TYPE", key)) !== "StateType") continue;
    const history = rows(await admin.call("SM.HISTORY", key, "-", "+"));
    const has = history.some(
      ({ event, kind, to }) => event === "STOP" && kind !== "refused" && String(to).includes("stopped"),
    );
    waiting += rows(await admin.call("SM.PENDING", key)).filter(({ event }) => event === "STOP").length;
    if (has || waiting > 1) found.push(key);
  }
  return found;
}

/** A server with a library, and one who listens to the channel that nobody else may use. */
async function prepareServer() {
  const server = await startTestServer({ http: true, config: { "sm-ingest-stream": "events" } });
  onTestFinished(() => server.close());
  const admin = await server.client();
  await admin.call("FUNCTION", "LOAD", LIBRARY);
  const listener = await server.client();
  await listener.call("HELLO", "3");
  for (const command of ["SUBSCRIBE", "SSUBSCRIBE"]) listener.write(encodeRequest([command, "secret:ch"]));
  await listener.call("PING");
  listener.pushes.length = 0;
  return { server, admin, listener };
}

test.each(USERS.map((limits) => [limits.hasAllKeys ? "has all keys" : "has some keys", limits] as const))(
  "no request reaches a key, channel, event or definition that its user may not, when it %s",
  {
    timeout: 120_000,
  },
  async (_, limits) => {
    const random = seeded(SEED);
    const pick: Pick = (items) => items[Math.floor(random() * items.length)] as (typeof items)[number];
    const { server, admin, listener } = await prepareServer();
    for (let round = 0; round < ROUNDS; round += 1) {
      const stock = await prepareWorld(admin);
      await admin.call("ACL", "SETUSER", "u", ...limits.rules);
      const client = await server.client();
      await client.call("AUTH", "u", "pw");
      if (round % 2 === 0) await client.call("HELLO", "3");
      if (round % 4 === 0) await client.call("CLIENT", "TRACKING", "ON", "BCAST");
      else if (round % 4 === 2) await client.call("CLIENT", "TRACKING", "ON");
      const before = await guarded(admin, limits);
      const transport = TRANSPORTS[round % TRANSPORTS.length] as Transport;
      const requests: Word[][] = [
        ["SM.DEF", "CREATE", "mine2", reachingDefinition(pick)],
        ["SM.CREATE", "my:n", "mine2"],
        ["SM.SEND", "my:n", "GO"],
        ...Array.from({ length: REQUESTS }, () => requestOf(pick(pick([COMMANDS, TELLING])), pick, stock)),
      ];
      const lines = requests.map((one) => one.map(String).join(" ").slice(0, 300)).join("\n");
      const shown = `REACH_SEED=${SEED}, round ${round}, ${transport}:\n${lines}`;
      const isSecret = (text: string) => limits.secrets.some((secret) => text.includes(secret));
      const replies = await ask({ client, server }, transport, requests);
      for (const [at, reply] of replies.entries())
        expect(isSecret(reply), `${shown}\nshows at ${at}: ${reply}`).toBe(false);
      for (let times = 0; times < 10; times += 1) {
        const [path, body] = await askRest(server, pick);
        expect(isSecret(body), `REACH_SEED=${SEED}, round ${round}: ${path}: ${body}`).toBe(false);
      }
      await admin.call("PUBLISH", "secret:ch", SECRET);
      await admin.call("SPUBLISH", "secret:ch", SECRET);
      // What entered by the stream of events, and timers that are due, are dealt with by now.
      await client.call("PING");
      for (const { bytes } of client.pushes) {
        const push = bytes.toString("latin1");
        const isForeign = push.includes(SECRET) || (!limits.hasAllKeys && push.includes("no:"));
        expect(isForeign, `${shown}\nis pushed ${push}`).toBe(false);
      }
      const told = listener.pushes.splice(0).map(({ bytes }) => bytes.toString("latin1"));
      expect(told.filter((push) => !push.includes(SECRET), shown)).toEqual([]);
      expect(await guarded(admin, limits), shown).toEqual(before);
      expect(await reached(admin), shown).toEqual([]);
      await client.close();
    }
  },
);
