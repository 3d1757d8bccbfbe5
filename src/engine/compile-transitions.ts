/** Transitions of a definition: from `on`, `always`, `after`, `onDone` and the list forms to one compiled shape. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { linkActions } from "./compile-actions.ts";
import { readInvokes } from "./compile-children.ts";
import { type Linker, linkDelay, linkGuard } from "./compile-expressions.ts";
import { entriesIn } from "./document-keys.ts";
import type { Draft, DraftState } from "./draft.ts";
import {
  afterEvent,
  descriptorFault,
  doneActorEvent,
  doneEvent,
  errorActorEvent,
  isInternal,
} from "./event-names.ts";
import type { AfterTimer, Invoke, Reactions, Transition } from "./machine.ts";
import { at, checkKeys, kindOf, type Problems, readText, readTexts } from "./problems.ts";
import { nameOf, resolveTarget } from "./targets.ts";

/** All transitions of one state. */
export type StateTransitions = {
  readonly reactions: Reactions;
  readonly always: readonly Transition[];
  readonly after: readonly AfterTimer[];
  readonly invokes: readonly Invoke[];
  /** In document order. */
  readonly all: readonly Transition[];
};

/** What a group of transitions reacts to and where it stands. */
type Group = {
  readonly from: DraftState;
  readonly descriptor: string;
  readonly isPublic: boolean;
  readonly path: string;
};

/** Compiles all transitions of a state. */
export function linkTransitions(linker: Linker, state: DraftState): StateTransitions {
  const { json, jsonPath } = state;
  const byDescriptor = new Map<string, Transition[]>();
  const all: Transition[] = [];
  const add = (descriptor: string, transitions: readonly Transition[]): void => {
    if (transitions.length === 0) return;
    const known = byDescriptor.get(descriptor);
    if (known === undefined) byDescriptor.set(descriptor, [...transitions]);
    else known.push(...transitions);
    all.push(...transitions);
  };
  for (const [name, value] of entriesOf(linker, state, "on")) {
    const path = at(at(jsonPath, "on"), name);
    const descriptor = linkDescriptor(linker, name, path);
    const isPublic = !isInternal(descriptor);
    add(descriptor, linkGroup(linker, value, { from: state, descriptor, isPublic, path }));
  }
  for (const plain of state.plain) add(plain.event, [plainTransition(linker.draft, state, plain)]);
  const own = { from: state, isPublic: false };
  const after: AfterTimer[] = [];
  for (const [delayText, value] of entriesOf(linker, state, "after")) {
    const path = at(at(jsonPath, "after"), delayText);
    const event = afterEvent(delayText, state.id);
    const delay = linkDelay(linker, delayText, path);
    if (delay !== undefined) after.push({ delay, event, path });
    add(event, linkGroup(linker, value, { ...own, descriptor: event, path }));
  }
  const done = { ...own, descriptor: doneEvent(state.id), path: at(jsonPath, "onDone") };
  add(done.descriptor, linkGroup(linker, json["onDone"], done));
  const invokes = readInvokes(linker, state);
  for (const { transitions } of invokes)
    for (const { descriptor, json: given, path } of transitions)
      add(descriptor, linkGroup(linker, given, { ...own, descriptor, path }));
  const always = linkGroup(linker, json["always"], { ...own, descriptor: "", path: at(jsonPath, "always") });
  return {
    reactions: reactionsOf(byDescriptor, state.plain.length > 0),
    always,
    after,
    invokes: invokes.map(({ invoke }) => invoke),
    all: [...all, ...always],
  };
}

function entriesOf(
  linker: Linker,
  state: DraftState,
  key: "on" | "after",
): readonly (readonly [string, Json])[] {
  const value = state.json[key];
  if (value === undefined) return [];
  if (isJsonObject(value)) return entriesIn(linker.draft.keys, value, at(state.jsonPath, key));
  const left = key === "on" ? "event" : "delay";
  linker.problems.error(
    at(state.jsonPath, key),
    `${key} must be an object of transitions by ${left}, this is ${kindOf(value)}`,
  );
  return [];
}

/** `done.state.<id>` is XState's `xstate.done.state.<id>`; the path of a state does for an id. */
export function linkDescriptor(linker: Linker, descriptor: string, path: string): string {
  const done = /^(?:xstate\.)?done\.state\.(.+)$/.exec(descriptor)?.[1];
  if (done !== undefined && !done.endsWith("*")) {
    const { byId, byPath } = linker.draft;
    const state = byId.get(done) ?? byPath.get(done);
    if (state === undefined)
      linker.problems.warn(path, `there is no state with the id '${done}', so this event never comes`);
    return doneEvent(state?.id ?? done);
  }
  const child = /^(done\.invoke|error\.platform)\.(.+)$/.exec(descriptor);
  if (child?.[2] !== undefined && child[2] !== "*")
    return child[1] === "done.invoke" ? doneActorEvent(child[2]) : errorActorEvent(child[2]);
  const fault = descriptorFault(descriptor);
  if (fault !== undefined) linker.problems.error(path, fault);
  return descriptor.startsWith("done.state.") ? `xstate.${descriptor}` : descriptor;
}

function linkGroup(linker: Linker, json: Json | undefined, group: Group): readonly Transition[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) {
    const transition = linkTransition(linker, json, group);
    return transition === undefined ? [] : [transition];
  }
  return json
    .map((item, index) => linkTransition(linker, item, { ...group, path: at(group.path, index) }))
    .filter((transition) => transition !== undefined);
}

