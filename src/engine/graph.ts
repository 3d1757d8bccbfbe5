/** Drawings of a machine: Mermaid, Graphviz, JSON; and the map that an old client of map machines understands. */
import type { Json, JsonObject } from "../base/json.ts";
import { targetPaths } from "./explain.ts";
import { plantuml } from "./graph-plantuml.ts";
import { sourceOf } from "./guards.ts";
import {
  type Invoke,
  isDescendant,
  type Machine,
  type StateNode,
  stateOf,
  type Transition,
} from "./machine.ts";

export type GraphFormat = "mermaid" | "dot" | "json" | "plantuml";

/** A drawing, or why there is none. */
export type Graph =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** Characters of a drawing: what the root does is drawn for each of its states, so that a text may be a square. */
const GRAPH_CHARS_MAX = 4_000_000;

/** The machine as text in one of the formats. Deterministic: document order throughout. */
export function graph(machine: Machine, format: GraphFormat, charsMax = GRAPH_CHARS_MAX): Graph {
  const lines = new Lines(charsMax);
  if (format !== "json" && arrowCount(machine) > charsMax / ARROW_CHARS_MIN) return tooLong(charsMax);
  try {
    if (format === "mermaid") mermaid(machine, lines);
    else if (format === "dot") dot(machine, lines);
    else if (format === "plantuml") plantuml(machine, lines, arrows(machine));
    else lines.push(JSON.stringify(graphJson(machine)));
    return { ok: true, text: lines.text(format === "json" ? "" : "\n") };
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
    return tooLong(charsMax);
  }
}

/** What an arrow takes at least: `s1 --> s2 : E` and its line's end. */
const ARROW_CHARS_MIN = 14;

function tooLong(charsMax: number): Graph {
  return { ok: false, reason: `the drawing would take more than ${charsMax} characters` };
}

/** How many arrows there would be; told without drawing them. */
function arrowCount(machine: Machine): number {
  const inRoot = stateOf(machine, 0).children.length;
  let count = 0;
  for (const { source, targets } of machine.transitions)
    count += (source === 0 ? inRoot : 1) * (targets?.length ?? 0);
  return count;
}

class TooLong extends Error {}

/** Lines of a text that is bounded. */
export class Lines {
  readonly #lines: string[] = [];
  #left: number;

  constructor(charsMax: number) {
    this.#left = charsMax;
  }

