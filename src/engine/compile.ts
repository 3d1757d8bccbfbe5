/**
 * Definition in, machine out. Two passes: `draft.ts` numbers the states, this file links them. All problems are
 * collected; a definition with any error does not compile, and the first one is the answer to the client.
 */
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { linkActions } from "./compile-actions.ts";
import {
  type Initial,
  type Linker,
  linkDelay,
  linkTemplate,
  optional,
  type References,
} from "./compile-expressions.ts";
import { linkJoins } from "./compile-joins.ts";
import { checkTogether, linkTransitions } from "./compile-transitions.ts";
import { type DocumentKeys, NO_KEYS } from "./document-keys.ts";
import { type DraftState, draftStatechart, type ShapeLimits } from "./draft.ts";
import { doneEvent } from "./event-names.ts";
import { EXPRESSION_LIMITS, type ExpressionLimits } from "./expressions-scope.ts";
import { draftList, draftMap, isListForm, isMapForm } from "./forms.ts";
import { linkInvariants } from "./invariants.ts";
import type { Join, Machine, StateNode, Transition } from "./machine.ts";
import { at, checkKeys, createProblems, kindOf, type Problems, readText, readTexts } from "./problems.ts";
import { resolveInitial } from "./targets.ts";
import type { Finding } from "./types.ts";

/** Bounds on a definition. */
export type CompileLimits = ShapeLimits & {
  readonly expressions: ExpressionLimits;
  /** Objects and lists inside one another anywhere in the document: what reads it is recursive. */
  readonly jsonDepthMax: number;
};

/** The defaults of `CompileLimits`. */
export const COMPILE_LIMITS: CompileLimits = {
  statesMax: 10_000,
  depthMax: 32,
  jsonDepthMax: 200,
  expressions: EXPRESSION_LIMITS,
};

/** The name and version that are in a document; undefined where none does. */
export type OwnName = { readonly name: string | undefined; readonly version: string | undefined };

/** Definitions of children that are not looked for. */
const ANY_REFERENCE: References = { resolve: (src) => src };

/** A machine, or where and why there is none. `findings` holds everything found, warnings included. */
export type CompileResult =
  | {
      readonly ok: true;
      readonly machine: Machine;
      readonly findings: readonly Finding[];
      /** What the document says of itself. */
      readonly own: OwnName;
    }
  | {
      readonly ok: false;
      readonly path: string;
      readonly reason: string;
      readonly findings: readonly Finding[];
    };

/**
 * Compiles a definition in any of its three forms. Never throws on what a client wrote. `keys` is what `readKeys` says
 * of its text.
 */
export function compile(
  json: Json,
  limits: CompileLimits = COMPILE_LIMITS,
  keys: DocumentKeys = NO_KEYS,
  references: References = ANY_REFERENCE,
): CompileResult {
  const problems = createProblems();
  for (const path of keys.repeated)
    problems.error(path, "this is given twice; keys of an object must differ");
  const machine = compileWith(json, problems, { limits, keys, references });
  const error = problems.findings.find((finding) => finding.severity === "error");
  if (machine !== undefined && error === undefined)
    return { ok: true, machine, findings: problems.findings, own: ownName(json, createProblems(0)) };
  const { path, message } = error ?? { path: "$", message: "not a definition" };
  return { ok: false, path, reason: message, findings: problems.findings };
}

function compileWith(
  json: Json,
  problems: Problems,
  given: {
    readonly limits: CompileLimits;
    readonly keys: DocumentKeys;
    readonly references: References;
  },
): Machine | undefined {
  const { limits, keys, references } = given;
  if (!isJsonObject(json)) {
    problems.error("$", `a definition is a JSON object, this is ${kindOf(json)}`);
    return undefined;
  }
  if (isDeeperThan(json, limits.jsonDepthMax)) {
    problems.error("$", `the JSON of a definition may be nested ${limits.jsonDepthMax} deep`);
    return undefined;
  }
  const { name } = ownName(json, problems);
  const linker: Omit<Linker, "draft"> = {
    problems,
    limits: limits.expressions,
    expressions: new Map(),
    starts: new Map(),
    joins: [],
    references: references.own === undefined ? { ...references, own: name } : references,
    sources: new Set(),
  };
  const { statesMax } = limits;
  if (isMapForm(json) || isListForm(json)) {
    const flat = isMapForm(json)
      ? draftMap(json, problems, { statesMax, keys })
      : draftList(json, problems, statesMax);
    return flat && link({ ...linker, draft: flat.draft }, {}, flat.initial);
  }
  const draft = draftStatechart(json, problems, given);
  return draft && link({ ...linker, draft }, json, undefined);
}

function ownName(json: Json, problems: Problems): OwnName {
  if (!isJsonObject(json)) return { name: undefined, version: undefined };
  const name = readText(json, "name", "$", problems);
  const version = readText(json, "version", "$", problems);
  if (name === "") problems.error("$.name", "a name has one character at least");
  if (version === "" || version?.includes(":") === true)
    problems.error(
      "$.version",
      `${JSON.stringify(version)} is not a version: it has one character at least, and no colon`,
    );
  return { name, version };
}

