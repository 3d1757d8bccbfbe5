/**
 * The two older forms of a definition: the map (`{initial, map}`, an event is named after its target) and the list of
 * transitions (`{states, transitions, starting_state}`, the first match in list order wins). Both give flat machines.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { type DocumentKeys, entriesIn } from "./document-keys.ts";
import { type Draft, draftFlat, hasHalf } from "./draft.ts";
import { isInternal } from "./event-names.ts";
import { at, checkKeys, kindOf, nearest, type Problems, readText } from "./problems.ts";

/** A flat draft and the index of its initial state. */
export type FlatDraft = { readonly draft: Draft; readonly initial: number };

/** True for `{initial, map}`. */
export function isMapForm(json: JsonObject): boolean {
  return json["map"] !== undefined;
}

/** True for `{states: […], transitions: […]}`. */
export function isListForm(json: JsonObject): boolean {
  return json["transitions"] !== undefined;
}

/** Keys that editors add, and that say nothing here. */
const IGNORED = ["types", "$schema"];

const MAP_KEYS = ["name", "version", "description", "initial", "map", "current", "reason", ...IGNORED];

/** Reads the map form. States are the keys, then targets and initial in the order they are met. */
export function draftMap(
  json: JsonObject,
  problems: Problems,
  { statesMax, keys }: { readonly statesMax: number; readonly keys: DocumentKeys },
): FlatDraft | undefined {
  checkKeys(json, "$", { allowed: MAP_KEYS, what: "a map machine", problems });
  const map = json["map"];
  const initial = readText(json, "initial", "$", problems);
  if (!isJsonObject(map)) {
    problems.error("$.map", `map must be an object of lists of states by state, this is ${kindOf(map)}`);
    return undefined;
  }
  if (initial === undefined || initial === "") {
    problems.error("$.initial", "initial must name a state");
    return undefined;
  }
  const entries = entriesIn(keys, map, "$.map");
  const names = new Set<string>(entries.map(([name]) => name));
  const edges: { from: string; to: string; path: string }[] = [];
  for (const [from, targets] of entries) {
    const path = at("$.map", from);
    for (const [index, to] of stateList(targets, path, problems).entries()) {
      names.add(to);
      edges.push({ from, to, path: at(path, index) });
    }
  }
  names.add(initial);
  if (hasFault(names, statesMax, problems)) return undefined;
  const draft = draftFlat("map", names);
  for (const { from, to, path } of edges) {
    draft.byPath.get(from)?.plain.push({ event: to, target: to, jsonPath: path });
  }
  return { draft, initial: draft.byPath.get(initial)?.index ?? 0 };
}

/** How the state to start in may be called in a list. */
const START_KEYS = ["starting_state", "startingState", "startingstate"];

const LIST_KEYS = [
  "name",
  "version",
  "description",
  "states",
  "transitions",
  "final",
  ...START_KEYS,
  ...IGNORED,
];

/** Reads the list form. */
export function draftList(json: JsonObject, problems: Problems, statesMax: number): FlatDraft | undefined {
  checkKeys(json, "$", { allowed: LIST_KEYS, what: "a list of transitions", problems });
  const names = new Set(stateList(json["states"], "$.states", problems));
  const starts = START_KEYS.filter((key) => json[key] !== undefined);
  const startKey = starts[0] ?? "starting_state";
  if (starts.length > 1)
    problems.error(at("$", starts[1] ?? ""), `this says the same as ${startKey}; one of them is enough`);
  const start = readText(json, startKey, "$", problems) ?? "";
  const transitions = json["transitions"];
  if (!names.has(start)) reportUnknown(json[startKey], names, { path: at("$", startKey), problems });
  if (!Array.isArray(transitions)) {
    problems.error("$.transitions", `transitions must be a list, this is ${kindOf(transitions)}`);
    return undefined;
  }
  if (hasFault(names, statesMax, problems)) return undefined;
  const draft = draftFlat("transitions", names, finalsOf(json, names, problems));
  for (const [index, item] of transitions.entries())
    addEdge(draft, item, at("$.transitions", index), problems);
  return { draft, initial: draft.byPath.get(start)?.index ?? 0 };
}

