/** Cases of a file of tests: what passes, and what each expectation says when it does not hold. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { runCase } from "../../src/definition-tests/run-case.ts";
import { readTestFile } from "../../src/definition-tests/test-file.ts";
import { createProblems } from "../../src/engine/problems.ts";
import { machineOf } from "../engine/support/driver.ts";

const DEFINITION = {
  initial: "idle",
  context: { n: 1, list: [1, 2] },
  states: {
    idle: {
      sla: "1h",
      defer: ["EARLY"],
      on: {
        GO: [{ guard: "event.n > context.n", target: "busy" }],
        COUNT: { actions: [{ assign: { n: "context.n + 1" } }] },
        CRASH: { actions: [{ raise: { event: "BAD", delay: 0 } }] },
        BAD: { actions: [{ assign: { n: "context.gone.n" } }] },
        REST: { actions: [{ suspend: "'tea'" }] },
      },
    },
    busy: {
      entry: [
        { task: "work", input: { n: "context.n" }, done: "DONE" },
        { emit: { event: "started", data: "context.n" } },
        { send: { to: "'other'", event: "HELLO" } },
        { log: "'busy'" },
      ],
      invoke: [{ src: "child:v1", id: "c", input: { a: "1" }, onDone: "ended", onError: "idle" }],
      on: { DONE: "ended", EARLY: { actions: [] } },
      after: { "30s": "idle" },
    },
    ended: { type: "final" },
  },
  output: "{'n': context.n}",
};

function failuresOf(test: JsonObject, properties: Json = []): readonly string[] {
  const problems = createProblems();
  const file = readTestFile({ definition: DEFINITION, properties, tests: [test] }, problems);
  expect(problems.findings).toEqual([]);
  const [first] = file?.tests ?? [];
  if (file === undefined || first === undefined) throw new Error("no test");
  return runCase({ machine: machineOf(DEFINITION), key: "k" }, file, first).failures;
}

const GO = { send: "GO", data: { n: 2 } };
const BUSY_EFFECTS = [
  { task: "work", input: { n: 1 }, done: "DONE" },
  { emit: "started", data: 1 },
  { send: "HELLO", to: "other" },
  { spawn: "c", src: "child:v1", input: { a: 1 } },
];

describe("runCase() passes", () => {
  it.each<readonly [string, JsonObject]>([
    ["a state", { when: GO, then: { state: "busy", states: ["busy"], status: "active" } }],
    ["what is left as it is", { then: { state: "idle", context: { n: 1, list: [1, 2] } } }],
    ["effects in their order", { when: GO, then: { effects: BUSY_EFFECTS, log: ["busy"] } }],
    [
      "parts of effects",
      { when: GO, then: { effects: [{ task: "work" }, {}, { to: "other" }, { spawn: "c" }] } },
    ],
    [
      "a refusal by its code",
      { when: { send: "GO", data: { n: 1 } }, then: { refused: "GUARD", state: "idle" } },
    ],
    [
      "a refusal by its text",
      { when: "DONE", then: { refused: { code: "ILLEGAL", message: "accepted: GO" } } },
    ],
    ["timers", { when: GO, then: { timers: [{ in: "30s", event: "xstate.after.30s.(machine).busy" }] } }],
    ["what is accepted", { then: { accepted: ["GO", "COUNT", "CRASH", "BAD", "REST"] } }],
    ["a deferred event", { when: "EARLY", then: { deferred: ["EARLY"] } }],
    ["time that passes", { when: [GO, { wait: "30s" }], then: { state: "idle", timers: [] } }],
    [
      "a time that comes",
      { given: { now: 0 }, when: [GO, { until: "1970-01-01T00:00:30Z" }], then: { state: "idle" } },
    ],
    [
      "a child that is done",
      { when: [GO, { child: "c", done: 7 }], then: { status: "done", output: { n: 1 } } },
    ],
    ["a child that fails", { when: [GO, { child: "c", error: { code: "X" } }], then: { state: "idle" } }],
    ["a suspension", { when: "REST", then: { status: "suspended", effects: [{ suspend: "tea" }] } }],
    ["an end of that", { when: ["REST", { resume: true }, "COUNT"], then: { context: { n: 2 } } }],
    ["an sla that is over", { when: { wait: "1h" }, then: { overdue: ["idle"] } }],
    ["a failure that is expected", { when: "CRASH", then: { failed: ["BAD"], status: "failed" } }],
    ["effects of the start", { given: { state: "busy" }, steps: [{ then: { effects: BUSY_EFFECTS } }] }],
  ])("%s", (_, test) => {
    expect(failuresOf(test)).toEqual([]);
  });
});

describe("runCase() says what differs:", () => {
  it.each<readonly [JsonObject, string]>([
    [{ then: { state: "busy" } }, "state: expected 'busy', it is 'idle'"],
    [{ then: { states: ["busy"] } }, 'states: expected ["busy"], it is ["idle"]'],
    [{ then: { context: { n: 2 } } }, "context.n: expected 2, it is 1"],
    [{ then: { context: { m: 2 } } }, "context.m: expected 2, there is none"],
    [{ then: { context: { list: [1] } } }, "context.list: expected [1], it is [1,2]"],
    [{ then: { status: "done" } }, 'status: expected "done", it is "active"'],
    [{ when: "COUNT", then: { refused: "GUARD" } }, 'refused: expected "GUARD", it was accepted'],
    [
      { when: "NO", then: { refused: "GUARD" } },
      "refused: expected GUARD, it is ILLEGAL event 'NO' is not accepted",
    ],
    [{ when: "NO" }, "NO: refused, ILLEGAL event 'NO' is not accepted in 'idle'"],
    [{ when: ["NO", "COUNT"], then: { refused: "ILLEGAL" } }, "NO: refused, ILLEGAL"],
    [
      { when: "COUNT", then: { effects: [{ task: "x" }] } },
      'effects: expected 1 ([{"task":"x"}]), there are 0 ([])',
    ],
    [
      { when: GO, then: { effects: [{ task: "x" }, {}, {}, {}] } },
      'effects[0].task: expected "x", it is "work"',
    ],
    [{ when: GO, then: { timers: [{ in: "31s" }] } }, "timers[0].in: expected 31000, it is 30000"],
    [{ when: "CRASH" }, "CRASH: BAD has failed: EXECFAIL event 'BAD' in 'idle': "],
    [
      { given: { state: "nowhere" } },
      "the machine cannot start: refused, NOSTATE there is no state 'nowhere'",
    ],
    [
      { when: { child: "c", done: 1 } },
      "child c done: refused, NOMACHINE there is no active child 'c'; active: none",
    ],
    [
      { steps: [{ when: "COUNT" }, { when: "COUNT", then: { context: { n: 9 } } }] },
      "step 2: context.n: expected 9, it is 3",
    ],
  ])("%j", (test, message) => {
    const [failure = ""] = failuresOf(test);
    expect(failure).toContain(message);
  });
});

describe("properties of a file", () => {
  it.each<readonly [JsonObject, string | undefined]>([
    [
      { always: "context.n < 3" },
      "COUNT: the property 'always context.n < 3' does not hold: context.n < 3 is false (context.n = 3)",
    ],
    [{ never: "context.n == 2", name: "two" }, "COUNT: the property 'two' does not hold"],
    [{ always: "context.n < 9" }, undefined],
    [{ holds: "context.n == 1", until: "context.n == 2" }, undefined],
    [
      { holds: "context.n == 1", until: "context.n == 3" },
      "the property 'context.n == 1 until context.n == 3'",
    ],
    [
      { always: "context.nowhere == 1" },
      "at the start: the property 'always context.nowhere == 1' does not hold: context.nowhere == 1 cannot be evaluated",
    ],
  ])("%j", (property, message) => {
    const failures = failuresOf({ when: ["COUNT", "COUNT"] }, [property]);
    if (message === undefined) expect(failures).toEqual([]);
    else expect(failures[0]).toContain(message);
  });

  it("are looked at after each timer, not only at the end of a wait", () => {
    const test = { when: [GO, { wait: "1h" }], then: { state: "idle" } };
    expect(failuresOf(test, [{ never: "now % 3600000 == 30000 && 'idle' in state" }])[0]).toContain(
      "wait 1h: the property",
    );
  });
});

describe("readTestFile() says what is wrong:", () => {
  it.each<readonly [Json, string]>([
    [{ definition: 5 }, "$.definition: definition is the name of a file"],
    [{ definition: {}, tests: {} }, "$.tests: tests is a list, this is an object"],
    [{ definition: {}, tets: [] }, '$.tets: unknown key "tets" in a file of tests; did you mean tests?'],
    [
      { definition: {}, tests: [{ wen: "X" }] },
      '$.tests[0].wen: unknown key "wen" in a test; did you mean when?',
    ],
    [{ definition: {}, tests: [{ when: 5 }] }, "$.tests[0].when: an action is the name of an event"],
    [
      { definition: {}, tests: [{ when: { wait: "soon" } }] },
      "$.tests[0].when.wait: wait is a length of time",
    ],
    [
      { definition: {}, tests: [{ when: { until: "soon" } }] },
      "$.tests[0].when.until: a time is milliseconds",
    ],
    [{ definition: {}, tests: [{ when: { child: "c" } }] }, "$.tests[0].when: a child ends with"],
    [{ definition: {}, tests: [{ then: { stat: "x" } }] }, "$.tests[0].then.stat: unknown key"],
    [{ definition: {}, tests: [{ steps: [], when: "A" }] }, "$.tests[0]: a test has either"],
    [{ definition: {}, tests: [{ given: { state: 5 } }] }, "$.tests[0].given.state: state must be a string"],
    [{ definition: {}, now: "noon" }, "$.now: a time is milliseconds"],
    [
      { definition: {}, properties: [{ always: "event.x" }] },
      "$.properties[0].always: a property holds whatever the event",
    ],
    [{ definition: {}, properties: [{ until: "true" }] }, "$.properties[0]: a property is"],
    [{ definition: {}, properties: [{ always: "1 +" }] }, "$.properties[0].always: "],
  ])("%j", (json, message) => {
    const problems = createProblems();
    readTestFile(json, problems);
    expect(problems.findings.map((finding) => `${finding.path}: ${finding.message}`).join("\n")).toContain(
      message,
    );
  });
});
