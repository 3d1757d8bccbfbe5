/** The history checker finds each fault that is planted: a check that cannot fail proves nothing. */
import { expect, test } from "vitest";
import { checkDelivery, type Fault } from "./delivery-check.ts";
import type { Answer, ChangeEntry, Evidence, MachineView, Reading, SentEvent } from "./delivery-evidence.ts";

const A = '["a"]';
const B = '["b"]';

/** One machine steps and sets a task that fails, is put back and done; another refuses an event. */
const CHANGES: readonly ChangeEntry[] = [
  change({ entry: "10-0", rev: 1, at: 10, kind: "create", from: "[]", to: A }),
  change({ entry: "10-1", key: "o2", rev: 1, at: 10, kind: "create", from: "[]", to: A }),
  change({ entry: "11-0", rev: 2, at: 11, event: "STEP", id: "e1", from: A, to: B }),
  change({ entry: "12-0", rev: 3, at: 12, event: "WORK", id: "e2", from: B, to: A }),
  change({ entry: "12-1", rev: 3, at: 12, kind: "emit", event: "begun", from: "", to: "" }),
  change({ entry: "13-0", rev: 4, at: 13, event: "FAILED", id: "o1@3#1", from: A, to: A }),
  change({ entry: "14-0", rev: 5, at: 14, event: "DONE", id: "o1@3#1.1", from: A, to: A }),
  change({ entry: "15-0", key: "o2", rev: 2, at: 15, event: "STEP", id: "e4", from: A, to: B }),
];

function change(given: Partial<ChangeEntry>): ChangeEntry {
  const absent = { event: undefined, id: undefined, data: undefined, context: undefined };
  const where = { entry: "", key: "o1", from: A, to: A };
  return { rev: 0, at: 0, kind: "event", ...absent, ...where, ...given };
}

const FIRST = machine("o1", A, { applied: ["o1@3#1.1"], failedCount: 1 });
const SECOND = machine("o2", B, { applied: [], failedCount: 0 });

const STEP = sent("o1", "STEP", "e1", acknowledged(2, 11, A, B));
const WORK = { ...sent("o1", "WORK", "e2", acknowledged(3, 12, B, A)), taskCount: 1, emitCount: 1 };
const REFUSED = sent("o2", "NOPE", "e3", { kind: "refused", code: "ILLEGAL", bytes: "-ILLEGAL" });
const LAST = sent("o2", "STEP", "e4", acknowledged(2, 15, A, B));

const SOUND: Evidence = {
  changes: CHANGES,
  machines: [FIRST, SECOND],
  sent: [STEP, WORK, REFUSED, LAST],
  readings: [
    reading("r1", ["10-0", "10-1", "11-0"], ["10-0", "10-1"]),
    reading("r1", ["11-0", "12-0", "12-1", "13-0", "14-0", "15-0"], []),
  ],
  groups: [{ stream: "sm:changes:order", group: "g", pendingCount: 0, unreadCount: 0 }],
  performed: new Set(["o1@3#1.1"]),
  tasks: ["o1@3#1.1"],
  dead: [],
  outcomes: [
    { key: "o1", id: "e1", event: "STEP", code: "OK", rev: 2 },
    { key: "o1", id: "e2", event: "WORK", code: "OK", rev: 3 },
    { key: "o2", id: "e3", event: "NOPE", code: "ILLEGAL", rev: 1 },
    { key: "o2", id: "e4", event: "STEP", code: "OK", rev: 2 },
    { key: "o1", id: "o1@3#1", event: "FAILED", code: "OK", rev: 4 },
    { key: "o1", id: "o1@3#1.1", event: "DONE", code: "OK", rev: 5 },
  ],
  unsound: [],
};

function machine(
  key: string,
  states: string,
  notes: Pick<MachineView, "applied" | "failedCount">,
): MachineView {
  const own = CHANGES.filter((each) => each.key === key && each.kind !== "emit");
  const history = own.map(({ entry: _entry, key: _key, ...told }) => told);
  return { key, rev: history.length, states, history, ...notes };
}

function sent(key: string, event: string, id: string, answer: Answer): SentEvent {
  return { key, event, id, data: undefined, taskCount: 0, emitCount: 0, answers: [answer] };
}

function acknowledged(rev: number, at: number, from: string, to: string): Answer {
  return { kind: "applied", rev, at, from, to, bytes: `rev ${rev}` };
}

function reading(consumer: string, given: string[], acked: string[]): Reading {
  return { group: "g", consumer, given, acknowledged: acked };
}

