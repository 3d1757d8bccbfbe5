/** Actions of XState as actions of ours. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at, kindOf } from "../engine/problems.ts";
import { type Draft, literal, pathKey, placesOf, put } from "./translation.ts";
import { codeOf, dataOf, delayOf, guardOf, keyOf, namedAction, type Reader } from "./xstate-code.ts";

/** Keys of actions that are ours already. */
const OURS = [
  "assign",
  "unset",
  "raise",
  "send",
  "cancel",
  "emit",
  "task",
  "log",
  "choose",
  "forEach",
  "spawn",
  "stop",
  "suspend",
  "fail",
];

/** An action or a list of actions. */
export function actionsOf(reader: Reader, json: Json | undefined, path: string): readonly Json[] {
  return placesOf(json, path).flatMap((one) => actionOf(reader, one.json, one.path));
}

function actionOf(reader: Reader, json: Json, path: string): readonly Json[] {
  if (typeof json === "string") return actionOf(reader, { type: json }, path);
  if (!isJsonObject(json)) {
    reader.problems.error(path, `an action is a name or an object, this is ${kindOf(json)}`);
    return [];
  }
  if (codeOf(json) !== undefined || json["$unserializable"] !== undefined) {
    reader.problems.error(
      path,
      `a function is not an action here; write what it does, as {"assign": {"n": "context.n + 1"}}`,
    );
    return [];
  }
  const { type } = json;
  if (typeof type !== "string") {
    if (OURS.some((key) => json[key] !== undefined)) return [json];
    reader.problems.error(path, 'an action has a "type"');
    return [];
  }
  const kind = type.replace(/^@?xstate\./, "");
  if (kind === "detent.action") {
    const { params } = json;
    return isJsonObject(params) ? [params] : [];
  }
  const isBuiltIn = kind !== type;
  const translate = BUILT_IN[kind];
  // XState 4 wrote its own actions with and without the prefix; a name without it may be a user's.
  if (translate !== undefined && (isBuiltIn || isPlainlyBuiltIn(kind, json)))
    return translate(reader, { ...json, ...(isJsonObject(json["params"]) ? json["params"] : {}) }, path);
  if (isBuiltIn) {
    reader.problems.error(
      path,
      `the action '${type}' has no counterpart; write what it does with ${OURS.join(", ")}`,
    );
    return [];
  }
  const { params, type: _type, exec: _exec, ...rest } = json;
  const input = params ?? (Object.keys(rest).length > 0 ? rest : undefined);
  return namedAction(reader, type, input, path);
}

function isPlainlyBuiltIn(kind: string, json: JsonObject): boolean {
  if (kind === "assign") return json["assignment"] !== undefined;
  if (kind === "raise" || kind === "send" || kind === "sendTo" || kind === "emit")
    return json["event"] !== undefined;
  return kind === "cancel" && json["sendId"] !== undefined;
}

type Translate = (reader: Reader, json: JsonObject, path: string) => readonly Json[];

const BUILT_IN: Readonly<Record<string, Translate>> = {
  assign: assignOf,
  raise: (reader, json, path) => deliveryOf(reader, "raise", json, path),
  send: sendOf,
  sendTo: (reader, json, path) =>
    sendOf(reader, { ...json, to: json["to"] ?? json["actorRef"] ?? json["targetId"] ?? null }, path),
  sendParent: (reader, json, path) => sendOf(reader, { ...json, to: "#_parent" }, path),
  forwardTo: (reader, json, path) => {
    const to = json["to"] ?? json["actorRef"] ?? json["target"];
    if (typeof to !== "string") return refused(reader, path, "whom the event goes to is not in the export");
    return refused(
      reader,
      path,
      `an event is sent by its name: write {"send": {"to": "#_${to}", "event": "NAME", "data": "data"}} in the transition of each`,
    );
  },
  cancel: (reader, json, path) => {
    const id = json["sendId"] ?? json["id"];
    return typeof id === "string"
      ? [{ cancel: id }]
      : refused(reader, path, 'cancel needs the id, as {"cancel": "reminder"}');
  },
  log: (reader, json, path) => {
    const value = json["args"] ?? json["expr"] ?? json["value"] ?? json["label"] ?? null;
    return [{ log: dataOf(reader, value, path) }];
  },
  emit: (reader, json, path) => deliveryOf(reader, "emit", json, path),
  stop: stopOf,
  stopChild: stopOf,
  choose: chooseOf,
  spawnChild: (reader, json, path) => {
    const { src, id, input } = json;
    if (typeof src !== "string" || typeof id !== "string")
      return refused(
        reader,
        path,
        'a child needs the name of its definition and an id: {"spawn": {"src": "name:v1", "id": "child"}}',
      );
    const spawn: Draft = { src, id };
    if (input !== undefined) spawn["input"] = dataOf(reader, input, at(path, "input"));
    return [{ spawn }];
  },
  enqueueActions: (reader, _json, path) =>
    refused(
      reader,
      path,
      'a function is not an action here; write {"choose": [{"guard": "…", "actions": []}]}',
    ),
  pure: (reader, _json, path) =>
    refused(
      reader,
      path,
      'a function is not an action here; write {"choose": [{"guard": "…", "actions": []}]}',
    ),
  start: (reader, _json, path) =>
    refused(reader, path, 'an activity is a child under "invoke", or a "task" action'),
};

function refused(reader: Reader, path: string, message: string): readonly Json[] {
  reader.problems.error(path, message);
  return [];
}

