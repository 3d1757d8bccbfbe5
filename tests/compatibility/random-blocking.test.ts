/**
 * Several clients that wait, and one that writes, at random and on both servers: after each step the same clients have been
 * answered, with the same replies, so that the order in which clients are served is that of Redis.
 */
import fc from "fast-check";
import { test } from "vitest";
import type { Argument, Received, TestClient } from "../support/client.ts";
import { disconnect, type Pair, withRedis } from "./differential.ts";
import { few, request } from "./random-values.ts";

const CLIENT_COUNT = 5;

type Action =
  | { readonly kind: "wait"; readonly client: number; readonly args: readonly Argument[] }
  | { readonly kind: "write"; readonly requests: ReadonlyArray<readonly Argument[]> };

const list = fc.constantFrom("a", "b", "c");
const zset = fc.constantFrom("y", "z");
const end = fc.constantFrom("LEFT", "RIGHT");
const counted = (key: fc.Arbitrary<string>) => few(key, 2).map((keys) => [String(keys.length), ...keys]);

/**
 * A client waits for one list: where several come to have something at once, for one because what another client takes is
 * moved there, the Redis that is asked here serves the list that was written first. From 7.2 on it runs the command of
 * the client again, which goes through its keys in their order, and that is what Detent does.
 */
const waits = fc.oneof(
  ...["BLPOP", "BRPOP"].map((name) => request(name, list, fc.constant("0"))),
  request("BLMOVE", list, list, end, end, fc.constant("0")),
  request("BRPOPLPUSH", list, list, fc.constant("0")),
  request("BLMPOP", fc.constant("0"), fc.constant("1"), list, end, fc.constantFrom(["COUNT", "2"], [])),
  ...["BZPOPMIN", "BZPOPMAX"].map((name) => request(name, few(zset, 2), fc.constant("0"))),
  request("BZMPOP", fc.constant("0"), counted(zset), fc.constantFrom("MIN", "MAX")),
  fc.constant(["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]),
  fc
    .constantFrom("one", "two")
    .map((name) => ["XREADGROUP", "GROUP", "g", name, "BLOCK", "0", "STREAMS", "s", ">"]),
  fc.constant(["XREADGROUP", "GROUP", "g", "one", "COUNT", "1", "BLOCK", "0", "STREAMS", "s", ">"]),
);

const element = fc.constantFrom("1", "2", "3", "4");
const toLists = (key: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 4, arbitrary: request("RPUSH", key, few(element)) },
    { weight: 2, arbitrary: request("LPUSH", key, few(element)) },
    request("DEL", key),
    request("SET", key, element),
    request(
      "EVAL",
      fc.constant("redis.call('RPUSH',KEYS[1],'x') return redis.call('LPOP',KEYS[1])"),
      fc.constant("1"),
      key,
    ),
    request("EVAL", fc.constant("return redis.call('RPUSH',KEYS[1],'x','y')"), fc.constant("1"), key),
    request("LINSERT", key, fc.constant("BEFORE"), element, element),
  );
const toSortedSets = (key: fc.Arbitrary<string>) =>
  fc.oneof(
    {
      weight: 2,
      arbitrary: request(
        "ZADD",
        key,
        few(element).map((all) => all.flatMap((each) => [each, `m${each}`])),
      ),
    },
    request("DEL", key),
  );
const toStream = request("XADD", fc.constant("s"), fc.constant("*"), element, element);
const writes = fc.oneof(
  { weight: 8, arbitrary: toLists(list) },
  request("LMOVE", list, list, end, end),
  request("RENAME", list, list),
  { weight: 3, arbitrary: toSortedSets(zset) },
  { weight: 2, arbitrary: toStream },
);
/** What one transaction writes: to one key alone, for the same reason. */
const transactions = fc.oneof(
  list.chain((key) => fc.array(toLists(fc.constant(key)), { minLength: 1, maxLength: 4 })),
  zset.chain((key) => fc.array(toSortedSets(fc.constant(key)), { minLength: 1, maxLength: 4 })),
  fc.array(toStream, { minLength: 1, maxLength: 4 }),
);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat({ max: CLIENT_COUNT - 1 }), waits)
      .map(([client, args]): Action => ({ kind: "wait", client, args })),
  },
  { weight: 3, arbitrary: writes.map((args): Action => ({ kind: "write", requests: [args] })) },
  {
    weight: 1,
    arbitrary: transactions.map(
      (all): Action => ({ kind: "write", requests: [["MULTI"], ...all, ["EXEC"]] }),
    ),
  },
);

