/** Definitions written as SCXML, XState and PlantUML, and read again: they do the same. */
import { describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../src/base/json.ts";
import { graph } from "../../src/engine/graph.ts";
import { type ImportFormat, translate } from "../../src/importers/formats.ts";
import { statechartOf } from "../../src/importers/statechart-form.ts";
import { writeScxml } from "../../src/importers/write-scxml.ts";
import { writeXState } from "../../src/importers/write-xstate.ts";
import { drive, machineOf } from "../engine/support/driver.ts";
import { XStateDriver } from "../engine/support/xstate-driver.ts";
import { CONFORMANCE_CASES, type ConformanceCase, keysOf } from "../support/conformance-cases.ts";

function objectOf(json: Json): JsonObject {
  if (!isJsonObject(json)) throw new Error("no object");
  return json;
}

const WRITERS: Readonly<Record<string, (document: JsonObject) => string>> = {
  SCXML: (document) => writeScxml(document, machineOf(document)),
  XSTATE: (document) => JSON.stringify(writeXState(document)),
};

function again(format: ImportFormat, document: JsonObject): JsonObject {
  const translation = translate(format, WRITERS[format]?.(document) ?? "");
  expect(translation.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  if (translation.document === undefined) throw new Error("no document");
  return translation.document;
}

function expectHolds({ initialConfiguration, events }: ConformanceCase, definition: Json): void {
  const driver = drive(definition);
  if (initialConfiguration !== null)
    expect(keysOf(driver.states())).toEqual([...initialConfiguration].sort());
  for (const { after, event, nextConfiguration } of events) {
    if (after !== undefined) driver.advance(after);
    if (event !== null) {
      const { type, ...data } = event;
      driver.send(type, Object.keys(data).length === 0 ? undefined : data);
    }
    if (nextConfiguration !== null) expect(keysOf(driver.states())).toEqual([...nextConfiguration].sort());
  }
}

/** A definition that has most of what there is. */
const PARCEL: JsonObject = {
  id: "parcel",
  name: "parcel",
  description: "how a parcel gets there",
  initial: "packing",
  context: { weight: 0, attempts: 0, "odd key": [1, "<&>"] },
  constants: { wait: "12h" },
  unmatched: "ignore",
  record: "changes",
  invariants: [{ name: "light", expr: "context.weight < 5000" }],
  entry: { log: "'begins'" },
  on: { "HOLD.*": { target: ".held", guard: "context.weight > 0" } },
  states: {
    packing: {
      defer: ["ADDRESS"],
      entry: [
        { assign: { packed: "false" } },
        { raise: "HELLO" },
        { raise: { event: "LATER", delay: "5s", id: "l" } },
      ],
      exit: { cancel: "l" },
      on: {
        WEIGH: {
          actions: [{ assign: { weight: "event.grams", packed: "true" } }],
          description: "stays here",
        },
        SEND: {
          target: "way",
          guard: { and: ["context.packed", { not: { in: "#back" } }] },
          otherwise: "not packed",
        },
        "two words": "held",
      },
    },
    way: {
      type: "parallel",
      onDone: "back",
      sla: "2d",
      on: { AGAIN: { target: "way", reenter: true }, HERE: "way" },
      states: {
        place: {
          initial: { target: "road", actions: { log: "'road'" } },
          states: {
            road: { after: { "2h": "depot", "constants.wait": "#back" } },
            depot: { type: "final", output: { n: "context.attempts" } },
            hist: { history: "deep", target: "road" },
          },
        },
        papers: {
          initial: "open",
          states: {
            open: {
              always: { guard: "context.attempts > 3", target: "fine" },
              on: {
                STAMP: [
                  { guard: "event.ok", target: "fine" },
                  { actions: { choose: [{ guard: "true", actions: [{ task: "ask" }] }] } },
                ],
              },
            },
            fine: { type: "final" },
          },
        },
      },
    },
    held: { tags: ["waiting"], meta: { team: "customs" }, on: { FREE: "#parcel.way.place.hist" } },
    back: { id: "back", type: "final" },
  },
};

describe.each(["SCXML", "XSTATE"] as const)("%s", (format) => {
  test.each(CONFORMANCE_CASES.map((one) => [one.name, one] as const))(
    "%s behaves the same when it is written and read again",
    (_name, given) => {
      expectHolds(given, again(format, objectOf(given.definition)));
    },
  );

  test("keeps states, transitions, guards, and what the language does not know", () => {
    const machine = machineOf(PARCEL);
    const other = machineOf(again(format, PARCEL));
    const statesOf = ({ states }: typeof machine) =>
      states.map(
        ({ path, kind, entry, exit, initial, tags, meta, defer, sla, description, isDeepHistory }) => ({
          path,
          kind,
          entry: entry.length,
          exit: exit.length,
          initial,
          tags,
          meta,
          defer: [...defer],
          sla,
          description,
          isDeepHistory,
        }),
      );
    expect(statesOf(other)).toEqual(statesOf(machine));
    const transitionsOf = ({ transitions, states }: typeof machine) =>
      transitions
        .map(({ source, targets, reenter, guard, actions, description, otherwise, descriptor }) => ({
          source: states[source]?.path,
          // Lengths of time are milliseconds there.
          descriptor: descriptor
            .replace("after.2h", "after.7200000")
            .replaceAll(/\.(\(machine\)|parcel)\./g, "."),
          targets: targets?.map((target) => states[target]?.path),
          reenter,
          guard: JSON.stringify(guard),
          actions: actions.length,
          description,
          otherwise,
        }))
        .sort((a, b) =>
          `${a.source} ${a.guard} ${a.targets}`.localeCompare(`${b.source} ${b.guard} ${b.targets}`),
        );
    const withoutNames = (list: ReturnType<typeof transitionsOf>) =>
      list.map(({ descriptor, ...rest }) => ({ ...rest, isAfter: descriptor.includes("after.") }));
    expect(withoutNames(transitionsOf(other))).toEqual(withoutNames(transitionsOf(machine)));
    for (const key of ["context", "constants", "unmatched", "record", "invariants", "description", "name"])
      expect(again(format, PARCEL)[key]).toEqual(PARCEL[key]);
  });

  test("writes the map and list forms as statecharts", () => {
    const map = { initial: "a", map: { a: ["b", "a"], b: [] } };
    const list = {
      name: "n",
      states: ["a", "b"],
      starting_state: "a",
      final: ["b"],
      transitions: [{ from: "a", to: "b", event: "go" }],
    };
    const paths = (json: JsonObject) =>
      machineOf(json).transitions.map(({ descriptor, source, targets, reenter }) => [
        descriptor,
        source,
        targets,
        reenter,
      ]);
    expect(paths(statechartOf(map))).toEqual([
      ["b", 1, [2], false],
      ["a", 1, [1], true],
    ]);
    expect(machineOf(statechartOf(list)).states.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      " compound",
      "a atomic",
      "b final",
    ]);
  });
});

test("a config that is written for XState runs there", () => {
  const document = {
    initial: "a",
    states: {
      a: { after: { "2s": "b" }, on: { GO: "b" } },
      b: { on: { BACK: { target: "a", guard: { in: "b" } } }, invoke: { src: "c:v1", id: "c" } },
    },
  };
  const driver = new XStateDriver({
    ...writeXState(document),
    states: { ...(writeXState(document)["states"] as object), b: {} },
  });
  expect(driver.snapshot.value).toBe("a");
  driver.advance(2000);
  expect(driver.snapshot.value).toBe("b");
  expect(writeXState(document)).toMatchObject({
    states: { b: { on: { BACK: { guard: { type: "detent.guard", params: { guard: { in: "b" } } } } } } },
  });
});

test("a drawing in PlantUML is read as its states and events", () => {
  // What combines guards with states to be in is not an expression, and a drawing has no other.
  const drawn = JSON.stringify(PARCEL).replace(
    '{"and":["context.packed",{"not":{"in":"#back"}}]}',
    '"context.packed"',
  );
  const machine = machineOf(JSON.parse(drawn) as Json);
  const drawing = graph(machine, "plantuml");
  const text = drawing.ok ? drawing.text : "";
  expect(text).toMatch(
    /^@startuml\n\[\*\] --> s1\n[\s\S]*state "hist" as s\d+ <<history\*>>[\s\S]*@enduml\n$/,
  );
  const { document } = translate("PLANTUML", text);
  // Constants are not in a drawing.
  const other =
    document === undefined ? undefined : machineOf({ ...document, constants: PARCEL["constants"] ?? {} });
  const keys = (one: typeof machine | undefined) =>
    one?.states
      .filter(({ parent }) => parent !== -1)
      .map(({ key }) => key)
      .filter((key) => !/^region\d/.test(key))
      .sort();
  expect(keys(other)).toEqual(keys(machine));
});
