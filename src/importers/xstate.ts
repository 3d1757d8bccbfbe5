/**
 * Machine configs of XState 4, 5 and 6 as JSON, or as a program has them. Most of a config is a definition as it stands; what differs is what XState
 * writes as code, and what version 4 called otherwise.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at, kindOf, type Problems } from "../engine/problems.ts";
import { type Draft, placesOf, put, putList, readJson, readsVariables } from "./translation.ts";
import { actionsOf, outputOf } from "./xstate-actions.ts";
import { delayOf, type Reader, withoutCode } from "./xstate-code.ts";
import { readInvokes } from "./xstate-invoke.ts";
import { oneStateInto } from "./xstate-one-state.ts";
import { isSource, readSource } from "./xstate-source.ts";
import { transitionsOf } from "./xstate-transitions.ts";

/** Keys that mean the same here, or that are ours alone. */
const SAME = ["id", "description", "tags", "defer", "join", "sla"];
const SAME_AT_ROOT = ["name", "version", "constants", "unmatched", "record", "invariants"];
/** Keys that say nothing to a machine that runs. */
const SILENT = [
  "$schema",
  "_id",
  "key",
  "order",
  "types",
  "tsTypes",
  "schema",
  "schemas",
  "strict",
  "predictableActionArguments",
  "preserveActionOrder",
  "transitions",
  "_scxmlDonedata",
  "guards",
  "actions",
  "delays",
  "actors",
];
const READ = [
  "type",
  "parallel",
  "initial",
  "states",
  "on",
  "always",
  "after",
  "entry",
  "exit",
  "onEntry",
  "onExit",
  "onDone",
  "output",
  "data",
  "invoke",
  "history",
  "target",
  "meta",
  "context",
  "timeout",
  "onTimeout",
  "choice",
];

/** What has no counterpart, and what to write. */
const REFUSED: Readonly<Record<string, string>> = {
  activities: 'an activity is a child under "invoke", or a "task" action on entry',
  services:
    'work outside is a "task" action; a definition of a child stands under "actors": {"name": "definition:v1"}',
  route: 'a route is an event: write it under "on" of the state above',
  onError:
    'the end of a child is in its "invoke"; a failed step of the machine itself is the event error.execution',
  input: "what a machine starts with is its context, which SM.CREATE … CONTEXT fills in",
  delimiter: "states are separated by a dot in targets; write them so",
};

export function readXState(text: string, problems: Problems): JsonObject | undefined {
  const json = isSource(text) ? readSource(text, problems) : readJson(text, problems);
  if (json === undefined) return undefined;
  // Stately wraps a config in what else it knows of it.
  const inner = json["config"] ?? json["machine"];
  const root = json["states"] === undefined && isJsonObject(inner) ? inner : json;
  const reader: Reader = { problems, isOld: isOld(root), root, ids: idsOf(root), tasks: new Set() };
  const document = stateOf(reader, root, "$", "");
  const { context } = root;
  if (context !== undefined && !isJsonObject(context))
    problems.error(
      "$.context",
      `the context is an object of values, this is ${kindOf(context)}; a function of input becomes the values to start with`,
    );
  else if (context !== undefined) document["context"] = withoutCode(context, "$.context", problems);
  for (const key of SAME_AT_ROOT) put(document, key, root[key]);
  oneStateInto(document, root, problems);
  return reader.tasks.size === 0 ? document : renamed(document, reader.tasks);
}

/** True for a config of XState 4: it has words that later versions do not. */
function isOld(json: Json): boolean {
  if (Array.isArray(json)) return json.some((item: Json) => isOld(item));
  if (!isJsonObject(json)) return false;
  const { cond, internal, onEntry, onExit, predictableActionArguments, tsTypes } = json;
  if (
    typeof internal === "boolean" ||
    onEntry !== undefined ||
    onExit !== undefined ||
    predictableActionArguments !== undefined
  )
    return true;
  if (cond !== undefined || tsTypes !== undefined) return true;
  return Object.entries(json).some(([key, value]) => key !== "context" && key !== "meta" && isOld(value));
}

function idsOf(root: JsonObject): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const rootId = typeof root["id"] === "string" ? root["id"] : "(machine)";
  const walk = (state: JsonObject, path: string): void => {
    const { id, states } = state;
    ids.set(path === "" ? rootId : `${rootId}.${path}`, path);
    if (typeof id === "string") ids.set(id, path);
    if (!isJsonObject(states)) return;
    for (const [key, inner] of Object.entries(states))
      if (isJsonObject(inner)) walk(inner, path === "" ? key : `${path}.${key}`);
  };
  walk(root, "");
  return ids;
}

