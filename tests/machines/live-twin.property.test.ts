/**
 * Machines and change streams that are live (keyspace/live-objects.ts) against the slow twin that writes every change
 * in the ordinary way: whatever commands come, both show the same, and so does what a crash leaves at any moment,
 * between a change and its checkpoint, within a checkpoint and after it. Some commands are lost: the sync of their turns
 * fails while further turns have been run, and the twin never hears of them.
 */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { TestClient } from "../support/client.ts";
import { type HeldDisk, noRoom } from "../support/held-disk.ts";
import { runs } from "../support/runs.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { imageOf, temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const { disk } = await vi.hoisted(async () => {
  const support = await import("../support/held-disk.ts");
  return { disk: new support.HeldDisk() as HeldDisk };
});

vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs")>();
  return { ...fs, ...disk.over(fs) };
});

/** So small that a few commands fill a journal and begin a checkpoint. */
const LIMITS = { journalBytesMax: 2500, tableBytesMax: 4000, derivedBytesMax: 6000, cacheBytesMax: 2000 };
const START_MS = 1_700_000_000_000;
const RUNS = Number(process.env["LIVE_TWIN_RUNS"] ?? runs(6, 20));

/** The child of a lamp. */
const PART = {
  initial: "in",
  context: { n: 0 },
  states: {
    in: {
      on: {
        GO: { actions: [{ assign: { n: "context.n + 1" } }, { send: { to: "#_parent", event: "NOTE" } }] },
        FAIL: { actions: [{ raise: { event: "BREAK", delay: 0 } }] },
        BREAK: { actions: [{ assign: { n: "1 / 0" } }] },
        END: "out",
      },
      after: { "4s": "out" },
    },
    out: { type: "final", output: "context.n" },
  },
};

const LAMP = {
  initial: "off",
  context: { n: 0, last: "" },
  states: {
    off: { on: { GO: "on", PAIR: "both", JOIN: "wait" }, defer: ["LATER"] },
    wait: {
      join: [
        {
          all: { note: "NOTE", late: { any: { later: "LATER", time: { after: "2s" } } } },
          target: "on",
          actions: [{ assign: { last: "events.note.text" } }, { log: "has(events.later)" }],
        },
        { all: { one: "JOIN", two: "JOIN" }, actions: [{ assign: { n: "context.n + 1" } }] },
      ],
      on: { GO: "off", END: "gone" },
    },
    on: {
      sla: "2s",
      invoke: {
        src: "part",
        id: "p",
        input: { n: "context.n" },
        onDone: { target: "off", actions: [{ assign: { n: "event.output" } }] },
        onError: { actions: [{ assign: { last: "event.code" } }] },
      },
      on: {
        GO: {
          target: "off",
          actions: [{ assign: { n: "context.n + 1" } }, { emit: { event: "'switched'" } }],
        },
        NOTE: { actions: [{ assign: { last: "event.text" } }] },
        LATER: { actions: [{ log: "'later'" }] },
        END: "gone",
      },
      after: { "5s": "off" },
    },
    both: {
      type: "parallel",
      invoke: { src: "part", id: "q", each: "[1, 2]", input: { n: "item" }, onDone: "on" },
      states: {
        left: { initial: "l1", states: { l1: { on: { GO: "l2" } }, l2: { on: { GO: "l1" } } } },
        right: { initial: "r1", states: { r1: { on: { NOTE: "r2" } }, r2: {} } },
      },
      on: { PAIR: "off" },
    },
    gone: { type: "final" },
  },
};
const KEYS = ["a", "b", "{c}long-key"];
const CHILDREN = ["{a}.p", "{a}.q[0]", "{a}.q[1]", "{b}.p", "{c}long-key.p", "{c}long-key.q[0]"];
const STREAM = "sm:changes:lamp";
const MAP = JSON.stringify({ current: "", map: { x: ["y"], y: ["x", "z"] }, initial: "x" });

type Command = readonly string[];

const key = fc.constantFrom(...KEYS);
const send = fc
  .tuple(
    key,
    fc.constantFrom("GO", "GO", "GO", "NOTE", "NOTE", "LATER", "PAIR", "JOIN", "JOIN", "END", "y", "x"),
    fc.constantFrom<Command>(
      [],
      [],
      ["ID", "1"],
      ["ID", "2"],
      ["ID", "3", "OUTCOMETTL", "4"],
      ["ID", "4"],
      ["ID", "5", "DELAY", "3000"],
      ["SEQ", "s", "1"],
      ["SEQ", "s", "2"],
      ["DELAY", "3000"],
      ["EXPIRE", "500", "ID", "3"],
      ["BY", "me", "REASON", "because"],
    ),
  )
  .map(([at, event, options]): Command => {
    return ["SM.SEND", at, event, event === "NOTE" ? '{"text":"one two"}' : "{}", ...options];
  });
