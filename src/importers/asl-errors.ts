/** Retry and Catch of Amazon States Language. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at } from "../engine/problems.ts";
import { assignInto, type Given, readingOf } from "./asl-data.ts";
import { freshKey, inContext, resultPathIn, templateOf } from "./asl-scope.ts";
import { type Draft, listOf, oneOrList, placesOf, putList, quoted } from "./translation.ts";

/** The name of the error in the event that a task has failed with; a deadline that passed is one too. */
const ERROR =
  "event.?error.orValue(event.?reason.orValue('') == 'timeout' ? 'States.Timeout' : 'States.TaskFailed')";
const CAUSE = "event.?cause.orValue('')";

/** What a state does, and how it is known to be done: by an event, or by the end of its states. */
export type Work = { readonly body: Draft; readonly done: JsonObject; readonly on: string | undefined };

/** A state that works, tries again, and catches what it fails with. */
export function withErrors(given: Given, { body, done, on }: Work): Draft {
  const { json, path, key, event, scope } = given;
  const retries = placesOf(json["Retry"], at(path, "Retry")).flatMap((one) =>
    isJsonObject(one.json) ? [{ ...one, json: one.json }] : [],
  );
  const tries = retries.length === 0 ? "" : freshKey(scope.context, `${key}_tries`);
  const matches = retries.map((one) => matchOf(given, one.json, one.path));
  const handlers: Json[] = retries.map((one, index) => {
    const earlier = matches.slice(0, index).filter((match) => match !== undefined);
    return retryOf(given, one, { tries, index, match: matches[index], earlier });
  });
  for (const one of placesOf(json["Catch"], at(path, "Catch")))
    if (isJsonObject(one.json)) handlers.push(catchOf(given, one.json, one.path));
  const catchesAll = handlers.some((handler) => isJsonObject(handler) && handler["guard"] === undefined);
  if (!catchesAll) handlers.push(scope.failure(ERROR, CAUSE));
  const events = { [`${event}.failed`]: oneOrList(handlers) };
  const doneOn = on === undefined ? {} : { [on]: done };
  if (retries.length === 0)
    return { ...body, on: { ...doneOn, ...events }, ...(on === undefined ? { onDone: done } : {}) };
  const waits = retries.map((one, index): [string, Json] => [
    `wait${index + 1}`,
    { after: { [delayOf(given, one, tries, index)]: "run" } },
  ]);
  const run: Draft = on === undefined ? { ...body, onDone: "done" } : body;
  return {
    initial: "run",
    entry: { assign: { [tries]: retries.map(() => 0) } },
    on: { ...doneOn, ...events },
    ...(on === undefined ? { onDone: done } : {}),
    states: { run, ...Object.fromEntries(waits), ...(on === undefined ? { done: { type: "final" } } : {}) },
  };
}

/** The condition on the error; undefined for all. */
function matchOf({ scope }: Given, json: JsonObject, path: string): string | undefined {
  const names = listOf(json["ErrorEquals"]).filter((name) => typeof name === "string") as readonly string[];
  if (names.length === 0)
    scope.problems.error(at(path, "ErrorEquals"), "ErrorEquals is a list of names of errors");
  if (names.includes("States.ALL")) return undefined;
  const tests = names.map((name) =>
    name === "States.TaskFailed" ? `${ERROR} != 'States.Timeout'` : `${ERROR} == ${quoted(name)}`,
  );
  return tests.length === 1 ? tests[0] : `(${tests.join(" || ")})`;
}

type Placed = { readonly json: JsonObject; readonly path: string };
const numberOf = (value: Json | undefined, otherwise: number): number =>
  typeof value === "number" ? value : otherwise;

interface RetryPlace {
  readonly tries: string;
  readonly index: number;
  /** The condition on the error; undefined for all. */
  readonly match: string | undefined;
  /** What the ones before match: the first that matches an error decides, also when its attempts are used up. */
  readonly earlier: readonly string[];
}

function retryOf(given: Given, { json, path }: Placed, { tries, index, match, earlier }: RetryPlace): Json {
  const { problems } = given.scope;
  for (const key of Object.keys(json)) {
    if (
      ["ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "Comment"].includes(
        key,
      )
    )
      continue;
    if (key === "JitterStrategy") {
      if (json[key] !== "NONE")
        problems.warn(at(path, key), "an expression has no chance in it: the delay is as long as it may be");
    } else problems.error(at(path, key), `${JSON.stringify(key)} is not a key of Retry`);
  }
  const left = `${inContext(tries)}[${index}] < ${numberOf(json["MaxAttempts"], 3)}`;
  const conditions = [...earlier.map((one) => `!(${one})`), ...(match === undefined ? [] : [match]), left];
  return {
    target: `.wait${index + 1}`,
    guard: conditions.join(" && "),
    actions: { assign: { [`${tries}[${index}]`]: `${inContext(tries)}[${index}] + 1` } },
  };
}

function delayOf(_given: Given, { json }: Placed, tries: string, index: number): string {
  const interval = numberOf(json["IntervalSeconds"], 1) * 1000;
  const rate = numberOf(json["BackoffRate"], 2);
  const max = json["MaxDelaySeconds"];
  const delay =
    rate === 1 ? String(interval) : `math.pow(${rate}, ${inContext(tries)}[${index}] - 1) * ${interval}`;
  return typeof max === "number" ? `math.min(${delay}, ${max * 1000})` : delay;
}

function catchOf(given: Given, json: JsonObject, path: string): Json {
  const { scope, name, next } = given;
  for (const key of Object.keys(json))
    if (!["ErrorEquals", "Next", "ResultPath", "Output", "Assign", "Comment"].includes(key))
      scope.problems.error(at(path, key), `${JSON.stringify(key)} is not a key of Catch`);
  const error = { Error: ERROR, Cause: CAUSE };
  const text = `{'Error': ${ERROR}, 'Cause': ${CAUSE}}`;
  const reading = { ...readingOf({ scope, name, json: {}, path }), error: text };
  const assign: Draft = {};
  assignInto(assign, { ...reading, root: text }, json["Assign"], at(path, "Assign"));
  if (scope.isJsonata)
    assign[scope.data] =
      json["Output"] === undefined ? error : templateOf(reading, json["Output"], at(path, "Output"));
  else if (json["ResultPath"] !== null) {
    const place = resultPathIn(scope, json["ResultPath"] ?? "$", at(path, "ResultPath"));
    if (place !== undefined) assign[place] = error;
  }
  const transition: Draft = { target: next(json["Next"], false, at(path, "Next")) };
  const match = matchOf(given, json, path);
  if (match !== undefined) transition["guard"] = match;
  putList(transition, "actions", Object.keys(assign).length === 0 ? [] : [{ assign }]);
  return transition;
}
