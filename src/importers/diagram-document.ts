/** A state diagram as a definition: what its arrows react to is read from their labels, `EVENT [guard] / action`. */
import type { Json, JsonObject } from "../base/json.ts";
import { parseDuration } from "../engine/durations.ts";
import type { Problems } from "../engine/problems.ts";
import {
  type Arrow,
  type Diagram,
  type DiagramState,
  type Dialect,
  readDiagram,
  type Scope,
} from "./diagram.ts";
import { type Draft, isExpression, oneOrList, putList } from "./translation.ts";

type Writer = {
  readonly diagram: Diagram;
  readonly problems: Problems;
  /** Keys of states by id, and their paths. */
  readonly keys: ReadonlyMap<string, string>;
  readonly usesTitles: boolean;
  /** Arrows by the state they leave, states by the scope they are in. */
  readonly leaving: ReadonlyMap<string, readonly Arrow[]>;
  readonly inside: ReadonlyMap<Scope, readonly DiagramState[]>;
};

function grouped<Key, Value>(
  values: Iterable<Value>,
  keyOf: (value: Value) => Key,
): ReadonlyMap<Key, readonly Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const known = groups.get(keyOf(value));
    if (known === undefined) groups.set(keyOf(value), [value]);
    else known.push(value);
  }
  return groups;
}

export function readMermaid(text: string, problems: Problems): JsonObject | undefined {
  return documentOf(text, "mermaid", problems);
}

export function readPlantUml(text: string, problems: Problems): JsonObject | undefined {
  return documentOf(text, "plantuml", problems);
}

function documentOf(text: string, dialect: Dialect, problems: Problems): JsonObject | undefined {
  const diagram = readDiagram(text, dialect, problems);
  if (diagram === undefined) return undefined;
  if (diagram.states.size === 0) {
    problems.error("$", "the diagram has no states");
    return undefined;
  }
  const keys = keysOf(diagram);
  const leaving = grouped(diagram.arrows, ({ from }) => from);
  const inside = grouped(diagram.states.values(), ({ scope }) => scope);
  return insideOf({ diagram, problems, ...keys, leaving, inside }, undefined, diagram.root);
}

/** Ids are the keys of states, unless all are numbers behind an s, as drawings of ours have them: then titles are. */
function keysOf({ states }: Diagram): Pick<Writer, "keys" | "usesTitles"> {
  const usesTitles = [...states.values()].every(({ id, title }) => /^s\d+$/.test(id) && title !== id);
  const keys = new Map<string, string>();
  const taken = new Map<Scope, Set<string>>();
  for (const { id, title, scope } of states.values()) {
    const wish = (usesTitles || /\]$/.test(id) ? title : id)
      .replace(/ \(H\*?\)$/, "")
      .replaceAll(".", "_")
      .replace(/^#+/, "");
    const set = taken.get(scope) ?? new Set();
    taken.set(scope, set);
    let key = wish === "" ? "state" : wish;
    for (let count = 2; set.has(key); count += 1) key = `${wish}_${count}`;
    set.add(key);
    keys.set(id, key);
  }
  return { keys, usesTitles };
}

function pathOf(writer: Writer, state: DiagramState): string {
  const { owner } = state.scope;
  const key = writer.keys.get(state.id) ?? state.id;
  if (owner === undefined)
    return writer.diagram.root.length > 1
      ? `region${writer.diagram.root.indexOf(state.scope) + 1}.${key}`
      : key;
  const region = owner.regions.length > 1 ? `region${owner.regions.indexOf(state.scope) + 1}.` : "";
  return `${pathOf(writer, owner)}.${region}${key}`;
}

/** What a state has inside: states, or regions of a parallel state. */
function insideOf(writer: Writer, owner: DiagramState | undefined, regions: readonly Scope[]): Draft {
  const filled = regions.filter((region) => writer.inside.has(region));
  const [only] = filled;
  if (only === undefined) return {};
  if (regions.length === 1) return scopeOf(writer, only);
  const states = regions.map((region, index): [string, Json] => [
    `region${index + 1}`,
    scopeOf(writer, region),
  ]);
  return { ...(owner === undefined ? {} : {}), type: "parallel", states: Object.fromEntries(states) };
}