function link(linker: Linker, json: JsonObject, flatInitial: number | undefined): Machine {
  const { draft, problems } = linker;
  const transitions: Transition[] = [];
  const states: StateNode[] = [];
  const memories = memoriesOf(draft.states);
  for (const state of draft.states) {
    const own = linkTransitions(linker, state);
    const joins = linkJoins(linker, state);
    transitions.push(...own.all, ...joins.map(({ transition }) => transition));
    const initial = state === draft.root && flatInitial !== undefined ? [flatInitial] : undefined;
    states.push(linkState(linker, state, { own, joins, initial, memories }));
  }
  const unmatched = json["unmatched"] ?? "reject";
  if (unmatched !== "reject" && unmatched !== "defer" && unmatched !== "ignore") {
    problems.error("$.unmatched", 'unmatched must be "reject", "defer" or "ignore"');
  }
  const record = json["record"] ?? "events";
  if (record !== "events" && record !== "changes")
    problems.error("$.record", 'record must be "events" or "changes"');
  const invariants = linkInvariants(linker, json["invariants"]);
  return {
    id: draft.root.id,
    form: draft.form,
    record: record === "changes" ? "changes" : "events",
    states,
    byPath: indicesOf(draft.byPath),
    byId: indicesOf(draft.byId),
    transitions,
    context: readObject(json, "context", problems),
    constants: readObject(json, "constants", problems),
    invariants,
    childInvariants: invariants.filter(({ expression }) =>
      expression.reads.some(({ keys: [variable] }) => variable === "children"),
    ),
    sources: [...linker.sources],
    unmatched: unmatched === "defer" || unmatched === "ignore" ? unmatched : "reject",
    ...reactorsOf(states),
    joins: linker.joins,
    hasHistory: states.some((state) => state.kind === "history"),
    description: readText(json, "description", "$", problems),
  };
}

/** Where to look for what reacts to an event. */
function reactorsOf(
  states: readonly StateNode[],
): Pick<Machine, "reactors" | "generalReactors" | "eventless"> {
  const reactors = new Map<string, number[]>();
  const generalReactors: number[] = [];
  for (const { index, reactions, defer } of states) {
    if (reactions.prefixes.length > 0 || reactions.any !== undefined || defer.size > 0) {
      generalReactors.push(index);
      continue;
    }
    for (const event of reactions.exact.keys()) {
      const known = reactors.get(event);
      if (known === undefined) reactors.set(event, [index]);
      else known.push(index);
    }
  }
  const eventless = states.filter(({ always }) => always.length > 0).map(({ index }) => index);
  return { reactors, generalReactors, eventless };
}

function indicesOf(states: ReadonlyMap<string, DraftState>): ReadonlyMap<string, number> {
  return new Map([...states].map(([name, state]) => [name, state.index]));
}

function readObject(json: JsonObject, key: string, problems: Problems): JsonObject {
  const value = json[key];
  if (isJsonObject(value)) return value;
  if (value !== undefined) problems.error(at("$", key), `${key} must be an object, this is ${kindOf(value)}`);
  return {};
}

function linkState(
  linker: Linker,
  state: DraftState,
  given: {
    readonly own: ReturnType<typeof linkTransitions>;
    readonly joins: readonly Join[];
    readonly initial: readonly number[] | undefined;
    readonly memories: Memories;
  },
): StateNode {
  const { problems } = linker;
  const { json, jsonPath } = state;
  const { reactions, always, after, invokes } = given.own;
  const initial =
    given.initial === undefined ? linkInitial(linker, state) : { targets: given.initial, actions: [] };
  const actions = (key: string) => linkActions(linker, json[key], { path: at(jsonPath, key), from: state });
  return {
    index: state.index,
    key: state.key,
    path: state.path,
    id: state.id,
    names:
      state.hasOwnId && state.id !== state.path && state.path !== ""
        ? [state.path, state.id]
        : state.path === ""
          ? []
          : [state.path],
    kind: state.kind,
    parent: state.parent?.index ?? -1,
    depth: state.depth,
    last: state.last,
    children: state.children.filter((child) => child.kind !== "history").map((child) => child.index),
    histories: given.memories.own.get(state.index) ?? [],
    memory: given.memories.of.get(state.index) ?? state.index,
    isDeepHistory: isDeepHistory(state, problems),
    initial: initial.targets,
    hasOwnInitial: state.kind !== "history" || json["target"] !== undefined,
    initialActions: initial.actions,
    entry: actions("entry"),
    exit: actions("exit"),
    reactions,
    always,
    after,
    joins: given.joins,
    invokes,
    sla: optional(json["sla"], (value) => linkDelay(linker, value, at(jsonPath, "sla"))),
    output: linkOutput(linker, state),
    tags: readTexts(json, "tags", jsonPath, problems),
    meta: json["meta"],
    description: readText(json, "description", jsonPath, problems),
    defer: new Set(readTexts(json, "defer", jsonPath, problems)),
    doneEvent: doneEvent(state.id),
    jsonPath,
  };
}

