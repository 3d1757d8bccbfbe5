/** State diagrams of Mermaid and PlantUML, and YAML. */
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { graph } from "../../src/engine/graph.ts";
import { type ImportFormat, translate } from "../../src/importers/formats.ts";
import { machineOf } from "../engine/support/driver.ts";
import { CONFORMANCE_CASES } from "../support/conformance-cases.ts";

function documentOf(format: ImportFormat, text: string): Json {
  const { document, findings } = translate(format, text);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  if (document === undefined) throw new Error("no document");
  machineOf(document);
  return document;
}

const findingsOf = (format: ImportFormat, text: string) =>
  translate(format, text).findings.map(({ severity, path, message }) => `${severity} ${path}: ${message}`);
const mermaid = (...lines: readonly string[]) => ["stateDiagram-v2", ...lines].join("\n");

describe("MERMAID", () => {
  test("reads events, guards, actions, times and the end of arrows", () => {
    const text = mermaid(
      "%% a phone",
      "direction LR",
      "[*] --> Idle",
      "Idle --> Ringing : CALL",
      "Ringing --> Talking: ANSWER [event.by == 'owner'] / record call",
      "Ringing --> Idle : after 30 seconds",
      "Ringing-->Ringing : AGAIN",
      "Talking --> [*] : HANG_UP",
      "note right of Idle",
      "  nobody: calls",
      "end note",
      "classDef quiet fill:#eee",
      "class Idle quiet",
    );
    expect(documentOf("MERMAID", text)).toEqual({
      initial: "Idle",
      states: {
        Idle: { on: { CALL: "Ringing" } },
        Ringing: {
          on: {
            ANSWER: { target: "Talking", guard: "event.by == 'owner'", actions: { task: "record call" } },
            AGAIN: { target: "Ringing", reenter: true },
          },
          after: { "30s": "Idle" },
        },
        Talking: { on: { HANG_UP: "end" } },
        end: { type: "final" },
      },
    });
    expect(findingsOf("MERMAID", text)).toEqual([
      expect.stringMatching(/^warning line 6: 'record call' becomes a task/),
    ]);
  });

  test("reads composite states, regions, choices, and arrows across them", () => {
    const text = mermaid(
      "[*] --> Work",
      "state Work {",
      "  [*] --> a",
      "  a --> b : NEXT",
      "  b --> [*]",
      "  --",
      "  [*] --> x",
      "  x --> y : NEXT",
      "  y --> Out : LEAVE",
      "}",
      'state "To be decided" as d',
      "state d <<choice>>",
      "Work --> d",
      "d --> Out : if context.n > 1",
      "d --> Work : else",
      "state Out",
      "Out: waits for nothing",
      "Out --> [*]",
    );
    expect(documentOf("MERMAID", text)).toMatchObject({
      initial: "Work",
      states: {
        Work: {
          type: "parallel",
          onDone: "d",
          states: {
            region1: { initial: "a", states: { a: { on: { NEXT: "b" } }, b: { type: "final" } } },
            region2: { states: { y: { on: { LEAVE: "#(machine).Out" } } } },
          },
        },
        d: { always: [{ target: "Out", guard: "context.n > 1" }, "Work"] },
        Out: { type: "final", description: "waits for nothing" },
      },
    });
  });

  test("starts in the state that is written first when no line begins at [*], with a warning", () => {
    const text = mermaid("A --> B : GO", "B --> C : GO");
    expect(documentOf("MERMAID", text)).toMatchObject({ initial: "A" });
    expect(findingsOf("MERMAID", text)).toContain(
      "warning $: nothing says where the machine starts: 'A', the first, is taken; write [*] --> A",
    );
  });

  test("names an event that is missing after the target, with a warning", () => {
    expect(
      documentOf("MERMAID", mermaid("[*] --> Still", "Still --> Moving", "Moving --> Still")),
    ).toMatchObject({ states: { Still: { on: { Moving: "Moving" } } } });
    expect(findingsOf("MERMAID", mermaid("[*] --> Still", "Still --> Moving", "Moving --> Still"))).toEqual([
      expect.stringContaining("warning line 3: the arrow has no event"),
      expect.stringContaining("warning line 4"),
    ]);
  });

  test.each([
    [
      "no diagram of states",
      "graph TD\nA-->B",
      'error line 1: a diagram of states begins with "stateDiagram-v2"',
    ],
    ["a line that is none", mermaid("A ==> B"), 'error line 2: "A ==> B" is not a known line'],
    ["a fork", mermaid("state f <<fork>>"), "error line 2: a fork is a state with regions here"],
    [
      "a condition that is not an expression",
      mermaid("[*] --> A", "A --> B : GO [is ready]"),
      'error line 3: the condition "is ready" is not an expression',
    ],
    ["a brace that is open", mermaid("state A {", "[*] --> b"), "a brace is not closed"],
    ["a brace too many", mermaid("A --> B : X", "}"), "error line 3: there is no brace that this closes"],
    [
      "two states to start in",
      mermaid("[*] --> A", "[*] --> B"),
      "error line 3: there is a state to start in already: 'A'",
    ],
    [
      "states that are nested too deeply",
      mermaid(...Array.from({ length: 40 }, (_, index) => `state s${index} {`)),
      "nested 30 deep",
    ],
    [
      "a line that is too long",
      mermaid(`A ${"-".repeat(5000)}> B`),
      "error line 2: a line may have 2000 characters",
    ],
    ["nothing", mermaid(), "the diagram has no states"],
  ])("refuses %s", (_what, text, message) => {
    expect(findingsOf("MERMAID", text).join("\n")).toContain(message);
  });
});

