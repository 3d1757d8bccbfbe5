/**
 * A statechart as ELK takes it: boxes in boxes, with the sizes of their texts, and arrows. Options are set on every box
 * that has others inside, as ELK does not hand them down; with these no box, text or title lies on another.
 */
import type { ChartGraph, ChartState, ChartTransition } from "./chart-graph.ts";

export interface ElkLabel {
  readonly text: string;
  readonly width: number;
  readonly height: number;
  readonly x?: number;
  readonly y?: number;
}

export interface ElkNode {
  readonly id: string;
  readonly width?: number;
  readonly height?: number;
  readonly x?: number;
  readonly y?: number;
  readonly children?: readonly ElkNode[];
  readonly layoutOptions?: Readonly<Record<string, string>>;
}

export interface ElkPoint {
  readonly x: number;
  readonly y: number;
}

export interface ElkEdge {
  readonly id: string;
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  readonly labels: readonly ElkLabel[];
  readonly sections?: ReadonlyArray<{
    readonly startPoint: ElkPoint;
    readonly endPoint: ElkPoint;
    readonly bendPoints?: readonly ElkPoint[];
  }>;
}

export interface ElkRoot extends ElkNode {
  readonly edges: readonly ElkEdge[];
}

/** An arrow between two states: all transitions of the pair. */
export interface Arrow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly lines: readonly string[];
}

const CHAR_WIDTH = 6.7;
export const LINE_HEIGHT = 15;
const TITLE_HEIGHT = 22;
const LABEL_CHARS_MAX = 22;
const LABEL_LINES_MAX = 12;
const BOX_WIDTH_MIN = 70;
const BOX_HEIGHT_MIN = 40;
const DOT = 12;
const HISTORY = 26;

const OPTIONS: Readonly<Record<string, string>> = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.spacing.nodeNode": "40",
  "elk.spacing.edgeNode": "20",
  "elk.spacing.edgeEdge": "12",
  "elk.spacing.edgeLabel": "4",
  "elk.layered.spacing.nodeNodeBetweenLayers": "60",
  "elk.layered.spacing.edgeNodeBetweenLayers": "25",
};

/** Where a box begins: the dot from which an arrow leads to its initial state. */
export function dotId(path: string): string {
  return `initial:${path}`;
}

export function arrowsOf({ transitions, states }: ChartGraph): readonly Arrow[] {
  const ids = new Map(states.map(({ path, id }) => [path, id]));
  const byPair = new Map<string, { from: string; to: string; lines: string[] }>();
  for (const transition of transitions) {
    for (const to of transition.to) {
      const pair = `${transition.from}\n${to}`;
      const arrow = byPair.get(pair) ?? { from: transition.from, to, lines: [] };
      byPair.set(pair, arrow);
      arrow.lines.push(...wrapped(labelOf(transition, ids)));
    }
  }
  return [...byPair.values()].map(({ from, to, lines }, index) => ({
    id: `e${index}`,
    from,
    to,
    lines: shortened(lines),
  }));
}

function shortened(lines: readonly string[]): readonly string[] {
  return lines.length <= LABEL_LINES_MAX
    ? lines
    : [...lines.slice(0, LABEL_LINES_MAX - 1), `… ${lines.length - LABEL_LINES_MAX + 1} more`];
}

/** `PAY [guard]`, `after 72h`, `done`, `always`. */
function labelOf(transition: ChartTransition, ids: ReadonlyMap<string, string>): string {
  const id = ids.get(transition.from) ?? "";
  const { event, guard } = transition;
  const name = event.startsWith("xstate.after.")
    ? `after ${event.slice("xstate.after.".length, -id.length - 1)}`
    : /^xstate\.done\.state\./.test(event)
      ? "done"
      : event.replace(/^xstate\./, "") || "always";
  return guard === undefined ? name : `${name} [${guard}]`;
}

/** A text in lines that fit beside an arrow, broken at spaces and behind dots where there are any. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=[ .])/)) {
    if (line !== "" && line.length + word.trimEnd().length > LABEL_CHARS_MAX) {
      lines.push(line.trimEnd());
      line = "";
    }
    let rest = word;
    while (rest.length > LABEL_CHARS_MAX) {
      lines.push(rest.slice(0, LABEL_CHARS_MAX));
      rest = rest.slice(LABEL_CHARS_MAX);
    }
    line += rest;
  }
  return [...lines, line.trimEnd()].filter((one) => one !== "");
}

export function elkGraph(graph: ChartGraph): ElkRoot {
  const children = new Map<string | null, ChartState[]>();
  for (const state of graph.states) {
    const siblings = children.get(state.parent) ?? [];
    siblings.push(state);
    children.set(state.parent, siblings);
  }
  const [root] = children.get(null) ?? [];
  const arrows = arrowsOf(graph);
  const selfLoops = new Set(arrows.flatMap(({ from, to }) => (from === to ? [from] : [])));
  const build = (state: ChartState): ElkNode => {
    const inside = children.get(state.path) ?? [];
    const loops = selfLoops.has(state.path)
      ? { "elk.layered.edgeRouting.selfLoopDistribution": "EQUALLY" }
      : {};
    if (inside.length === 0) return { id: state.path, ...leafSize(state), layoutOptions: loops };
    const dots = state.initial.length > 0 ? [{ id: dotId(state.path), width: DOT, height: DOT }] : [];
    return {
      id: state.path,
      children: [...dots, ...inside.map(build)],
      layoutOptions: {
        ...OPTIONS,
        ...loops,
        "elk.padding": `[top=${TITLE_HEIGHT + 18},left=20,bottom=20,right=20]`,
        "elk.nodeSize.constraints": "MINIMUM_SIZE",
        "elk.nodeSize.minimum": `(${Math.ceil(textWidth(state.name) + 40)},60)`,
      },
    };
  };
  return {
    id: "\u0000root",
    children: root === undefined ? [] : [build(root)],
    edges: [...initialEdges(graph), ...arrows.map(elkEdge)],
    layoutOptions: {
      ...OPTIONS,
      "elk.padding": "[top=12,left=12,bottom=12,right=12]",
      "elk.json.shapeCoords": "ROOT",
      "elk.json.edgeCoords": "ROOT",
    },
  };
}

function initialEdges({ states }: ChartGraph): readonly ElkEdge[] {
  return states.flatMap(({ path, initial, type }) =>
    initial.map((target, index) => ({
      id: `i${index}:${path}`,
      // A history state is its own beginning.
      sources: [type === "history" ? path : dotId(path)],
      targets: [target],
      labels: [],
    })),
  );
}

function elkEdge({ id, from, to, lines }: Arrow): ElkEdge {
  const width = Math.max(...lines.map(textWidth), 1);
  const label = { text: lines.join("\n"), width, height: lines.length * LINE_HEIGHT };
  return { id, sources: [from], targets: [to], labels: lines.length === 0 ? [] : [label] };
}

function leafSize({ type, name }: ChartState): { readonly width: number; readonly height: number } {
  if (type === "history") return { width: HISTORY, height: HISTORY };
  return { width: Math.max(BOX_WIDTH_MIN, Math.ceil(textWidth(name)) + 28), height: BOX_HEIGHT_MIN };
}

export function textWidth(text: string): number {
  return text.length * CHAR_WIDTH;
}
