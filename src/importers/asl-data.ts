/** What a state of Amazon States Language reads, and what it makes of its result. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at } from "../engine/problems.ts";
import { expressionIn, inContext, type Reading, resultPathIn, type Scope, templateOf } from "./asl-scope.ts";
import { type Draft, putList } from "./translation.ts";

type State = {
  readonly scope: Scope;
  readonly name: string;
  readonly json: JsonObject;
  readonly path: string;
};

/** The reading of a state: its input, after InputPath. */
export function readingOf({ scope, name, json, path }: State): Reading {
  const input = inContext(scope.data);
  const base: Reading = { scope, state: name, input, root: input };
  const { InputPath } = json;
  if (scope.isJsonata || InputPath === undefined || InputPath === "$") return base;
  if (InputPath === null) return { ...base, root: "{}" };
  const root =
    typeof InputPath === "string" ? expressionIn(base, InputPath, at(path, "InputPath")) : undefined;
  return root === undefined ? base : { ...base, root };
}

/** What the work of a state is given: Arguments or Parameters, or the input. */
export function sourceOf(state: State): Json {
  const { json, path, scope } = state;
  const reading = readingOf(state);
  const key = scope.isJsonata ? "Arguments" : "Parameters";
  const given = json[key];
  return given === undefined ? reading.root : templateOf(reading, given, at(path, key));
}

/** What follows from the result: variables and data are set together, from what they were before. */
export function outputActions(state: State, result?: string): readonly Json[] {
  const { json, path, scope } = state;
  const plain = readingOf(state);
  const reading: Reading = result === undefined ? plain : { ...plain, result };
  const assign: Draft = {};
  // In JSONPath what Assign reads is the result, where there is one.
  assignInto(assign, { ...reading, root: result ?? reading.root }, json["Assign"], at(path, "Assign"));
  if (scope.isJsonata) {
    const { Output } = json;
    if (Output !== undefined) assign[scope.data] = templateOf(reading, Output, at(path, "Output"));
    else if (result !== undefined) assign[scope.data] = result;
    return Object.keys(assign).length === 0 ? [] : [{ assign }];
  }
  const value = resultOf(state, reading, result);
  const { ResultPath, OutputPath } = json;
  if (value !== undefined && ResultPath !== null) {
    const place = resultPathIn(scope, ResultPath ?? "$", at(path, "ResultPath"));
    if (place !== undefined && !(place === scope.data && value === inContext(scope.data)))
      assign[place] = value;
  }
  const actions: Json[] = Object.keys(assign).length === 0 ? [] : [{ assign }];
  if (OutputPath === null) actions.push({ assign: { [scope.data]: {} } });
  else if (typeof OutputPath === "string" && OutputPath !== "$") {
    const output = expressionIn(
      { ...reading, root: inContext(scope.data) },
      OutputPath,
      at(path, "OutputPath"),
    );
    if (output !== undefined) actions.push({ assign: { [scope.data]: output } });
  }
  return actions;
}

/** What ResultPath puts into the data, with JSONPath. */
function resultOf({ json, path }: State, reading: Reading, result: string | undefined): Json | undefined {
  const { Type, Result, Parameters, ResultSelector, InputPath } = json;
  if (result !== undefined)
    return ResultSelector === undefined
      ? result
      : templateOf({ ...reading, root: result }, ResultSelector, at(path, "ResultSelector"));
  if (Type !== "Pass") return InputPath === undefined ? undefined : reading.root;
  if (Result !== undefined)
    return templateOf(
      { ...reading, scope: { ...reading.scope, isJsonata: true } },
      Result,
      at(path, "Result"),
    );
  return Parameters === undefined ? reading.root : templateOf(reading, Parameters, at(path, "Parameters"));
}

/** Variables that are set. */
export function assignInto(draft: Draft, reading: Reading, json: Json | undefined, path: string): void {
  if (json === undefined) return;
  const { scope } = reading;
  if (!isJsonObject(json)) {
    scope.problems.error(path, "Assign is an object of values by variable");
    return;
  }
  for (const [key, value] of Object.entries(json)) {
    const name = scope.isJsonata ? key : key.replace(/\.\$$/, "");
    const place = scope.variables.get(name)?.slice("context.".length);
    const template = templateOf(reading, { [key]: value }, path);
    if (place !== undefined && isJsonObject(template)) draft[place] = template[name] ?? null;
  }
}

/** A state that is read. */
export type Given = {
  readonly scope: Scope;
  readonly name: string;
  readonly key: string;
  /** What its events begin with. */
  readonly event: string;
  readonly json: JsonObject;
  readonly path: string;
  /** The states inside it. */
  nested(
    scope: Scope,
    json: JsonObject,
    path: string,
  ): { readonly initial: string; readonly states: JsonObject } | undefined;
  /** The key of the state that follows. */
  next(name: Json | undefined, isEnd: boolean, path: string): string;
};

/** The transition that follows, and what it does to the data. */
export function following(given: Given, result?: string): JsonObject {
  const { json, path } = given;
  const where = json["Next"] === undefined ? path : at(path, "Next");
  const target = given.next(json["Next"], json["End"] === true, where);
  const transition: Draft = { target };
  putList(transition, "actions", outputActions(given, result));
  return transition;
}