function stateOf(reader: Reader, json: JsonObject, path: string, name: string): Draft {
  const { problems } = reader;
  const draft: Draft = {};
  const isRoot = path === "$";
  for (const key of SAME) put(draft, key, json[key]);
  checkKeys(reader, json, path, isRoot);
  typeInto(draft, json, problems, path);
  initialInto(reader, draft, json, path);
  putList(draft, "entry", [
    ...actionsOf(reader, json["entry"], at(path, "entry")),
    ...actionsOf(reader, json["onEntry"], at(path, "onEntry")),
  ]);
  putList(draft, "exit", [
    ...actionsOf(reader, json["exit"], at(path, "exit")),
    ...actionsOf(reader, json["onExit"], at(path, "onExit")),
  ]);
  eventsInto(reader, draft, json, { path, name });
  const output = json["output"] ?? (json["type"] === "final" ? json["data"] : undefined);
  if (output !== undefined) draft["output"] = outputOf(reader, output, at(path, "output"), readsVariables);
  put(draft, "target", historyTarget(json));
  metaInto(draft, json);
  readInvokes(reader, draft, json, { path, name });
  const { states } = json;
  if (states !== undefined && !isJsonObject(states))
    problems.error(at(path, "states"), `states is an object of states by name, this is ${kindOf(states)}`);
  if (isJsonObject(states) && Object.keys(states).length > 0)
    draft["states"] = Object.fromEntries(
      Object.entries(states).map(([key, inner]) => {
        const place = at(at(path, "states"), key);
        if (isJsonObject(inner))
          return [key, stateOf(reader, inner, place, name === "" ? key : `${name}.${key}`)];
        problems.error(place, `a state is an object, this is ${kindOf(inner)}`);
        return [key, {}];
      }),
    );
  return draft;
}

function checkKeys(reader: Reader, json: JsonObject, path: string, isRoot: boolean): void {
  for (const key of Object.keys(json)) {
    if (READ.includes(key) || SAME.includes(key)) continue;
    if (SILENT.includes(key) || key === "version" || (isRoot && SAME_AT_ROOT.includes(key))) continue;
    const value = json[key];
    if (value === null || (Array.isArray(value) && value.length === 0)) continue;
    reader.problems.error(
      at(path, key),
      REFUSED[key] ?? `${JSON.stringify(key)} is not a key of a machine config`,
    );
  }
}

function typeInto(draft: Draft, json: JsonObject, problems: Problems, path: string): void {
  const { type, history, states } = json;
  const isEmpty = !isJsonObject(states) || Object.keys(states).length === 0;
  if (json["parallel"] === true) draft["type"] = "parallel";
  else if (type === "choice") {
    if (
      json["choice"] === undefined ||
      (isJsonObject(json["choice"]) && json["choice"]["@code"] !== undefined)
    )
      problems.error(
        at(path, "choice"),
        'a choice needs its branches as a list: [{"guard": "…", "target": "a"}, {"target": "b"}]',
      );
  } else if (
    typeof type === "string" &&
    !(type === "compound" && isEmpty) &&
    type !== "atomic" &&
    type !== "compound"
  )
    draft["type"] = type;
  if (history === "deep" || history === "shallow") draft["history"] = history;
  if (history === true || (type === "history" && history === undefined)) draft["history"] = "shallow";
  if (draft["history"] !== undefined) draft["type"] = "history";
}

function initialInto(reader: Reader, draft: Draft, json: JsonObject, path: string): void {
  const { initial, type } = json;
  if (initial === undefined || initial === null || type === "parallel" || json["parallel"] === true) return;
  if (!isJsonObject(initial)) {
    draft["initial"] = initial;
    return;
  }
  const actions = actionsOf(reader, initial["actions"], at(at(path, "initial"), "actions"));
  const target = initial["target"] ?? null;
  const names = (Array.isArray(target) ? target : [target]).filter((one) => typeof one === "string");
  draft["initial"] =
    actions.length === 0 && names.length === 1 && names[0] !== undefined
      ? names[0]
      : { target: names, actions: [...actions] };
}

