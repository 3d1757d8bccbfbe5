/**
 * Amazon States Language as it is found in public collections, in shapes of their own: each document loads, or each of its states that does
 * not translate has an error with its place and what to write instead. ASL_EXAMPLES names a directory with files (`*.json`) to
 * be held to the same.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/base/json.ts";
import { check } from "../../src/engine/check.ts";
import { translate } from "../../src/importers/formats.ts";

const lambda = (name: string, rest: JsonObject): JsonObject => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Parameters: { FunctionName: name, "Payload.$": "$" },
  ...rest,
});
const RETRY = [
  {
    ErrorEquals: ["Lambda.ServiceException", "Lambda.SdkClientException"],
    IntervalSeconds: 2,
    MaxAttempts: 6,
    BackoffRate: 2,
  },
  { ErrorEquals: ["States.ALL"], MaxAttempts: 3 },
];
const end = { End: true };

/** Documents that load. */
const LOADING: Readonly<Record<string, JsonObject>> = {
  "a job that is polled": {
    StartAt: "Submit it",
    States: {
      "Submit it": {
        Type: "Task",
        Resource: "arn:aws:lambda:r:1:function:Submit",
        ResultPath: "$.id",
        Retry: RETRY,
        Next: "Wait",
      },
      Wait: { Type: "Wait", SecondsPath: "$.seconds", Next: "Look" },
      Look: {
        Type: "Task",
        Resource: "arn:aws:lambda:r:1:function:Look",
        InputPath: "$.id",
        ResultPath: "$.status",
        Next: "Done?",
      },
      "Done?": {
        Type: "Choice",
        Choices: [
          { Variable: "$.status", StringEquals: "FAILED", Next: "Failed!" },
          { Not: { Variable: "$.status", StringEquals: "RUNNING" }, Next: "Ready" },
        ],
        Default: "Wait",
      },
      "Failed!": { Type: "Fail", Error: "Job", Cause: "it failed" },
      Ready: { Type: "Succeed" },
    },
  },
  "a saga with compensations": {
    StartAt: "Flight",
    States: {
      Flight: lambda("book", {
        ResultPath: "$.flight",
        Retry: RETRY,
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Cancel flight" }],
        Next: "Booked",
      }),
      Booked: { Type: "Succeed" },
      "Cancel flight": lambda("cancel", { ResultPath: "$.cancelled", Retry: RETRY, Next: "Tell" }),
      Tell: {
        Type: "Task",
        Resource: "arn:aws:states:::sns:publish",
        Parameters: { TopicArn: "t", Message: "no" },
        Next: "Not booked",
      },
      "Not booked": { Type: "Fail", Error: "Booking" },
    },
  },
  "pages until there is no next one": {
    StartAt: "First",
    States: {
      First: { Type: "Task", Resource: "list", ResultPath: "$.page", Next: "More?" },
      Next: {
        Type: "Task",
        Resource: "list",
        Parameters: { "NextToken.$": "$.page.NextToken" },
        ResultPath: "$.page",
        Next: "More?",
      },
      "More?": {
        Type: "Choice",
        Choices: [
          {
            And: [
              { Variable: "$.page.NextToken", IsPresent: true },
              { Variable: "$.page.NextToken", IsNull: false },
            ],
            Next: "Next",
          },
        ],
        Default: "All",
      },
      All: { Type: "Succeed" },
    },
  },
  "a quorum of branches": {
    StartAt: "All",
    States: {
      All: {
        Type: "Parallel",
        Branches: [1, 2].map((n) => ({
          StartAt: `Ask ${n}`,
          States: {
            [`Ask ${n}`]: { Type: "Pass", Result: { ok: true }, ResultPath: "$.answer", Next: `Ok ${n}?` },
            [`Ok ${n}?`]: {
              Type: "Choice",
              Choices: [
                { Variable: "$$.Execution.Input.quorum", NumericLessThanEquals: n, Next: `Met ${n}` },
              ],
              Default: `Wait ${n}`,
            },
            [`Wait ${n}`]: { Type: "Wait", Seconds: 5, Next: `Ask ${n}` },
            [`Met ${n}`]: { Type: "Fail", Error: "States.QuorumMet" },
          },
        })),
        Catch: [{ ErrorEquals: ["States.QuorumMet"], Next: "Met" }],
        Next: "Met",
      },
      Met: { Type: "Pass", ...end },
    },
  },
  "a lock that is waited for": {
    StartAt: "Lock",
    States: {
      Lock: {
        Type: "Task",
        Resource: "arn:aws:states:::dynamodb:updateItem",
        Parameters: {
          ExpressionAttributeNames: { "#owner.$": "$$.Execution.Id" },
          ExpressionAttributeValues: { ":at": { "S.$": "$$.State.EnteredTime" } },
        },
        ResultSelector: { "item.$": "$.Item", "text.$": "States.JsonToString($.Item)" },
        ResultPath: "$.lock.item",
        Retry: [{ ErrorEquals: ["Taken"], MaxAttempts: 0 }, ...RETRY],
        Catch: [{ ErrorEquals: ["Taken"], ResultPath: null, Next: "Mine?" }],
        Next: "Mine?",
      },
      "Mine?": {
        Type: "Choice",
        Choices: [{ Variable: "$.lock.item.text", StringMatches: "*Z*", Next: "Held" }],
        Default: "Wait",
      },
      Wait: { Type: "Wait", Seconds: 3, Next: "Lock" },
      Held: { Type: "Succeed" },
    },
  },
  "a fallback with JSONata": {
    QueryLanguage: "JSONata",
    StartAt: "One",
    States: {
      One: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Arguments: { FunctionName: "f", Payload: "{% $states.input %}" },
        Output: "{% $states.result.Payload %}",
        Retry: [{ ErrorEquals: ["Lambda.ServiceException"], JitterStrategy: "FULL", MaxDelaySeconds: 60 }],
        Catch: [
          {
            ErrorEquals: ["States.ALL"],
            Output: { failed: "{% $states.context.State.Name %}" },
            Next: "Fallback",
          },
        ],
        ...end,
      },
      Fallback: { Type: "Pass", ...end },
    },
  },
  "items of a list, each by itself": {
    StartAt: "Each",
    States: {
      Each: {
        Type: "Map",
        ItemsPath: "$.items",
        ItemSelector: { "item.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index" },
        MaxConcurrency: 0,
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "Do",
          States: { Do: { Type: "Task", Resource: "do", TimeoutSeconds: 60, ...end } },
        },
        ResultPath: "$.results",
        ...end,
      },
    },
  },
};

