/**
 * One document of each kind that public collections of Amazon States Language have, written for Detent. Each loads and runs to what
 * Step Functions would come to, its tasks done by workers of the test; or it is refused, state by state, with a reason.
 */
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { translate } from "../../src/importers/formats.ts";
import { runAsl, type Worker } from "./asl-run.ts";

interface Runs {
  readonly asl: JsonObject;
  readonly input?: Json;
  readonly workers?: Readonly<Record<string, Worker>>;
  readonly output: Json;
  /** How long it takes, where it waits. */
  readonly seconds?: number;
}

const end = { End: true };
const chain = (StartAt: string, States: JsonObject, more: JsonObject = {}): JsonObject => ({
  StartAt,
  States,
  ...more,
});
const one = (state: JsonObject, more: JsonObject = {}): JsonObject => chain("A", { A: state, ...more });
const jsonata = (asl: JsonObject): JsonObject => ({ QueryLanguage: "JSONata", ...asl });
const lambda = (name: string) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
const service = (name: string) => `arn:aws:states:::${name}`;
const gives =
  (output: Json): Worker =>
  () => ({ output });
const echo: Worker = (input) => ({ output: input });
const fails =
  (error: string, times = Number.POSITIVE_INFINITY, output: Json = "ok"): Worker =>
  (_input, attempt) =>
    attempt <= times ? { error, cause: `attempt ${attempt}` } : { output };
const choose = (Choices: Json, Default?: string): JsonObject => ({
  Type: "Choice",
  Choices,
  ...(Default === undefined ? {} : { Default }),
});
const ends = (...names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, { Type: "Pass", Result: name, ...end }]));

