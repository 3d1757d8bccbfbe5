/**
 * A file of tests as it is written: which definition, which cases, which properties. The reader says of everything
 * that is wrong where it stands and what would be right.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { parseDuration, parseInstant } from "../engine/durations.ts";
import { at, checkKeys, kindOf, type Problems, readText, readTexts } from "../engine/problems.ts";
import { type Property, readProperties } from "./properties.ts";
import type { ChildEnd } from "./rehearsal.ts";

/** Where a rehearsal begins when nothing is said: a Monday. */
export const START_MS = Date.UTC(2026, 0, 5, 9);

export interface TestFile {
  /** The name of a file, or the document itself. */
  readonly definition: string | JsonObject;
  readonly key: string;
  readonly nowMs: number;
  /** Data that clients send, by event; undefined when the file does not say which events they send. */
  readonly events: ReadonlyMap<string, readonly Json[]> | undefined;
  readonly properties: readonly Property[];
  readonly tests: readonly TestCase[];
}

export interface TestCase {
  readonly name: string;
  readonly path: string;
  readonly given: Given;
  readonly steps: readonly TestStep[];
}

export interface Given {
  readonly states?: readonly string[];
  readonly context?: JsonObject;
  readonly nowMs?: number;
}

export interface TestStep {
  readonly path: string;
  readonly actions: readonly Action[];
  readonly then: JsonObject | undefined;
}

/** Something that is done to the machine. */
export type Action =
  | {
      readonly kind: "send";
      readonly event: string;
      readonly data?: Json;
      readonly id?: string;
      readonly by?: string;
    }
  | { readonly kind: "wait"; readonly ms: number; readonly text: string }
  | { readonly kind: "until"; readonly atMs: number; readonly text: string }
  | { readonly kind: "child"; readonly id: string; readonly end: ChildEnd }
  | { readonly kind: "resume" };

/** An event that is sent, with what there is beside its name. */
export function sendAction(
  event: string,
  {
    data,
    id,
    by,
  }: { readonly data?: Json | undefined; readonly id?: string | undefined; readonly by?: string | undefined },
): Action {
  return {
    kind: "send",
    event,
    ...(data === undefined ? {} : { data }),
    ...(id === undefined ? {} : { id }),
    ...(by === undefined ? {} : { by }),
  };
}

/** What `then` may say. */
export const EXPECTATIONS = [
  "state",
  "states",
  "context",
  "status",
  "refused",
  "effects",
  "log",
  "timers",
  "accepted",
  "deferred",
  "failed",
  "overdue",
  "output",
];

/** True for a document that is a file of tests, and not a definition. */
export function isTestFile(json: Json): boolean {
  return isJsonObject(json) && json["definition"] !== undefined;
}

/** Reads a file; of what is not right a problem is reported, and undefined may be returned. */
export function readTestFile(json: Json, problems: Problems): TestFile | undefined {
  if (!isJsonObject(json)) {
    problems.error(
      "$",
      `a file of tests is an object with "definition" and "tests", this is ${kindOf(json)}`,
    );
    return undefined;
  }
  checkKeys(json, "$", {
    allowed: ["definition", "key", "now", "events", "properties", "tests", "description"],
    what: "a file of tests",
    problems,
  });
  const { definition, tests = [] } = json;
  if (typeof definition !== "string" && !isJsonObject(definition)) {
    const what = "definition is the name of a file with a definition, or the definition itself";
    problems.error("$.definition", `${what}; this is ${kindOf(definition)}`);
    return undefined;
  }
  if (!Array.isArray(tests)) problems.error("$.tests", `tests is a list, this is ${kindOf(tests)}`);
  return {
    definition,
    key: readText(json, "key", "$", problems) ?? "machine:1",
    nowMs: readTime(json["now"], "$.now", problems) ?? START_MS,
    events: readEvents(json["events"], problems),
    properties: readProperties(json["properties"], problems),
    tests: (Array.isArray(tests) ? tests : []).map((test: Json, index) =>
      readCase(test, at("$.tests", index), problems),
    ),
  };
}

function readEvents(json: Json | undefined, problems: Problems): TestFile["events"] {
  if (json === undefined) return undefined;
  const path = "$.events";
  if (Array.isArray(json)) return new Map(json.map((name: Json) => [String(name), []]));
  if (!isJsonObject(json)) {
    problems.error(path, `events is a list of names, or lists of data by name; this is ${kindOf(json)}`);
    return undefined;
  }
  return new Map(
    Object.entries(json).map(([name, samples]) => [
      name,
      Array.isArray(samples) ? samples : samples === null ? [] : [samples],
    ]),
  );
}

function readCase(json: Json, path: string, problems: Problems): TestCase {
  const blank = { name: path, path, given: {}, steps: [] };
  if (!isJsonObject(json)) {
    problems.error(path, `a test is an object with "when" and "then", this is ${kindOf(json)}`);
    return blank;
  }
  checkKeys(json, path, {
    allowed: ["name", "given", "when", "then", "steps", "description"],
    what: "a test",
    problems,
  });
  const name = readText(json, "name", path, problems) ?? path;
  const given = readGiven(json["given"], at(path, "given"), problems);
  const { steps } = json;
  if (steps === undefined) return { name, path, given, steps: [readStep(json, path, problems)] };
  if (json["when"] !== undefined || json["then"] !== undefined)
    problems.error(path, 'a test has either "when" and "then", or "steps", each with its own');
  if (!Array.isArray(steps)) {
    problems.error(at(path, "steps"), `steps is a list of {"when", "then"}, this is ${kindOf(steps)}`);
    return { ...blank, name };
  }
  const read = steps.map((step: Json, index) => readListedStep(step, at(at(path, "steps"), index), problems));
  return { name, path, given, steps: read };
}

