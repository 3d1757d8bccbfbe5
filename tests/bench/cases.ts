/** What `make bench` measures: a command on a server, and which other case it is held against. */
export interface Case {
  readonly name: string;
  readonly server: "detent" | "redis always" | "redis memory";
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

export const CASES: readonly Case[] = [
  { name: "redis SET, always", server: "redis always", args: ["SET", "key", VALUE], setup: [] },
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
    setup: [
      ["SM.DEF", "CREATE", "bench", CHART],
      ...Array.from({ length: 1000 }, (_, i) => [
        "SM.CREATE",
        `chart:${String(i).padStart(12, "0")}`,
        "bench",
      ]),
    ],
    against: "detent SM.MUTATE",
  },
  { name: "redis SET, memory", server: "redis memory", args: ["SET", "key", VALUE], setup: [] },
  { name: "redis GET, memory", server: "redis memory", args: ["GET", "key"], setup: [] },
  { name: "redis GET, always", server: "redis always", args: ["GET", "key"], setup: [] },
  { name: "detent GET", server: "detent", args: ["GET", "key"], setup: [], against: "redis GET, always" },
];
