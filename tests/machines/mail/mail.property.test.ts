/**
 * Machines in several partitions that send to each other, with commits that settle late, a post that loses requests and answers,
 * and partitions that crash at any moment: each event is applied once, in the order in which its sender has sent it, and
 * every machine gets what it gets where all of them are in one store.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOfText } from "../../../src/base/bytes.ts";
import { EventData } from "../../../src/base/event-data.ts";
import { createFrom } from "../../../src/machines/creation.ts";
import { type HistoryEntry, historyOf } from "../../../src/machines/history.ts";
import { send } from "../../../src/machines/send.ts";
import { plainSend } from "../../../src/machines/send-options.ts";
import { findSubject, type Scope } from "../../../src/machines/subject.ts";
import { MemoryPosts } from "../../../src/storage/memory-post.ts";
import { type Fate, MailPartition, placesFor, quiet } from "../../support/mail-partitions.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const RUNS = Number(process.env["MAIL_RUNS"] ?? 30);
const KEYS = ["a", "b", "c", "d", "e"] as const;

/** Passes an event on `hops` times, each time to one of two others; now and then to nobody, or what is not taken. */
const NODE = {
  initial: "on",
  context: { next: [], lost: 0 },
  states: {
    on: {
      on: {
        GO: [
          {
            guard: "event.hops > 0",
            actions: [
              {
                send: {
                  to: "context.next[event.hops % 2]",
                  event: "GO",
                  data: { n: "event.n", hops: "event.hops - 1" },
                },
              },
            ],
          },
          {
            guard: "event.n % 5 == 1",
            actions: [{ send: { to: "'nobody' + string(event.n)", event: "GO" } }],
          },
          { guard: "event.n % 5 == 2", actions: [{ send: { to: "context.next[0]", event: "WHAT" } }] },
          {
            guard: "event.n % 5 == 3",
            actions: [{ send: { to: "context.next[1]", event: "ONCE", eventId: "same" } }],
          },
          {
            guard: "event.n % 5 == 4",
            actions: [{ send: { to: "'new' + string(event.n)", event: "ONCE", def: "node" } }],
          },
          {},
        ],
        ONCE: {},
        "error.communication": { actions: [{ assign: { lost: "context.lost + 1" } }] },
      },
    },
  },
};

type Step =
  | {
      readonly kind: "send";
      readonly to: number;
      readonly n: number;
      readonly hops: number;
      /** Whether its commit is settled before anything else happens. */
      readonly isSafe: boolean;
    }
  | { readonly kind: "turn" | "settle" | "crash"; readonly at: number }
  | { readonly kind: "deliver" | "pass"; readonly at: number; readonly which: number; readonly fate: Fate };

const at = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      to: fc.nat(4),
      n: fc.nat(99),
      hops: fc.nat(6),
      isSafe: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("turn" as const, "settle" as const), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), at }) },
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constantFrom("deliver" as const, "pass" as const, "pass" as const),
      at,
      which: fc.nat(3),
      fate: fc.constantFrom<Fate>("done", "done", "done", "unanswered", "lost"),
    }),
  },
);

class World {
  readonly clock = new VirtualClock();
  readonly posts = new MemoryPosts();
  readonly partitions: readonly MailPartition[];

  constructor(count: number, waitsForCommits = true) {
    this.partitions = placesFor(count).map(
      (place) => new MailPartition(place, this.clock, this.posts, waitsForCommits),
    );
    for (const partition of this.partitions) partition.define("node", NODE);
    for (const [i, key] of KEYS.entries())
      this.of(key).change((scope) => {
        const next = [KEYS[(i + 1) % KEYS.length] ?? "", KEYS[(i + 3) % KEYS.length] ?? ""];
        const definition = this.of(key).definition(scope, "node");
        createFrom(scope, bytesOfText(key), { definition, context: { next }, expireAtMs: 0 });
      });
    for (const partition of this.partitions) partition.settle();
  }

  of(key: string): MailPartition {
    const found = this.partitions.find(({ place }) => place.holds(bytesOfText(key)));
    if (found === undefined) throw new Error(`no partition holds ${key}`);
    return found;
  }

