/** Actions of a definition, compiled. Each action is an object that has exactly one action key. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { linkSpawn, linkStop } from "./compile-children.ts";
import { linkCancel, linkEmit, linkRaise, linkSend, linkTask } from "./compile-deliveries.ts";
import {
  type Linker,
  linkExpression,
  linkGuard,
  linkTemplate,
  optional,
  withLocals,
} from "./compile-expressions.ts";
import type { DraftState } from "./draft.ts";
import { variablesFor } from "./expressions-variables.ts";
import type { Action, Assignment, Branch, ContextPath } from "./machine.ts";
import { parsePath } from "./paths.ts";
import { at, checkKeys, kindOf, nearest, readText } from "./problems.ts";

/** Where actions stand. */
export type ActionPlace = { readonly path: string; readonly from: DraftState };

type Compile = (linker: Linker, json: JsonObject, place: ActionPlace) => Action | undefined;

const ACTIONS: Readonly<Record<string, Compile>> = {
  assign: linkAssign,
  unset: linkUnset,
  raise: linkRaise,
  send: linkSend,
  cancel: linkCancel,
  emit: linkEmit,
  task: linkTask,
  log: (linker, json, { path }) => ({
    kind: "log",
    path,
    value: linkTemplate(linker, json["log"] ?? null, at(path, "log")),
  }),
  spawn: linkSpawn,
  stop: linkStop,
  choose: linkChoose,
  forEach: linkForEach,
  fail: (linker, json, { path }) => ({
    kind: "fail",
    path,
    text: linkTemplate(linker, json["fail"] ?? null, at(path, "fail")),
  }),
  suspend: (linker, json, { path }) => ({
    kind: "suspend",
    path,
    reason: linkTemplate(linker, json["suspend"] ?? null, at(path, "suspend")),
  }),
};

/** What takes the place of XState's own actions. */
const XSTATE_ACTIONS: Readonly<Record<string, string>> = {
  assign: 'write {"assign": {"path": "expression"}}',
  raise: 'write {"raise": {"event": "NAME"}}',
  send: 'write {"send": {"to": "expression", "event": "NAME"}}',
  sendTo: 'write {"send": {"to": "#_<child id>", "event": "NAME"}}, or the key of a machine as an expression',
  sendParent: 'write {"send": {"to": "#_parent", "event": "NAME"}}',
  forwardTo: 'write {"send": {"to": "#_<child id>", "event": "NAME", "data": "data"}}',
  spawn: 'write {"spawn": {"src": "name:version", "id": "child"}}',
  spawnChild: 'write {"spawn": {"src": "name:version", "id": "child"}}',
  stop: 'write {"stop": "child"}',
  stopChild: 'write {"stop": "child"}',
  cancel: 'write {"cancel": "id"}',
  emit: 'write {"emit": {"event": "NAME"}}',
  log: 'write {"log": "expression"}',
  choose: 'write {"choose": [{"guard": "expression", "actions": []}]}',
  enqueueActions: 'write {"choose": [{"guard": "expression", "actions": []}]}',
};

/** Compiles an action or a list of actions; the refused ones are left out, with problems. */
export function linkActions(linker: Linker, json: Json | undefined, place: ActionPlace): readonly Action[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) return [linkAction(linker, json, place)].filter((action) => action !== undefined);
  return json
    .map((item, index) => linkAction(linker, item, { ...place, path: at(place.path, index) }))
    .filter((action) => action !== undefined);
}

function linkAction(linker: Linker, json: Json, place: ActionPlace): Action | undefined {
  const names = Object.keys(ACTIONS);
  const expected = `an action is an object with one of the keys ${names.join(", ")}`;
  const named = isJsonObject(json) ? json["type"] : json;
  if (typeof named === "string") {
    const instead =
      XSTATE_ACTIONS[named.replace(/^xstate\./, "")] ?? `write what it does, or {"task": "${named}"}`;
    linker.problems.error(
      place.path,
      `'${named}' names code, which there is none of here: ${instead}; ${expected}`,
    );
    return undefined;
  }
  if (!isJsonObject(json)) {
    linker.problems.error(place.path, `${expected}; this is ${kindOf(json)}`);
    return undefined;
  }
  const kinds = Object.keys(json).filter((key) => Object.hasOwn(ACTIONS, key));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const [first] = Object.keys(json);
    const hint = first === undefined ? undefined : nearest(first, names);
    linker.problems.error(
      place.path,
      hint === undefined || kind !== undefined
        ? expected
        : `unknown action '${first}'; did you mean ${hint}?`,
    );
    return undefined;
  }
  const allowed =
    kind === "task" ? ["task", "input", "done", "failed", "timeout", "attempts", "retry"] : [kind];
  checkKeys(json, place.path, { allowed, what: `the action ${kind}`, problems: linker.problems });
  return ACTIONS[kind]?.(linker, json, place);
}