/** The faults found after the changes of the stream were replaced by others. */
function faultsIn(given: Partial<Evidence>): Fault[] {
  const found = checkDelivery({ ...SOUND, ...given }).map(({ fault }) => fault);
  return [...new Set(found)].sort();
}

const without = (entry: string) => CHANGES.filter((each) => each.entry !== entry);
const altered = (entry: string, values: Partial<ChangeEntry>) =>
  CHANGES.map((each) => (each.entry === entry ? { ...each, ...values } : each));
/** Puts an entry at another place, as a stream would hold it that was appended to in the wrong order. */
const inserted = (extra: ChangeEntry, index: number) => CHANGES.toSpliced(index, 0, extra);
const at = (index: number): ChangeEntry => CHANGES[index] ?? change({});

test("checkDelivery() finds nothing in a correct history", () => {
  expect(checkDelivery(SOUND)).toEqual([]);
});

test.each<readonly [string, readonly ChangeEntry[], readonly Fault[]]>([
  ["a revision is missing", without("11-0"), ["gap"]],
  ["the last revision is missing", without("15-0"), ["gap", "lost acknowledgement"]],
  ["a revision is there twice", inserted({ ...at(2), entry: "16-0" }, 8), ["duplicate", "time travel"]],
  ["two revisions changed places", altered("11-0", { rev: 3 }).with(3, { ...at(3), rev: 2 }), ["reordering"]],
  ["an entry stands before an older one", CHANGES.toSpliced(2, 2, at(3), at(2)), ["reordering"]],
  ["time goes back", altered("12-0", { at: 9 }), ["time travel"]],
  ["a change does not begin where the last has ended", altered("11-0", { from: B }), ["broken chain"]],
  ["a change tells other data than the history", altered("11-0", { data: '{"n":1}' }), ["disagreement"]],
  ["the machine is elsewhere", altered("15-0", { to: A }), ["disagreement"]],
  [
    "a revision is beyond that of the machine",
    inserted(change({ entry: "16-0", rev: 6, at: 16, id: "e9" }), 8),
    ["phantom"],
  ],
  ["an event was never sent", altered("11-0", { id: "e9" }), ["lost acknowledgement", "phantom"]],
  ["an event was sent as another", altered("11-0", { event: "LEAP" }), ["phantom"]],
  [
    "a machine was never made",
    inserted(change({ entry: "16-0", key: "o3", rev: 1, at: 16 }), 8),
    ["phantom"],
  ],
  ["an emitted event is missing", without("12-1"), ["gap"]],
  ["an emitted event is there twice", inserted({ ...at(4), entry: "12-2" }, 5), ["duplicate"]],
])("checkDelivery() reports it when %s in the change stream", (_what, changes, faults) => {
  expect(faultsIn({ changes })).toEqual(expect.arrayContaining([...faults]));
});

test.each<readonly [string, readonly SentEvent[], readonly Fault[]]>([
  [
    "was acknowledged and is not there",
    [STEP, WORK, REFUSED, LAST, sent("o2", "STEP", "e5", acknowledged(3, 15, B, A))],
    ["lost acknowledgement"],
  ],
  [
    "was acknowledged as another revision",
    [sent("o1", "STEP", "e1", acknowledged(7, 11, A, B)), WORK, REFUSED, LAST],
    ["disagreement"],
  ],
  [
    "was refused and is there",
    [{ ...STEP, answers: REFUSED.answers }, WORK, REFUSED, LAST],
    ["lost acknowledgement", "phantom"],
  ],
  [
    "was refused otherwise than is kept",
    [STEP, WORK, { ...REFUSED, answers: [{ kind: "refused", code: "GUARD", bytes: "-GUARD" }] }, LAST],
    ["lost acknowledgement"],
  ],
  [
    "got another reply when it came again",
    [
      {
        ...STEP,
        answers: [...STEP.answers, acknowledged(2, 12, A, B)].map((each, i) => ({ ...each, bytes: `${i}` })),
      },
      WORK,
      REFUSED,
      LAST,
    ],
    ["changed reply"],
  ],
  ["was applied before the one that was sent first", [WORK, STEP, REFUSED, LAST], ["reordering"]],
])("checkDelivery() reports an event that %s", (_what, events, faults) => {
  expect(faultsIn({ sent: events })).toEqual([...faults]);
});