const childCommand: fc.Arbitrary<Command> = fc
  .tuple(fc.constantFrom(...CHILDREN), fc.constantFrom(...KEYS))
  .chain(([child, other]) =>
    fc.constantFrom<Command>(
      ["SM.SEND", child, "GO"],
      ["SM.SEND", child, "END", "{}", "ID", "1"],
      ["SM.SEND", child, "END"],
      ["SM.SEND", child, "FAIL"],
      ["SM.SEND", child, "GO", "{}", "DELAY", "3000"],
      ["SM.RESET", child],
      ["SM.SUSPEND", child],
      ["SM.RESUME", child],
      ["SM.CREATE", child, "part"],
      ["DEL", child],
      ["COPY", child, other, "REPLACE"],
      ["RENAME", other, child],
    ),
  );
const single: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: childCommand },
  { weight: 10, arbitrary: send },
  { weight: 2, arbitrary: key.map((at): Command => ["SM.CREATE", at, "lamp"]) },
  { weight: 1, arbitrary: key.map((at): Command => ["SM.SET", at, MAP]) },
  { weight: 2, arbitrary: key.map((at): Command => ["SM.MUTATE", at, "y", "moved"]) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(key, key)
      .chain(([from, to]) =>
        fc.constantFrom<Command>(
          ["SM.RESET", from],
          ["SM.CANCEL", from, "1", "2"],
          ["SM.SUSPEND", from],
          ["SM.RESUME", from],
          ["DEL", from],
          ["EXPIRE", from, "100"],
          ["PERSIST", from],
          ["RENAME", from, to],
          ["COPY", from, to, "REPLACE"],
          ["XADD", STREAM, "*", "by", "hand"],
          ["XTRIM", STREAM, "MAXLEN", "3"],
          ["XGROUP", "CREATE", STREAM, "g", "0"],
          ["XREADGROUP", "GROUP", "g", "c", "COUNT", "2", "STREAMS", STREAM, ">"],
          ["XSETID", STREAM, "9999999999999-0"],
          ["DEL", STREAM],
          ["RENAME", STREAM, "kept"],
          ["SWAPDB", "0", "1"],
          ["SM.DEF", "CREATE", "part", JSON.stringify(PART)],
          ["SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP)],
          ["FLUSHDB"],
        ),
      ),
  },
);
const step: fc.Arbitrary<readonly Command[]> = fc.oneof(
  { weight: 6, arbitrary: single.map((command) => [command]) },
  {
    weight: 1,
    arbitrary: fc
      .array(single, { minLength: 1, maxLength: 4 })
      .map((commands) => [["MULTI"], ...commands.filter(([name]) => name !== "SWAPDB"), ["EXEC"]]),
  },
  { weight: 1, arbitrary: fc.constantFrom([["advance", "1000"]], [["advance", "6000"]]) },
  { weight: 1, arbitrary: fc.constant([["crash"]]) },
  {
    weight: 1,
    arbitrary: fc
      .array(single, { minLength: 1, maxLength: 5 })
      .map((commands): readonly Command[] => [["lost"], ...commands]),
  },
  { weight: 1, arbitrary: fc.constant([["turns"]]) },
);

/** All that clients can see of the keys. */
const VIEWS: readonly Command[] = [
  ...KEYS.flatMap((at): Command[] => [
    ["SM.INFO", at],
    ["SM.HISTORY", at, "-", "+"],
    ["SM.HISTORY", at, "-", "+", "REV", "COUNT", "3"],
    ["SM.CONTEXT", at],
    ["SM.PENDING", at],
    ["SM.OUTCOME", at, "1", "2", "3", "4", "5"],
    ["SM.NEXT", at],
    ["SM.GET", at],
    ["PEXPIRETIME", at],
    ["TYPE", at],
  ]),
  ...CHILDREN.flatMap((at): Command[] => [
    ["SM.INFO", at],
    ["SM.HISTORY", at, "-", "+"],
    ["SM.PENDING", at],
  ]),
  ["XRANGE", STREAM, "-", "+"],
  ["XREVRANGE", STREAM, "+", "-", "COUNT", "5"],
  ["XINFO", "GROUPS", STREAM],
  ["XLEN", STREAM],
  ["XRANGE", "kept", "-", "+"],
  ["SM.COUNT", "BY", "STATE"],
  ["SM.COUNT", "BY", "STATUS"],
  ["SM.SCAN", "0", "STATE", "on"],
  ["SM.SCAN", "0", "STATE", "off", "COUNT", "100"],
  ["SM.SCAN", "0", "COUNT", "100"],
  ["DBSIZE"],
  ["SM.OVERDUE", "0", "COUNT", "100"],
  ["SM.VERIFY"],
];