const RUNS: Readonly<Record<string, Runs>> = {
  "Pass: hello world": {
    asl: one({ Type: "Pass", Result: "Hello World!", ...end }),
    output: "Hello World!",
  },
  "Pass: a result beside the input": {
    asl: one({ Type: "Pass", Result: { x: 1 }, ResultPath: "$.a.b", ...end }),
    input: { keep: true },
    output: { keep: true, a: { b: { x: 1 } } },
  },
  "Pass: Parameters with paths and the execution": {
    asl: one({
      Type: "Pass",
      Parameters: { "who.$": "$.user.name", fixed: 1, "all.$": "$", "input.$": "$$.Execution.Input.user" },
      ...end,
    }),
    input: { user: { name: "ann" } },
    output: { who: "ann", fixed: 1, all: { user: { name: "ann" } }, input: { name: "ann" } },
  },
  "Pass: InputPath and OutputPath": {
    asl: one({ Type: "Pass", InputPath: "$.a", OutputPath: "$.b", ...end }),
    input: { a: { b: [1, 2] }, c: 3 },
    output: [1, 2],
  },
  "Pass: a ResultPath of null keeps the input": {
    asl: one({ Type: "Pass", Result: 1, ResultPath: null, ...end }),
    input: { a: 1 },
    output: { a: 1 },
  },
  "Pass: intrinsics of lists": {
    asl: one({
      Type: "Pass",
      Parameters: {
        "array.$": "States.Array($.n, 'b', true)",
        "length.$": "States.ArrayLength($.list)",
        "has.$": "States.ArrayContains($.list, 3)",
        "range.$": "States.ArrayRange(1, 9, 2)",
        "parts.$": "States.ArrayPartition($.list, 2)",
        "item.$": "States.ArrayGetItem($.list, 1)",
        "unique.$": "States.ArrayUnique($.list)",
      },
      ...end,
    }),
    input: { n: 1, list: [1, 2, 3, 3, 1] },
    output: {
      array: [1, "b", true],
      length: 5,
      has: true,
      range: [1, 3, 5, 7, 9],
      parts: [[1, 2], [3, 3], [1]],
      item: 2,
      unique: [1, 2, 3],
    },
  },
  "Pass: intrinsics of strings, numbers and JSON": {
    asl: one({
      Type: "Pass",
      Parameters: {
        "text.$": "States.Format('Hello {}, you are {}', $.name, $.age)",
        "split.$": "States.StringSplit($.csv, ',')",
        "sum.$": "States.MathAdd($.age, -2)",
        "merged.$": "States.JsonMerge($.a, $.b, false)",
        "json.$": "States.JsonToString($.a)",
        "parsed.$": "States.StringToJson($.text)",
        "encoded.$": "States.Base64Encode($.name)",
        "decoded.$": "States.Base64Decode('YW5u')",
      },
      ...end,
    }),
    input: { name: "ann", age: 40, csv: "a,b,c", a: { x: 1, y: 1 }, b: { y: 2 }, text: '{"k":[1]}' },
    output: {
      text: "Hello ann, you are 40",
      split: ["a", "b", "c"],
      sum: 38,
      merged: { x: 1, y: 2 },
      json: '{"x":1,"y":1}',
      parsed: { k: [1] },
      encoded: "YW5u",
      decoded: "ann",
    },
  },
  "Choice: ranges of a number": {
    asl: chain("Pick", {
      Pick: choose(
        [
          {
            And: [
              { Variable: "$.n", NumericGreaterThanEquals: 20 },
              { Variable: "$.n", NumericLessThan: 30 },
            ],
            Next: "Twenties",
          },
          {
            Or: [
              { Variable: "$.n", NumericEquals: 1 },
              { Variable: "$.n", NumericEquals: 2 },
            ],
            Next: "Few",
          },
        ],
        "Other",
      ),
      ...ends("Twenties", "Few", "Other"),
    }),
    input: { n: 22 },
    output: "Twenties",
  },
  "Choice: kinds of values": {
    asl: chain("Pick", {
      Pick: choose(
        [
          { Variable: "$.gone", IsPresent: true, Next: "Wrong" },
          {
            And: [
              { Variable: "$.s", IsString: true },
              { Variable: "$.n", IsNumeric: true },
              { Variable: "$.b", IsBoolean: true },
              { Variable: "$.z", IsNull: true },
              { Variable: "$.t", IsTimestamp: true },
              { Not: { Variable: "$.s", IsTimestamp: true } },
            ],
            Next: "Right",
          },
        ],
        "Wrong",
      ),
      ...ends("Right", "Wrong"),
    }),
    input: { s: "x", n: 1.5, b: false, z: null, t: "2026-01-01T00:00:00Z" },
    output: "Right",
  },
  "Choice: strings, patterns and other fields": {
    asl: chain("Pick", {
      Pick: choose(
        [
          { Variable: "$.name", StringMatches: "log-*.txt", Next: "Log" },
          { Variable: "$.name", StringEqualsPath: "$.other", Next: "Same" },
          { Variable: "$.name", StringLessThan: "m", Next: "Early" },
        ],
        "Late",
      ),
      ...ends("Log", "Same", "Early", "Late"),
    }),
    input: { name: "abc", other: "xyz" },
    output: "Early",
  },
  "Choice: times and truth": {
    asl: chain("Pick", {
      Pick: choose(
        [
          { Variable: "$.isOff", BooleanEquals: true, Next: "Off" },
          { Variable: "$.due", TimestampGreaterThan: "2026-06-01T00:00:00Z", Next: "Later" },
          { Variable: "$.due", TimestampLessThanEqualsPath: "$.limit", Next: "InTime" },
        ],
        "Late",
      ),
      ...ends("Off", "Later", "InTime", "Late"),
    }),
    input: { isOff: false, due: "2026-05-01T12:00:00Z", limit: "2026-05-01T12:00:00Z" },
    output: "InTime",
  },
  "Choice: no branch and no Default": {
    asl: chain("Pick", {
      Pick: choose([{ Variable: "$.n", NumericEquals: 1, Next: "One" }]),
      ...ends("One"),
    }),
    input: { n: 2 },
    output: { error: "States.NoChoiceMatched" },
  },
  "Wait: a number of seconds": {
    asl: one({ Type: "Wait", Seconds: 30, Next: "B" }, ends("B")),
    input: {},
    output: "B",
    seconds: 30,
  },
  "Wait: seconds of the input": {
    asl: one({ Type: "Wait", SecondsPath: "$.s", ...end }),
    input: { s: 12 },
    output: { s: 12 },
    seconds: 12,
  },
  "Wait: until a time of the input, which is over": {
    asl: one({ Type: "Wait", TimestampPath: "$.at", ...end }),
    input: { at: "1970-01-01T00:00:01Z" },
    output: { at: "1970-01-01T00:00:01Z" },
  },
  "Task: a function with ResultSelector": {
    asl: one({
      Type: "Task",
      Resource: service("lambda:invoke"),
      Parameters: { FunctionName: "count", "Payload.$": "$" },
      ResultSelector: { "n.$": "$.Payload.n" },
      ResultPath: "$.counted",
      ...end,
    }),
    input: { a: 1 },
    workers: { "lambda:invoke": gives({ Payload: { n: 5 }, StatusCode: 200 }) },
    output: { a: 1, counted: { n: 5 } },
  },
  "Task: an activity of people": {
    asl: one({
      Type: "Task",
      Resource: "arn:aws:states:us-east-1:123456789012:activity:Approve",
      TimeoutSeconds: 3600,
      HeartbeatSeconds: 60,
      ...end,
    }),
    input: { id: 1 },
    workers: { Approve: gives({ ok: true }) },
    output: { ok: true },
  },
  "Task: a job that is run to its end": {
    asl: one({
      Type: "Task",
      Resource: service("ecs:runTask.sync"),
      Parameters: { Cluster: "c", "TaskDefinition.$": "$.definition" },
      ResultPath: "$.job",
      ...end,
    }),
    input: { definition: "d:1" },
    workers: { "ecs:runTask.sync": echo },
    output: { definition: "d:1", job: { Cluster: "c", TaskDefinition: "d:1" } },
  },
  "Task: another execution": {
    asl: one({
      Type: "Task",
      Resource: service("states:startExecution.sync:2"),
      Parameters: { StateMachineArn: "arn:child", Input: { "n.$": "$.n" } },
      OutputPath: "$.Output",
      ...end,
    }),
    input: { n: 3 },
    workers: { "states:startExecution.sync:2": gives({ Output: { twice: 6 }, Status: "SUCCEEDED" }) },
    output: { twice: 6 },
  },
  "Task: an item of a table, by the SDK": {
    asl: chain("Get", {
      Get: {
        Type: "Task",
        Resource: service("aws-sdk:dynamodb:getItem"),
        Parameters: { TableName: "t", Key: { id: { "S.$": "$.id" } } },
        ResultPath: "$.found",
        Next: "There?",
      },
      "There?": choose([{ Variable: "$.found.Item", IsPresent: true, Next: "Yes" }], "No"),
      ...ends("Yes", "No"),
    }),
    input: { id: "a" },
    workers: { "aws-sdk:dynamodb:getItem": gives({}) },
    output: "No",
  },
  "Task: messages one after another": {
    asl: chain("Publish", {
      Publish: {
        Type: "Task",
        Resource: service("sns:publish"),
        Parameters: { TopicArn: "t", "Message.$": "$.text" },
        ResultPath: null,
        Next: "Queue",
      },
      Queue: {
        Type: "Task",
        Resource: service("sqs:sendMessage"),
        Parameters: { QueueUrl: "q", "MessageBody.$": "$.text" },
        ResultPath: "$.sent",
        ...end,
      },
    }),
    input: { text: "hi" },
    workers: { "sns:publish": gives(null), "sqs:sendMessage": gives({ MessageId: "1" }) },
    output: { text: "hi", sent: { MessageId: "1" } },
  },
  "Task: a call over HTTP": {
    asl: one({
      Type: "Task",
      Resource: service("http:invoke"),
      Parameters: { ApiEndpoint: "https://example.com/x", Method: "GET" },
      ResultSelector: { "status.$": "$.StatusCode" },
      ...end,
    }),
    workers: { "http:invoke": gives({ StatusCode: 204, Headers: {} }) },
    output: { status: 204 },
  },
  "Retry: pauses that grow, then success": {
    asl: one({
      Type: "Task",
      Resource: lambda("flaky"),
      Retry: [{ ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 4 }],
      ...end,
    }),
    workers: { flaky: fails("Service.Down", 3) },
    output: "ok",
    seconds: 14,
  },
  "Retry: a longest pause": {
    asl: one({
      Type: "Task",
      Resource: lambda("flaky"),
      Retry: [
        {
          ErrorEquals: ["States.ALL"],
          IntervalSeconds: 10,
          BackoffRate: 3,
          MaxAttempts: 3,
          MaxDelaySeconds: 20,
        },
      ],
      ...end,
    }),
    workers: { flaky: fails("X", 3) },
    output: "ok",
    seconds: 50,
  },
  "Retry: used up, then caught": {
    asl: one(
      {
        Type: "Task",
        Resource: lambda("broken"),
        Retry: [{ ErrorEquals: ["Broken"], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 1 }],
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "B" }],
        ...end,
      },
      { B: { Type: "Pass", ...end } },
    ),
    input: { a: 1 },
    workers: { broken: fails("Broken") },
    output: { a: 1, error: { Error: "Broken", Cause: "attempt 3" } },
    seconds: 2,
  },
  "Retry: by the kind of error, each with its count": {
    asl: one({
      Type: "Task",
      Resource: lambda("two"),
      Retry: [
        { ErrorEquals: ["A"], IntervalSeconds: 1, MaxAttempts: 1 },
        { ErrorEquals: ["B"], IntervalSeconds: 5, MaxAttempts: 1 },
      ],
      ...end,
    }),
    workers: {
      two: (_input, attempt) =>
        attempt === 1 ? { error: "A" } : attempt === 2 ? { error: "B" } : { output: 3 },
    },
    output: 3,
    seconds: 6,
  },
  "Retry: none of an error that is named with no attempts": {
    asl: one({
      Type: "Task",
      Resource: lambda("taken"),
      Retry: [
        { ErrorEquals: ["Taken"], MaxAttempts: 0 },
        { ErrorEquals: ["States.ALL"], IntervalSeconds: 1 },
      ],
      ...end,
    }),
    workers: { taken: fails("Taken") },
    output: { error: "Taken", cause: "attempt 1" },
  },
  "Catch: by name, before the rest": {
    asl: one(
      {
        Type: "Task",
        Resource: lambda("pay"),
        Catch: [
          { ErrorEquals: ["CardRefused"], Next: "Refused" },
          { ErrorEquals: ["States.TaskFailed"], Next: "Failed" },
        ],
        ...end,
      },
      ends("Refused", "Failed"),
    ),
    workers: { pay: fails("CardRefused") },
    output: "Refused",
  },
  "Fail: with a cause": {
    asl: one({ Type: "Fail", Error: "Order.Refused", Cause: "no money" }),
    output: { error: "Order.Refused", cause: "no money" },
  },
  "Fail: with an error and a cause of the input": {
    asl: one({ Type: "Fail", ErrorPath: "$.code", CausePath: "States.Format('it was {}', $.why)" }),
    input: { code: "E1", why: "late" },
    output: { error: "E1", cause: "it was late" },
  },
  "Succeed: with an OutputPath": {
    asl: one({ Type: "Succeed", OutputPath: "$.result" }),
    input: { result: [1] },
    output: [1],
  },
  "Parallel: two branches and their results": {
    asl: one({
      Type: "Parallel",
      Branches: [
        one({ Type: "Task", Resource: lambda("address"), ...end }),
        one({ Type: "Task", Resource: lambda("phone"), ...end }),
      ],
      ResultSelector: { "address.$": "$[0]", "phone.$": "$[1]" },
      ...end,
    }),
    input: { id: 1 },
    workers: { address: gives("Main St"), phone: gives("555") },
    output: { address: "Main St", phone: "555" },
  },
  "Parallel: in one another, with waits": {
    asl: one({
      Type: "Parallel",
      Branches: [
        one({
          Type: "Parallel",
          Branches: [
            one({ Type: "Pass", Result: 1, ...end }),
            one({ Type: "Wait", Seconds: 5, Next: "B" }, { B: { Type: "Pass", Result: 2, ...end } }),
          ],
          ...end,
        }),
        one({ Type: "Pass", Result: 3, ...end }),
      ],
      ...end,
    }),
    input: {},
    output: [[1, 2], 3],
    seconds: 5,
  },
  "Parallel: a branch that fails is caught": {
    asl: one(
      {
        Type: "Parallel",
        Branches: [
          one({ Type: "Task", Resource: lambda("bad"), ...end }),
          one({ Type: "Wait", Seconds: 1000, ...end }),
        ],
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.e", Next: "B" }],
        ...end,
      },
      { B: { Type: "Pass", InputPath: "$.e.Error", ...end } },
    ),
    input: {},
    workers: { bad: fails("Bad") },
    output: "Bad",
  },
  "Map: each item by an Iterator, as it was called": {
    asl: one({
      Type: "Map",
      ItemsPath: "$.orders",
      Parameters: { "order.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "by.$": "$.by" },
      Iterator: one({ Type: "Pass", ...end }),
      ...end,
    }),
    input: { by: "ann", orders: ["a", "b"] },
    output: [
      { order: "a", at: 0, by: "ann" },
      { order: "b", at: 1, by: "ann" },
    ],
  },
  "Map: tasks of a processor, one of which fails and is caught inside": {
    asl: one({
      Type: "Map",
      ItemsPath: "$.list",
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        ...one(
          {
            Type: "Task",
            Resource: lambda("even"),
            Catch: [{ ErrorEquals: ["Odd"], Next: "B" }],
            ...end,
          },
          ends("B"),
        ),
      },
      ResultPath: "$.results",
      ...end,
    }),
    input: { list: [2, 3] },
    workers: { even: (input) => (Number(input) % 2 === 0 ? { output: `even ${input}` } : { error: "Odd" }) },
    output: { list: [2, 3], results: ["even 2", "B"] },
  },
  "Map: in a Map": {
    asl: one({
      Type: "Map",
      ItemProcessor: one({
        Type: "Map",
        ItemProcessor: one({
          Type: "Pass",
          Parameters: { "n.$": "States.MathAdd($, 1)" },
          OutputPath: "$.n",
          ...end,
        }),
        ...end,
      }),
      ...end,
    }),
    input: [[1, 2], [3]],
    output: [[2, 3], [4]],
  },
  "Map: no items": {
    asl: one({ Type: "Map", ItemsPath: "$.none", ItemProcessor: one({ Type: "Pass", ...end }), ...end }),
    input: { none: [] },
    output: [],
  },
  "a whole: polling a job with a counter": {
    asl: chain("Start", {
      Start: { Type: "Pass", Result: 0, ResultPath: "$.tries", Next: "Ask" },
      Ask: { Type: "Task", Resource: lambda("ask"), ResultPath: "$.status", Next: "Count" },
      Count: {
        Type: "Pass",
        Parameters: { "status.$": "$.status", "tries.$": "States.MathAdd($.tries, 1)" },
        Next: "Done?",
      },
      "Done?": choose(
        [
          { Variable: "$.status", StringEquals: "DONE", Next: "Ready" },
          { Variable: "$.tries", NumericGreaterThanEquals: 5, Next: "Tired" },
        ],
        "Wait",
      ),
      Wait: { Type: "Wait", Seconds: 10, Next: "Ask" },
      Ready: { Type: "Pass", InputPath: "$.tries", ...end },
      Tired: { Type: "Fail", Error: "Tired" },
    }),
    input: {},
    workers: { ask: (_input, attempt) => ({ output: attempt < 3 ? "RUNNING" : "DONE" }) },
    output: 3,
    seconds: 20,
  },
  "a whole: an order with stock, payment and compensation": {
    asl: chain("Reserve", {
      Reserve: { Type: "Task", Resource: lambda("reserve"), ResultPath: "$.reservation", Next: "Pay" },
      Pay: {
        Type: "Task",
        Resource: lambda("pay"),
        ResultPath: "$.payment",
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Release" }],
        Next: "Ship",
      },
      Ship: { Type: "Task", Resource: lambda("ship"), ...end },
      Release: {
        Type: "Task",
        Resource: lambda("release"),
        Parameters: { "id.$": "$.reservation.id" },
        ResultPath: "$.released",
        Next: "Refused",
      },
      Refused: { Type: "Fail", Error: "OrderRefused", CausePath: "$.error.Cause" },
    }),
    input: { order: 1 },
    workers: {
      reserve: gives({ id: "r1" }),
      pay: fails("CardRefused"),
      release: echo,
      ship: gives("shipped"),
    },
    output: { error: "OrderRefused", cause: "attempt 1" },
  },
  "a whole: with a time limit": {
    asl: one({ Type: "Wait", Seconds: 100, ...end }, {}) && {
      ...one({ Type: "Wait", Seconds: 100, ...end }),
      TimeoutSeconds: 60,
    },
    input: {},
    output: { error: "States.Timeout" },
    seconds: 60,
  },
  "JSONata: variables, and an output": {
    asl: jsonata(
      chain("A", {
        A: {
          Type: "Pass",
          Assign: {
            total: "{% $sum($states.input.lines.price) %}",
            name: "{% $uppercase($states.input.name) %}",
          },
          Next: "B",
        },
        B: {
          Type: "Pass",
          Output: { text: "{% $name & ': ' & $string($total) %}", more: "{% $total > 10 %}" },
          ...end,
        },
      }),
    ),
    input: { name: "ann", lines: [{ price: 4 }, { price: 8 }] },
    output: { text: "ANN: 12", more: true },
  },
  "JSONata: a choice by conditions": {
    asl: jsonata(
      chain("Pick", {
        Pick: choose(
          [{ Condition: "{% $states.input.n > 5 and $exists($states.input.ok) %}", Next: "Many" }],
          "Few",
        ),
        Many: { Type: "Pass", Output: "many", ...end },
        Few: { Type: "Pass", Output: "few", ...end },
      }),
    ),
    input: { n: 6, ok: false },
    output: "many",
  },
  "JSONata: a task with arguments, a retry and a catch that assigns": {
    asl: jsonata(
      chain("A", {
        A: {
          Type: "Task",
          Resource: service("lambda:invoke"),
          Arguments: { FunctionName: "f", Payload: "{% $states.input.x + 1 %}" },
          Output: "{% $states.result %}",
          Retry: [{ ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 3, MaxAttempts: 1 }],
          Catch: [
            { ErrorEquals: ["States.ALL"], Assign: { why: "{% $states.errorOutput.Error %}" }, Next: "B" },
          ],
          ...end,
        },
        B: { Type: "Pass", Output: "{% 'failed: ' & $why %}", ...end },
      }),
    ),
    input: { x: 1 },
    workers: { "lambda:invoke": fails("Down") },
    output: "failed: Down",
    seconds: 3,
  },
  "JSONata: a wait and a map over what is computed": {
    asl: jsonata(
      chain("A", {
        A: { Type: "Wait", Seconds: "{% $states.input.s * 2 %}", Next: "B" },
        B: {
          Type: "Map",
          Items: "{% $states.input.list[$ > 1] %}",
          ItemProcessor: one({ Type: "Pass", Output: "{% $states.input * 10 %}", ...end }),
          ...end,
        },
      }),
    ),
    input: { s: 2, list: [1, 2, 3] },
    output: [20, 30],
    seconds: 4,
  },
};

