/** A family as lanes and lines: what was received, what was sent, to whom. */
import { expect, test } from "vitest";
import { type Effect, type Member, sequenceOf } from "../../src/console/family-lines.ts";
import type { HistoryEntry } from "../../src/console/told.ts";

const entry = (at: number, more: Partial<HistoryEntry>): HistoryEntry => ({
  ...{ rev: at, at, kind: "event", event: null, id: null, by: null, reason: null },
  ...{ from: [], to: ["s"], data: null, context: null },
  ...more,
});
const effect = (at: number, more: Partial<Effect>): Effect => ({
  ...{ rev: at, at, kind: "send", name: null, to: null, number: null },
  ...more,
});
const member = (key: string, history: readonly HistoryEntry[], effects: readonly Effect[] = []): Member => ({
  ...{ key, history, effects },
  info: {
    ...{ definition: "d:v1", state: ["s"], status: "active", rev: 1, context: {}, output: null, created: 0 },
    ...{ updated: 0, reason: null, pending: 0, timers: 0, failed: 0, ttl: -1 },
  },
});

function shown(members: readonly Member[]) {
  const { lanes, lines } = sequenceOf(members, 100);
  const title = (lane: number) => (lane < 0 ? "client" : (lanes[lane]?.title ?? "?"));
  return {
    lanes: lanes.map((lane) => lane.title),
    lines: lines.map(({ from, to, text }) => `${title(from)} > ${title(to)}: ${text}`),
  };
}

test("sequenceOf() has lanes for members, for machines that something goes to or comes from, and for workers", () => {
  const order = member(
    "o",
    [
      entry(1, { kind: "create", by: "ann" }),
      entry(2, { event: "PAY" }),
      entry(3, { kind: "send", event: "STOCK", by: "store:1" }),
      entry(4, { event: "PACKED", id: "o@2#1" }),
      entry(5, { kind: "timer", event: "xstate.after.1h.o.x" }),
    ],
    [
      effect(2, { kind: "task", name: "pack", number: 1 }),
      effect(4, { name: "SOLD", to: "ledger" }),
      effect(4, { name: "UP", to: "#_parent" }),
      effect(4, { kind: "emit", name: "done" }),
    ],
  );
  expect(shown([order])).toEqual({
    lanes: ["o", "store:1", "ledger", "workers"],
    lines: [
      "client > o: create by ann",
      "client > o: PAY",
      "o > workers: task pack",
      "store:1 > o: STOCK",
      "workers > o: PACKED",
      "o > ledger: SOLD",
      "o > o: after 1h",
    ],
  });
});

test("sequenceOf() shows what members send one another once, where it is received", () => {
  const parent = member(
    "p",
    [entry(3, { event: "xstate.done.actor.c" })],
    [effect(1, { name: "GO", to: "{p}.c" })],
  );
  const child = member("{p}.c", [entry(2, { kind: "send", event: "GO", by: "p" })]);
  expect(shown([parent, child]).lines).toEqual(["p > {p}.c: GO", "{p}.c > p: c done"]);
});

test("sequenceOf() gives the machines beyond six one lane together", () => {
  const effects = Array.from({ length: 9 }, (_, at) => effect(at, { name: "HI", to: `m${at}` }));
  const { lanes, lines } = shown([member("o", [], effects)]);
  expect(lanes).toEqual(["o", "m0", "m1", "m2", "m3", "m4", "m5", "others"]);
  expect(lines.at(-1)).toBe("o > others: HI");
});
