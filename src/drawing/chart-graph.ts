/** A statechart as SM.DEF GRAPH tells it in JSON, as far as a drawing needs it. */
import { isJsonObject, type Json } from "../base/json.ts";

export interface ChartState {
  /** The dotted path; of the whole machine empty. */
  readonly path: string;
  readonly id: string;
  /** The last part of the path, which is in the box. */
  readonly name: string;
  readonly type: string;
  /** What is inside is left out. */
  readonly isCollapsed?: boolean;
  /** The path of the state around it; null for the whole machine. */
  readonly parent: string | null;
  readonly initial: readonly string[];
  readonly isDeep: boolean;
}

export interface ChartTransition {
  readonly from: string;
  readonly to: readonly string[];
  readonly event: string;
  readonly guard: string | undefined;
}

export interface ChartGraph {
  readonly id: string;
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

/** What stands for the id of a machine that has none. */
const NO_ID = "(machine)";

/** Reads the JSON of SM.DEF GRAPH; what it does not have is taken as empty. `title` names a machine without an id. */
export function chartGraph(json: Json, title: string): ChartGraph {
  const { id, states, transitions } = isJsonObject(json) ? json : {};
  return {
    id: textOf(id),
    states: objectsOf(states).map((state) => {
      const path = textOf(state["path"]);
      const parent = state["parent"];
      return {
        path,
        id: textOf(state["id"]),
        name:
          path === ""
            ? state["id"] === NO_ID
              ? title
              : textOf(state["id"])
            : path.slice(path.lastIndexOf(".") + 1),
        type: textOf(state["type"]),
        parent: typeof parent === "string" ? parent : null,
        initial: textsOf(state["initial"]),
        isDeep: state["history"] === "deep",
      };
    }),
    transitions: objectsOf(transitions).map((transition) => {
      const { guard } = transition;
      return {
        from: textOf(transition["from"]),
        to: textsOf(transition["to"]),
        event: textOf(transition["event"]),
        guard: typeof guard === "string" ? guard : undefined,
      };
    }),
  };
}

/** The graph without what is inside some states: what led in or out leads to or from them, and what went on inside is left out. */
export function collapsed(graph: ChartGraph, paths: readonly string[]): ChartGraph {
  const known = new Map(graph.states.map((state) => [state.path, state]));
  const closed = paths.filter((path) => path !== "" && graph.states.some(({ parent }) => parent === path));
  /** The outermost closed state around a path, or the path itself. */
  const shownFor = (path: string): string => {
    let shown = path;
    for (let at: string | null = path; at !== null; at = known.get(at)?.parent ?? null)
      if (closed.includes(at)) shown = at;
    return shown;
  };
  const states = graph.states
    .filter(({ path }) => shownFor(path) === path)
    .map((state) => (closed.includes(state.path) ? { ...state, initial: [], isCollapsed: true } : state))
    .map((state) => ({ ...state, initial: [...new Set(state.initial.map(shownFor))] }));
  const transitions = graph.transitions.flatMap((transition): readonly ChartTransition[] => {
    const from = shownFor(transition.from);
    const to = [...new Set(transition.to.map(shownFor))].filter(
      (target) => target !== from || from === transition.from,
    );
    const isInside = from !== transition.from && to.length === 0;
    return isInside ? [] : [{ ...transition, from, to }];
  });
  return { ...graph, states, transitions };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item: Json): item is string => typeof item === "string") : [];
}

function objectsOf(value: Json | undefined) {
  return Array.isArray(value) ? value.filter((item: Json) => isJsonObject(item)) : [];
}
