/**
 * The first pass over a definition: the tree of states with numbers, paths and ids, not yet linked. All three forms
 * (statechart, map, transition list) end here, so the second pass (`compile.ts`) knows one shape only.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { type DocumentKeys, entriesIn, NO_KEYS } from "./document-keys.ts";
import type { StateNode } from "./machine.ts";
import { at, checkKeys, kindOf, type Problems, readText } from "./problems.ts";

/** One state of the tree. Numbers follow document order. */
export type DraftState = {
  readonly index: number;
  readonly key: string;
  readonly path: string;
  readonly id: string;
  readonly hasOwnId: boolean;
  readonly kind: StateNode["kind"];
  readonly parent: DraftState | undefined;
  readonly depth: number;
  readonly children: DraftState[];
  last: number;
  readonly jsonPath: string;
  /** The state as written; empty in the map and list forms. */
  readonly json: JsonObject;
  /** Map and list forms: transitions whose event names and targets are taken as they are. */
  readonly plain: PlainTransition[];
};

/** A transition of the map or list form: no wildcard, no path syntax. */
export type PlainTransition = { readonly event: string; readonly target: string; readonly jsonPath: string };

/** The numbered tree and the names in it. */
export type Draft = {
  readonly form: "statechart" | "map" | "transitions";
  readonly root: DraftState;
  readonly states: readonly DraftState[];
  readonly byPath: ReadonlyMap<string, DraftState>;
  readonly byId: ReadonlyMap<string, DraftState>;
  readonly keys: DocumentKeys;
};

/** Bounds on the shape of a definition. */
export type ShapeLimits = { readonly statesMax: number; readonly depthMax: number };

const COMMON = ["id", "type", "description", "entry", "exit", "tags", "meta"];
const BRANCH = [
  ...COMMON,
  "initial",
  "states",
  "on",
  "always",
  "after",
  "onDone",
  "output",
  "defer",
  "join",
  "invoke",
  "sla",
];
const STATE_KEYS: Readonly<Record<StateNode["kind"], readonly string[]>> = {
  atomic: [...COMMON, "states", "on", "always", "after", "defer", "join", "invoke", "sla"],
  compound: BRANCH,
  parallel: BRANCH,
  final: [...COMMON, "output"],
  history: ["id", "type", "description", "history", "target", "tags", "meta"],
};
/** Keys that stand at the root only; editors add the last two, which say nothing here. */
const ROOT_KEYS = [
  "name",
  "version",
  "context",
  "constants",
  "unmatched",
  "invariants",
  "record",
  "types",
  "$schema",
];

/** Keys of XState 4 and 5 that stand for code, or have another name here. */
const REPLACED_KEYS: Readonly<Record<string, string>> = {
  onEntry: 'actions on entry stand under "entry"',
  onExit: 'actions on exit stand under "exit"',
  activities: 'work that takes time is a "task" action, or a machine of its own under "invoke"',
  data: 'what a final state gives stands under "output"',
  delays: 'write the length of time where it is used, or under "constants"',
  guards: "write the condition where it is used, as an expression",
  actions: 'actions stand under "entry", "exit" or in a transition',
  services: 'work outside is a "task" action',
  actors: 'work outside is a "task" action',
  schemas: "types are of no use here",
  tsTypes: "types are of no use here",
  predictableActionArguments: "actions always run in order here",
  preserveActionOrder: "actions always run in order here",
};

type Builder = {
  readonly keys: DocumentKeys;
  readonly problems: Problems;
  readonly limits: ShapeLimits;
  readonly states: DraftState[];
  readonly byPath: Map<string, DraftState>;
  readonly byId: Map<string, DraftState>;
};