test("checkDelivery() reports an event whose outcome is gone", () => {
  const outcomes = SOUND.outcomes.filter(({ id }) => id !== "e1");
  expect(faultsIn({ outcomes })).toEqual(["lost acknowledgement"]);
});

const ALL = CHANGES.map(({ entry }) => entry);

test.each<readonly [string, readonly Reading[], readonly Fault[]]>([
  [
    "misses an entry",
    [
      reading(
        "r1",
        ALL.filter((id) => id !== "12-0"),
        [],
      ),
    ],
    ["missed delivery"],
  ],
  ["is given what is not there", [reading("r1", [...ALL, "17-0"], [])], ["phantom"]],
  ["is given entries out of order", [reading("r1", [...ALL.toSpliced(2, 1), "11-0"], [])], ["reordering"]],
  ["is given an entry twice in a row", [reading("r1", ["10-0", ...ALL], [])], ["reordering"]],
  [
    "is given what it has acknowledged",
    [reading("r1", ALL, ALL), reading("r1", ["15-0"], [])],
    ["delivered again"],
  ],
])("checkDelivery() reports a reader that %s", (_what, readings, faults) => {
  expect(faultsIn({ readings })).toEqual([...faults]);
});

test("checkDelivery() reports entries that a group has left over", () => {
  const group = { stream: "s", group: "g", pendingCount: 0, unreadCount: 0 };
  expect(faultsIn({ groups: [{ ...group, pendingCount: 1 }] })).toEqual(["left over"]);
  expect(faultsIn({ groups: [{ ...group, unreadCount: 1 }] })).toEqual(["left over"]);
});

/** The evidence of a server that has applied the task's result once more, and is of one mind about it. */
function appliedAgain(id: string): Partial<Evidence> {
  const again = change({ entry: "16-0", rev: 6, at: 16, event: "DONE", id });
  const { entry: _entry, key: _key, ...told } = again;
  const first = { ...FIRST, rev: 6, history: [...FIRST.history, told], applied: [...FIRST.applied, id] };
  return {
    changes: [...CHANGES, again],
    machines: [first, SECOND],
    readings: [reading("r1", [...ALL, "16-0"], [])],
    performed: new Set(["o1@3#1", "o1@3#1.1"]),
    outcomes: [...SOUND.outcomes, { key: "o1", id, event: "DONE", code: "OK", rev: 6 }],
  };
}

test("checkDelivery() reports a result that was applied twice, under one id or under two", () => {
  expect(faultsIn(appliedAgain("o1@3#1.1"))).toEqual(["disagreement", "double application"]);
  expect(faultsIn(appliedAgain("o1@3#1"))).toEqual(["disagreement", "double application"]);
});

test.each<readonly [string, Partial<Evidence>, readonly Fault[]]>([
  ["was set and has no result", { sent: [STEP, { ...WORK, taskCount: 2 }, REFUSED, LAST] }, ["lost task"]],
  ["has a result and was never set", { sent: [STEP, { ...WORK, taskCount: 0 }, REFUSED, LAST] }, ["phantom"]],
  ["no worker has done", { performed: new Set<string>() }, ["phantom"]],
  ["is in no stream", { tasks: [] }, ["lost task"]],
  ["is in its stream twice", { tasks: ["o1@3#1.1", "o1@3#1.1"] }, ["duplicate"]],
  ["is in its stream and was never set", { tasks: ["o1@3#1.1", "o1@9#1"] }, ["phantom"]],
  ["was given up and is in its stream", { tasks: ["o1@3#1", "o1@3#1.1"] }, ["left over"]],
  ["is dead at the end", { dead: ["o1@3#1"] }, ["left over"]],
  [
    "the machine has noted twice",
    { machines: [{ ...FIRST, applied: ["o1@3#1.1", "o1@3#1.1"] }, SECOND] },
    ["disagreement", "double application"],
  ],
  ["the machine has not noted", { machines: [{ ...FIRST, applied: [] }, SECOND] }, ["disagreement"]],
  ["failed without the machine", { machines: [{ ...FIRST, failedCount: 0 }, SECOND] }, ["disagreement"]],
  ["has no outcome", { outcomes: SOUND.outcomes.filter(({ id }) => id !== "o1@3#1.1") }, ["disagreement"]],
])("checkDelivery() reports a task that %s", (_what, evidence, faults) => {
  expect(faultsIn(evidence)).toEqual([...faults]);
});

test("checkDelivery() reports what SM.VERIFY has found", () => {
  expect(faultsIn({ unsound: ["an index"] })).toEqual(["unsound store"]);
});