  /** @throws TooLong */
  push(line: string): void {
    this.#left -= line.length + 1;
    if (this.#left < 0) throw new TooLong();
    this.#lines.push(line);
  }

  text(end: string): string {
    return `${this.#lines.join("\n")}${end}`;
  }
}

/** Targets in the map of a definition, all states together. */
export const MAP_TARGETS_MAX = 200_000;

/**
 * State path to the paths it can move to, in document order: what `map` is in a map machine. A state lists what its
 * ancestors' transitions reach too, because a client sees it only. Pairs, because an object would not keep the order.
 * Undefined when there would be too many targets.
 */
export function transitionMap(
  machine: Machine,
): readonly (readonly [state: string, targets: readonly string[]])[] | undefined {
  const reachable = new Reachable(machine);
  const pairs: (readonly [string, readonly string[]])[] = [];
  let left = MAP_TARGETS_MAX;
  for (const state of machine.states) {
    const isShown = state.children.length === 0 || machine.form !== "statechart";
    if (state.kind === "history" || state.parent === -1 || !isShown) continue;
    // A final state of the root ends the machine: what the root accepts is out of reach there.
    const targets = state.kind === "final" && state.parent === 0 ? [] : reachable.from(state);
    left -= targets.length;
    if (left < 0) return undefined;
    pairs.push([state.path, targets]);
  }
  return pairs;
}

/** Where the transitions of states and of their ancestors lead. A state without own ones shares its parent's list. */
class Reachable {
  readonly #machine: Machine;
  readonly #known = new Map<number, readonly string[]>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  from(state: StateNode): readonly string[] {
    const known = this.#known.get(state.index);
    if (known !== undefined) return known;
    const own = transitionsOf(state).flatMap((transition) => targetPaths(this.#machine, transition));
    const outer = state.parent === -1 ? [] : this.from(stateOf(this.#machine, state.parent));
    const targets = own.length === 0 ? outer : [...new Set([...own, ...outer])];
    this.#known.set(state.index, targets);
    return targets;
  }
}

/** All transitions of a state: by event in document order, wildcards, automatic ones, then joins. */
export function transitionsOf(state: StateNode): readonly Transition[] {
  const { exact, prefixes, any } = state.reactions;
  return [
    ...[...exact.values()].flat(),
    ...prefixes.flatMap(({ transitions }) => transitions),
    ...(any ?? []),
    ...state.always,
    ...state.joins.map(({ transition }) => transition),
  ];
}

/** `EVENT [guard]`, as a label of an arrow; `after 72h` and `done` for what a state's own timers and end cause. */
function label(machine: Machine, transition: Transition): string {
  const { descriptor, join } = transition;
  if (join !== undefined) return join;
  const { id, doneEvent } = stateOf(machine, transition.source);
  const delay = descriptor.startsWith("xstate.after.")
    ? descriptor.slice("xstate.after.".length, -id.length - 1)
    : undefined;
  const [, end, child] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(descriptor) ?? [];
  const ofChild = child === undefined ? undefined : `${child} ${end === "done" ? "done" : "failed"}`;
  const name = ofChild ?? descriptor.replace(/^xstate\.(?=done\.)/, "");
  const event = delay !== undefined ? `after ${delay}` : descriptor === doneEvent ? "done" : name || "always";
  return transition.guard === undefined ? event : `${event} [${sourceOf(transition.guard)}]`;
}

function mermaid(machine: Machine, lines: Lines): void {
  lines.push("stateDiagram-v2");
  const root = stateOf(machine, 0);
  // Mermaid knows regions within a composite state only.
  if (root.kind === "parallel") drawMermaid(machine, { state: root, indent: "  ", lines });
  else drawInside(machine, { state: root, indent: "  ", lines });
  for (const { source, target, text } of arrows(machine))
    lines.push(`  s${source} --> s${target} : ${plain(text)}`);
}

type Drawing = { readonly state: StateNode; readonly indent: string; readonly lines: Lines };

function drawMermaid(machine: Machine, drawing: Drawing): void {
  const { state, indent, lines } = drawing;
  const mark = state.kind !== "history" ? "" : state.isDeepHistory ? " (H*)" : " (H)";
  const isComposite = state.children.length > 0;
  const name = state.parent === -1 ? state.id : state.key;
  lines.push(`${indent}state "${plain(name)}${mark}" as s${state.index}${isComposite ? " {" : ""}`);
  if (state.kind === "final") lines.push(`${indent}s${state.index} --> [*]`);
  if (isComposite) {
    drawInside(machine, { ...drawing, indent: `${indent}  ` });
    lines.push(`${indent}}`);
  }
  for (const invoke of state.invokes)
    lines.push(`${indent}note right of s${state.index} : ${plain(invoked(invoke))}`);
}

/** What a state runs while it is active. */
function invoked({ id, src, each }: Invoke): string {
  const count = each === undefined ? "" : " for each item";
  return `runs ${id} (${typeof src === "string" ? src : src.source})${count}`;
}

/** The states below one, regions of a parallel state apart. */
function drawInside(machine: Machine, { state, indent, lines }: Drawing): void {
  for (const target of state.initial) lines.push(`${indent}[*] --> s${target}`);
  for (const [position, index] of [...state.children, ...state.histories].entries()) {
    if (state.kind === "parallel" && position > 0 && position < state.children.length)
      lines.push(`${indent}--`);
    drawMermaid(machine, { state: stateOf(machine, index), indent, lines });
  }
}

/** Arrows to draw: transitions with a target; the root's start at each of its children that is not the end. */
function* arrows(
  machine: Machine,
): Iterable<{ readonly source: number; readonly target: number; readonly text: string }> {
  const inRoot = stateOf(machine, 0).children.filter((child) => stateOf(machine, child).kind !== "final");
  for (const transition of machine.transitions) {
    const text = label(machine, transition);
    for (const source of transition.source === 0 ? inRoot : [transition.source])
      for (const target of transition.targets ?? []) yield { source, target, text };
  }
}

/** Mermaid ends a label at a colon, a semicolon or a line's end, and a title at a quote. */
function plain(text: string): string {
  return text.replaceAll(/[:;"#\r\n]/g, (character) => `#${character.charCodeAt(0)};`);
}

function dot(machine: Machine, lines: Lines): void {
  lines.push(`digraph ${quote(machine.id)} {`);
  lines.push("  compound=true; rankdir=LR; node [shape=box, style=rounded];");
  const draw = (state: StateNode, indent: string): void => {
    const name = state.kind === "history" ? (state.isDeepHistory ? "H*" : "H") : state.key;
    const title = quote([name, ...state.invokes.map(invoked)].join("\n"));
    if (state.children.length === 0) {
      const shape =
        state.kind === "final" ? ", peripheries=2" : state.kind === "history" ? ", shape=circle" : "";
      lines.push(`${indent}n${state.index} [label=${title}${shape}];`);
      return;
    }
    lines.push(
      `${indent}subgraph cluster_${state.index} { label=${title};${state.kind === "parallel" ? " style=dashed;" : ""}`,
    );
    for (const child of [...state.children, ...state.histories]) draw(stateOf(machine, child), `${indent}  `);
    lines.push(`${indent}}`);
  };
  draw(stateOf(machine, 0), "  ");
  for (const { source, target, text } of arrows(machine)) {
    const [from, to] = [leafOf(machine, source), leafOf(machine, target)];
    // An arrow ends at the border of a composite state unless it comes from within.
    const tail = from === source || isDescendant(machine, to, source) ? "" : `, ltail=cluster_${source}`;
    const head = to === target || isDescendant(machine, from, target) ? "" : `, lhead=cluster_${target}`;
    lines.push(`  n${from} -> n${to} [label=${quote(text)}${tail}${head}];`);
  }
  lines.push("}");
}

/** Graphviz draws arrows between nodes only: a composite state is represented by its first leaf. */
function leafOf(machine: Machine, index: number): number {
  const [child] = stateOf(machine, index).children;
  return child === undefined ? index : leafOf(machine, child);
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function invokeJson({ id, src, each }: Invoke): JsonObject {
  const source = typeof src === "string" ? { src } : { src: { expr: src.source } };
  return each === undefined ? { id, ...source } : { id, ...source, each: true };
}

function graphJson(machine: Machine): JsonObject {
  const nodes = machine.states.map(
    (state): Json => ({
      path: state.path,
      id: state.id,
      type: state.kind,
      parent: state.parent === -1 ? null : stateOf(machine, state.parent).path,
      // Without a target of its own a history starts where its parent does.
      initial: state.hasOwnInitial ? state.initial.map((index) => stateOf(machine, index).path) : [],
      tags: [...state.tags],
      ...(state.invokes.length === 0 ? {} : { invoke: state.invokes.map(invokeJson) }),
      ...(state.kind === "history" ? { history: state.isDeepHistory ? "deep" : "shallow" } : {}),
      ...(state.description === undefined ? {} : { description: state.description }),
      ...(state.meta === undefined ? {} : { meta: state.meta }),
    }),
  );
  const edges = machine.transitions.map(
    (transition): Json => ({
      from: stateOf(machine, transition.source).path,
      to: [...targetPaths(machine, transition)],
      event: transition.descriptor,
      ...(transition.join === undefined ? {} : { join: transition.join }),
      ...(transition.guard === undefined ? {} : { guard: sourceOf(transition.guard) }),
      ...(transition.description === undefined ? {} : { description: transition.description }),
    }),
  );
  return { id: machine.id, states: nodes, transitions: edges };
}