function scopeOf(writer: Writer, scope: Scope): Draft {
  const { diagram, keys, problems } = writer;
  const inner = writer.inside.get(scope) ?? [];
  const start = scope.initial === undefined ? undefined : diagram.states.get(scope.initial);
  const initial =
    start && (start.scope === scope ? keys.get(start.id) : `#(machine).${pathOf(writer, start)}`);
  const draft: Draft = {};
  if (initial !== undefined) draft["initial"] = initial;
  else if (inner.length > 0) {
    const [first] = inner.filter(({ kind }) => kind === "state");
    draft["initial"] = first === undefined ? "" : (keys.get(first.id) ?? first.id);
    problems.warn(
      "$",
      `nothing says where ${scope.owner === undefined ? "the machine" : `'${scope.owner.id}'`} starts: '${String(draft["initial"])}', the first, is taken; write [*] --> ${String(draft["initial"])}`,
    );
  }
  const states: [string, Json][] = inner.map((state) => [
    keys.get(state.id) ?? state.id,
    stateOf(writer, state),
  ]);
  const isEnding = diagram.arrows.some(
    (arrow) => arrow.to === undefined && arrow.scope === scope && !isFinal(writer, arrow.from),
  );
  if (isEnding) states.push([endOf(writer, scope), { type: "final" }]);
  draft["states"] = Object.fromEntries(states);
  return draft;
}

/** The key of the final state of a scope. */
function endOf({ inside, keys }: Writer, scope: Scope): string {
  const taken = new Set((inside.get(scope) ?? []).map(({ id }) => keys.get(id)));
  let key = "end";
  for (let count = 2; taken.has(key); count += 1) key = `end_${count}`;
  return key;
}

/** A state from which one arrow without a label leads to the end, and nothing else anywhere, is final. */
function isFinal({ diagram, leaving }: Writer, id: string): boolean {
  const state = diagram.states.get(id);
  if (state?.kind === "end") return true;
  const arrows = leaving.get(id) ?? [];
  return (
    state?.kind === "state" &&
    state.regions.length === 0 &&
    arrows.length === 1 &&
    arrows[0]?.to === undefined &&
    arrows[0]?.label === ""
  );
}

function stateOf(writer: Writer, state: DiagramState): Draft {
  const { problems, usesTitles } = writer;
  const draft: Draft = insideOf(writer, state, state.regions);
  const deep = state.kind === "deep history" || / \(H\*\)$/.test(state.title);
  if (deep || state.kind === "history" || / \(H\)$/.test(state.title)) {
    const start = writer.leaving.get(state.id)?.find(({ to }) => to !== undefined);
    return {
      type: "history",
      history: deep ? "deep" : "shallow",
      ...(start === undefined ? {} : { target: targetOf(writer, start, state) }),
    };
  }
  if (isFinal(writer, state.id)) draft["type"] = "final";
  const texts: string[] = usesTitles || state.title === state.id ? [] : [state.title];
  for (const { text, line } of state.notes) {
    const [, when, action = ""] = /^(entry|exit|do)\s*\/\s*(.+)$/i.exec(text) ?? [];
    if (when === undefined) texts.push(text);
    else {
      const key = when.toLowerCase() === "exit" ? "exit" : "entry";
      const known = draft[key];
      draft[key] = oneOrList([
        ...(known === undefined ? [] : Array.isArray(known) ? (known as readonly Json[]) : [known]),
        taskOf(problems, action, line),
      ]);
    }
  }
  if (texts.length > 0) draft["description"] = texts.join("\n");
  if (!isFinal(writer, state.id)) arrowsInto(writer, state, draft);
  return draft;
}

function taskOf(problems: Problems, action: string, line: number): Json {
  problems.warn(
    `line ${line}`,
    `'${action}' becomes a task of that name, which a worker does; write what it changes as an action in the document`,
  );
  return { task: action };
}

