/** Parallel and Map of Amazon States Language: states with states of their own, and data of their own. */
import { isJsonObject, type Json } from "../base/json.ts";
import { at } from "../engine/problems.ts";
import { following, type Given, readingOf, sourceOf } from "./asl-data.ts";
import { withErrors } from "./asl-errors.ts";
import { variablesOf } from "./asl-names.ts";
import { codeIn, expressionIn, freshKey, inContext, type Scope, templateOf } from "./asl-scope.ts";
import { type Draft, placesOf } from "./translation.ts";

/** The scope of states inside a state: a failure of theirs is one of it. */
function innerScope({ scope, event }: Given, json: Json, data: string): Scope {
  const variables = `${data}_vars`;
  const known = isJsonObject(json) ? variablesOf(json, variables, scope.variables) : scope.variables;
  if (known.size > scope.variables.size) scope.context[variables] = {};
  return {
    ...scope,
    data,
    variables: known,
    isJsonata:
      isJsonObject(json) && json["QueryLanguage"] !== undefined
        ? json["QueryLanguage"] === "JSONata"
        : scope.isJsonata,
    failure: (error, cause) => ({ actions: { raise: { event: `${event}.failed`, data: { error, cause } } } }),
  };
}

export function parallelOf(given: Given): Draft {
  const { json, path, key, scope } = given;
  const branches = placesOf(json["Branches"], at(path, "Branches"));
  if (branches.length === 0) scope.problems.error(at(path, "Branches"), "a Parallel has Branches");
  const source = sourceOf(given);
  const start: Draft = {};
  const results: string[] = [];
  const states = branches.flatMap((branch, index): [string, Json][] => {
    if (!isJsonObject(branch.json)) return [];
    const data = freshKey(scope.context, `${key}_${index + 1}`);
    start[data] = source;
    results.push(inContext(data));
    const inner = given.nested(innerScope(given, branch.json, data), branch.json, branch.path);
    return inner === undefined
      ? []
      : [[`branch${index + 1}`, { initial: inner.initial, states: inner.states }]];
  });
  const body: Draft = { type: "parallel", entry: { assign: start }, states: Object.fromEntries(states) };
  return withErrors(given, { body, done: following(given, `[${results.join(", ")}]`), on: undefined });
}

/** Items are processed one after another: a list of children would need a definition of its own. */
export function mapOf(given: Given): Draft {
  const { json, path, key, scope } = given;
  const { problems } = scope;
  const place = json["ItemProcessor"] === undefined ? "Iterator" : "ItemProcessor";
  const processor = json[place];
  if (processor === undefined || !isJsonObject(processor)) {
    problems.error(at(path, "ItemProcessor"), "a Map has the states for each item in ItemProcessor");
    return {};
  }
  const config = processor["ProcessorConfig"];
  if (isJsonObject(config ?? null) && (config as { Mode?: Json }).Mode === "DISTRIBUTED")
    problems.error(
      at(at(path, place), "ProcessorConfig"),
      'a distributed Map is a list of children: import the processor on its own, and write {"invoke": {"src": "name:v1", "each": "…"}}',
    );
  if (json["MaxConcurrency"] !== 1)
    problems.warn(
      at(path, "MaxConcurrency"),
      'items are processed one after another here; at the same time they are children: {"invoke": {"src": "name:v1", "each": "…"}}',
    );
  const [items, index, results, data] = ["items", "index", "results", "item"].map((name) =>
    freshKey(scope.context, `${key}_${name}`),
  );
  if (items === undefined || index === undefined || results === undefined || data === undefined) return {};
  const item = { value: `${inContext(items)}[${inContext(index)}]`, index: inContext(index) };
  const outer: Scope = { ...scope, item };
  const selector =
    json["ItemSelector"] ?? (place === "Iterator" || !scope.isJsonata ? json["Parameters"] : undefined);
  const input: Json =
    selector === undefined
      ? item.value
      : templateOf(readingOf({ ...given, scope: outer }), selector, at(path, "ItemSelector"));
  const inner = given.nested(
    innerScope({ ...given, scope: outer }, processor, data),
    processor,
    at(path, place),
  );
  const list = itemsOf(given);
  if (inner === undefined || list === undefined) return {};
  const body: Draft = {
    entry: { assign: { [items]: list, [index]: 0, [results]: [] } },
    initial: "next",
    states: {
      next: {
        always: [
          {
            guard: `${inContext(index)} < size(${inContext(items)})`,
            target: "item",
            actions: { assign: { [data]: input } },
          },
          { target: "end" },
        ],
      },
      item: {
        initial: inner.initial,
        states: inner.states,
        onDone: {
          target: "next",
          actions: {
            assign: {
              [results]: `${inContext(results)} + [${inContext(data)}]`,
              [index]: `${inContext(index)} + 1`,
            },
          },
        },
      },
      end: { type: "final" },
    },
  };
  return withErrors(given, { body, done: following(given, inContext(results)), on: undefined });
}

function itemsOf(given: Given): Json | undefined {
  const { json, path, scope } = given;
  const reading = readingOf(given);
  const { Items, ItemsPath } = json;
  if (scope.isJsonata && Items !== undefined)
    return Array.isArray(Items)
      ? templateOf(reading, Items, at(path, "Items"))
      : codeIn(reading, Items, at(path, "Items"));
  if (typeof ItemsPath === "string") return expressionIn(reading, ItemsPath, at(path, "ItemsPath"));
  return reading.root;
}