function eventsInto(
  reader: Reader,
  draft: Draft,
  json: JsonObject,
  state: { readonly path: string; readonly name: string },
): void {
  const { path, name } = state;
  const { problems } = reader;
  const always = [...transitionsOf(reader, json["always"], at(path, "always"), name)];
  always.push(...transitionsOf(reader, json["choice"], at(path, "choice"), name));
  const on = new Map<string, Json>();
  for (const { key, value, path: place } of entriesOf(json["on"], at(path, "on"), "event", problems)) {
    const transitions = transitionsOf(reader, value, place, name);
    if (key === "") always.push(...transitions);
    // A null or empty list forbids the event to states above.
    else on.set(key, value === null ? {} : one(transitions));
  }
  if (on.size > 0) draft["on"] = Object.fromEntries(on);
  putList(draft, "always", always);
  const after = new Map<string, Json>();
  const delays = [
    ...entriesOf(json["after"], at(path, "after"), "delay", problems),
    ...(json["timeout"] === undefined
      ? []
      : [{ key: json["timeout"], value: json["onTimeout"] ?? null, path: at(path, "onTimeout") }]),
  ];
  for (const { key, value, path: place } of delays) {
    const delay = delayOf(reader, typeof key === "string" && /^\d+$/.test(key) ? Number(key) : key, place);
    if (delay !== undefined) after.set(String(delay), one(transitionsOf(reader, value, place, name)));
  }
  if (after.size > 0) draft["after"] = Object.fromEntries(after);
  const done = transitionsOf(reader, json["onDone"], at(path, "onDone"), name);
  if (done.length > 0) draft["onDone"] = one(done);
}

function one(list: readonly Json[]): Json {
  const [first] = list;
  if (list.length !== 1 || first === undefined) return [...list];
  // A target alone is written as its name.
  return isJsonObject(first) && Object.keys(first).length === 1 && typeof first["target"] === "string"
    ? first["target"]
    : first;
}

type Entry = { readonly key: string; readonly value: Json; readonly path: string };

/** Transitions by event or delay; XState 4 takes a list of transitions with these in them too. */
function entriesOf(json: Json | undefined, path: string, key: string, problems: Problems): readonly Entry[] {
  if (json === undefined || json === null) return [];
  if (isJsonObject(json))
    return Object.entries(json).map(([name, value]) => ({ key: name, value, path: at(path, name) }));
  const entries = new Map<string, Json[]>();
  for (const one of placesOf(json, path)) {
    const name = isJsonObject(one.json) ? one.json[key] : undefined;
    if (!isJsonObject(one.json) || (typeof name !== "string" && typeof name !== "number")) {
      problems.error(one.path, `a transition in a list needs its ${key}`);
      continue;
    }
    const { [key]: _name, ...rest } = one.json;
    entries.set(String(name), [...(entries.get(String(name)) ?? []), rest]);
  }
  return [...entries].map(([name, value]) => ({ key: name, value, path }));
}

function historyTarget(json: JsonObject): Json | undefined {
  const { target, type, history } = json;
  return type === "history" || history !== undefined ? target : undefined;
}

/** What an export of ours has put under `meta`, goes back to its place. */
function metaInto(draft: Draft, json: JsonObject): void {
  const { meta } = json;
  if (!isJsonObject(meta)) {
    put(draft, "meta", meta);
    return;
  }
  const { detent, ...rest } = meta;
  const known = isJsonObject(detent) ? detent : {};
  for (const key of [...SAME, ...SAME_AT_ROOT, "after", "output", "invoke"]) put(draft, key, known[key]);
  if (Object.keys(rest).length > 0) draft["meta"] = rest;
}

/** Events of actors that became tasks have the names of the tasks' events. */
function renamed(draft: Draft, tasks: ReadonlySet<string>): Draft {
  const { on, states } = draft;
  const result: Draft = { ...draft };
  if (on !== undefined && isJsonObject(on))
    result["on"] = Object.fromEntries(
      Object.entries(on).map(([event, value]) => [taskEvent(event, tasks), value]),
    );
  if (states !== undefined && isJsonObject(states))
    result["states"] = Object.fromEntries(
      Object.entries(states).map(([key, state]) => [
        key,
        isJsonObject(state) ? renamed({ ...state }, tasks) : state,
      ]),
    );
  return result;
}

function taskEvent(event: string, tasks: ReadonlySet<string>): string {
  const [, kind, id = ""] =
    /^(done\.invoke|xstate\.done\.actor|error\.platform|xstate\.error\.actor)\.(.+)$/.exec(event) ?? [];
  if (kind === undefined || !tasks.has(id)) return event;
  return kind.includes("done") ? `${id}.done` : `${id}.failed`;
}
