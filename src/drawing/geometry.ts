/** A drawing as boxes and lines with places, in pixels: what ELK has made of a graph, or, where it failed, a plain list of boxes. */
import type { ChartGraph, ChartState } from "./chart-graph.ts";
import {
  arrowsOf,
  dotId,
  type ElkEdge,
  type ElkNode,
  type ElkRoot,
  LINE_HEIGHT,
  textWidth,
} from "./elk-graph.ts";

export interface Box {
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly isDeep: boolean;
  readonly hasInside: boolean;
  /** There is something inside that is not drawn. */
  readonly isCollapsed?: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly id: string;
  /** Empty for the arrow to an initial state. */
  readonly from: string;
  readonly to: string;
  readonly isInitial: boolean;
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
  readonly label:
    | { readonly x: number; readonly y: number; readonly lines: readonly string[]; readonly width: number }
    | undefined;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly dots: ReadonlyArray<{ readonly x: number; readonly y: number; readonly radius: number }>;
  readonly lines: readonly Line[];
  /** Why it is only a list of boxes, where it is. */
  readonly fault?: string;
}

/** The drawing of a graph that ELK has laid out, with all places from the top left corner. */
export function drawingOf(graph: ChartGraph, laidOut: ElkRoot): Drawing {
  const states = new Map(graph.states.map((state) => [state.path, state]));
  const dots = new Map(graph.states.map(({ path }) => [dotId(path), path]));
  const boxes: Box[] = [];
  const found: Drawing["dots"][number][] = [];
  const walk = (node: ElkNode): void => {
    const { x = 0, y = 0, width = 0, height = 0 } = node;
    const state = states.get(node.id);
    if (state !== undefined)
      boxes.push(boxOf(state, { x, y, width, height }, (node.children ?? []).length > 0));
    else if (dots.has(node.id)) found.push({ x: x + width / 2, y: y + height / 2, radius: width / 2 });
    for (const child of node.children ?? []) walk(child);
  };
  for (const child of laidOut.children ?? []) walk(child);
  const arrows = new Map(arrowsOf(graph).map((arrow) => [arrow.id, arrow]));
  const lines = laidOut.edges.map((edge): Line => {
    const arrow = arrows.get(edge.id);
    return {
      id: edge.id,
      from: arrow?.from ?? "",
      to: arrow?.to ?? edge.targets[0] ?? "",
      isInitial: arrow === undefined,
      points: pointsOf(edge),
      label: labelOf(edge),
    };
  });
  return { width: laidOut.width ?? 0, height: laidOut.height ?? 0, boxes, dots: found, lines };
}

function boxOf(
  { path, name, type, isDeep, isCollapsed }: ChartState,
  { x, y, width, height }: Pick<Box, "x" | "y" | "width" | "height">,
  hasInside: boolean,
): Box {
  const place = { x: round(x), y: round(y), width: round(width), height: round(height) };
  return { path, name, type, isDeep, hasInside, ...(isCollapsed === true ? { isCollapsed } : {}), ...place };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function pointsOf({ sections = [] }: ElkEdge): Line["points"] {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) =>
    [startPoint, ...bendPoints, endPoint].map(({ x, y }) => [round(x), round(y)] as const),
  );
}

function labelOf({ labels: [label] }: ElkEdge): Line["label"] {
  if (label?.x === undefined || label.y === undefined) return undefined;
  return { x: round(label.x), y: round(label.y), width: round(label.width), lines: label.text.split("\n") };
}

/** All states in rows, each with what leads from it: drawn where a layout failed or took too long. */
export function plainDrawing(graph: ChartGraph, fault: string): Drawing {
  const arrows = arrowsOf(graph);
  const boxes: Box[] = [];
  const lines: Line[] = [];
  let y = 12;
  for (const state of graph.states) {
    if (state.parent === null) continue;
    const depth = state.path.split(".").length - 1;
    const width = Math.max(90, Math.ceil(textWidth(state.name)) + 28);
    boxes.push(boxOf(state, { x: 12 + depth * 24, y, width, height: 34 }, false));
    const own = arrows.filter(({ from }) => from === state.path);
    const texts = own.map(({ to, lines: label }) => `${label.join(" ")} → ${to}`);
    if (texts.length > 0)
      lines.push({
        id: `l${lines.length}`,
        from: state.path,
        to: state.path,
        isInitial: false,
        points: [],
        label: { x: 24 + depth * 24 + width, y: y + 4, width: 400, lines: texts },
      });
    y += Math.max(44, texts.length * LINE_HEIGHT + 14);
  }
  return { width: 900, height: y + 12, boxes, dots: [], lines, fault };
}
