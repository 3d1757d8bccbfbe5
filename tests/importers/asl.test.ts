/** State machines of Amazon States Language: they run here with workers of the test, and come to the same. */
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { translate } from "../../src/importers/formats.ts";
import { drive } from "../engine/support/driver.ts";
import { documentOf, runAsl, type Worker } from "./asl-run.ts";

function errorsOf(machine: unknown): readonly string[] {
  return translate("ASL", JSON.stringify(machine))
    .findings.filter(({ severity }) => severity === "error")
    .map(({ path, message }) => `${path}: ${message}`);
}

const single = (state: JsonObject, more: JsonObject = {}) => ({
  StartAt: "A",
  States: { A: state, ...more },
  ...(state["Jsonata"] === true ? { QueryLanguage: "JSONata" } : {}),
});
const jsonata = (state: JsonObject, more: JsonObject = {}) => ({
  QueryLanguage: "JSONata",
  ...single(state, more),
});

describe("data with JSONPath pass through", () => {
  const order = { order: { id: 7, items: [{ n: 1 }, { n: 2 }] }, x: 1 };
  test.each<[string, JsonObject, Json]>([
    ["Result", { Result: { a: "text" } }, { a: "text" }],
    ["Result and ResultPath", { Result: 5, ResultPath: "$.r.v" }, { ...order, r: { v: 5 } }],
    ["no ResultPath", { Result: 5, ResultPath: null }, order],
    ["InputPath", { InputPath: "$.order.id" }, 7],
    ["OutputPath", { OutputPath: "$.order.items[1]" }, { n: 2 }],
    ["no OutputPath", { OutputPath: null }, {}],
    [
      "Parameters",
      { Parameters: { "id.$": "$.order.id", fixed: "it's", all: { "n.$": "$.order.items[*].n" } } },
      { id: 7, fixed: "it's", all: { n: [1, 2] } },
    ],
    ["filters", { InputPath: "$.order.items[?(@.n > 1)]" }, [{ n: 2 }]],
    [
      "intrinsic functions",
      {
        Parameters: {
          "a.$": "States.Format('{} of {}', $.order.id, States.ArrayLength($.order.items))",
          "b.$": "States.Array(1, 'x')",
          "c.$": "States.MathAdd($.x, -3)",
        },
      },
      { a: "7 of 2", b: [1, "x"], c: -2 },
    ],
    [
      "intrinsic functions of lists and objects",
      {
        Parameters: {
          "steps.$": "States.ArrayRange(1, 9, 2)",
          "steps3.$": "States.ArrayRange(1, 9, 3)",
          "down.$": "States.ArrayRange(5, 1, -2)",
          "plain.$": "States.ArrayRange(1, 3)",
          "parts.$": "States.ArrayPartition(States.ArrayRange(1, 5, 1), 2)",
          "none.$": "States.ArrayPartition(States.Array(), 2)",
          "merged.$": "States.JsonMerge($.order, States.StringToJson('{\"id\": 8}'), false)",
        },
      },
      {
        steps: [1, 3, 5, 7, 9],
        steps3: [1, 4, 7],
        down: [5, 3, 1],
        plain: [1, 2, 3],
        parts: [[1, 2], [3, 4], [5]],
        none: [],
        merged: { id: 8, items: [{ n: 1 }, { n: 2 }] },
      },
    ],
    [
      "the context object",
      { Parameters: { "k.$": "$$.Execution.Id", "s.$": "$$.State.Name", "i.$": "$$.Execution.Input.x" } },
      { k: "machine:1", s: "A", i: 1 },
    ],
    ["variables", { Assign: { "total.$": "$.x", t: 1 }, ResultPath: null }, order],
  ])("%s of a Pass", (_what, state, output) => {
    expect(runAsl(single({ Type: "Pass", End: true, ...state }), order)).toMatchObject({
      status: "done",
      output,
    });
  });

  test("ResultSelector, ResultPath and variables of a Task", () => {
    const machine = single(
      {
        Type: "Task",
        Resource: "arn:aws:lambda:eu-west-1:1:function:Charge:3",
        Parameters: { "n.$": "$.x" },
        ResultSelector: { "id.$": "$.Payload.id" },
        ResultPath: "$.charge",
        Assign: { "last.$": "$.Payload.id" },
        Next: "B",
      },
      {
        B: {
          Type: "Pass",
          Parameters: { "last.$": "$last", "charge.$": "$.charge", "x.$": "$.x" },
          End: true,
        },
      },
    );
    const workers: Record<string, Worker> = {
      Charge: (input) => ({ output: { Payload: { id: (input as { n: number }).n + 1 } } }),
    };
    expect(runAsl(machine, { x: 1 }, workers).output).toEqual({ last: 2, charge: { id: 2 }, x: 1 });
  });
});