/** What does not load: the state, and a part of the reason. */
const REFUSED: Readonly<Record<string, readonly [asl: JsonObject, why: Readonly<Record<string, string>>]>> = {
  "Task: a callback by a token": [
    one({
      Type: "Task",
      Resource: service("sqs:sendMessage.waitForTaskToken"),
      Parameters: { MessageBody: { "token.$": "$$.Task.Token" } },
      ...end,
    }),
    { '$.States.A.Parameters.MessageBody["token.$"]': "event of its id" },
  ],
  "Task: the role of another account": [
    one({ Type: "Task", Resource: lambda("f"), Credentials: { RoleArn: "r" }, ...end }),
    { "$.States.A.Credentials": "credentials of its own" },
  ],
  "Map: rows of a file, in batches, written to a bucket": [
    one({
      Type: "Map",
      ItemReader: { Resource: service("s3:getObject") },
      ItemBatcher: { MaxItemsPerBatch: 10 },
      ResultWriter: { Resource: service("s3:putObject") },
      ToleratedFailurePercentage: 5,
      ItemProcessor: one({ Type: "Pass", ...end }),
      ...end,
    }),
    {
      "$.States.A.ItemReader": "let a task before read them",
      "$.States.A.ItemBatcher": "let a task before make batches",
      "$.States.A.ResultWriter": "let a task behind write them",
      "$.States.A.ToleratedFailurePercentage": "catch it inside",
    },
  ],
  "Pass: chance and sums of bytes": [
    one({
      Type: "Pass",
      Parameters: {
        "id.$": "States.UUID()",
        "n.$": "States.MathRandom(1, 9)",
        "h.$": "States.Hash($.a, 'MD5')",
      },
      ...end,
    }),
    {
      '$.States.A.Parameters["id.$"]': "",
      '$.States.A.Parameters["n.$"]': "",
      '$.States.A.Parameters["h.$"]': "",
    },
  ],
  "Choice: any depth of a document": [
    chain("A", { A: choose([{ Variable: "$..id", IsPresent: true, Next: "B" }], "B"), ...ends("B") }),
    { "$.States.A.Choices[0].Variable": ".." },
  ],
  "JSONata: functions of one's own": [
    jsonata(one({ Type: "Pass", Output: "{% ($f := function($x) { $x * 2 }; $f(2)) %}", ...end })),
    { "$.States.A.Output": "" },
  ],
  "a type that there is not": [one({ Type: "Loop", ...end }), { "$.States.A.Type": "Type is one of" }],
  "a state that leads nowhere, and one that nothing has": [
    chain("A", { A: { Type: "Pass", Next: "Z" }, B: { Type: "Pass" } }),
    { "$.States.A.Next": "there is no state 'Z'", "$.States.B": '"Next" or "End"' },
  ],
};

describe("a document of Amazon States Language loads, and comes to what Step Functions would come to:", () => {
  test.each(Object.entries(RUNS))("%s", (_kind, { asl, input = {}, workers = {}, output, seconds }) => {
    const ended = runAsl(asl, input, workers);
    expect(ended).toMatchObject({ status: "done", output, ...(seconds === undefined ? {} : { seconds }) });
  });
});

describe("a document of Amazon States Language is refused, state by state, with a reason:", () => {
  test.each(Object.entries(REFUSED))("%s", (_kind, [asl, why]) => {
    const { document, findings } = translate("ASL", JSON.stringify(asl));
    expect(document).toBeUndefined();
    const errors = new Map(
      findings.filter(({ severity }) => severity === "error").map(({ path, message }) => [path, message]),
    );
    for (const [path, reason] of Object.entries(why)) {
      expect([...errors.keys()]).toContain(path);
      expect(errors.get(path)).toContain(reason);
      expect(errors.get(path)?.length).toBeGreaterThan(20);
    }
  });
});

test("there are as many kinds as public collections have, 46 at least", () => {
  expect(Object.keys(RUNS).length + Object.keys(REFUSED).length).toBeGreaterThanOrEqual(46);
});