describe("PLANTUML", () => {
  test("reads the parts of Mermaid, and histories, directions of arrows and actions of states", () => {
    const text = [
      "@startuml",
      "title A player",
      "' a comment",
      "[*] -down-> Off",
      "state Off : entry / dim light",
      "state On {",
      "  [*] --> Low",
      "  Low -[#red]-> High : UP",
      "  High --> Low : DOWN",
      "}",
      "Off --> On : POWER",
      "Off --> On[H] : RESUME",
      "On --> Off : POWER",
      "Off -> [*] : UNPLUG",
      "@enduml",
    ].join("\n");
    expect(documentOf("PLANTUML", text)).toMatchObject({
      initial: "Off",
      states: {
        Off: {
          entry: { task: "dim light" },
          on: { POWER: "On", RESUME: "#(machine).On.history", UNPLUG: "end" },
        },
        On: {
          initial: "Low",
          on: { POWER: "Off" },
          states: { history: { type: "history", history: "shallow" } },
        },
      },
    });
  });
});

describe("a drawing of SM.DEF GRAPH MERMAID", () => {
  /** Histories without an arrow, and targets in several regions, are more than a drawing says. */
  const drawable = CONFORMANCE_CASES.filter(
    ({ definition }) => !/"history"|"choose"|"join"|"in":/.test(JSON.stringify(definition)),
  );

  test.each(drawable.map(({ name, definition }) => [name, definition] as const))(
    "of %s has the same states and events again",
    (_name, definition) => {
      const machine = machineOf(definition);
      const drawing = graph(machine, "mermaid");
      const { document } = translate("MERMAID", drawing.ok ? drawing.text : "");
      const again = document === undefined ? undefined : machineOf(document);
      const namesOf = (one: typeof machine | undefined) =>
        one?.states
          .filter(({ parent, kind }) => parent !== -1 && kind !== "history")
          .map(({ key, kind }) => `${key} ${kind === "final" ? "final" : ""}`)
          .filter((name) => !name.startsWith("region"))
          .sort();
      expect(namesOf(again)).toEqual(namesOf(machine));
      const eventsOf = (one: typeof machine | undefined) =>
        [
          ...new Set(
            one?.transitions
              .filter(({ isPublic, targets }) => isPublic && targets !== undefined)
              .map(({ descriptor }) => descriptor),
          ),
        ].sort();
      expect(eventsOf(again)).toEqual(eventsOf(machine));
    },
  );
});

describe("YAML", () => {
  const list = "states: [a, b]\ntransitions:\n- {from: a, to: b, event: go}\n";

  test("reads configurations of go-statemachine, alone or among other documents", () => {
    const expected = { states: ["a", "b"], transitions: [{ from: "a", to: "b", event: "go" }] };
    expect(documentOf("YAML", `${list}starting_state: a\n`)).toEqual({ ...expected, starting_state: "a" });
    const indented = list.replaceAll(/^/gm, "  ");
    const text =
      `---\napiVersion: v1alpha\nkind: Configuration\nspec:\n  name: orders\n  version: 2\n${indented}startingState: a\n---\nkind: EventRequest\nid: 1\n`.replace(
        "startingState",
        "startingState",
      );
    expect(documentOf("YAML", text)).toEqual({
      ...expected,
      name: "orders",
      version: "2",
      startingState: "a",
    });
  });

  test("reads definitions of Detent", () => {
    expect(documentOf("YAML", "initial: a\nstates:\n  a:\n    on: {GO: b}\n  b: {type: final}\n")).toEqual({
      initial: "a",
      states: { a: { on: { GO: "b" } }, b: { type: "final" } },
    });
  });

  test.each([
    ["no YAML", "states: [a", "this is not YAML"],
    ["nothing", "", "one configuration expected, the text has 0"],
    [
      "two configurations",
      `${list}starting_state: a\n---\n${list}starting_state: a\n`,
      "one configuration expected, the text has 2",
    ],
    ["no state to start in", list, "$.startingState: the state to start in is missing"],
    ["keys that are not known", `${list}starting_state: a\ncolour: 1\n`, '$.colour: "colour" is not a key'],
    [
      "states that are no list",
      "states: 1\ntransitions: []\nstarting_state: a",
      "$.states: states is a list, this is a number",
    ],
    [
      "anchors that repeat without end",
      `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [${Array(9).fill("*a").join(", ")}]\nc: &c [${Array(9).fill("*b").join(", ")}]\nd: &d [${Array(9).fill("*c").join(", ")}]\ne: [${Array(9).fill("*d").join(", ")}]`,
      "the YAML is not read",
    ],
    ["lists that are nested too deeply", "[".repeat(1000), "brackets may be nested 500 deep"],
    ["a text that is too long", " ".repeat(100_001), "a text in YAML may have 100000 characters"],
  ])("refuses %s", (_what, text, message) => {
    expect(findingsOf("YAML", text).join("\n")).toContain(message);
  });
});