  /** What a client sends it sends until it is certain, as it does with an id. */
  send(key: string, n: number, hops: number, isSafe: boolean): void {
    this.of(key).insist((scope) => {
      const subject = findSubject(scope, bytesOfText(key));
      if (subject === undefined) throw new Error(`${key} is not there`);
      send(scope, subject, { ...plainSend("GO"), data: EventData.ofValue({ n, hops }) });
    });
    if (isSafe) this.of(key).settle();
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      if (one.kind === "send") this.send(KEYS[one.to] ?? "a", one.n, one.hops, one.isSafe);
      else {
        const partition = this.partitions[one.at % this.partitions.length];
        if (one.kind === "turn") partition?.turn();
        else if (one.kind === "settle") partition?.settle();
        else if (one.kind === "crash") partition?.crash();
        else if ("which" in one) {
          if (one.kind === "pass") await partition?.pass();
          await partition?.deliver(one.which, one.fate);
        }
      }
      await quiet();
    }
  }

  /** Everything arrives in the end. */
  async drain(): Promise<void> {
    // What has failed is tried again a second later, and what was put in twice is removed within a minute.
    const pauses = [1000, 1000, 61_000, 1000];
    for (let round = 0; round < 2000; round += 1) {
      if (this.partitions.every(({ isIdle }) => isIdle)) {
        const pause = pauses.shift();
        if (pause === undefined) break;
        this.clock.advance(pause);
      }
      for (const partition of this.partitions) {
        await partition.pass();
        await partition.deliver(0, "done");
      }
    }
    for (const { faults } of this.partitions) expect(faults).toEqual([]);
    expect(this.posts.size).toBe(0);
    for (const partition of this.partitions) partition.end();
  }

  history(key: string): readonly HistoryEntry[] {
    return this.of(key).read((scope: Scope) => {
      const id = findSubject(scope, bytesOfText(key))?.record.id;
      if (id === undefined) return [];
      return historyOf(scope.db.transaction, id, { from: 1, to: Number.MAX_SAFE_INTEGER });
    });
  }

  lost(key: string): unknown {
    return this.history(key).filter(({ event }) => event === "error.communication").length;
  }
}

/** What a machine has got, in order: from whom, and what. Who comes first, where one is enough, is a matter of time. */
function got(entries: readonly HistoryEntry[]): string[] {
  return entries
    .filter(({ kind }) => kind === "send" || kind === "event" || kind === "refused" || kind === "create")
    .map(({ kind, by, event, data, reason }) => {
      const isFromAny = kind === "create" || event === "ONCE";
      return [kind, isFromAny ? "" : by, event, data?.text, reason].join(" ");
    });
}

/** The events that a machine has sent to another one, in order, by its own history. */
function sentTo(entries: readonly HistoryEntry[], next: readonly string[], to: string): string[] {
  const sent: string[] = [];
  for (const { event, data } of entries) {
    const { n = 0, hops = 0 } = (data?.value ?? {}) as { n?: number; hops?: number };
    if (event !== "GO" || hops === 0 || next[hops % 2] !== to) continue;
    sent.push(JSON.stringify({ n, hops: hops - 1 }));
  }
  return sent;
}

/** Each event is applied once, and those from one machine to another in the order in which they were sent. */
async function checkSteps(steps: readonly Step[], waitsForCommits = true): Promise<void> {
  const parts = new World(3, waitsForCommits);
  await parts.run(steps);
  await parts.drain();
  const whole = new World(1);
  await whole.run(steps.filter(({ kind }) => kind === "send"));
  const made = ["new4", "new9", "new14", "new99"];
  for (const key of [...KEYS, ...made]) {
    expect(got(parts.history(key)).sort()).toEqual(got(whole.history(key)).sort());
    expect(parts.lost(key)).toBe(whole.lost(key));
  }
  for (const [i, from] of KEYS.entries())
    for (const to of KEYS) {
      const next = [KEYS[(i + 1) % KEYS.length] ?? "", KEYS[(i + 3) % KEYS.length] ?? ""];
      const received = parts
        .history(to)
        .filter(({ kind, by, event }) => kind === "send" && by === from && event === "GO")
        .map(({ data }) => data?.text);
      expect(received).toEqual(sentTo(parts.history(from), next, to));
    }
}

test("events to machines of other partitions are applied once and in order whatever fails", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 150, size: "max" }), (steps) => checkSteps(steps)),
    { numRuns: RUNS },
  );
}, 120_000);

test("a letter that is sent before its commit has settled is one that nobody has written, after a crash", async () => {
  const sent = { kind: "send", to: KEYS.indexOf("b"), hops: 1, isSafe: false } as const;
  const [from, to] = [0, 2];
  const delivered = { kind: "deliver", at: from, which: 0, fate: "done" } as const;
  const passed = { kind: "pass", at: to, which: 0, fate: "done" } as const;
  const steps: readonly Step[] = [
    { ...sent, n: 5 },
    { ...sent, n: 10 },
    { kind: "turn", at: from },
    // What it looks for in the post, and what it puts in.
    ...[delivered, delivered],
    ...[passed, passed, passed, passed],
    { kind: "crash", at: from },
  ];
  await checkSteps(steps);
  await expect(checkSteps(steps, false)).rejects.toThrow();
});