const TRANSITION_KEYS = ["target", "guard", "actions", "reenter", "description", "otherwise"];

/** Keys of XState 4. */
const REPLACED_KEYS = {
  cond: 'the condition stands under "guard", as an expression',
  internal: 'a transition to the state itself or into it is internal unless it has "reenter": true',
  in: 'write "guard": {"in": "#state"}',
  delay: 'a transition that takes time stands under "after"',
};

/** Compiles one transition. */
export function linkTransition(linker: Linker, json: Json, group: Group): Transition | undefined {
  const { problems } = linker;
  const { from, descriptor, isPublic, path } = group;
  const options: Json = typeof json === "string" ? { target: json } : json;
  if (!isJsonObject(options)) {
    problems.error(
      path,
      `a transition is the name of a target or {"target", "guard", "actions", …}, this is ${kindOf(json)}`,
    );
    return undefined;
  }
  checkKeys(options, path, {
    allowed: TRANSITION_KEYS,
    what: "a transition",
    problems,
    replaced: REPLACED_KEYS,
  });
  const { guard, reenter } = options;
  if (reenter !== undefined && typeof reenter !== "boolean") {
    problems.error(at(path, "reenter"), `reenter must be true or false, this is ${kindOf(reenter)}`);
  }
  return {
    source: from.index,
    descriptor,
    isPublic,
    targets: linkTargets(linker, options, {
      from,
      path: typeof json === "string" ? undefined : path,
      whole: path,
    }),
    guard: guard === undefined ? undefined : linkGuard(linker, guard, { path: at(path, "guard"), from }),
    actions: linkActions(linker, options["actions"], { path: at(path, "actions"), from }),
    reenter: reenter === true,
    description: readText(options, "description", path, problems),
    otherwise: linkOtherwise(options, path, problems),
    join: undefined,
    path,
    domain: undefined,
    entrySet: undefined,
  };
}

function linkOtherwise(options: JsonObject, path: string, problems: Problems): string | undefined {
  const text = readText(options, "otherwise", path, problems);
  if (text !== undefined && options["guard"] === undefined)
    problems.warn(at(path, "otherwise"), "not used: there is no guard that could refuse");
  return text;
}

function linkTargets(
  linker: Linker,
  options: JsonObject,
  place: { readonly from: DraftState; readonly path: string | undefined; readonly whole: string },
): readonly number[] | undefined {
  const target = options["target"];
  if (target === undefined) return undefined;
  const path = place.path === undefined ? place.whole : at(place.path, "target");
  const targets: DraftState[] = [];
  for (const [index, text] of readTexts(options, "target", place.whole, linker.problems).entries()) {
    const reference = { text, from: place.from, path: Array.isArray(target) ? at(path, index) : path };
    const state = resolveTarget(linker.draft, reference, linker.problems);
    if (state !== undefined) targets.push(state);
  }
  checkTogether(targets, path, linker.problems);
  return targets.length === 0 ? undefined : targets.map((state) => state.index);
}

/**
 * Reports targets that cannot be active at the same time: they must lie in different regions. In document order it is
 * enough to compare neighbours: what two states have in common is what some two neighbours between them have.
 */
export function checkTogether(targets: readonly DraftState[], path: string, problems: Problems): void {
  const inOrder = targets.toSorted((a, b) => a.index - b.index);
  for (const [position, other] of inOrder.entries()) {
    const one = position === 0 ? undefined : inOrder[position - 1];
    if (one === undefined) continue;
    let ancestor: DraftState | undefined = one;
    while (ancestor !== undefined && other.index > ancestor.last) ancestor = ancestor.parent;
    if (ancestor !== one && ancestor?.kind === "parallel") continue;
    problems.error(
      path,
      one === other
        ? `'${nameOf(one)}' is named twice`
        : `'${nameOf(one)}' and '${nameOf(other)}' cannot be entered together; they must lie in different regions of a parallel state`,
    );
  }
}

function plainTransition(
  draft: Draft,
  state: DraftState,
  plain: { readonly event: string; readonly target: string; readonly jsonPath: string },
): Transition {
  const target = draft.byPath.get(plain.target);
  return {
    source: state.index,
    descriptor: plain.event,
    isPublic: true,
    targets: [target?.index ?? state.index],
    guard: undefined,
    actions: [],
    // Why: moving from a state to itself is a move in these forms, seen by history and timers.
    reenter: true,
    description: undefined,
    otherwise: undefined,
    join: undefined,
    path: plain.jsonPath,
    domain: undefined,
    entrySet: undefined,
  };
}

/** The lookup tables of a state. `isPlain`: names are taken as they are, a `*` in them is no wildcard. */
function reactionsOf(byDescriptor: ReadonlyMap<string, readonly Transition[]>, isPlain: boolean): Reactions {
  if (isPlain) return { exact: byDescriptor, prefixes: [], any: undefined };
  const exact = new Map<string, readonly Transition[]>();
  const prefixes: { prefix: string; transitions: readonly Transition[] }[] = [];
  for (const [descriptor, transitions] of byDescriptor) {
    if (descriptor.endsWith(".*")) prefixes.push({ prefix: descriptor.slice(0, -2), transitions });
    else if (descriptor !== "*") exact.set(descriptor, transitions);
  }
  prefixes.sort((a, b) => b.prefix.length - a.prefix.length);
  return { exact, prefixes, any: byDescriptor.get("*") };
}
