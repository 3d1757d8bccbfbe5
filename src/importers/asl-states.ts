/** States of Amazon States Language, type by type. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at } from "../engine/problems.ts";
import { conditionOf } from "./asl-choice.ts";
import { following, type Given, outputActions, readingOf, sourceOf } from "./asl-data.ts";
import { withErrors } from "./asl-errors.ts";
import { mapOf, parallelOf } from "./asl-nested.ts";
import { codeIn, expressionIn } from "./asl-scope.ts";
import { type Draft, placesOf, put, putList, quoted } from "./translation.ts";

const COMMON = ["Type", "Comment", "QueryLanguage", "InputPath", "OutputPath", "Output", "Assign"];
const STEP = [...COMMON, "Next", "End"];
const WORK = [...STEP, "Parameters", "Arguments", "ResultSelector", "ResultPath", "Retry", "Catch"];

const TYPES: Readonly<
  Record<string, { readonly keys: readonly string[]; readonly read: (given: Given) => Draft }>
> = {
  Task: { keys: [...WORK, "Resource", "TimeoutSeconds", "TimeoutSecondsPath"], read: taskOf },
  Pass: { keys: [...STEP, "Result", "Parameters", "ResultPath"], read: passOf },
  Choice: { keys: [...COMMON, "Choices", "Default"], read: choiceOf },
  Wait: { keys: [...STEP, "Seconds", "SecondsPath", "Timestamp", "TimestampPath"], read: waitOf },
  Succeed: { keys: COMMON, read: succeedOf },
  Fail: {
    keys: ["Type", "Comment", "QueryLanguage", "Error", "ErrorPath", "Cause", "CausePath"],
    read: failOf,
  },
  Parallel: { keys: [...WORK, "Branches"], read: parallelOf },
  Map: {
    keys: [
      ...WORK,
      "ItemProcessor",
      "Iterator",
      "ItemsPath",
      "Items",
      "ItemSelector",
      "MaxConcurrency",
      "MaxConcurrencyPath",
      "Label",
    ],
    read: mapOf,
  },
};

/** What has no counterpart, and what to write. */
const REFUSED: Readonly<Record<string, string>> = {
  Credentials: "a worker has credentials of its own",
  ItemReader: "items come from the data: let a task before read them",
  ItemBatcher: "items are processed one by one: let a task before make batches of them",
  ResultWriter: "results are in the data: let a task behind write them",
  ToleratedFailureCount: "a failure of one item is a failure of the Map: catch it inside",
  ToleratedFailurePercentage: "a failure of one item is a failure of the Map: catch it inside",
};

export function readState(given: Given): Json {
  const { json, path, scope } = given;
  const { problems } = scope;
  const { Type } = json;
  const type = typeof Type === "string" && Object.hasOwn(TYPES, Type) ? TYPES[Type] : undefined;
  if (type === undefined) {
    problems.error(at(path, "Type"), `Type is one of ${Object.keys(TYPES).join(", ")}`);
    return {};
  }
  for (const key of Object.keys(json)) {
    if (type.keys.includes(key)) continue;
    if (key === "HeartbeatSeconds" || key === "HeartbeatSecondsPath")
      problems.warn(
        at(path, key),
        "a worker's heartbeat is between it and its consumer group here; the timeout of the task counts",
      );
    else
      problems.error(
        at(path, key),
        REFUSED[key] ?? `${JSON.stringify(key)} is not a key of a state of type ${String(Type)}`,
      );
  }
  const isJsonata =
    json["QueryLanguage"] === undefined ? scope.isJsonata : json["QueryLanguage"] === "JSONata";
  const draft = type.read({ ...given, scope: { ...scope, isJsonata } });
  put(draft, "description", json["Comment"]);
  return draft;
}

/** `arn:aws:lambda:…:function:Name:1` and `arn:aws:states:::sqs:sendMessage` as names of tasks. */
function taskName(resource: string): string {
  const lambda = /^arn:[^:]*:lambda:[^:]*:[^:]*:function:([^:]+)/.exec(resource)?.[1];
  const service = /^arn:[^:]*:states:[^:]*:[^:]*:(.+)$/.exec(resource)?.[1]?.replace(/^activity:/, "");
  return lambda ?? service ?? resource;
}

function taskOf(given: Given): Draft {
  const { json, path, event, scope } = given;
  const { Resource } = json;
  if (typeof Resource !== "string" || Resource === "")
    scope.problems.error(at(path, "Resource"), "a Task names its work in Resource");
  const task: Draft = { task: typeof Resource === "string" ? taskName(Resource) : "task" };
  task["input"] = sourceOf(given);
  task["done"] = `${event}.done`;
  task["failed"] = `${event}.failed`;
  put(task, "timeout", timeoutOf(given));
  const body: Draft = { entry: task };
  return withErrors(given, { body, done: following(given, "event.output"), on: `${event}.done` });
}