function linkOutput(linker: Linker, { json, jsonPath, kind, parent }: DraftState): StateNode["output"] {
  const output = json["output"];
  if (output === undefined) return undefined;
  const path = at(jsonPath, "output");
  if (kind !== "final" && parent !== undefined) {
    linker.problems.warn(path, "not used: only final states and the definition itself have an output");
  }
  return linkTemplate(linker, output, path);
}

type Memories = {
  /** Of a parent: the histories under which is kept what its histories remember. */
  readonly own: ReadonlyMap<number, readonly number[]>;
  /** Of a history: under which one that is. */
  readonly of: ReadonlyMap<number, number>;
};

/** Histories of one parent that are deep, or that are shallow, remember the same: it is kept once, under the first. */
function memoriesOf(states: readonly DraftState[]): Memories {
  const own = new Map<number, readonly number[]>();
  const of = new Map<number, number>();
  for (const parent of states) {
    const firsts = new Map<boolean, number>();
    for (const child of parent.children) {
      if (child.kind !== "history") continue;
      const first = firsts.get(isDeep(child)) ?? child.index;
      firsts.set(isDeep(child), first);
      of.set(child.index, first);
    }
    if (firsts.size > 0) own.set(parent.index, [...firsts.values()]);
  }
  return { own, of };
}

function isDeep({ json }: DraftState): boolean {
  return json["history"] === "deep";
}

function isDeepHistory(state: DraftState, problems: Problems): boolean {
  const history = state.json["history"];
  if (history !== undefined && history !== "shallow" && history !== "deep") {
    problems.error(at(state.jsonPath, "history"), 'history must be "shallow" or "deep"');
  }
  return isDeep(state);
}

/** The default transition: `initial` of a compound state, `target` of a history. */
function linkInitial(linker: Linker, state: DraftState): Initial {
  const { json, jsonPath, kind } = state;
  const key = kind === "history" ? "target" : "initial";
  const value = json[key];
  if (kind === "atomic" || kind === "final") return { targets: [], actions: [] };
  if (kind === "parallel") {
    if (value !== undefined)
      linker.problems.warn(at(jsonPath, key), "a parallel state enters all its regions; initial is not used");
    return { targets: [], actions: [] };
  }
  // A history's default lies below the history's parent.
  const from = kind === "history" ? (state.parent ?? state) : state;
  if (value === undefined)
    return kind === "history" ? historyDefault(linker, state, from) : firstChild(linker, state);
  const options = isJsonObject(value) ? value : { target: value };
  const path = at(jsonPath, key);
  if (isJsonObject(value)) {
    checkKeys(value, path, {
      allowed: ["target", "actions", "description"],
      what: key,
      problems: linker.problems,
    });
  }
  const targetPath = isJsonObject(value) ? at(path, "target") : path;
  const texts = readTexts(options, "target", path, linker.problems);
  if (texts.length === 0)
    linker.problems.error(targetPath, `${key} must name a state below '${from.path || from.id}'`);
  const targets = texts
    .map((text, index) =>
      resolveInitial(
        linker.draft,
        { text, from, path: texts.length > 1 ? at(targetPath, index) : targetPath },
        linker.problems,
      ),
    )
    .filter((target) => target !== undefined);
  checkTogether(targets, targetPath, linker.problems);
  if (kind === "history" && targets.some((target) => target.kind === "history")) {
    linker.problems.error(
      targetPath,
      "the default of a history must be a state to enter, not a history again",
    );
  }
  const actions = linkActions(linker, options["actions"], { path: at(path, "actions"), from: state });
  return { targets: targets.map((target) => target.index), actions };
}

/** Without `initial`, SCXML's default: the first child. */
function firstChild(linker: Linker, state: DraftState): Initial {
  const first = state.children.find((child) => child.kind !== "history");
  if (first === undefined) {
    linker.problems.error(
      at(state.jsonPath, "states"),
      "a compound state needs a child that is not a history",
    );
    return { targets: [], actions: [] };
  }
  linker.problems.warn(state.jsonPath, `no initial; '${first.key}', the first, is taken`);
  return { targets: [first.index], actions: [] };
}

/** A history without target goes where its parent starts, and does what its parent does then (XState). */
function historyDefault(linker: Linker, state: DraftState, from: DraftState): Initial {
  const start = linker.starts.get(from) ?? startOf(linker, from);
  linker.starts.set(from, start);
  if (start.targets.some((index) => linker.draft.states[index]?.kind === "history")) {
    linker.problems.error(
      state.jsonPath,
      `a target is needed here, because '${from.path || from.id}' starts with a history`,
    );
  }
  return start;
}

function startOf(linker: Linker, from: DraftState): Initial {
  if (from.kind !== "parallel") return linkInitial(silent(linker), from);
  const regions = from.children.filter((child) => child.kind !== "history");
  return { targets: regions.map((child) => child.index), actions: [] };
}

/** The same linker without a voice: for reading something that has been reported where it stands. */
function silent(linker: Linker): Linker {
  return { ...linker, problems: createProblems(0) };
}
