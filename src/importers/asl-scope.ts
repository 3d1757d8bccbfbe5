/** What the translation of a state machine of Amazon States Language carries around, and how values of it are read. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at, type Problems } from "../engine/problems.ts";
import { intrinsicOf } from "./asl-intrinsics.ts";
import { jsonataOf, type Variables } from "./jsonata.ts";
import { pathIn } from "./jsonpath.ts";
import { type Draft, field, isExpression, literal, quoted } from "./translation.ts";

/** A list of states, and where the data are that go through them. */
export type Scope = {
  readonly problems: Problems;
  /** Key of the context that holds the data: `data`, or a branch's own. */
  readonly data: string;
  /** Where variables of `Assign` are, by name: those of this scope, then of the outer ones. */
  readonly variables: ReadonlyMap<string, string>;
  readonly isJsonata: boolean;
  /** Where a failure goes that nothing catches: a transition. */
  failure(error: string, cause: string): JsonObject;
  /** What events of states begin with: no two states share one, also in different branches. */
  readonly events: Set<string>;
  /** Keys of the context that are taken. */
  readonly context: Draft;
  /** Of a Map: where item and index are. */
  readonly item?: { readonly value: string; readonly index: string };
};

/** What a value may read. */
export type Reading = {
  readonly scope: Scope;
  /** The name of the state. */
  readonly state: string;
  /** The state's input. */
  readonly input: string;
  /** What `$` is in JSONPath. */
  readonly root: string;
  /** What the work of the state has come to, and the error. */
  readonly result?: string;
  readonly error?: string;
};

/** A value whose texts may be JSONata in `{% %}`, or keys that end in `.$`; as a template. */
export function templateOf(reading: Reading, json: Json, path: string): Json {
  const { isJsonata, problems } = reading.scope;
  if (typeof json === "string") {
    const code = isJsonata ? /^\{%([\s\S]*)%\}$/.exec(json.trim())?.[1] : undefined;
    return code === undefined ? quoted(json) : (jsonataIn(reading, code, path) ?? "null");
  }
  if (Array.isArray(json)) return json.map((item: Json, index) => templateOf(reading, item, at(path, index)));
  if (!isJsonObject(json)) return literal(json);
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(json)) {
    const place = at(path, key);
    if (isJsonata || !key.endsWith(".$")) entries.push([key, templateOf(reading, value, place)]);
    else if (typeof value === "string")
      entries.push([key.slice(0, -2), expressionIn(reading, value, place) ?? "null"]);
    else problems.error(place, 'a key that ends in ".$" has a path, or an intrinsic function');
  }
  return Object.fromEntries(entries);
}

/** Characters of a path or call. */
const CHARS_MAX = 4096;

/** An expression of JSONata. */
export function jsonataIn(reading: Reading, code: string, path: string): string | undefined {
  const result = jsonataOf(code.trim(), variablesOf(reading));
  if (result.ok && isExpression(result.text, ["item", "index"])) return result.text;
  reading.scope.problems.error(
    path,
    result.ok
      ? `${JSON.stringify(code.trim())} would be ${JSON.stringify(result.text)}, which is not an expression here`
      : result.reason,
  );
  return undefined;
}

/** A text that must be JSONata: `{% … %}`. */
export function codeIn(reading: Reading, json: Json | undefined, path: string): string | undefined {
  const code = typeof json === "string" ? /^\{%([\s\S]*)%\}$/.exec(json.trim())?.[1] : undefined;
  if (code !== undefined) return jsonataIn(reading, code, path);
  reading.scope.problems.error(path, "this is an expression in {% %}");
  return undefined;
}

function variablesOf(reading: Reading): Variables {
  const { scope, state, input, result, error } = reading;
  return ([name = "", second = "", third = "", fourth = ""]) => {
    if (name === "states") {
      if (second === "input") return { text: input, used: 2 };
      if (second === "result" && result !== undefined) return { text: result, used: 2 };
      if (second === "errorOutput" && error !== undefined) return { text: error, used: 2 };
      if (second === "context") {
        const found = contextObject(scope, state, [third, fourth]);
        return found === undefined ? undefined : { text: found, used: fourth === "" ? 3 : 4 };
      }
      return undefined;
    }
    const variable = scope.variables.get(name);
    return variable === undefined ? undefined : { text: variable, used: 1 };
  };
}

