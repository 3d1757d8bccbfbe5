/**
 * Random requests about one type of value to both servers: few keys and names, so that they meet, and every reply the
 * same, what they tell of keys, and what is left of each key, also after it has crossed over in a payload. Where Redis
 * answers in the order of a hash table, the order of elements is not compared.
 */
import fc from "fast-check";
import { test } from "vitest";
import type { Argument } from "../support/client.ts";
import { compareStep, disconnect, listenToKeys, type Pair, withRedis } from "./differential.ts";
import { crossOver } from "./payloads.ts";

export type Part = fc.Arbitrary<string | readonly string[]>;

/** A request of a name and arguments made by chance. */
export function request(name: string, ...args: readonly Part[]): fc.Arbitrary<readonly Argument[]> {
  return fc.tuple(...args).map((values): readonly Argument[] => [...name.split(" "), ...values.flat()]);
}

/** Some of some options, each with its value, in any order. */
export function options(...parts: ReadonlyArray<Part | string>): fc.Arbitrary<readonly string[]> {
  const made = parts.map((part) => (typeof part === "string" ? fc.constant(part) : part));
  return fc
    .tuple(fc.shuffledSubarray(made.map((_, at) => at)), fc.tuple(...made))
    .map(([chosen, values]) => chosen.flatMap((at) => values[at] ?? []));
}

export function option(name: string, value: fc.Arbitrary<string>): Part {
  return value.map((each) => [name, each]);
}

export function few(part: fc.Arbitrary<string>, maxLength = 3): fc.Arbitrary<readonly string[]> {
  return fc.array(part, { minLength: 1, maxLength });
}

/** Requests about keys that fit any type. */
export function generalRequests(key: fc.Arbitrary<string>): fc.Arbitrary<readonly Argument[]>[] {
  return [
    request("COPY", key, key, options("REPLACE")),
    request("RENAME", key, key),
    request("MOVE", key, fc.constant("1")),
    request("TYPE", key),
    request("PEXPIREAT", key, fc.constantFrom("33177117420000", "33177999999123")),
    request("PERSIST", key),
    request("DEL", key, key),
    request("UNLINK", key),
    request("SET", fc.constant("str"), fc.constant("v")),
    request("EXISTS", key, key),
  ];
}

export interface RandomTest {
  readonly name: string;
  readonly keys: readonly string[];
  readonly requests: fc.Arbitrary<readonly Argument[]>;
  /** Commands whose replies come in an order of Redis' own. */
  readonly unordered: ReadonlySet<string>;
  /** Requests that show all a key holds; the key is appended to each. */
  readonly looks: ReadonlyArray<readonly [string, ...string[]]>;
  readonly runs?: number;
}

export function describeRandom(random: RandomTest): void {
  const send = async (pair: Pair, args: readonly Argument[]): Promise<void> => {
    const comparison = random.unordered.has(String(args[0])) ? "eitherUnordered" : "either";
    await compareStep(pair, { comparison, args });
  };
  const look = async (pair: Pair, key: string): Promise<void> => {
    for (const [command, ...rest] of random.looks) await send(pair, [command, key, ...rest]);
    await send(pair, ["TYPE", key]);
    await send(pair, ["PEXPIRETIME", key]);
  };
  withRedis(random.name, (servers) => {
    test.each([2, 3] as const)(
      "both servers agree on every reply, on what they tell of keys, and on what is left (RESP%i)",
      async (protocol) => {
        const pair = await servers.connect(protocol);
        const compareMessages = await listenToKeys(servers);
        await fc.assert(
          fc.asyncProperty(fc.array(random.requests, { maxLength: 60 }), async (session) => {
            // What an earlier run has found to differ is no fault of this one.
            await compareMessages().catch(() => undefined);
            await send(pair, ["FLUSHALL"]);
            await send(pair, ["SET", "str", "v"]);
            for (const args of session) await send(pair, args);
            await compareMessages();
            for (const key of random.keys) {
              await look(pair, key);
              if (await crossOver(pair, key, "copy")) await look(pair, "copy");
            }
          }),
          { numRuns: random.runs ?? 60 },
        );
        await disconnect(pair);
      },
    );
  });
}
