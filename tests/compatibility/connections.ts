/**
 * Differential tests with several connections: a script names the connection before each request, and after each
 * request the bytes that all connections have received are compared. The protocol of a connection is part of its name:
 * `a2`, `b3`. Connections are opened when they are first named. `{a2}` in a request stands for the connection's id.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { splitInline } from "../../src/protocol/inline-request.ts";
import { ByteConnection, settle } from "../support/byte-connection.ts";
import { encodeRequest } from "../support/client.ts";
import { ReplyMatcher } from "../support/reply-matcher.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { DEFAULTS } from "./differential.ts";
import { type RedisServer, redisServerMissing, startRedisServer } from "./redis-server.ts";

/** Tests by name, each a script. A line that begins with `~` compares what comes without its order. */
export function describeConnections(
  name: string,
  scripts: Readonly<Record<string, string>>,
  setting = DEFAULTS,
): void {
  const title = redisServerMissing === undefined ? name : `${name} (${redisServerMissing})`;
  describe.skipIf(redisServerMissing !== undefined)(title, () => {
    let redis: RedisServer;
    let detent: TestServer;
    beforeAll(async () => {
      redis = await startRedisServer(...setting.redis);
      detent = await startTestServer({ config: setting.detent });
    });
    afterAll(async () => {
      await redis?.close();
      await detent?.close();
    });
    test.each(Object.entries(scripts))("%s", async (_title, script) => {
      const expected = await Side.open(redis.socketPath);
      const actual = await Side.open(detent.port);
      try {
        for (const line of script.split("\n").map((text) => text.trim())) {
          if (line === "" || line.startsWith("#")) continue;
          const isUnordered = line.startsWith("~");
          const words = splitInline(Buffer.from(isUnordered ? line.slice(1) : line, "utf8"));
          if (words === undefined) throw new Error(`unbalanced quotes: ${line}`);
          const [want, got] = await Promise.all([expected.run(words), actual.run(words)]);
          if (isUnordered) expect(sorted(got), line).toEqual(sorted(want));
          else expect(got, line).toEqual(want);
        }
      } finally {
        expected.close();
        actual.close();
      }
    });
  });
}

/** A line of what MONITOR shows. */
const MONITORED = /^\+\d{10}\.\d{6} \[(\d+) (?:unix:)?[^\]]+\] (.*\r\n)/gm;

/** The connections to one server. */
class Side {
  readonly #target: number | string;
  readonly #fence: ByteConnection;
  readonly #ids = new Map<string, string>();
  readonly #connections = new Map<string, ByteConnection>();
  /** Every reply is checked against commands.json, those of Redis too. */
  readonly #matchers = new Map<string, ReplyMatcher>();

  private constructor(target: number | string, fence: ByteConnection) {
    this.#target = target;
    this.#fence = fence;
  }

  /** Opens the connection that looks whether the server is done, and empties the databases. */
  static async open(target: number | string): Promise<Side> {
    const fence = await ByteConnection.open(target);
    fence.write(encodeRequest(["FLUSHALL"]));
    await fence.replies(1);
    fence.take();
    return new Side(target, fence);
  }

  /** Sends a request and returns what every connection has received since the last one. */
  async run([name, ...args]: readonly Buffer[]): Promise<Record<string, string>> {
    const connection = await this.#connection(String(name));
    const filled = [];
    for (const arg of args) filled.push(await this.#filled(arg));
    this.#matchers.get(String(name))?.sent(filled);
    connection.write(encodeRequest(filled));
    await settle(this.#fence);
    return Object.fromEntries([...this.#connections].map(([each, one]) => [each, this.#received(each, one)]));
  }

  #received(name: string, connection: ByteConnection): string {
    // The PING of the fence, which a client that monitors is shown.
    const bytes = connection.take().replaceAll(/^\+\d{10}\.\d{6} \[.*\] "PING"\r\n/gm, "");
    this.#matchers.get(name)?.received(Buffer.from(bytes.replaceAll(MONITORED, ""), "latin1"));
    return `${this.#withoutIds(bytes)}${connection.isClosed ? "(closed)" : ""}`;
  }

  /** `{a2}` stands for the id of a connection. */
  async #filled(arg: Buffer): Promise<Buffer | string> {
    const name = /^\{(\w+)\}$/.exec(arg.toString())?.[1];
    if (name === undefined) return arg;
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const connection = await this.#connection(name);
    connection.write(encodeRequest(["CLIENT", "ID"]));
    await connection.replies(1);
    const id = connection.take().slice(1, -2);
    this.#ids.set(name, id);
    return id;
  }

  /** The servers number their connections differently, and what MONITOR shows has a time and an address. */
  #withoutIds(bytes: string): string {
    return [...this.#ids].reduce(
      (text, [name, id]) => text.replaceAll(`:${id}\r\n`, `:{${name}}\r\n`),
      bytes.replaceAll(MONITORED, "+<time> [$1 <address>] $2"),
    );
  }

  close(): void {
    this.#fence.close();
    for (const connection of this.#connections.values()) connection.close();
  }

  async #connection(name: string): Promise<ByteConnection> {
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const opened = await ByteConnection.open(this.#target);
    const matcher = new ReplyMatcher();
    this.#connections.set(name, opened);
    this.#matchers.set(name, matcher);
    if (name.endsWith("3")) {
      const hello = ["HELLO", "3"];
      matcher.sent(hello);
      opened.write(encodeRequest(hello));
      await opened.replies(1);
      matcher.received(Buffer.from(opened.take(), "latin1"));
    }
    return opened;
  }
}

/** The characters in order: bulk strings of the same bytes in another order are the same. */
function sorted(received: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(received).map(([name, bytes]) => [name, bytes.split("\r\n").sort().join("\r\n")]),
  );
}