/** Reads the tree of a statechart. Undefined when its outline is unusable; problems say why. */
export function draftStatechart(
  json: JsonObject,
  problems: Problems,
  given: { readonly limits: ShapeLimits; readonly keys: DocumentKeys },
): Draft | undefined {
  const builder: Builder = { ...given, problems, states: [], byPath: new Map(), byId: new Map() };
  const excess = tooManyStates(json, given.limits);
  if (excess !== undefined) {
    // Nothing else is said of such a document: reading on would take as long as it is large.
    problems.error(excess.path, excess.reason);
    return undefined;
  }
  const root = addState(builder, { key: "", json, jsonPath: "$", parent: undefined });
  if (root === undefined) return undefined;
  if (root.children.length === 0)
    problems.error("$.states", 'a machine needs states: {"states": {"a": {}, …}}');
  const { states, byPath, byId, keys } = builder;
  return { form: "statechart", root, states, byPath, byId, keys };
}

/**
 * What is wrong, and where, with a document that plainly has more states than a definition may have; it is not read any
 * further than that takes. The document is not nested deeply.
 */
export function tooManyStates(
  json: Json,
  { statesMax }: ShapeLimits,
): { readonly path: string; readonly reason: string } | undefined {
  if (!isJsonObject(json)) return undefined;
  const { map } = json;
  const reason = `a definition may have ${statesMax} states`;
  if (isJsonObject(map) && Object.keys(map).length > statesMax) return { path: "$.map", reason };
  return countStates(json, statesMax) > statesMax ? { path: "$.states", reason } : undefined;
}

/** States of a document, the top included; counting ends beyond `max`. The document is not nested deeply. */
function countStates(json: JsonObject, max: number): number {
  const states = json["states"];
  let count = 1;
  if (!isJsonObject(states)) return count;
  for (const key in states) {
    const state = states[key];
    if (state !== undefined && isJsonObject(state)) count += countStates(state, max - count);
    if (count > max) break;
  }
  return count;
}

/** A flat tree for the map and list forms. `names` are all states in document order. */
export function draftFlat(
  form: "map" | "transitions",
  names: Iterable<string>,
  finals: ReadonlySet<string> = new Set(),
): Draft & { readonly root: DraftState } {
  const states: DraftState[] = [];
  const byPath = new Map<string, DraftState>();
  const byId = new Map<string, DraftState>();
  const root = newState({
    index: 0,
    key: "",
    parent: undefined,
    kind: "compound",
    jsonPath: "$",
    json: {},
    id: "(machine)",
    hasOwnId: false,
    path: "",
  });
  states.push(root);
  for (const name of names) {
    const state = newState({
      index: states.length,
      key: name,
      parent: root,
      kind: finals.has(name) ? "final" : "atomic",
      jsonPath: "$",
      json: {},
      id: name,
      hasOwnId: false,
      path: name,
    });
    states.push(state);
    root.children.push(state);
    byPath.set(name, state);
    byId.set(name, state);
  }
  root.last = states.length - 1;
  return { form, root, states, byPath, byId, keys: NO_KEYS };
}

function newState(given: Omit<DraftState, "depth" | "children" | "last" | "plain">): DraftState {
  return {
    ...given,
    depth: given.parent === undefined ? 0 : given.parent.depth + 1,
    children: [],
    last: given.index,
    plain: [],
  };
}

type Place = {
  readonly key: string;
  readonly json: JsonObject;
  readonly jsonPath: string;
  readonly parent: DraftState | undefined;
};

function addState(builder: Builder, place: Place): DraftState | undefined {
  const { problems, limits, states } = builder;
  const { key, json, jsonPath, parent } = place;
  if (states.length >= limits.statesMax) {
    if (states.length === limits.statesMax)
      problems.error(jsonPath, `a definition may have ${limits.statesMax} states`);
    return undefined;
  }
  if (parent !== undefined && parent.depth >= limits.depthMax) {
    problems.error(jsonPath, `states may be nested ${limits.depthMax} deep`);
    return undefined;
  }
  const isRoot = parent === undefined;
  const kind = isRoot ? kindOfRoot(json, problems) : kindOfState(json, jsonPath, problems);
  checkKeys(json, jsonPath, {
    allowed: isRoot ? [...STATE_KEYS[kind], ...ROOT_KEYS] : STATE_KEYS[kind],
    what: isRoot ? "the definition" : `a state of type ${kind}`,
    problems,
    replaced: REPLACED_KEYS,
  });
  const ownId = readText(json, "id", jsonPath, problems);
  const path = isRoot || parent.path === "" ? key : `${parent.path}.${key}`;
  const rootId = states[0]?.id ?? "(machine)";
  const id = ownId ?? (isRoot ? "(machine)" : `${rootId}.${path}`);
  const state = newState({
    index: states.length,
    key,
    parent,
    kind,
    jsonPath,
    json,
    id,
    hasOwnId: ownId !== undefined,
    path,
  });
  register(builder, state);
  addChildren(builder, state);
  state.last = states.length - 1;
  return state;
}