/** The states that end the machine. */
function finalsOf(json: JsonObject, names: ReadonlySet<string>, problems: Problems): ReadonlySet<string> {
  if (json["final"] === undefined) return new Set();
  const finals = stateList(json["final"], "$.final", problems);
  for (const [index, name] of finals.entries())
    if (!names.has(name)) reportUnknown(name, names, { path: at("$.final", index), problems });
  return new Set(finals);
}

function addEdge(draft: Draft, item: Json, path: string, problems: Problems): void {
  if (!isJsonObject(item)) {
    problems.error(path, `a transition is {"from", "to", "event"}, this is ${kindOf(item)}`);
    return;
  }
  checkKeys(item, path, { allowed: ["from", "to", "event"], what: "a transition", problems });
  const { from, to, event } = item;
  for (const [key, name] of Object.entries({ from, to })) {
    if (typeof name !== "string" || !draft.byPath.has(name))
      reportUnknown(name, draft.byPath, { path: at(path, key), problems });
  }
  if (typeof event !== "string" || event === "")
    problems.error(at(path, "event"), "event must be a string with a letter at least");
  else if (isInternal(event))
    problems.error(at(path, "event"), "names that begin with xstate. are the machine's own");
  else if (typeof from === "string" && draft.byPath.get(from)?.kind === "final")
    problems.error(at(path, "from"), `'${from}' is final: nothing leads on from there`);
  else if (typeof from === "string" && typeof to === "string") {
    draft.byPath.get(from)?.plain.push({ event, target: to, jsonPath: path });
  }
}

function stateList(value: Json | undefined, path: string, problems: Problems): readonly string[] {
  const list = Array.isArray(value) ? value : [];
  const texts = list.filter((item) => typeof item === "string");
  if (!Array.isArray(value) || texts.length !== list.length) {
    problems.error(
      path,
      `a list of names of states expected, this is ${Array.isArray(value) ? "a list of other things too" : kindOf(value)}`,
    );
  }
  return texts;
}

/** Reports a name of a state that there is not. Advice takes time: there is none when nothing more is kept. */
function reportUnknown(
  value: Json | undefined,
  names: { readonly size: number; keys(): Iterable<string> },
  { path, problems }: { readonly path: string; readonly problems: Problems },
): void {
  if (problems.isFull()) {
    problems.error(path, "there is no such state");
    return;
  }
  if (typeof value !== "string") {
    const isStart = path === "$.starting_state" && value === undefined;
    const name = isStart ? "the name of the state to start in" : "the name of a state";
    problems.error(
      path,
      `${name} ${value === undefined ? "is missing" : `expected, this is ${kindOf(value)}`}`,
    );
    return;
  }
  const hint = nearest(value, names.keys());
  const known: string[] = [];
  for (const name of names.keys()) if (known.push(name) === 10) break;
  const advice =
    hint !== undefined
      ? `did you mean '${hint}'?`
      : names.size === 0
        ? "there are none at all"
        : `there are ${known.join(", ")}${names.size > 10 ? ", …" : ""}`;
  problems.error(path, `there is no state '${value}'; ${advice}`);
}

function hasFault(names: ReadonlySet<string>, statesMax: number, problems: Problems): boolean {
  const own = [...names].find(isInternal);
  if (own !== undefined)
    problems.error(
      "$",
      `${JSON.stringify(own)} cannot name a state: xstate. begins the machine's own events`,
    );
  const half = [...names].find(hasHalf);
  if (half !== undefined)
    problems.error("$", `${JSON.stringify(half)} cannot name a state: it holds half a character`);
  if (names.size <= statesMax) return false;
  problems.error("$", `a definition may have ${statesMax} states, this has ${names.size}`);
  return true;
}
