/**
 * What COMMAND tells, compared byte for byte with redis-server 7.0 for the commands both know. Prose is our own, and
 * a few facts are those of Redis 7.2, which Detent follows: `EXPECTED_DIFFERENCES` lists them.
 */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import type { Command } from "../../src/catalogue/command.ts";
import { commandDocs } from "../../src/catalogue/docs.ts";
import { commandInfo, keyAndFlags, keysOfRequest } from "../../src/catalogue/info.ts";
import type { KeyUse } from "../../src/catalogue/keys.ts";
import type { ProtocolVersion, Reply } from "../../src/protocol/reply.ts";
import { ReplyError } from "../../src/protocol/reply-error.ts";
import { ReplyWriter } from "../../src/protocol/reply-writer.ts";
import { type RedisServer, redisServerMissing, startRedisServer } from "./redis-server.ts";

/** Facts in which Redis 7.2 differs from 7.0, so that they cannot be compared. */
const EXPECTED_DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ["command|getkeys", "arity -3 instead of -4"],
  ["command|getkeysandflags", "arity -3 instead of -4"],
  ["scan", "one more tip"],
  ["client|setinfo", "new in 7.2"],
  ["client|no-touch", "new in 7.2"],
  ["waitaof", "new in 7.2"],
  ["cluster|myshardid", "new in 7.2"],
  ["zrank", "takes WITHSCORE"],
  ["zrevrank", "takes WITHSCORE"],
]);

const comparable: readonly Command[] = CATALOGUE.commands
  .flatMap((command) => [command, ...command.subcommands.values()])
  .filter(({ name, declaration }) => declaration.module === undefined && !EXPECTED_DIFFERENCES.has(name))
  // Notes are prose.
  .filter(({ keySpecs }) => keySpecs.every(({ notes }) => notes === undefined));

let server: RedisServer;

/** The raw replies of redis-server to requests, one string for all; each word is an argument. */
function redisReplies(protocol: ProtocolVersion, requests: readonly string[]): Promise<string> {
  const socket = connect(server.socketPath);
  const lines = [`HELLO ${protocol}`, ...requests, "QUIT"];
  for (const words of lines.map((line) => line.split(" "))) {
    socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      const all = Buffer.concat(chunks).toString("latin1");
      const helloEnd = all.indexOf("modules\r\n*0\r\n") + "modules\r\n*0\r\n".length;
      resolve(all.slice(helloEnd, -"+OK\r\n".length));
    });
  });
}

function encoded(protocol: ProtocolVersion, replies: readonly Reply[]): string {
  const writer = new ReplyWriter();
  for (const reply of replies) writer.write(reply, protocol);
  return Buffer.concat(writer.take()).toString("latin1");
}

/** What run returns, or the reply to what it throws. */
function replyOf(run: () => Reply): Reply {
  try {
    return run();
  } catch (error) {
    if (error instanceof ReplyError) return { kind: "error", message: error.message };
    throw error;
  }
}

type Typed = number | string | readonly [string, readonly Typed[]] | { readonly [field: string]: Typed };

/** Values with the sign of their type in front: "$bulk", "+simple", ["~", items], and an object for a map. */
function typed(raw: string): readonly Typed[] {
  const lines = raw.split("\r\n");
  let at = 0;
  const next = (): Typed => {
    const line = lines[at++] ?? "";
    const [sign = "", count] = [line[0], Number(line.slice(1))];
    if (sign === ":") return count;
    if (sign === "$") return `$${lines[at++]}`;
    if (sign === "+") return line;
    if (sign !== "%") return [sign, Array.from({ length: count }, next)];
    return Object.fromEntries(Array.from({ length: count }, () => [next(), next()]));
  };
  const values: Typed[] = [];
  while (at < lines.length - 1) values.push(next());
  return values;
}

const PROSE = new Set(["$summary", "$complexity", "$replaced_by", "$history"]);

/** The documentation without its prose, and without what Redis 7.0 does not have: display_text. */
function facts(value: Typed): Typed {
  if (Array.isArray(value)) {
    const [sign, items] = value as readonly [string, readonly Typed[]];
    return [sign, items.map(facts)];
  }
  if (typeof value !== "object") return value;
  const fields = Object.entries(value).filter(([field]) => field !== "$display_text");
  return Object.fromEntries(fields.map(([field, part]) => [field, PROSE.has(field) ? "$" : facts(part)]));
}

describe.skipIf(redisServerMissing !== undefined)("compared with redis-server", () => {
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.close());

  it.each([2, 3] as const)("commandInfo() gives the same bytes when the protocol is %i", async (protocol) => {
    const single = comparable.filter(({ subcommands }) => subcommands.size === 0);
    const expected = await redisReplies(
      protocol,
      single.map(({ name }) => `COMMAND INFO ${name}`),
    );
    expect(single.length).toBeGreaterThan(90);
    expect(
      encoded(
        protocol,
        single.map((command) => [commandInfo(command)]),
      ),
    ).toBe(expected);
  });

  it("commandInfo() gives the same bytes up to the subcommands when the command is a container", async () => {
    const containers = comparable.filter(({ subcommands }) => subcommands.size > 0);
    for (const command of containers) {
      const ours = encoded(3, [[commandInfo({ ...command, subcommands: new Map() })]]);
      const expected = await redisReplies(3, [`COMMAND INFO ${command.name}`]);
      expect(expected.startsWith(ours.slice(0, -"~0\r\n".length)), command.name).toBe(true);
    }
  });

  it("commandDocs() gives the same facts in values of the same types when the grammar is the same", async () => {
    const names = ["getset", "copy", "scan", "expire", "debug", "incrbyfloat", "mget", "restore", "xyz"];
    const expected = await redisReplies(
      3,
      names.map((name) => `COMMAND DOCS ${name}`),
    );
    const ours = names.map((name) => commandDocs(CATALOGUE, [Buffer.from(name)]));
    expect(typed(encoded(3, ours)).map(facts)).toEqual(typed(expected).map(facts));
  });

  it.each([
    ...["get k", "set k v", "set k v GET", "mset a 1 b 2", "rename a b", "copy a b", "memory usage k"],
    ...["ping a", "get a b", "mset a", "nope a", "memory nope k", "config get x", "lcs a b", "del a b c"],
    ...[
      "object freq k",
      "watch a b",
      "exists a",
      "touch a a",
      "msetnx a 1",
      "getex k persist",
      "restore k 0 x",
    ],
  ])("keysOfRequest() gives the same bytes when asked about %s", async (line) => {
    // Redis 7.0 refuses a request of one word by arity, so each has two at least.
    const request = line.split(" ").map((word) => Buffer.from(word));
    const ours = [(key: KeyUse) => key.key, keyAndFlags].map((shape) =>
      replyOf(() => keysOfRequest(CATALOGUE, request).map(shape)),
    );
    const expected = await redisReplies(3, [`COMMAND GETKEYS ${line}`, `COMMAND GETKEYSANDFLAGS ${line}`]);
    expect(encoded(3, ours)).toBe(expected);
  });
});