/** Documents that do not, with the places that are listed. */
const REFUSED: Readonly<Record<string, readonly [JsonObject, readonly string[]]>> = {
  "a callback by a token": [
    {
      StartAt: "Ask",
      States: {
        Ask: {
          Type: "Task",
          Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
          Parameters: { MessageBody: { "Token.$": "$$.Task.Token", "input.$": "$" } },
          ...end,
        },
      },
    },
    ['$.States.Ask.Parameters.MessageBody["Token.$"]'],
  ],
  "values of chance": [
    {
      StartAt: "Draw",
      States: {
        Draw: {
          Type: "Pass",
          Parameters: { "a.$": "States.UUID()", "b.$": "States.MathRandom(1, 6)" },
          ...end,
        },
      },
    },
    ['$.States.Draw.Parameters["a.$"]', '$.States.Draw.Parameters["b.$"]'],
  ],
  "a map over a file of a bucket": [
    {
      StartAt: "Rows",
      States: {
        Rows: {
          Type: "Map",
          ItemReader: { Resource: "arn:aws:states:::s3:getObject", Parameters: { Bucket: "b", Key: "k" } },
          ItemProcessor: {
            ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "EXPRESS" },
            StartAt: "Row",
            States: { Row: { Type: "Pass", ...end } },
          },
          ...end,
        },
      },
    },
    ["$.States.Rows.ItemReader"],
  ],
};

function translated(text: string) {
  const { document, findings } = translate("ASL", text);
  const errors = findings.filter(({ severity }) => severity === "error");
  return { document, errors };
}

test.each(Object.entries(LOADING))("%s loads, and compiles", (_what, json) => {
  const { document, errors } = translated(JSON.stringify(json));
  expect(errors).toEqual([]);
  expect(check(document ?? null).filter(({ severity }) => severity === "error")).toEqual([]);
});

test.each(Object.entries(REFUSED))("%s is refused state by state", (_what, [json, places]) => {
  const { document, errors } = translated(JSON.stringify(json));
  expect(document).toBeUndefined();
  expect(errors.map(({ path }) => path)).toEqual(expect.arrayContaining([...places]));
});

const directory = process.env["ASL_EXAMPLES"];

describe.skipIf(directory === undefined)("the files of ASL_EXAMPLES", () => {
  const files = directory === undefined ? [] : readdirSync(directory, { recursive: true, encoding: "utf8" });
  test.each(files.filter((name) => name.endsWith(".json")))("%s loads, or says why not", (name) => {
    const { document, errors } = translated(readFileSync(join(directory ?? "", name), "utf8"));
    if (document === undefined) {
      expect(errors.length).toBeGreaterThan(0);
      for (const { path, message } of errors) expect([path, message.length > 10]).toEqual([path, true]);
      console.info(`${name}: ${errors.map(({ path, message }) => `${path}: ${message}`).join("\n  ")}`);
    } else expect(check(document).filter(({ severity }) => severity === "error")).toEqual([]);
  });
});