function arrowsInto(writer: Writer, state: DiagramState, draft: Draft): void {
  const lists = {
    on: new Map<string, Json[]>(),
    after: new Map<string, Json[]>(),
    always: [] as Json[],
    onDone: [] as Json[],
  };
  for (const arrow of writer.leaving.get(state.id) ?? []) {
    const read = labelOf(writer, state, arrow);
    const transition: Draft = { target: targetOf(writer, arrow, state), ...read.transition };
    if (arrow.to === state.id) transition["reenter"] = true;
    const json = Object.keys(transition).length === 1 ? (transition["target"] ?? transition) : transition;
    if (read.kind === "always" || read.kind === "onDone") lists[read.kind].push(json);
    else lists[read.kind].set(read.name, [...(lists[read.kind].get(read.name) ?? []), json]);
  }
  for (const key of ["on", "after"] as const)
    if (lists[key].size > 0)
      draft[key] = Object.fromEntries([...lists[key]].map(([name, list]) => [name, oneOrList(list)]));
  putList(draft, "always", lists.always);
  putList(draft, "onDone", lists.onDone);
}

type Label = {
  readonly kind: "on" | "after" | "always" | "onDone";
  readonly name: string;
  readonly transition: JsonObject;
};

/** `EVENT [guard] / action`, `after 5m`, `done`, `always`; of a choice the guard alone. */
function labelOf(writer: Writer, state: DiagramState, arrow: Arrow): Label {
  const { problems } = writer;
  const { label, line } = arrow;
  const [, before = "", guard, action] = /^([^[/]*?)\s*(?:\[([\s\S]*)\])?\s*(?:\/\s*([\s\S]+))?$/.exec(
    label,
  ) ?? [undefined, label];
  const transition: Draft = {};
  if (state.kind === "choice") {
    const condition = guard ?? before.replace(/^if\s+/i, "");
    if (condition !== "" && !/^(else|otherwise|default)$/i.test(condition))
      guardInto(problems, transition, condition, line);
    if (action !== undefined) transition["actions"] = taskOf(problems, action, line);
    return { kind: "always", name: "", transition };
  }
  if (guard !== undefined) guardInto(problems, transition, guard, line);
  if (action !== undefined) transition["actions"] = taskOf(problems, action, line);
  const name = before.trim();
  const after = /^after\s+(.+)$/i
    .exec(name)?.[1]
    ?.replace(/\s*(seconds?|minutes?|hours?|days?)$/i, (unit) => unit.trim()[0]?.toLowerCase() ?? "");
  if (after !== undefined && (parseDuration(after) !== undefined || isExpression(after)))
    return { kind: "after", name: after, transition };
  if (name === "always") return { kind: "always", name, transition };
  const isComposite = state.regions.length > 0;
  if (isComposite && (name === "done" || (name === "" && endsInside(writer, state))))
    return { kind: "onDone", name, transition };
  if (name !== "") return { kind: "on", name, transition };
  const target = arrow.to === undefined ? "end" : (writer.keys.get(arrow.to) ?? arrow.to);
  problems.warn(
    `line ${line}`,
    `the arrow has no event: it is named '${target}', after its target; write : EVENT behind it, or : always`,
  );
  return { kind: "on", name: target, transition };
}

function endsInside({ diagram }: Writer, state: DiagramState): boolean {
  return diagram.arrows.some(({ to, scope }) => to === undefined && scope.owner === state);
}

function guardInto(problems: Problems, transition: Draft, guard: string, line: number): void {
  if (isExpression(guard)) transition["guard"] = guard;
  else if (/^in \S+$/.test(guard)) transition["guard"] = { in: guard.slice("in ".length) };
  else
    problems.error(
      `line ${line}`,
      `the condition ${JSON.stringify(guard)} is not an expression: write it as "context.n > 0"`,
    );
}

/** A sibling is named by its key, any other state by its path. */
function targetOf(writer: Writer, arrow: Arrow, from: DiagramState): string {
  if (arrow.to === undefined) {
    const end = endOf(writer, arrow.scope);
    return arrow.scope === from.scope
      ? end
      : `#(machine).${arrow.scope.owner === undefined ? "" : `${pathOf(writer, arrow.scope.owner)}.`}${end}`;
  }
  const to = writer.diagram.states.get(arrow.to);
  if (to === undefined) return arrow.to;
  return to.scope === from.scope ? (writer.keys.get(to.id) ?? to.id) : `#(machine).${pathOf(writer, to)}`;
}
