/** Actions of a definition, compiled. Each action is an object that has exactly one action key. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { type Linker, linkDelay, linkExpression, linkGuard, linkTemplate } from "./compile-expressions.ts";
import type { DraftState } from "./draft.ts";
import { isInternal } from "./event-names.ts";
import type { Template } from "./expressions.ts";
import type { Action, Assignment, Branch, ContextPath, Delay } from "./machine.ts";
import { parsePath } from "./paths.ts";
import { at, checkKeys, kindOf, nearest, readText } from "./problems.ts";

/** Where actions stand. */
export type ActionPlace = { readonly path: string; readonly from: DraftState };

/** What `raise` and `send` have in common. */
type Delivery = {
  readonly data: Template | undefined;
  readonly delay: Delay | undefined;
  readonly id: string | undefined;
};

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
  choose: linkChoose,
};

/** What takes the place of XState's own actions. */
const XSTATE_ACTIONS: Readonly<Record<string, string>> = {
  assign: 'write {"assign": {"path": "expression"}}',
  raise: 'write {"raise": {"event": "NAME"}}',
  send: 'write {"send": {"to": "expression", "event": "NAME"}}',
  sendTo: 'write {"send": {"to": "expression", "event": "NAME"}}',
  sendParent: 'write {"send": {"to": "expression", "event": "NAME"}}',
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
  const allowed = kind === "task" ? ["task", "input", "done", "failed", "timeout", "attempts"] : [kind];
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
      `${JSON.stringify(text)} is no path into the context: ${parts}, as in total, lines[0].qty or stock[event.sku]`,
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

/** The object of `raise`, `send` and `emit`; a text stands for `{"event": text}`. */
function eventOptions(
  linker: Linker,
  json: JsonObject,
  place: { readonly kind: string; readonly path: string; readonly allowed: readonly string[] },
): (JsonObject & { readonly event: string }) | undefined {
  const path = at(place.path, place.kind);
  const value = json[place.kind];
  const options = typeof value === "string" ? { event: value } : value;
  if (!isJsonObject(options)) {
    linker.problems.error(path, `${place.kind} takes {"event": "NAME", …}, this is ${kindOf(value)}`);
    return undefined;
  }
  checkKeys(options, path, { allowed: place.allowed, what: place.kind, problems: linker.problems });
  const event = options["event"];
  if (typeof event === "string" && isInternal(event) && place.kind !== "emit") {
    linker.problems.error(
      at(path, "event"),
      `names that begin with xstate. are the machine's own; ${place.kind} takes another`,
    );
    return undefined;
  }
  if (typeof event === "string" && event !== "" && event !== "*" && !event.endsWith(".*"))
    return { ...options, event };
  linker.problems.error(at(path, "event"), `${place.kind} needs the name of an event, without wildcard`);
  return undefined;
}

function optional<T>(value: Json | undefined, compile: (value: Json) => T): T | undefined {
  return value === undefined ? undefined : compile(value);
}

function linkRaise(linker: Linker, json: JsonObject, { path }: ActionPlace): Action | undefined {
  const options = eventOptions(linker, json, {
    kind: "raise",
    path,
    allowed: ["event", "data", "delay", "id"],
  });
  if (options === undefined) return undefined;
  return { kind: "raise", path, event: options.event, ...deliveryOf(linker, options, at(path, "raise")) };
}

function linkSend(linker: Linker, json: JsonObject, { path }: ActionPlace): Action | undefined {
  const here = at(path, "send");
  const options = eventOptions(linker, json, {
    kind: "send",
    path,
    allowed: ["to", "event", "data", "delay", "id"],
  });
  if (options === undefined) return undefined;
  const to = options["to"];
  if (typeof to !== "string") {
    linker.problems.error(
      at(here, "to"),
      "send needs the key of a machine: an expression such as context.order or 'order:1' in quotes",
    );
    return undefined;
  }
  return {
    kind: "send",
    path,
    to: linkTemplate(linker, to, at(here, "to")),
    event: options.event,
    ...deliveryOf(linker, options, here),
  };
}

function deliveryOf(linker: Linker, options: JsonObject, path: string): Delivery {
  return {
    data: optional(options["data"], (value) => linkTemplate(linker, value, at(path, "data"))),
    delay: optional(options["delay"], (value) => linkDelay(linker, value, at(path, "delay"))),
    id: readText(options, "id", path, linker.problems),
  };
}

function linkCancel(linker: Linker, json: JsonObject, { path }: ActionPlace): Action | undefined {
  const id = readText(json, "cancel", path, linker.problems);
  return id === undefined ? undefined : { kind: "cancel", path, id };
}

function linkEmit(linker: Linker, json: JsonObject, { path }: ActionPlace): Action | undefined {
  const options = eventOptions(linker, json, { kind: "emit", path, allowed: ["event", "data"] });
  if (options === undefined) return undefined;
  const data = optional(options["data"], (value) =>
    linkTemplate(linker, value, at(at(path, "emit"), "data")),
  );
  return { kind: "emit", path, event: options.event, data };
}

function linkTask(linker: Linker, json: JsonObject, { path }: ActionPlace): Action | undefined {
  const task = readText(json, "task", path, linker.problems);
  if (task === undefined) return undefined;
  if (task === "") linker.problems.error(at(path, "task"), "a task needs a name");
  const attempts = json["attempts"];
  const isCount = typeof attempts === "number" && Number.isSafeInteger(attempts) && attempts >= 1;
  if (attempts !== undefined && !isCount) {
    linker.problems.error(at(path, "attempts"), "attempts must be a whole number, 1 at least");
  }
  return {
    kind: "task",
    path,
    task,
    input: optional(json["input"], (value) => linkTemplate(linker, value, at(path, "input"))),
    done: readText(json, "done", path, linker.problems),
    failed: readText(json, "failed", path, linker.problems),
    timeout: optional(json["timeout"], (value) => linkDelay(linker, value, at(path, "timeout"))),
    attempts: isCount ? attempts : undefined,
  };
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