function linkAssign(linker: Linker, json: JsonObject, { path }: ActionPlace): Action | undefined {
  const value = json["assign"];
  const here = at(path, "assign");
  if (typeof value === "string") return { kind: "replace", path, value: linkTemplate(linker, value, here) };
  if (!isJsonObject(value)) {
    linker.problems.error(
      here,
      `assign takes {"path": expression, …}, or an expression for the whole context; this is ${kindOf(value)}`,
    );
    return undefined;
  }
  const assignments: Assignment[] = [];
  for (const [target, item] of Object.entries(value)) {
    const itemPath = at(here, target);
    const found = linkPath(linker, target, itemPath);
    if (found !== undefined) assignments.push({ ...found, value: linkTemplate(linker, item, itemPath) });
  }
  return { kind: "assign", path, assignments };
}

function linkUnset(linker: Linker, json: JsonObject, { path }: ActionPlace): Action | undefined {
  const value = json["unset"] ?? null;
  const here = at(path, "unset");
  const targets = Array.isArray(value) ? value : [value];
  if (targets.length === 0 || !targets.every((target) => typeof target === "string")) {
    linker.problems.error(here, `unset takes a path or a list of paths, this is ${kindOf(value)}`);
    return undefined;
  }
  const paths = targets.map((target, index) =>
    linkPath(linker, target, Array.isArray(value) ? at(here, index) : here),
  );
  return { kind: "unset", path, paths: paths.filter((found) => found !== undefined) };
}

/** A path into the context. */
function linkPath(linker: Linker, text: string, path: string): ContextPath | undefined {
  const parts = parsePath(text);
  if (typeof parts === "string") {
    linker.problems.error(
      path,
      `${JSON.stringify(text)} is not a path into the context: ${parts}, as in total, lines[0].qty or stock[event.sku]`,
    );
    return undefined;
  }
  const [first] = parts;
  if (first?.kind === "key" && first.key === "context" && parts.length > 1)
    linker.problems.warn(path, `this is context.${text}; paths start below the context`);
  const keys = parts.map((part) => {
    if (part.kind === "key") return { key: part.key, isIndex: part.isIndex };
    const expression = linkExpression(linker, part.source, path);
    return expression && { expression };
  });
  return keys.every((key) => key !== undefined) ? { path: text, keys } : undefined;
}

function linkChoose(linker: Linker, json: JsonObject, { path, from }: ActionPlace): Action | undefined {
  const here = at(path, "choose");
  const value = json["choose"];
  if (!Array.isArray(value)) {
    linker.problems.error(here, `choose takes a list of {"guard"?, "actions"}, this is ${kindOf(value)}`);
    return undefined;
  }
  const branches: Branch[] = [];
  for (const [index, branch] of value.entries()) {
    const branchPath = at(here, index);
    if (!isJsonObject(branch)) {
      linker.problems.error(branchPath, `a branch is {"guard"?, "actions"}, this is ${kindOf(branch)}`);
      continue;
    }
    checkKeys(branch, branchPath, {
      allowed: ["guard", "actions"],
      what: "a branch of choose",
      problems: linker.problems,
    });
    const guard = optional(branch["guard"], (item) =>
      linkGuard(linker, item, { path: at(branchPath, "guard"), from }),
    );
    branches.push({
      guard,
      actions: linkActions(linker, branch["actions"], { path: at(branchPath, "actions"), from }),
    });
  }
  return { kind: "choose", path, branches };
}

/** Names that `as` cannot take: other variables have them. */
const TAKEN_NAMES = ["index", ...variablesFor([])];

function linkForEach(linker: Linker, json: JsonObject, { path, from }: ActionPlace): Action | undefined {
  const here = at(path, "forEach");
  const value = json["forEach"];
  const { problems } = linker;
  if (!isJsonObject(value) || value["items"] === undefined) {
    problems.error(here, `forEach takes {"items": expression, "as"?, "actions"}, this is ${kindOf(value)}`);
    return undefined;
  }
  checkKeys(value, here, { allowed: ["items", "as", "actions"], what: "forEach", problems });
  const as = readText(value, "as", here, problems) ?? "item";
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(as) || TAKEN_NAMES.includes(as)) {
    problems.error(
      at(here, "as"),
      `as names a variable: letters, digits and _, and none of ${TAKEN_NAMES.join(", ")}`,
    );
    return undefined;
  }
  const inner = withLocals(linker, as, "index");
  return {
    kind: "forEach",
    path,
    items: linkTemplate(linker, value["items"], at(here, "items")),
    as,
    actions: linkActions(inner, value["actions"], { path: at(here, "actions"), from }),
  };
}
