/** The names of the streams that machines write, in a cluster with several partitions and without. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bufferOf, bytesOfText, chars, textOfBytes } from "../../src/base/bytes.ts";
import { slotOf } from "../../src/cluster/slots.ts";
import { decodeStep, type RecordedStep, StepRedo } from "../../src/machines/change-record.ts";
import { type MachineRecord, NO_SOURCES, NO_STATES } from "../../src/machines/record.ts";
import {
  changeStream,
  configuredStream,
  deadStream,
  isConfiguredStream,
  machineStreamOf,
  refusalStream,
  STREAM_PREFIXES,
  taskOfStream,
  taskStream,
} from "../../src/machines/stream-names.ts";
import { entryIdOf } from "../../src/streams/entry-id.ts";

const WHOLE = { tag: "" };
const PART = { tag: "3q" };

const MACHINE: MachineRecord = {
  ...{ definition: { name: "order", version: "1" }, map: undefined, initial: undefined, states: [["a", 1]] },
  ...{ status: "active", rev: 1, createdMs: 1, updatedMs: 1, reason: undefined, snapshot: null },
  ...{ sources: NO_SOURCES, pendingNext: 1, deferredCount: 0, outcomeNext: 1, outcomeFirst: 1 },
  ...{ failedCount: 0, outer: NO_STATES, parent: undefined, childCount: 0 },
};

/** The streams of a place that are named after what a client chooses, and the others. */
function namesIn(place: { readonly tag: string }, name: string) {
  const chosen = [changeStream(place, name), taskStream(place, name), configuredStream(place, name)];
  return [...chosen, changeStream(place, undefined), deadStream(place), refusalStream(place)];
}

test("the names of streams have no tag when there is one partition", () => {
  expect(namesIn(WHOLE, "order").map(textOfBytes)).toEqual([
    ...["sm:changes:order", "sm:tasks:order", "order", "sm:changes", "sm:dead", "sm:refusals"],
  ]);
});

test("the names of streams have the tag of their partition when there are several", () => {
  expect(namesIn(PART, "order").map(textOfBytes)).toEqual([
    ...["sm:changes:{3q}:order", "sm:tasks:{3q}:order", "order:{3q}"],
    ...["sm:changes:{3q}", "sm:dead:{3q}", "sm:refusals:{3q}"],
  ]);
  expect(textOfBytes(configuredStream(PART, "{x}events"))).toBe("{3q}:{x}events");
});

test("every stream of a partition is in the slot of its tag whatever clients call definitions and tasks", () => {
  const wild = fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[{}a:]{1,8}$/));
  fc.assert(
    fc.property(wild, fc.stringMatching(/^[0-9a-z]{1,4}$/), (name, tag) => {
      const slot = slotOf(Buffer.from(`{${tag}}`));
      for (const key of namesIn({ tag }, name)) expect(slotOf(bufferOf(key))).toBe(slot);
    }),
  );
});

test("machineStreamOf() finds kind and name of a stream when it is one of the place", () => {
  for (const place of [WHOLE, PART]) {
    expect(machineStreamOf(place, changeStream(place, "order"))).toEqual({ kind: "changes", name: "order" });
    expect(machineStreamOf(place, changeStream(place, undefined))).toEqual({
      kind: "changes",
      name: undefined,
    });
    expect(machineStreamOf(place, taskStream(place, "a:b"))).toEqual({ kind: "tasks", name: "a:b" });
    expect(machineStreamOf(place, deadStream(place))).toEqual({ kind: "dead", name: undefined });
    expect(machineStreamOf(place, refusalStream(place))).toEqual({ kind: "refusals", name: undefined });
    expect(taskOfStream(place, taskStream(place, "mail"))).toBe("mail");
    for (const key of namesIn(place, "order").filter((_, index) => index !== 2))
      expect(STREAM_PREFIXES.some((prefix) => chars(key).startsWith(chars(prefix)))).toBe(true);
  }
  for (const key of ["sm:dead", "sm:tasks:mail", "sm:changes:order", "sm:tasks:{4r}:mail", "sm:tasks:{3q}:"])
    expect(machineStreamOf(PART, bytesOfText(key))).toBeUndefined();
});

test("isConfiguredStream() knows the streams of all partitions when there are several", () => {
  expect(isConfiguredStream("events", Buffer.from("events"), false)).toBe(true);
  expect(isConfiguredStream("events", Buffer.from("events:{3q}"), false)).toBe(false);
  expect(isConfiguredStream("events", Buffer.from("events:{3q}"), true)).toBe(true);
  expect(isConfiguredStream("{x}events", Buffer.from("{3q}:{x}events"), true)).toBe(true);
  expect(isConfiguredStream("events", Buffer.from("events"), true)).toBe(false);
});

test("a redo record keeps the tag of the partition when the change has an entry of its stream", () => {
  const step = (tag: string): RecordedStep => ({
    ...{ phys: 0, tag, key: bytesOfText("k"), id: 7, before: MACHINE },
    ...{ after: { ...MACHINE, rev: 2 }, entry: undefined, outcome: undefined },
  });
  const id = entryIdOf(5n, 6n);
  expect(decodeStep(StepRedo.encoded(step("3q"), id))).toMatchObject({ tag: "3q", streamId: id });
  expect(decodeStep(StepRedo.encoded(step(""), id))).toMatchObject({ tag: "", streamId: id });
  expect(StepRedo.encoded(step("3q"), undefined)).toEqual(StepRedo.encoded(step(""), undefined));
});