function readListedStep(json: Json, path: string, problems: Problems): TestStep {
  if (!isJsonObject(json)) {
    problems.error(path, `a step is {"when", "then"}, this is ${kindOf(json)}`);
    return { path, actions: [], then: undefined };
  }
  checkKeys(json, path, { allowed: ["when", "then", "description"], what: "a step", problems });
  return readStep(json, path, problems);
}

function readStep(json: JsonObject, path: string, problems: Problems): TestStep {
  const when = json["when"] ?? [];
  const place = at(path, "when");
  const actions = Array.isArray(when)
    ? when.map((action: Json, index) => readAction(action, at(place, index), problems))
    : [readAction(when, place, problems)];
  const then = json["then"];
  if (then === undefined) return { path, actions: actions.filter((action) => action !== undefined), then };
  if (!isJsonObject(then)) {
    problems.error(at(path, "then"), `then is an object such as {"state": "paid"}, this is ${kindOf(then)}`);
    return { path, actions: [], then: undefined };
  }
  checkKeys(then, at(path, "then"), { allowed: EXPECTATIONS, what: "then", problems });
  return { path, actions: actions.filter((action) => action !== undefined), then };
}

function readGiven(json: Json | undefined, path: string, problems: Problems): Given {
  if (json === undefined) return {};
  if (!isJsonObject(json)) {
    problems.error(path, `given is an object such as {"state": "paid"}, this is ${kindOf(json)}`);
    return {};
  }
  checkKeys(json, path, { allowed: ["state", "context", "now"], what: "given", problems });
  const states = readTexts(json, "state", path, problems);
  const { context } = json;
  if (context !== undefined && !isJsonObject(context))
    problems.error(at(path, "context"), `context is an object, this is ${kindOf(context)}`);
  const nowMs = readTime(json["now"], at(path, "now"), problems);
  return {
    ...(states.length === 0 ? {} : { states }),
    ...(isJsonObject(context) ? { context } : {}),
    ...(nowMs === undefined ? {} : { nowMs }),
  };
}

const ACTION_FORMS =
  'an action is the name of an event, {"send": EVENT, "data"}, {"wait": "72h"}, {"until": TIME}, {"child": ID, "done" or "error"} or {"resume": true}';

function readAction(json: Json, path: string, problems: Problems): Action | undefined {
  if (typeof json === "string") return { kind: "send", event: json };
  if (!isJsonObject(json)) {
    problems.error(path, `${ACTION_FORMS}; this is ${kindOf(json)}`);
    return undefined;
  }
  const { send, wait, until, child } = json;
  if (send !== undefined) return readSend(json, path, problems);
  if (wait !== undefined) {
    checkKeys(json, path, { allowed: ["wait"], what: "wait", problems });
    const ms = typeof wait === "number" ? wait : typeof wait === "string" ? parseDuration(wait) : undefined;
    if (ms !== undefined) return { kind: "wait", ms, text: String(wait) };
    problems.error(
      at(path, "wait"),
      'wait is a length of time: milliseconds, or a string such as "30s" or "72h"',
    );
    return undefined;
  }
  if (until !== undefined) {
    checkKeys(json, path, { allowed: ["until"], what: "until", problems });
    const atMs = readTime(until, at(path, "until"), problems);
    return atMs === undefined ? undefined : { kind: "until", atMs, text: String(until) };
  }
  if (child !== undefined) return readChild(json, path, problems);
  if (json["resume"] === true) return { kind: "resume" };
  problems.error(path, ACTION_FORMS);
  return undefined;
}

function readSend(json: JsonObject, path: string, problems: Problems): Action | undefined {
  checkKeys(json, path, { allowed: ["send", "data", "id", "by"], what: "send", problems });
  const event = readText(json, "send", path, problems);
  if (event === undefined) return undefined;
  const id = readText(json, "id", path, problems);
  const by = readText(json, "by", path, problems);
  const { data } = json;
  return sendAction(event, { data, id, by });
}

function readChild(json: JsonObject, path: string, problems: Problems): Action | undefined {
  checkKeys(json, path, { allowed: ["child", "done", "error"], what: "child", problems });
  const id = readText(json, "child", path, problems);
  const { done, error } = json;
  if (id === undefined) return undefined;
  if (done !== undefined && error === undefined) return { kind: "child", id, end: { done } };
  if (isJsonObject(error) && done === undefined) return { kind: "child", id, end: { error } };
  problems.error(path, 'a child ends with "done": its output, or with "error": {"code", "message"}');
  return undefined;
}

function readTime(json: Json | undefined, path: string, problems: Problems): number | undefined {
  if (json === undefined) return undefined;
  const ms = typeof json === "number" ? json : typeof json === "string" ? parseInstant(json) : undefined;
  if (ms === undefined)
    problems.error(
      path,
      'a time is milliseconds since the epoch, or a string such as "2026-01-05T09:00:00Z"',
    );
  return ms;
}
