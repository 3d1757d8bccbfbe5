/** Drawings of a machine: Mermaid, Graphviz, JSON; and the map that an old client of map machines understands. */
import type { Json, JsonObject } from "../base/json.ts";
import { targetPaths } from "./explain.ts";
import { sourceOf } from "./guards.ts";
import { isDescendant, type Machine, type StateNode, stateOf, type Transition } from "./machine.ts";

export type GraphFormat = "mermaid" | "dot" | "json";

/** The machine as text in one of the formats. Deterministic: document order throughout. */
export function graph(machine: Machine, format: GraphFormat): string {
  switch (format) {
    case "mermaid":
      return mermaid(machine);
    case "dot":
      return dot(machine);
    case "json":
      return JSON.stringify(graphJson(machine));
  }
}

/**
 * State path to the paths it can move to, in document order: what `map` is in a map machine. A state lists what its
 * ancestors' transitions reach too, because a client sees it only. Pairs, because an object would not keep the order.
 */
export function transitionMap(
  machine: Machine,
): readonly (readonly [state: string, targets: readonly string[]])[] {
  return machine.states
    .filter(
      (state) =>
        state.kind !== "history" &&
        (state.children.length === 0 || machine.form !== "statechart") &&
        state.parent !== -1,
    )
    .map((state) => [state.path, reachable(machine, state)] as const);
}

function reachable(machine: Machine, state: StateNode): readonly string[] {
  // A final state of the root ends the machine: what the root accepts is out of reach there.
  if (state.kind === "final" && state.parent === 0) return [];
  const targets = new Set<string>();
  for (
    let node: StateNode | undefined = state;
    node !== undefined;
    node = node.parent === -1 ? undefined : stateOf(machine, node.parent)
  ) {
    for (const transition of transitionsOf(node)) {
      for (const path of targetPaths(machine, transition)) targets.add(path);
    }
  }
  return [...targets];
}

/** All transitions of a state: by event in document order, wildcards, then automatic ones. */
export function transitionsOf(state: StateNode): readonly Transition[] {
  const { exact, prefixes, any } = state.reactions;
  return [
    ...[...exact.values()].flat(),
    ...prefixes.flatMap(({ transitions }) => transitions),
    ...(any ?? []),
    ...state.always,
  ];
}

/** `EVENT [guard]`, as a label of an arrow; `after 72h` and `done` for what a state's own timers and end cause. */
function label(machine: Machine, transition: Transition): string {
  const { descriptor } = transition;
  const { id, doneEvent } = stateOf(machine, transition.source);
  const delay = descriptor.startsWith("xstate.after.")
    ? descriptor.slice("xstate.after.".length, -id.length - 1)
    : undefined;
  const name = descriptor.replace(/^xstate\.(?=done\.)/, "");
  const event = delay !== undefined ? `after ${delay}` : descriptor === doneEvent ? "done" : name || "always";
  return transition.guard === undefined ? event : `${event} [${sourceOf(transition.guard)}]`;
}

function mermaid(machine: Machine): string {
  const lines = ["stateDiagram-v2"];
  const root = stateOf(machine, 0);
  // Mermaid knows regions within a composite state only.
  if (root.kind === "parallel") drawMermaid(machine, { state: root, indent: "  ", lines });
  else drawInside(machine, { state: root, indent: "  ", lines });
  for (const { source, targets, text } of arrows(machine)) {
    for (const target of targets) lines.push(`  s${source} --> s${target} : ${plain(text)}`);
  }
  return `${lines.join("\n")}\n`;
}

type Drawing = { readonly state: StateNode; readonly indent: string; readonly lines: string[] };

function drawMermaid(machine: Machine, drawing: Drawing): void {
  const { state, indent, lines } = drawing;
  const mark = state.kind !== "history" ? "" : state.isDeepHistory ? " (H*)" : " (H)";
  const isComposite = state.children.length > 0;
  const name = state.parent === -1 ? state.id : state.key;
  lines.push(`${indent}state "${plain(name)}${mark}" as s${state.index}${isComposite ? " {" : ""}`);
  if (state.kind === "final") lines.push(`${indent}s${state.index} --> [*]`);
  if (!isComposite) return;
  drawInside(machine, { ...drawing, indent: `${indent}  ` });
  lines.push(`${indent}}`);
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
function arrows(
  machine: Machine,
): readonly { readonly source: number; readonly targets: readonly number[]; readonly text: string }[] {
  return machine.transitions.flatMap((transition) => {
    const isRoot = transition.source === 0;
    const sources = isRoot
      ? stateOf(machine, 0).children.filter((child) => stateOf(machine, child).kind !== "final")
      : [transition.source];
    const { targets } = transition;
    return targets === undefined
      ? []
      : sources.map((source) => ({ source, targets, text: label(machine, transition) }));
  });
}

/** Mermaid ends a label at a colon, a semicolon or a line's end, and a title at a quote. */
function plain(text: string): string {
  return text.replaceAll(/[:;"#\r\n]/g, (character) => `#${character.charCodeAt(0)};`);
}

function dot(machine: Machine): string {
  const lines = [
    `digraph ${quote(machine.id)} {`,
    "  compound=true; rankdir=LR; node [shape=box, style=rounded];",
  ];
  const draw = (state: StateNode, indent: string): void => {
    const title = quote(state.kind === "history" ? (state.isDeepHistory ? "H*" : "H") : state.key);
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
  for (const { source, targets, text } of arrows(machine)) {
    for (const target of targets) {
      const [from, to] = [leafOf(machine, source), leafOf(machine, target)];
      // An arrow ends at the border of a composite state unless it comes from within.
      const tail = from === source || isDescendant(machine, to, source) ? "" : `, ltail=cluster_${source}`;
      const head = to === target || isDescendant(machine, from, target) ? "" : `, lhead=cluster_${target}`;
      lines.push(`  n${from} -> n${to} [label=${quote(text)}${tail}${head}];`);
    }
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Graphviz draws arrows between nodes only: a composite state is represented by its first leaf. */
function leafOf(machine: Machine, index: number): number {
  const [child] = stateOf(machine, index).children;
  return child === undefined ? index : leafOf(machine, child);
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function graphJson(machine: Machine): JsonObject {
  const nodes = machine.states.map(
    (state): Json => ({
      path: state.path,
      id: state.id,
      type: state.kind,
      parent: state.parent === -1 ? null : stateOf(machine, state.parent).path,
      initial: state.initial.map((index) => stateOf(machine, index).path),
      tags: [...state.tags],
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
      ...(transition.guard === undefined ? {} : { guard: sourceOf(transition.guard) }),
      ...(transition.description === undefined ? {} : { description: transition.description }),
    }),
  );
  return { id: machine.id, states: nodes, transitions: edges };
}