function assignOf(reader: Reader, json: JsonObject, path: string): readonly Json[] {
  const { type: _type, params: _params, exec: _exec, ...rest } = json;
  const value =
    json["assignment"] ??
    json["context"] ??
    (json["params"] === undefined ? undefined : ownOf(rest, json["params"]));
  if (value === undefined)
    return refused(
      reader,
      path,
      'the assignment is a function, which is not in the export: write {"assign": {"n": "context.n + 1"}}',
    );
  const code = codeOf(value);
  if (code !== undefined || !isJsonObject(value)) {
    const whole = dataOf(reader, value, path);
    return [{ assign: whole }];
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [pathKey(key), dataOf(reader, item, at(path, key))] as const,
  );
  return entries.length === 0 ? [] : [{ assign: Object.fromEntries(entries) }];
}

/** The parameters alone: they have been put beside the other keys. */
function ownOf(merged: JsonObject, params: Json): Json {
  if (!isJsonObject(params)) return params;
  return Object.fromEntries(Object.keys(params).map((key) => [key, merged[key] ?? null]));
}

/** The event of `raise`, `send` and `emit`: a name, or an object with its data. */
function eventOf(reader: Reader, json: Json | undefined, path: string): Draft | undefined {
  if (typeof json === "string" && codeOf(json) === undefined) return { event: json };
  if (json === undefined || !isJsonObject(json) || typeof json["type"] !== "string") {
    reader.problems.error(path, 'the event is {"type": "NAME", …}, and its name is not an expression');
    return undefined;
  }
  const { type, ...data } = json;
  const draft: Draft = { event: type };
  if (Object.keys(data).length > 0)
    draft["data"] = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, dataOf(reader, value, at(path, key))]),
    );
  return draft;
}

function deliveryOf(
  reader: Reader,
  kind: "raise" | "emit" | "send",
  json: JsonObject,
  path: string,
): readonly Json[] {
  const draft = eventOf(reader, json["event"], at(path, "event"));
  if (draft === undefined) return [];
  const { delay, id } = json;
  if (kind === "raise" && delay !== undefined && delay !== null)
    put(draft, "delay", delayOf(reader, delay, at(path, "delay")));
  if (kind === "raise" && typeof id === "string" && draft["delay"] !== undefined && id !== draft["event"])
    draft["id"] = id;
  return [{ [kind]: draft }];
}

/** `send` of XState 4 goes to the machine itself where it names no other. */
function sendOf(reader: Reader, json: JsonObject, path: string): readonly Json[] {
  const { to, delay, id } = json;
  if (to === undefined || to === null || to === "#_internal") {
    const [action] = deliveryOf(reader, "raise", json, path);
    if (action === undefined || !isJsonObject(action)) return [];
    const raise = isJsonObject(action["raise"]) ? action["raise"] : {};
    return [{ raise: raise["delay"] === undefined && to !== "#_internal" ? { ...raise, delay: 0 } : raise }];
  }
  if (typeof to !== "string")
    return refused(
      reader,
      path,
      'whom the event goes to is a function: write "#_parent", "#_child" or an expression for a key',
    );
  const draft = eventOf(reader, json["event"], at(path, "event"));
  if (draft === undefined) return [];
  const code = codeOf(to);
  const target = code === undefined ? childTarget(to) : dataOf(reader, to, at(path, "to"));
  const send: Draft = { to: target, ...draft };
  if (delay !== undefined && delay !== null) put(send, "delay", delayOf(reader, delay, at(path, "delay")));
  if (typeof id === "string" && send["delay"] !== undefined) send["id"] = id;
  return [{ send }];
}

/** An actor is called by its id there, a child by `#_` and its id here. */
function childTarget(to: string): string {
  if (to.startsWith("#_")) return to;
  return /^[\w.:-]+$/.test(to) ? `#_${to}` : keyOf(to);
}

function stopOf(reader: Reader, json: JsonObject, path: string): readonly Json[] {
  const child = json["actorRef"] ?? json["activity"] ?? json["id"];
  const id = isJsonObject(child) ? child["id"] : child;
  return typeof id === "string"
    ? [{ stop: id }]
    : refused(reader, path, 'stop needs the id of the child: {"stop": "child"}');
}

/** `choose` of XState 4. */
function chooseOf(reader: Reader, json: JsonObject, path: string): readonly Json[] {
  const branches = placesOf(json["conds"] ?? json["conditions"], at(path, "conds")).map((one): Json => {
    if (!isJsonObject(one.json)) return {};
    const guard = one.json["cond"] ?? one.json["guard"];
    const branch: Draft = {};
    if (guard !== undefined && guard !== null)
      put(branch, "guard", guardOf(reader, guard, at(one.path, "cond")));
    branch["actions"] = [...actionsOf(reader, one.json["actions"], at(one.path, "actions"))];
    return branch;
  });
  return branches.length === 0
    ? refused(reader, path, 'choose needs its branches: {"choose": [{"guard": "…", "actions": []}]}')
    : [{ choose: branches }];
}

/** What a final state gives: literal in XState. */
export function outputOf(reader: Reader, json: Json, path: string, isOurs: (text: string) => boolean): Json {
  if (typeof json === "string" && codeOf(json) === undefined) return isOurs(json) ? json : literal(json);
  if (isJsonObject(json) && codeOf(json) === undefined)
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key, outputOf(reader, value, at(path, key), isOurs)]),
    );
  return dataOf(reader, json, path);
}
