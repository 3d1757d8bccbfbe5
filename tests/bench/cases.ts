import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** What `make bench` measures: a command on a server, and which other case it is held against. */
export interface Case {
  readonly name: string;
  readonly server: "detent" | "redis always" | "redis memory" | "bare";
  readonly args: readonly string[];
  /** Sent once before. */
  readonly setup: ReadonlyArray<readonly string[]>;
  /** The name of the case that the ratio is formed with. */
  readonly against?: string;
}

/** Requests a connection has on the way at once. */
export const DEPTHS = [1, 16, 64];

const VALUE = "x".repeat(32);
const TOGGLE = JSON.stringify({ current: "a", map: { a: ["b", "a"], b: ["a"] }, initial: "a" });
const CHART = JSON.stringify({
  initial: "off",
  context: { count: 0 },
  states: {
    off: {
      on: { GO: { target: "off", reenter: true, actions: [{ assign: { count: "context.count + 1" } }] } },
    },
  },
});

/** The same definition as the peer's script has. */
const LAMP = JSON.stringify({
  initial: "off",
  states: { off: { on: { GO: "on" } }, on: { on: { GO: "off" } } },
});
/** Machines of the cases that have many. */
export const MANY = 20_000;

/** What a user of Redis would write instead of SM.SEND. */
const SCRIPT = readFileSync(new URL("same-work.lua", import.meta.url), "utf8");
const SCRIPT_SHA = createHash("sha1").update(SCRIPT).digest("hex");

const GROUP = ["XGROUP", "CREATE", "stream", "workers", "$", "MKSTREAM"];
const XADD = ["XADD", "stream", "*", "field", VALUE];
const XREADGROUP = ["XREADGROUP", "GROUP", "workers", "w", "COUNT", "1", "STREAMS", "stream", ">"];

const STATE = ["-r", String(MANY), "SM.STATE", "lamp:__rand_int__"];

/** A definition, and machines of it as redis-benchmark names them. */
function charts(definition: string, prefix: string, document = CHART, count = 1000): string[][] {
  const keys = Array.from({ length: count }, (_, i) => `${prefix}:${String(i).padStart(12, "0")}`);
  return [["SM.DEF", "CREATE", definition, document], ...keys.map((key) => ["SM.CREATE", key, definition])];
}

/** Cases whose latency is measured for a minute, checkpoints included, and the one they are held against. */
export const STEADY = ["redis SET, always", "detent SET", "detent SM.MUTATE", "detent SM.SEND, 20k machines"];

/** Who writes as fast as possible while another client reads. */
export const BUSY = [
  { name: "redis SET, always", reads: ["GET", "key"] },
  { name: "redis Lua, same work", reads: ["GET", "key"] },
  { name: "detent SET", reads: ["GET", "key"] },
  { name: "detent SM.SEND, 20k machines", reads: ["SM.STATE", "lamp:000000000001"] },
] as const;

export const CASES: readonly Case[] = [
  { name: "redis SET, always", server: "redis always", args: ["SET", "key", VALUE], setup: [] },
  { name: "bare SET", server: "bare", args: ["SET", "key", VALUE], setup: [] },
  {
    name: "detent SET",
    server: "detent",
    args: ["SET", "key", VALUE],
    setup: [],
    against: "redis SET, always",
  },
  {
    name: "detent SET, 100k keys",
    server: "detent",
    args: ["-r", "100000", "SET", "key:__rand_int__", VALUE],
    setup: [],
    against: "redis SET, always",
  },
  {
    name: "detent SM.MUTATE",
    server: "detent",
    args: ["-r", "1000", "SM.MUTATE", "machine:__rand_int__", "a"],
    setup: Array.from({ length: 1000 }, (_, i) => [
      "SM.SET",
      `machine:${String(i).padStart(12, "0")}`,
      TOGGLE,
    ]),
    against: "redis SET, always",
  },
  {
    name: "detent SM.SEND",
    server: "detent",
    args: ["-r", "1000", "SM.SEND", "chart:__rand_int__", "GO"],
    setup: charts("bench", "chart"),
    against: "detent SM.MUTATE",
  },
  {
    name: "redis Lua, same work",
    server: "redis always",
    args: ["-r", String(MANY), "EVALSHA", SCRIPT_SHA, "1", "lamp:__rand_int__", "1764400000000", "GO"],
    setup: [["SCRIPT", "LOAD", SCRIPT]],
  },
  {
    name: "detent SM.SEND, 20k machines",
    server: "detent",
    args: ["-r", String(MANY), "SM.SEND", "lamp:__rand_int__", "GO"],
    setup: charts("lamp", "lamp", LAMP, MANY),
    against: "redis Lua, same work",
  },
  {
    name: "bare SM.SEND, 20k machines",
    server: "bare",
    args: ["-r", String(MANY), "SM.SEND", "lamp:__rand_int__", "GO"],
    setup: [],
    against: "redis Lua, same work",
  },
  {
    name: "detent SM.SEND, id",
    server: "detent",
    args: ["-r", "1000000", "SM.SEND", "chart:000000000001", "GO", "ID", "__rand_int__"],
    setup: [],
    against: "detent SM.SEND",
  },
  {
    name: "detent SM.SEND, unheard",
    server: "detent",
    args: ["-r", "1000", "SM.SEND", "quiet:__rand_int__", "GO"],
    // A change stream's key that holds something else takes no entries.
    setup: [["SET", "sm:changes:quiet", "none"], ...charts("quiet", "quiet")],
    against: "detent SM.SEND",
  },
  // Each round reads what it has added, as many entries as there are requests.
  { name: "redis XADD, always", server: "redis always", args: XADD, setup: [GROUP] },
  { name: "redis XREADGROUP, always", server: "redis always", args: XREADGROUP, setup: [] },
  { name: "detent XADD", server: "detent", args: XADD, setup: [GROUP], against: "redis XADD, always" },
  {
    name: "detent XREADGROUP",
    server: "detent",
    args: XREADGROUP,
    setup: [],
    against: "redis XREADGROUP, always",
  },
  { name: "redis SET, memory", server: "redis memory", args: ["SET", "key", VALUE], setup: [] },
  { name: "redis GET, memory", server: "redis memory", args: ["GET", "key"], setup: [] },
  { name: "redis GET, always", server: "redis always", args: ["GET", "key"], setup: [] },
  { name: "bare GET", server: "bare", args: ["GET", "key"], setup: [], against: "redis GET, always" },
  { name: "detent GET", server: "detent", args: ["GET", "key"], setup: [], against: "bare GET" },
  { name: "bare SM.STATE", server: "bare", args: STATE, setup: [], against: "redis GET, always" },
  { name: "detent SM.STATE", server: "detent", args: STATE, setup: [], against: "bare SM.STATE" },
];