/** One server with its clients. */
class Side {
  readonly #writer: TestClient;
  readonly #clients: readonly TestClient[];
  readonly #waiting = new Set<number>();
  #answers: string[] = [];
  #entries = 0;

  constructor(writer: TestClient, clients: readonly TestClient[]) {
    this.#writer = writer;
    this.#clients = clients;
  }

  isWaiting(client: number): boolean {
    return this.#waiting.has(client);
  }

  async wait(client: number, args: readonly Argument[]): Promise<string[]> {
    this.#waiting.add(client);
    const answered = (reply: Received) => {
      this.#waiting.delete(client);
      this.#answers.push(`${client} ${reply.bytes.toString("latin1")}`);
    };
    void this.#clients[client]?.exchange(...args).then(answered);
    return this.#settled();
  }

  async write(requests: ReadonlyArray<readonly Argument[]>): Promise<string[]> {
    const replies: string[] = [];
    for (const given of requests) {
      // Ids that are the same on both servers.
      const args =
        given[0] === "XADD" ? given.map((word) => (word === "*" ? `${++this.#entries}-1` : word)) : given;
      replies.push((await this.#writer.exchange(...args)).bytes.toString("latin1"));
    }
    return [...replies, ...(await this.#settled())];
  }

  async begin(): Promise<void> {
    this.#entries = 0;
    await this.#writer.call("FLUSHALL");
    await this.#writer.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  }

  /** Ends what still waits. */
  async end(): Promise<void> {
    for (const client of [...this.#waiting]) {
      const id = this.#ids[client];
      if (id !== undefined) await this.#writer.call("CLIENT", "UNBLOCK", String(id));
    }
    await this.#settled();
  }

  #ids: number[] = [];
  async identify(): Promise<void> {
    this.#ids = await Promise.all(
      this.#clients.map(async (client) => Number(await client.call("CLIENT", "ID"))),
    );
  }

  /** What was answered, once those that are left wait for the server too. */
  async #settled(): Promise<string[]> {
    for (;;) {
      const info = String(await this.#writer.call("INFO", "clients"));
      const blocked = Number(/blocked_clients:(\d+)/.exec(info)?.[1]);
      if (blocked === this.#waiting.size) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return this.#answers.splice(0).sort();
  }
}

withRedis("random blocked clients", ({ connect }) => {
  test.each([2, 3] as const)("are served in the order of Redis (RESP%i)", async (protocol) => {
    const pairs: Pair[] = [];
    for (let at = 0; at <= CLIENT_COUNT; at += 1) pairs.push(await connect(protocol));
    const sideOf = async (name: "redis" | "detent"): Promise<Side> => {
      const [writer, ...clients] = pairs.map((pair) => pair[name]);
      if (writer === undefined) throw new Error("there is a client that writes");
      const side = new Side(writer, clients);
      await side.identify();
      return side;
    };
    const redis = await sideOf("redis");
    const detent = await sideOf("detent");
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        await Promise.all([redis.end(), detent.end()]);
        await Promise.all([redis.begin(), detent.begin()]);
        for (const each of actions) {
          if (each.kind === "wait" && redis.isWaiting(each.client)) continue;
          const act = (side: Side) =>
            each.kind === "wait" ? side.wait(each.client, each.args) : side.write(each.requests);
          const [expected, actual] = await Promise.all([act(redis), act(detent)]);
          if (expected.join("\n") === actual.join("\n")) continue;
          const shown = JSON.stringify({ action: each, redis: expected, detent: actual }, null, 1);
          throw new Error(`the servers differ: ${shown}`);
        }
      }),
      { numRuns: Number(process.env["BLOCKING_RUNS"] ?? 60) },
    );
    await Promise.all([redis.end(), detent.end()]);
    for (const pair of pairs) await disconnect(pair);
  });
});
