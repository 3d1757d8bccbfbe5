/** Children as definitions name them: `invoke` of states, and the actions `spawn` and `stop`. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { childIdFault } from "./child-ids.ts";
import { linkName } from "./compile-deliveries.ts";
import { type Linker, linkTemplate, optional, withLocals } from "./compile-expressions.ts";
import type { DraftState } from "./draft.ts";
import { doneActorEvent, errorActorEvent } from "./event-names.ts";
import type { Action, Child, Invoke, Name } from "./machine.ts";
import { at, checkKeys, kindOf } from "./problems.ts";

/** An `invoke` with the transitions that are in it. */
export type DraftInvoke = {
  readonly invoke: Invoke;
  readonly transitions: readonly {
    readonly descriptor: string;
    readonly json: Json;
    readonly path: string;
  }[];
};

const INVOKE_KEYS = ["src", "id", "input", "each", "onDone", "onError", "description"];

/** Keys of XState that mean code, or that children do without. */
const REPLACED_KEYS: Readonly<Record<string, string>> = {
  onSnapshot: 'what a child is in can be read as "children.<id>.state"',
  systemId: 'a child is known by its key; write an "id"',
  data: 'what a child starts with stands under "input"',
  autoForward: 'write {"send": {"to": "#_<id>", "event": "NAME"}} where an event is to go on',
};

/** Reads `invoke` of a state: one, or a list. */
export function readInvokes(linker: Linker, state: DraftState): readonly DraftInvoke[] {
  const value = state.json["invoke"];
  if (value === undefined) return [];
  const path = at(state.jsonPath, "invoke");
  const given = Array.isArray(value)
    ? value.map((json, index) => ({ json, path: at(path, index), index }))
    : [{ json: value, path, index: 0 }];
  const known = new Set<string>();
  return given.flatMap((place) => {
    const found = readInvoke(linker, state, place);
    if (found === undefined) return [];
    const { id } = found.invoke;
    if (known.has(id))
      linker.problems.error(at(place.path, "id"), `the state has a child '${id}' already; ids must differ`);
    known.add(id);
    return [found];
  });
}

function readInvoke(
  linker: Linker,
  state: DraftState,
  { json, path, index }: { readonly json: Json; readonly path: string; readonly index: number },
): DraftInvoke | undefined {
  const { problems } = linker;
  if (!isJsonObject(json)) {
    problems.error(
      path,
      `invoke takes {"src": "name:version", "id", "input"?, "each"?, "onDone"?, "onError"?}, this is ${kindOf(json)}`,
    );
    return undefined;
  }
  checkKeys(json, path, { allowed: INVOKE_KEYS, what: "invoke", problems, replaced: REPLACED_KEYS });
  // XState's name for one without a name.
  const id = json["id"] ?? `${index}.${state.id}`;
  if (typeof id !== "string") {
    problems.error(at(path, "id"), `the id of an invoked child is a string, this is ${kindOf(id)}`);
    return undefined;
  }
  const child = linkChild(linker, { ...json, id }, path);
  if (child === undefined) return undefined;
  const transitions = [
    { descriptor: doneActorEvent(id), key: "onDone" },
    { descriptor: errorActorEvent(id), key: "onError" },
  ].flatMap(({ descriptor, key }) => {
    const transition = json[key];
    return transition === undefined ? [] : [{ descriptor, json: transition, path: at(path, key) }];
  });
  return { invoke: { ...child, id }, transitions };
}

/** What `invoke` and `spawn` have in common. */
function linkChild(linker: Linker, json: JsonObject, path: string): Child | undefined {
  const src = linkSource(linker, json, path);
  const id = linkName(linker, json, "id", path);
  checkId(linker, id, at(path, "id"));
  if (src === undefined || id === undefined) return undefined;
  const each = json["each"];
  const inner = each === undefined ? linker : withLocals(linker, "item", "index");
  return {
    path,
    id,
    src,
    input: optional(json["input"], (value) => linkInput(inner, value, at(path, "input"))),
    each: optional(each, (value) => linkTemplate(linker, value, at(path, "each"))),
  };
}

function linkInput(linker: Linker, value: Json, path: string) {
  if (!isJsonObject(value) && typeof value !== "string")
    linker.problems.error(path, `the input of a child is {"field": expression, …}, this is ${kindOf(value)}`);
  return linkTemplate(linker, value, path);
}

function checkId({ problems }: Linker, id: Name | undefined, path: string): void {
  const fault = typeof id === "string" ? childIdFault(id) : undefined;
  if (fault !== undefined) problems.error(path, `${JSON.stringify(id)} is not an id of a child: ${fault}`);
}

/** The definition of a child. One that is named is there already, which is why no two can make each other for ever. */
function linkSource(linker: Linker, json: JsonObject, path: string): Name | undefined {
  const { problems, references } = linker;
  const here = at(path, "src");
  const src = json["src"] === undefined ? undefined : linkName(linker, json, "src", path);
  if (json["src"] === undefined)
    problems.error(here, 'src names the definition of the child: "name", "name:version" or {"expr": "…"}');
  if (typeof src !== "string") return src;
  linker.sources.add(src);
  const colon = src.lastIndexOf(":");
  const name = colon < 0 ? src : src.slice(0, colon);
  if (name === references.own) {
    problems.error(here, `a definition cannot have itself as a child: '${src}'; a {"expr": "…"} can`);
    return undefined;
  }
  const resolved = references.resolve(src);
  if (resolved === undefined)
    problems.error(
      here,
      `there is no definition '${src}': create it before this one; work outside is a "task" action`,
    );
  return resolved;
}

export function linkSpawn(
  linker: Linker,
  json: JsonObject,
  { path }: { readonly path: string },
): Action | undefined {
  const value = json["spawn"];
  const here = at(path, "spawn");
  if (!isJsonObject(value)) {
    linker.problems.error(
      here,
      `spawn takes {"src": "name:version", "id", "input"?}, this is ${kindOf(value)}`,
    );
    return undefined;
  }
  checkKeys(value, here, { allowed: ["src", "id", "input"], what: "spawn", problems: linker.problems });
  if (value["id"] === undefined) linker.problems.error(at(here, "id"), "a child needs an id");
  const child = linkChild(linker, value, here);
  return child && { kind: "spawn", ...child };
}

export function linkStop(
  linker: Linker,
  json: JsonObject,
  { path }: { readonly path: string },
): Action | undefined {
  const id = linkName(linker, json, "stop", path);
  checkId(linker, id, at(path, "stop"));
  return id === undefined ? undefined : { kind: "stop", path, id };
}
