/** Names in Amazon States Language: of states, as keys; of variables, as places in the context. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { field } from "./translation.ts";

/** Names of states as keys: without dots, and none twice. */
export type Keys = {
  of(name: string): string | undefined;
  /** A key for a state that is added. */
  fresh(wish: string): string;
  /** Added states that something leads to. */
  readonly used: Set<string>;
};

export function keysOf(states: Json | undefined): Keys {
  const taken = new Set<string>();
  const keys = new Map<string, string>();
  const fresh = (wish: string): string => {
    const plain = wish.replaceAll(".", "_").replace(/^#+/, "");
    let key = plain === "" ? "state" : plain;
    for (let count = 2; taken.has(key); count += 1) key = `${plain}_${count}`;
    taken.add(key);
    return key;
  };
  if (states !== undefined && isJsonObject(states))
    for (const name of Object.keys(states)) keys.set(name, fresh(name));
  return { of: (name) => keys.get(name), fresh, used: new Set() };
}

/** Where variables are that the states of a list assign, below a key of the context; the outer ones are known as well. */
export function variablesOf(
  json: JsonObject,
  key: string,
  outer: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const variables = new Map(outer);
  const { States } = json;
  if (States === undefined || !isJsonObject(States)) return variables;
  const add = (assign: Json | undefined): void => {
    if (assign === undefined || !isJsonObject(assign)) return;
    for (const name of Object.keys(assign))
      variables.set(name.replace(/\.\$$/, ""), field(`context.${key}`, name.replace(/\.\$$/, "")));
  };
  for (const state of Object.values(States)) {
    if (!isJsonObject(state)) continue;
    add(state["Assign"]);
    for (const list of [state["Choices"], state["Catch"]])
      if (Array.isArray(list))
        for (const item of list as readonly Json[]) if (isJsonObject(item)) add(item["Assign"]);
  }
  return variables;
}
