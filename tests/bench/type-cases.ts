/** For each type of values what is done with it most, on redis-server and on Detent: `npx tsx tests/bench/run.ts --only "type "`. */
import { createHash } from "node:crypto";
import type { Case } from "./cases.ts";

interface TypeCase {
  /** What is measured, as the table calls it. */
  readonly name: string;
  readonly args: readonly string[];
  readonly setup?: ReadonlyArray<readonly string[]>;
}

const VALUE = "x".repeat(32);
const MANY = ["-r", "100000"];
const LARGE = 10_000;

/** Fills a value of many parts, a hundred with each request. */
function filled(command: string, key: string, part: (at: number) => readonly string[]): string[][] {
  return Array.from({ length: LARGE / 100 }, (_, piece) => [
    command,
    key,
    ...Array.from({ length: 100 }, (_, at) => part(piece * 100 + at)).flat(),
  ]);
}

/** As redis-benchmark writes a number. */
const padded = (at: number) => String(at).padStart(12, "0");

const SCRIPT = `redis.call('INCR', KEYS[1]) redis.call('EXPIRE', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])`;
const SCRIPT_SHA = createHash("sha1").update(SCRIPT).digest("hex");
const LIBRARY = `#!lua name=bench
redis.register_function('bench', function(keys, args)
  redis.call('INCR', keys[1]) redis.call('EXPIRE', keys[1], args[1]) return redis.call('GET', keys[1])
end)`;

const TYPE_CASES: readonly TypeCase[] = [
  { name: "LPUSH", args: [...MANY, "LPUSH", "list:__rand_int__", VALUE] },
  {
    name: "LRANGE 100 of 10k",
    args: ["LRANGE", "list", "5000", "5099"],
    setup: filled("RPUSH", "list", () => [VALUE]),
  },
  { name: "HSET", args: [...MANY, "HSET", "hash:__rand_int__", "field", VALUE] },
  {
    name: "HGET of 10k",
    args: ["-r", String(LARGE), "HGET", "hash", "__rand_int__"],
    setup: filled("HSET", "hash", (at) => [padded(at), VALUE]),
  },
  { name: "HSET in 10k", args: ["-r", String(LARGE), "HSET", "hash", "__rand_int__", VALUE] },
  { name: "SADD", args: [...MANY, "SADD", "set:__rand_int__", VALUE] },
  {
    name: "SISMEMBER of 10k",
    args: ["-r", String(LARGE), "SISMEMBER", "set", "__rand_int__"],
    setup: filled("SADD", "set", (at) => [padded(at)]),
  },
  { name: "ZADD", args: [...MANY, "ZADD", "zset:__rand_int__", "1", VALUE] },
  {
    name: "ZADD in 10k",
    args: ["-r", String(LARGE), "ZADD", "zset", "__rand_int__", "__rand_int__"],
    setup: filled("ZADD", "zset", (at) => [String(at), padded(at)]),
  },
  { name: "ZRANGE 100 of 10k", args: ["ZRANGE", "zset", "5000", "5099"] },
  { name: "ZRANK of 10k", args: ["-r", String(LARGE), "ZRANK", "zset", "__rand_int__"] },
  {
    name: "GEOSEARCH of 10k",
    args: ["GEOSEARCH", "places", "FROMLONLAT", "0", "0", "BYRADIUS", "50", "km", "COUNT", "10"],
    setup: filled("GEOADD", "places", (at) => [
      String((at % 100) / 10 - 5),
      String(at / 1000 - 5),
      padded(at),
    ]),
  },
  { name: "PFADD", args: [...MANY, "PFADD", "sketch", "__rand_int__"] },
  { name: "SETBIT", args: [...MANY, "SETBIT", "bits:__rand_int__", "100", "1"] },
  {
    name: "SORT 100",
    args: ["SORT", "numbers"],
    setup: [["RPUSH", "numbers", ...Array.from({ length: 100 }, (_, at) => String((at * 37) % 100))]],
  },
  {
    name: "EVALSHA, 3 commands",
    args: [...MANY, "EVALSHA", SCRIPT_SHA, "1", "counter:__rand_int__", "600"],
    setup: [["SCRIPT", "LOAD", SCRIPT]],
  },
  {
    name: "FCALL, 3 commands",
    args: [...MANY, "FCALL", "bench", "1", "counter:__rand_int__", "600"],
    setup: [["FUNCTION", "LOAD", "REPLACE", LIBRARY]],
  },
];

/** Each on redis-server that syncs as Detent does, and on Detent. */
export const CASES_OF_TYPES: readonly Case[] = TYPE_CASES.flatMap(({ name, args, setup = [] }): Case[] => [
  { name: `redis type ${name}`, server: "redis always", args, setup },
  { name: `detent type ${name}`, server: "detent", args, setup, against: `redis type ${name}` },
]);