describe("data with JSONata", () => {
  test("pass through Arguments, Output and Assign, which do not see one another", () => {
    const machine = jsonata(
      {
        Type: "Task",
        Resource: "t",
        Arguments: { twice: "{% $states.input.n * 2 %}" },
        Assign: { n: "{% $states.result.v %}" },
        Output: { was: "{% $states.input.n %}", is: "{% $states.result.v & '!' %}" },
        Next: "B",
      },
      {
        B: {
          Type: "Pass",
          Output: "{% $merge([$states.input, {'n': $n, 'big': $n > 3 and $exists($states.input.was)}]) %}",
          End: true,
        },
      },
    );
    expect(
      runAsl(machine, { n: 2 }, { t: (input) => ({ output: { v: (input as { twice: number }).twice } }) })
        .output,
    ).toEqual({ was: 2, is: "4!", n: 4, big: true });
  });

  test.each([
    ["$states.input.items[price > 3].name", ["b"]],
    ["$states.input.items[0].name", "a"],
    ["$count($states.input.items) = 2 ? 'two' : 'many'", "two"],
    ["$map($states.input.items, function($v){ $v.price + 1 })", [3, 6]],
    ["$uppercase('a') & $string(1)", "A1"],
    ["'a' in ['a','b']", true],
    ["$not($states.input.no)", true],
  ])("compute %s", (code, output) => {
    const input = {
      items: [
        { name: "a", price: 2 },
        { name: "b", price: 5 },
      ],
      no: false,
    };
    expect(runAsl(jsonata({ Type: "Pass", Output: `{% ${code} %}`, End: true }), input).output).toEqual(
      output,
    );
  });

  test.each([
    ["$uuid()", "another value each time"],
    ["($a := 1; $a)", "a block of several expressions"],
    ["$states.input.**", "a step of a path is a field"],
    ["$nobody", "there is no variable $nobody"],
    ["1 +", "is not a JSONata expression"],
    ["$map($states.input, $f)", "$map() with 2 arguments has no counterpart"],
  ])("are refused where they have no counterpart: %s", (code, message) => {
    expect(errorsOf(jsonata({ Type: "Pass", Output: `{% ${code} %}`, End: true })).join()).toContain(message);
  });
});