function register(builder: Builder, state: DraftState): void {
  builder.states.push(state);
  if (state.path !== "") builder.byPath.set(state.path, state);
  const twin = builder.byId.get(state.id);
  if (twin === undefined) builder.byId.set(state.id, state);
  else
    builder.problems.error(
      at(state.jsonPath, "id"),
      `the id '${state.id}' is taken by ${twin.jsonPath}; ids must differ`,
    );
}

function addChildren(builder: Builder, state: DraftState): void {
  const { problems } = builder;
  const children = state.json["states"];
  const path = at(state.jsonPath, "states");
  if (children === undefined) return;
  if (!isJsonObject(children)) {
    problems.error(path, `states must be an object of states by name, this is ${kindOf(children)}`);
    return;
  }
  for (const [key, json] of entriesIn(builder.keys, children, path)) {
    const childPath = at(path, key);
    const fault = nameFault(key);
    if (fault !== undefined) {
      problems.error(childPath, `${JSON.stringify(key)} cannot name a state: ${fault}`);
    } else if (!isJsonObject(json)) {
      problems.error(childPath, `a state must be an object ({} at least), this is ${kindOf(json)}`);
    } else {
      const child = addState(builder, { key, json, jsonPath: childPath, parent: state });
      if (child !== undefined) state.children.push(child);
    }
  }
}

/** Why a text is no name of a state. */
function nameFault(key: string): string | undefined {
  if (key === "") return "a name has one character at least";
  if (key === "__proto__") return "JavaScript keeps this name for itself";
  if (key.includes(".")) return "a dot separates a state from those below it";
  if (key.startsWith("#")) return "a # in front says that an id follows";
  return hasHalf(key) ? "it holds half a character" : undefined;
}

/** True when a name holds half of a surrogate pair: it has no bytes in UTF-8, so two of them look alike outside. */
export function hasHalf(name: string): boolean {
  return /\p{Surrogate}/u.test(name);
}

const KINDS: readonly string[] = ["atomic", "compound", "parallel", "history", "final"];

function isKind(value: Json | undefined): value is StateNode["kind"] {
  return typeof value === "string" && KINDS.includes(value);
}

/** The root holds states, one or all of which are active, also where it says that it does not. */
function kindOfRoot(json: JsonObject, problems: Problems): "compound" | "parallel" {
  const type = json["type"] ?? "compound";
  if (type === "compound" || type === "parallel") return type;
  problems.error("$.type", "the type of a definition is compound or parallel");
  return "compound";
}

function kindOfState(json: JsonObject, jsonPath: string, problems: Problems): StateNode["kind"] {
  const type = json["type"];
  const states = json["states"];
  const hasChildren = isJsonObject(states) && Object.keys(states).length > 0;
  const inferred =
    json["history"] !== undefined && states === undefined ? "history" : hasChildren ? "compound" : "atomic";
  if (type === undefined) return inferred;
  if (!isKind(type)) {
    problems.error(at(jsonPath, "type"), `type must be one of ${KINDS.join(", ")}`);
    return inferred;
  }
  if ((type === "compound" || type === "parallel") && !hasChildren) {
    problems.error(at(jsonPath, "type"), `a ${type} state needs states below it`);
  }
  if (type === "atomic" && hasChildren) {
    problems.error(at(jsonPath, "type"), "a state with states below it is compound or parallel, not atomic");
    return "compound";
  }
  return type;
}
