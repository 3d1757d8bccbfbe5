/** What of a drawing is shown when one looks at a part of it: what can follow a state, what can lead to it, the shortest way. */
import type { Drawing, Line } from "../drawing/geometry.ts";

/** `after` and `before` a state, or the path of the state that the shortest way leads to. */
export type Focus = "after" | "before" | { readonly to: string };

export interface Focused {
  /** Paths of boxes, outer ones among them. */
  readonly states: ReadonlySet<string>;
  /** Ids of lines. */
  readonly lines: ReadonlySet<string>;
}

/** A state as it is entered and as it is left: who is inside one leaves it by its transitions, but enters nothing by that. */
type Place = `${"in" | "out"} ${string}`;

interface Step {
  readonly from: Place;
  readonly to: Place;
  readonly line?: Line;
}

/** Undefined where no way leads there. */
export function focused(drawing: Drawing, state: string, focus: Focus): Focused | undefined {
  const steps = stepsOf(drawing);
  if (focus === "after") return all(steps, reached(`in ${state}`, steps));
  if (focus === "before") {
    const reversed = steps.map(({ from, to, line }): Step => ({ from: to, to: from, ...(line && { line }) }));
    return all(reversed, reached(`out ${state}`, reversed));
  }
  const found = reached(`in ${state}`, steps);
  return found.has(`in ${focus.to}`) ? way(found, `in ${focus.to}`) : undefined;
}

/** The states that some way from a state leads to. */
export function reachable(drawing: Drawing, state: string): ReadonlySet<string> {
  const found = reached(`in ${state}`, stepsOf(drawing));
  return new Set([...found.keys()].filter((place) => place.startsWith("in ")).map(pathOf));
}

function stepsOf({ boxes, lines }: Drawing): readonly Step[] {
  return [
    ...boxes.map(({ path }): Step => ({ from: `in ${path}`, to: `out ${path}` })),
    ...boxes.flatMap(({ path }): readonly Step[] =>
      path === "" ? [] : [{ from: `out ${path}`, to: `out ${parentOf(path)}` }],
    ),
    ...lines.map((line): Step => {
      const { from, to, isInitial } = line;
      return { from: isInitial ? `in ${parentOf(to)}` : `out ${from}`, to: `in ${to}`, line };
    }),
  ];
}

function parentOf(path: string): string {
  return path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "";
}

/** The places that can be reached, each with the step that first led there. */
function reached(start: Place, steps: readonly Step[]): ReadonlyMap<Place, Step | undefined> {
  const from = new Map<Place, Step[]>();
  for (const step of steps) {
    const known = from.get(step.from);
    if (known === undefined) from.set(step.from, [step]);
    else known.push(step);
  }
  const found = new Map<Place, Step | undefined>([[start, undefined]]);
  for (const place of found.keys())
    for (const step of from.get(place) ?? []) if (!found.has(step.to)) found.set(step.to, step);
  return found;
}

/** All that was reached, with the lines between. */
function all(steps: readonly Step[], found: ReadonlyMap<Place, unknown>): Focused {
  const between = steps.filter(({ from, to }) => found.has(from) && found.has(to));
  return {
    states: new Set([...found.keys()].map(pathOf)),
    lines: new Set(between.flatMap(({ line }) => (line === undefined ? [] : [line.id]))),
  };
}

function way(found: ReadonlyMap<Place, Step | undefined>, end: Place): Focused {
  const states = new Set([pathOf(end)]);
  const lines = new Set<string>();
  for (let step = found.get(end); step !== undefined; step = found.get(step.from)) {
    states.add(pathOf(step.from));
    if (step.line !== undefined) lines.add(step.line.id);
  }
  return { states, lines };
}

function pathOf(place: Place): string {
  return place.slice(place.indexOf(" ") + 1);
}