describe("Choice", () => {
  const pick = (rule: JsonObject, input: Json) =>
    runAsl(
      single(
        { Type: "Choice", Choices: [{ ...rule, Next: "Yes" }], Default: "No" },
        { Yes: { Type: "Pass", Result: true, End: true }, No: { Type: "Pass", Result: false, End: true } },
      ),
      input,
    ).output;
  test.each<[JsonObject, Json, boolean]>([
    [{ Variable: "$.a", StringEquals: "x" }, { a: "x" }, true],
    [{ Variable: "$.a", StringEquals: "1" }, { a: 1 }, false],
    [{ Variable: "$.a", NumericGreaterThanEquals: 3 }, { a: 3 }, true],
    [{ Variable: "$.a", NumericLessThan: 3 }, { a: "1" }, false],
    [{ Variable: "$.a", NumericEqualsPath: "$.b" }, { a: 3, b: 3 }, true],
    [{ Variable: "$.a", BooleanEquals: false }, { a: false }, true],
    [{ Variable: "$.a", StringMatches: "log-*.txt" }, { a: "log-1.txt" }, true],
    [{ Variable: "$.a", StringMatches: "log-*.txt" }, { a: "log-1xtxt" }, false],
    [{ Variable: "$.a", TimestampLessThan: "2026-01-01T00:00:00Z" }, { a: "2025-12-31T23:59:59Z" }, true],
    [{ Variable: "$.a", IsPresent: true }, {}, false],
    [{ Variable: "$.a", IsPresent: false }, {}, true],
    [{ Variable: "$.a", IsNull: true }, { a: null }, true],
    [{ Variable: "$.a", IsString: true }, { a: "x" }, true],
    [{ Variable: "$.a", IsNumeric: true }, { a: "x" }, false],
    [{ Variable: "$.a", IsBoolean: true }, { a: true }, true],
    [{ Variable: "$.a", IsTimestamp: true }, { a: "2026-01-01T00:00:00Z" }, true],
    [
      {
        And: [
          { Variable: "$.a", IsPresent: true },
          { Variable: "$.a", NumericGreaterThan: 1 },
        ],
      },
      { a: 2 },
      true,
    ],
    [
      { Or: [{ Variable: "$.a", NumericGreaterThan: 9 }, { Not: { Variable: "$.a", NumericEquals: 1 } }] },
      { a: 2 },
      true,
    ],
  ])("%j of %j is %j", (rule, input, expected) => {
    expect(pick(rule, input)).toBe(expected);
  });

  test("takes conditions of JSONata, with what they set", () => {
    const machine = jsonata(
      {
        Type: "Choice",
        Choices: [
          {
            Condition: "{% $states.input.n > 1 %}",
            Assign: { big: true },
            Output: { n: "{% $states.input.n %}" },
            Next: "End",
          },
        ],
        Default: "End",
      },
      { End: { Type: "Pass", Output: "{% {'n': $states.input.n, 'big': $big} %}", End: true } },
    );
    expect(runAsl(machine, { n: 2 }).output).toEqual({ n: 2, big: true });
  });

  test("fails when no rule holds and there is no Default", () => {
    const machine = single(
      { Type: "Choice", Choices: [{ Variable: "$.a", IsPresent: true, Next: "Ok" }] },
      { Ok: { Type: "Succeed" } },
    );
    expect(runAsl(machine, {}).output).toEqual({
      error: "States.NoChoiceMatched",
      cause: "no rule of 'A' holds",
    });
    expect(runAsl(machine, { a: 1 }).output).toEqual({ a: 1 });
  });
});

describe("Wait", () => {
  test.each<[JsonObject, number]>([
    [{ Seconds: 10 }, 10],
    [{ SecondsPath: "$.s" }, 20],
    [{ TimestampPath: "$.t" }, 30],
  ])("%j waits for %d s", (state, seconds) => {
    const machine = single({ Type: "Wait", ...state, End: true });
    expect(runAsl(machine, { s: 20, t: new Date(1_030_000).toISOString() }).seconds).toBe(seconds);
  });
});