async function seenBy(client: TestClient): Promise<readonly string[]> {
  const seen: string[] = [];
  for (const view of VIEWS)
    seen.push(`${view.join(" ")}: ${(await client.exchange(...view)).bytes.toString()}`);
  return seen;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Side {
  readonly store: Store;
  readonly server: TestServer;
  readonly client: TestClient;
  readonly clock: VirtualClock;
}

async function begin(store: Store, startMs: number): Promise<Side> {
  const clock = new VirtualClock(startMs);
  const server = await startTestServer({ clock, store, overlaps: true });
  const client = await server.client();
  await client.call("CONFIG", "SET", "sm-outcome-max", "3");
  return { store, server, client, clock };
}

/** A server whose machines go live, on a directory, and its slow twin. */
class Twins {
  #directory: string;
  live: Side;
  readonly plain: Side;

  private constructor(live: Side, plain: Side, directory: string) {
    this.live = live;
    this.plain = plain;
    this.#directory = directory;
  }

  static async begin(): Promise<Twins> {
    const directory = temporaryDirectory();
    const live = await begin(Store.open(directory, OBJECT_TYPES, { limits: LIMITS }), START_MS);
    const plain = await begin(Store.plainOver(new MemoryStore(), OBJECT_TYPES), START_MS);
    const twins = new Twins(live, plain, directory);
    for (const { client } of [live, plain]) {
      await client.call("SM.DEF", "CREATE", "part", JSON.stringify(PART));
      await client.call("SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP));
      for (const at of KEYS) await client.call("SM.CREATE", at, "lamp");
    }
    return twins;
  }

  /** Does one thing on both sides; a reply must be the same. */
  async run(command: Command): Promise<void> {
    const [word, argument] = command;
    if (word === "advance") {
      for (const { clock } of [this.live, this.plain]) clock.advance(Number(argument));
    } else if (word === "turns") {
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    } else if (word === "crash") await this.#crash();
    else {
      const [live, plain] = [
        await this.live.client.exchange(...command),
        await this.plain.client.exchange(...command),
      ];
      const shown = command.join(" ");
      expect(`${shown}: ${live.bytes.toString()}`).toBe(`${shown}: ${plain.bytes.toString()}`);
    }
  }

  /** Runs commands on the live side alone, in as many turns, and has the disk fail before any of them is on it. */
  async lose(commands: readonly Command[]): Promise<void> {
    const { client, server, store } = this.live;
    disk.isHeld = true;
    // Who waits for a sync, as a rotation does, meets it at once.
    disk.failure = noRoom();
    const replies: Promise<unknown>[] = [];
    const { statistics } = server.context;
    for (const command of commands) {
      const { commandCount } = statistics;
      replies.push(client.exchange(...command));
      while (statistics.commandCount === commandCount) await nextTurn();
    }
    disk.release(disk.failure);
    await Promise.all(replies);
    disk.mend();
    while (store.failure !== undefined) {
      await nextTurn();
      try {
        store.reopen();
      } catch {
        // A checkpoint has failed too, and is tried again.
      }
    }
  }

  async compare(): Promise<void> {
    // While the disk does not keep up, writes and what is due wait, and reads do not: a write comes after all of it.
    for (const { client } of [this.live, this.plain]) await client.call("DEL", "absent");
    expect(await seenBy(this.live.client)).toEqual(await seenBy(this.plain.client));
  }

  async close(): Promise<void> {
    await this.live.server.close();
    await this.plain.server.close();
  }

  /** Goes on with what is on disk at this moment. */
  async #crash(): Promise<void> {
    const image = imageOf(this.#directory);
    const startMs = this.live.clock.now();
    await this.live.server.close();
    this.#directory = image;
    this.live = await begin(Store.open(image, OBJECT_TYPES, { limits: LIMITS }), startMs);
  }
}

async function play(steps: ReadonlyArray<readonly Command[]>): Promise<void> {
  const twins = await Twins.begin();
  try {
    for (const [index, commands] of steps.entries()) {
      if (commands[0]?.[0] === "lost") await twins.lose(commands.slice(1));
      else for (const command of commands) await twins.run(command);
      const isCompared = index === steps.length - 1 || index % 4 === 3 || commands[0]?.[0] === "crash";
      if (isCompared) await twins.compare();
    }
  } finally {
    await twins.close();
  }
}

test("live machines and streams show what written ones do, at any moment and after a crash", {
  timeout: 300_000,
}, async () => {
  // The suite plays the same commands each time; SEED and LIVE_TWIN_RUNS make a campaign of it.
  const steps = fc.array(step, { minLength: 5, maxLength: 60 });
  await fc.assert(fc.asyncProperty(steps, play), { numRuns: RUNS });
});