/** The context object of Step Functions. */
function contextObject(
  scope: Scope,
  state: string,
  [first = "", second = ""]: readonly string[],
): string | undefined {
  const path = second === "" ? first : `${first}.${second}`;
  if (path === "Execution.Id" || path === "Execution.Name") return "key";
  if (path === "State.Name") return quoted(state);
  if (path === "State.EnteredTime") return "string(timestamp(now))";
  if (path === "Execution.StartTime") {
    scope.context["startTime"] = null;
    return "context.startTime";
  }
  if (path === "Execution.Input") {
    scope.context["start"] = null;
    return "context.start";
  }
  return undefined;
}

/** A path, or a call of an intrinsic function, of the query language JSONPath. */
export function expressionIn(reading: Reading, source: string, path: string): string | undefined {
  const { scope } = reading;
  const fail = (reason: string): undefined => {
    scope.problems.error(path, reason);
    return undefined;
  };
  if (source.length > CHARS_MAX) return fail(`a path may have ${CHARS_MAX} characters`);
  const trimmed = source.trim();
  if (/^States\./.test(trimmed)) {
    const result = intrinsicOf(trimmed, (inner) => expressionIn(reading, inner, path));
    return result.ok ? result.text : result.reason === "" ? undefined : fail(result.reason);
  }
  if (trimmed.startsWith("$$")) return contextPath(reading, trimmed.slice(2), fail);
  const [, variable, rest = ""] = /^\$([A-Za-z_]\w*)?([\s\S]*)$/.exec(trimmed) ?? [];
  if (!trimmed.startsWith("$")) return fail(`${JSON.stringify(source)} is not a path: it begins with $`);
  const root = variable === undefined ? reading.root : scope.variables.get(variable);
  if (root === undefined) return fail(`there is no variable $${variable ?? ""}`);
  const found = pathIn(root, rest);
  return found.ok ? found.text : fail(found.reason);
}

function contextPath(
  { scope, state }: Reading,
  rest: string,
  fail: (reason: string) => undefined,
): string | undefined {
  const [, first = "", second = "", behind = ""] = /^\.(\w+)(?:\.(\w+))?([\s\S]*)$/.exec(rest) ?? [];
  if (first === "Map" && second === "Item" && scope.item !== undefined) {
    const inner = /^\.(Value|Index)([\s\S]*)$/.exec(behind);
    const root =
      inner?.[1] === "Value" ? scope.item.value : inner?.[1] === "Index" ? scope.item.index : undefined;
    const found = root === undefined ? undefined : pathIn(root, inner?.[2] ?? "");
    if (found?.ok === true) return found.text;
  }
  if (first === "Task")
    return fail(
      "a task is answered by the event of its id here: leave the token out, and have the worker hand on the id of its task",
    );
  const root = contextObject(scope, state, [first, second]);
  if (root === undefined)
    return fail(
      `of the context object there are Execution.Id, Execution.Name, Execution.Input, State.Name and Map.Item here, not ${rest.slice(1)}`,
    );
  const found = pathIn(root, behind);
  return found.ok ? found.text : fail(found.reason);
}

/** A path of the result into the data, as `assign` writes it; undefined, with a problem, where it is none. */
export function resultPathIn({ problems, data }: Scope, path: Json, place: string): string | undefined {
  if (path === "$") return data;
  const [, steps] =
    (typeof path === "string" ? /^\$((?:\.[A-Za-z_]\w*|\['[^'\]]+'\]|\[\d+\])+)$/.exec(path) : null) ?? [];
  if (steps !== undefined) return `${data}${steps}`;
  problems.error(place, 'a ResultPath is "$", null, or a plain path as "$.order.result"');
  return undefined;
}

/** What the events of a state begin with: its key, or another where a state elsewhere has the same. */
export function freshEvent({ events }: Scope, key: string): string {
  let name = key;
  for (let count = 2; events.has(name); count += 1) name = `${key}_${count}`;
  events.add(name);
  return name;
}

/** A plain name for a key of the context, that is not taken. */
export function freshKey(context: Draft, wish: string): string {
  const plain = wish.replaceAll(/\W+/g, "_").replace(/^(\d)/, "_$1");
  let key = plain;
  for (let count = 2; Object.hasOwn(context, key); count += 1) key = `${plain}_${count}`;
  context[key] = null;
  return key;
}

export function inContext(key: string): string {
  return field("context", key);
}