describe("errors", () => {
  const task = (more: JsonObject) =>
    single(
      { Type: "Task", Resource: "t", End: true, ...more },
      { Caught: { Type: "Pass", End: true }, Other: { Type: "Pass", Result: "other", End: true } },
    );
  const failing =
    (until: number, error = "Busy"): Worker =>
    (_input, attempt) =>
      attempt > until ? { output: `done at ${attempt}` } : { error, cause: "full" };

  test("Retry retries after its delays, each the one before times the rate", () => {
    const Retry = [{ ErrorEquals: ["Busy"], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 3 }];
    expect(runAsl(task({ Retry }), {}, { t: failing(2) })).toMatchObject({ output: "done at 3", seconds: 8 });
    expect(runAsl(task({ Retry }), {}, { t: failing(9) })).toMatchObject({
      output: { error: "Busy", cause: "full" },
      seconds: 26,
    });
    expect(runAsl(task({ Retry }), {}, { t: failing(9, "Broken") }).output).toEqual({
      error: "Broken",
      cause: "full",
    });
  });

  test("Retry keeps to MaxDelaySeconds, and counts each of its rules", () => {
    const Retry = [
      { ErrorEquals: ["Busy"], IntervalSeconds: 5, MaxAttempts: 2, MaxDelaySeconds: 6 },
      { ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 1, BackoffRate: 1 },
    ];
    expect(runAsl(task({ Retry }), {}, { t: failing(2) })).toMatchObject({
      output: "done at 3",
      seconds: 11,
    });
    expect(runAsl(task({ Retry }), {}, { t: failing(1, "Other") })).toMatchObject({
      output: "done at 2",
      seconds: 1,
    });
    // The first rule that names an error decides: when its attempts are used up, no other one takes over.
    expect(runAsl(task({ Retry }), {}, { t: failing(3) })).toMatchObject({
      output: { error: "Busy", cause: "full" },
      seconds: 11,
    });
  });

  test("Catch continues with the error at its path", () => {
    const Catch = [
      { ErrorEquals: ["Broken"], Next: "Other" },
      { ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Caught" },
    ];
    expect(runAsl(task({ Catch }), { n: 1 }, { t: failing(1) }).output).toEqual({
      n: 1,
      error: { Error: "Busy", Cause: "full" },
    });
    expect(runAsl(task({ Catch }), { n: 1 }, { t: failing(1, "Broken") }).output).toBe("other");
  });

  test("a deadline that expires is States.Timeout", () => {
    const { states } = documentOf(
      task({ TimeoutSeconds: 30, Catch: [{ ErrorEquals: ["States.Timeout"], Next: "Caught" }] }),
    );
    expect(states).toMatchObject({ A: { entry: { task: "t", timeout: "30s", failed: "A.failed" } } });
    const document = documentOf(
      task({ TimeoutSeconds: 30, Catch: [{ ErrorEquals: ["States.Timeout"], Next: "Caught" }] }),
    );
    const driver = drive(document);
    driver.send("A.failed", { task: "t", reason: "timeout" });
    expect(driver.snapshot.output).toEqual({ Error: "States.Timeout", Cause: "" });
  });

  test("Fail ends with its error, Succeed with the data", () => {
    expect(runAsl(single({ Type: "Fail", Error: "Bad", Cause: "it's so" }), {}).output).toEqual({
      error: "Bad",
      cause: "it's so",
    });
    expect(runAsl(single({ Type: "Succeed", OutputPath: "$.a" }), { a: [1] }).output).toEqual([1]);
  });

  test("a machine that takes too long ends with States.Timeout", () => {
    expect(
      runAsl({ TimeoutSeconds: 5, ...single({ Type: "Wait", Seconds: 60, End: true }) }, {}).output,
    ).toEqual({ error: "States.Timeout", cause: "" });
  });
});

describe("Parallel and Map", () => {
  const branch = (state: JsonObject) => ({ StartAt: "T", States: { T: { End: true, ...state } } });

  test("branches have data of their own, and their results are a list", () => {
    const machine = single({
      Type: "Parallel",
      Branches: [branch({ Type: "Task", Resource: "a" }), branch({ Type: "Pass", Result: 2 })],
      ResultPath: "$.r",
      End: true,
    });
    expect(runAsl(machine, { n: 1 }, { a: (input) => ({ output: input }) }).output).toEqual({
      n: 1,
      r: [{ n: 1 }, 2],
    });
  });

  test("states of the same name in two branches do not accept each other's answers", () => {
    const machine = single({
      Type: "Parallel",
      Branches: [branch({ Type: "Task", Resource: "a" }), branch({ Type: "Task", Resource: "b" })],
      End: true,
    });
    const workers: Record<string, Worker> = { a: () => ({ output: "of a" }), b: () => ({ output: "of b" }) };
    expect(runAsl(machine, {}, workers).output).toEqual(["of a", "of b"]);
  });

  test("a failure in a branch is one of the Parallel, which may try again and catch it", () => {
    const base = {
      Type: "Parallel",
      Branches: [branch({ Type: "Task", Resource: "a" }), branch({ Type: "Wait", Seconds: 100 })],
      End: true,
    };
    const workers = (until: number): Record<string, Worker> => ({
      a: (_input, attempt) => (attempt > until ? { output: "ok" } : { error: "Busy" }),
    });
    const more = { Caught: { Type: "Pass", End: true } };
    expect(
      runAsl(single({ ...base, Catch: [{ ErrorEquals: ["Busy"], Next: "Caught" }] }, more), {}, workers(1))
        .output,
    ).toEqual({ Error: "Busy", Cause: "" });
    expect(
      runAsl(single({ ...base, Retry: [{ ErrorEquals: ["States.ALL"] }] }), { n: 1 }, workers(1)),
    ).toMatchObject({ output: ["ok", { n: 1 }], seconds: 101 });
    expect(runAsl(single(base), {}, workers(1)).output).toEqual({ error: "Busy", cause: "" });
  });

  test("a Map processes each item, with its index, and gives the list of results", () => {
    const machine = single({
      Type: "Map",
      ItemsPath: "$.items",
      ItemSelector: { "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "n.$": "$.n" },
      ItemProcessor: branch({ Type: "Task", Resource: "a" }),
      ResultPath: "$.out",
      End: true,
    });
    expect(
      runAsl(machine, { n: 9, items: ["x", "y"] }, { a: (input) => ({ output: input }) }).output,
    ).toEqual({
      n: 9,
      items: ["x", "y"],
      out: [
        { v: "x", i: 0, n: 9 },
        { v: "y", i: 1, n: 9 },
      ],
    });
    expect(runAsl(machine, { n: 9, items: [] }).output).toEqual({ n: 9, items: [], out: [] });
  });

  test("a Map inside a Map, with variables of both", () => {
    const inner = {
      Type: "Map",
      Items: "{% $states.input %}",
      ItemProcessor: branch({ Type: "Pass", Output: "{% $states.input + $add %}" }),
      End: true,
    };
    const machine = jsonata(
      { Type: "Pass", Assign: { add: 10 }, Next: "M" },
      { M: { Type: "Map", ItemProcessor: { StartAt: "I", States: { I: inner } }, End: true } },
    );
    expect(runAsl(machine, [[1, 2], [3]]).output).toEqual([[11, 12], [13]]);
  });
});

test("a construct without a counterpart is listed with its place and what to write instead", () => {
  const machine = single(
    {
      Type: "Task",
      Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters: { "t.$": "$$.Task.Token", "u.$": "States.UUID()", "d.$": "$..x" },
      Credentials: {},
      HeartbeatSeconds: 5,
      Next: "Nowhere",
    },
    {
      B: { Type: "Batch" },
      C: 3,
      D: {
        Type: "Map",
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED" },
          StartAt: "T",
          States: { T: { Type: "Succeed" } },
        },
        ItemReader: {},
        End: true,
      },
    },
  );
  expect(errorsOf(machine).map((error) => error.split(": ")[0])).toEqual([
    "$.States.A.Credentials",
    '$.States.A.Parameters["t.$"]',
    '$.States.A.Parameters["u.$"]',
    '$.States.A.Parameters["d.$"]',
    "$.States.A.Next",
    "$.States.B.Type",
    "$.States.C",
    "$.States.D.ItemReader",
    "$.States.D.ItemProcessor.ProcessorConfig",
  ]);
});

test("Execution.StartTime is the start of the machine, and State.EnteredTime that of the state", () => {
  const { document } = translate(
    "ASL",
    JSON.stringify({
      StartAt: "Wait",
      States: {
        Wait: { Type: "Wait", Seconds: 60, Next: "Tell" },
        Tell: {
          Type: "Pass",
          Parameters: { "began.$": "$$.Execution.StartTime", "entered.$": "$$.State.EnteredTime" },
          End: true,
        },
      },
    }),
  );
  const driver = drive(document ?? null);
  driver.advance(60_000);
  const { began, entered } = driver.snapshot.output as unknown as {
    readonly began: string;
    readonly entered: string;
  };
  expect(Date.parse(entered) - Date.parse(began)).toBe(60_000);
});

test("a document that is not a state machine is refused", () => {
  expect(errorsOf({ StartAt: "A" })[0]).toContain("$.States: States is an object");
  expect(errorsOf({ StartAt: "B", States: { A: { Type: "Succeed" } } })[0]).toContain(
    "$.StartAt: StartAt names a state",
  );
  expect(errorsOf({ ...single({ Type: "Succeed" }), Colour: 1 })[0]).toContain(
    '$.Colour: "Colour" is not a key',
  );
});
