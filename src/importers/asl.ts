/**
 * State machines of Amazon States Language. The data that go from state to state are `context.data`, variables are under
 * `context.vars`; branches and items have data of their own. Work is a task, which a worker answers with `<state>.done` and
 * `{"output": …}`, or `<state>.failed` and `{"error": …, "cause": …}`.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at, kindOf, type Problems } from "../engine/problems.ts";
import { type Keys, keysOf, variablesOf } from "./asl-names.ts";
import { freshEvent, type Scope } from "./asl-scope.ts";
import { readState } from "./asl-states.ts";
import { type Draft, put, readJson } from "./translation.ts";

const TOP_KEYS = [
  "Comment",
  "StartAt",
  "States",
  "Version",
  "TimeoutSeconds",
  "QueryLanguage",
  "ProcessorConfig",
];

export function readAsl(text: string, problems: Problems): JsonObject | undefined {
  const root = readJson(text, problems);
  if (root === undefined) return undefined;
  const context: Draft = { data: {} };
  const names = keysOf(root["States"]);
  const failed = names.fresh("Failed");
  const scope: Scope = {
    problems,
    data: "data",
    variables: variablesOf(root, "vars", new Map()),
    isJsonata: root["QueryLanguage"] === "JSONata",
    failure: (error, cause) => ({ target: failed, actions: { assign: { error: { error, cause } } } }),
    context,
    events: new Set(),
  };
  const inner = readStates(scope, root, { path: "$", names });
  if (inner === undefined) return undefined;
  const document: Draft = {};
  put(document, "description", root["Comment"]);
  document["initial"] = inner.initial;
  const kept = {
    ...(context["start"] === null ? { start: "context.data" } : {}),
    ...(context["startTime"] === null ? { startTime: "string(timestamp(now))" } : {}),
  };
  if (Object.keys(kept).length > 0) document["entry"] = { assign: kept };
  const { TimeoutSeconds } = root;
  if (typeof TimeoutSeconds === "number")
    document["after"] = {
      [`${TimeoutSeconds}s`]: {
        target: `.${failed}`,
        actions: { assign: { error: { error: "'States.Timeout'", cause: "''" } } },
      },
    };
  const isFailing = names.used.has("Failed") || TimeoutSeconds !== undefined;
  if (scope.variables.size > 0) context["vars"] = {};
  if (isFailing) context["error"] = null;
  document["context"] = context;
  document["output"] = isFailing ? "context.error == null ? context.data : context.error" : "context.data";
  document["states"] = {
    ...inner.states,
    ...(isFailing ? { [failed]: { type: "final", output: "context.error" } } : {}),
  };
  return document;
}

/** The states of a machine, a branch or the processor of items. */
function readStates(
  outer: Scope,
  json: JsonObject,
  place: { readonly path: string; readonly names: Keys },
): { readonly initial: string; readonly states: JsonObject } | undefined {
  const { path, names } = place;
  const { problems } = outer;
  const { StartAt, States } = json;
  for (const key of Object.keys(json))
    if (!TOP_KEYS.includes(key))
      problems.error(at(path, key), `${JSON.stringify(key)} is not a key of a state machine`);
  if (States === undefined || !isJsonObject(States)) {
    problems.error(at(path, "States"), `States is an object of states by name, this is ${kindOf(States)}`);
    return undefined;
  }
  const initial = typeof StartAt === "string" ? names.of(StartAt) : undefined;
  if (initial === undefined) problems.error(at(path, "StartAt"), "StartAt names a state");
  const done = names.fresh("Done");
  const scope: Scope = {
    ...outer,
    failure: (error, cause) => {
      names.used.add("Failed");
      return outer.failure(error, cause);
    },
  };
  const states: [string, Json][] = [];
  for (const [name, state] of Object.entries(States)) {
    const statePath = at(at(path, "States"), name);
    if (!isJsonObject(state)) {
      problems.error(statePath, `a state is an object, this is ${kindOf(state)}`);
      continue;
    }
    const next = (given: Json | undefined, isEnd: boolean, where: string): string => {
      if (isEnd) {
        names.used.add("Done");
        return done;
      }
      const key = typeof given === "string" ? names.of(given) : undefined;
      if (key === undefined)
        problems.error(
          where,
          typeof given === "string" ? `there is no state '${given}'` : 'a state has "Next" or "End": true',
        );
      return key ?? done;
    };
    states.push([
      names.of(name) ?? name,
      readState({
        scope,
        name,
        key: names.of(name) ?? name,
        json: state,
        path: statePath,
        next,
        event: freshEvent(scope, names.of(name) ?? name),
        nested: readNested,
      }),
    ]);
  }
  if (names.used.has("Done")) states.push([done, { type: "final" }]);
  return { initial: initial ?? done, states: Object.fromEntries(states) };
}

/** The states inside a Parallel or Map. */
function readNested(scope: Scope, json: JsonObject, path: string) {
  return readStates(scope, json, { path, names: keysOf(json["States"]) });
}