function timeoutOf(given: Given): Json | undefined {
  const { json, path } = given;
  const { TimeoutSeconds, TimeoutSecondsPath } = json;
  if (typeof TimeoutSeconds === "number") return `${TimeoutSeconds}s`;
  if (TimeoutSeconds !== undefined) {
    const code = codeIn(readingOf(given), TimeoutSeconds, at(path, "TimeoutSeconds"));
    return code === undefined ? undefined : `(${code}) * 1000`;
  }
  if (typeof TimeoutSecondsPath !== "string") return undefined;
  const seconds = expressionIn(readingOf(given), TimeoutSecondsPath, at(path, "TimeoutSecondsPath"));
  return seconds === undefined ? undefined : `(${seconds}) * 1000`;
}

function passOf(given: Given): Draft {
  return { always: following(given) };
}

function choiceOf(given: Given): Draft {
  const { json, path, scope, next } = given;
  const always: Json[] = placesOf(json["Choices"], at(path, "Choices")).flatMap((one) => {
    if (!isJsonObject(one.json)) return [];
    const guard = conditionOf(readingOf(given), one.json, one.path);
    const transition: Draft = { target: next(one.json["Next"], false, at(one.path, "Next")) };
    put(transition, "guard", guard);
    // What the state itself assigns is for the default alone.
    const { Assign: _default, ...rest } = json;
    const own: JsonObject = { ...rest, ...pick(one.json, ["Assign", "Output"]) };
    putList(transition, "actions", outputActions({ ...given, json: own, path: one.path }));
    return [transition];
  });
  if (always.length === 0) scope.problems.error(at(path, "Choices"), "a Choice has rules in Choices");
  const { Default } = json;
  if (Default === undefined)
    always.push(scope.failure("'States.NoChoiceMatched'", quoted(`no rule of '${given.name}' holds`)));
  else {
    const transition: Draft = { target: next(Default, false, at(path, "Default")) };
    putList(transition, "actions", outputActions(given));
    always.push(transition);
  }
  return { always };
}

function pick(json: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => (json[key] === undefined ? [] : [[key, json[key] ?? null]])),
  );
}

function waitOf(given: Given): Draft {
  const delay = delayOf(given);
  return delay === undefined ? {} : { after: { [delay]: following(given) } };
}

function delayOf(given: Given): string | undefined {
  const { json, path, scope } = given;
  const { Seconds, SecondsPath, Timestamp, TimestampPath } = json;
  const reading = readingOf(given);
  if (typeof Seconds === "number") return `${Seconds}s`;
  if (typeof Timestamp === "string" && !Timestamp.trim().startsWith("{%")) return Timestamp;
  const seconds =
    Seconds !== undefined
      ? codeIn(reading, Seconds, at(path, "Seconds"))
      : typeof SecondsPath === "string"
        ? expressionIn(reading, SecondsPath, at(path, "SecondsPath"))
        : undefined;
  if (seconds !== undefined) return `(${seconds}) * 1000`;
  const timestamp =
    Timestamp !== undefined
      ? codeIn(reading, Timestamp, at(path, "Timestamp"))
      : typeof TimestampPath === "string"
        ? expressionIn(reading, TimestampPath, at(path, "TimestampPath"))
        : undefined;
  if (timestamp !== undefined) return `timestamp(${timestamp})`;
  if (
    Seconds === undefined &&
    SecondsPath === undefined &&
    Timestamp === undefined &&
    TimestampPath === undefined
  )
    scope.problems.error(path, "a Wait has Seconds, SecondsPath, Timestamp or TimestampPath");
  return undefined;
}

function succeedOf(given: Given): Draft {
  const draft: Draft = { type: "final" };
  putList(draft, "entry", outputActions(given));
  return draft;
}

function failOf(given: Given): Draft {
  const { json, path, scope } = given;
  const reading = readingOf(given);
  const text = (key: string): string => {
    const value = json[key];
    const source = json[`${key}Path`];
    if (typeof source === "string") return expressionIn(reading, source, at(path, `${key}Path`)) ?? "''";
    if (typeof value !== "string") return "''";
    return scope.isJsonata && value.trim().startsWith("{%")
      ? (codeIn(reading, value, at(path, key)) ?? "''")
      : quoted(value);
  };
  return { always: scope.failure(text("Error"), text("Cause")) };
}
