/** Both versions of a definition in one drawing: what is new in green, what is gone in red, what has changed in amber. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Change } from "../definition-tests/compare.ts";
import { eventText } from "../definition-tests/coverage.ts";
import { Drawings } from "../drawing/drawings.ts";
import { svgOf } from "../drawing/svg.ts";
import { graph } from "../engine/graph.ts";
import type { Machine } from "../engine/machine.ts";

type How = Change["how"];

const COLOURS: Readonly<Record<How, string>> = { added: "#1a7f37", removed: "#cf222e", changed: "#9a6700" };
const MARKS: Readonly<Record<How, string>> = { added: "+ ", removed: "- ", changed: "~ " };

export async function diffDrawing(
  before: Machine,
  after: Machine,
  changes: readonly Change[],
): Promise<string> {
  const states = new Map<string, How>();
  const arrows = new Map<string, How>();
  for (const { state, event, how } of changes) {
    if (state === undefined) continue;
    if (event === undefined) states.set(state, how);
    else arrows.set(`${state} ${event}`, how);
  }
  const [old, now] = [graphOf(before), graphOf(after)];
  const pairs = new Map<string, How>();
  const marked = (machine: Machine, transitions: readonly JsonObject[], only?: How) =>
    transitions.flatMap((transition): readonly JsonObject[] => {
      const [from, event] = [String(transition["from"]), String(transition["event"])];
      const source = machine.states[machine.byPath.get(from) ?? 0];
      const join = transition["join"];
      const name =
        typeof join === "string"
          ? join
          : event === ""
            ? "always"
            : source === undefined
              ? event
              : eventText(source, event);
      const isNew = states.get(from) === "added" ? "added" : undefined;
      const isGone = states.get(from) === "removed" ? "removed" : undefined;
      const how = arrows.get(`${from} ${name}`) ?? (only === "removed" ? isGone : isNew);
      if (only !== undefined && how !== only) return [];
      if (how !== undefined) for (const to of targetsOf(transition)) pairs.set(`${from} ${to}`, how);
      return [how === undefined ? transition : { ...transition, event: `${MARKS[how]}${name}` }];
    });
  const gone = old.states.filter(({ path }) => states.get(String(path)) === "removed");
  const merged: JsonObject = {
    id: after.id,
    states: [...now.states, ...gone],
    transitions: [...marked(after, now.transitions), ...marked(before, old.transitions, "removed")],
  };
  const drawings = new Drawings();
  try {
    const drawing = await drawings.drawingOf(JSON.stringify(merged), after.id);
    const colourOf = (how: How | undefined) => (how === undefined ? undefined : COLOURS[how]);
    return svgOf(drawing, {
      box: ({ path }) => colourOf(states.get(path)),
      line: ({ from, to }) => colourOf(pairs.get(`${from} ${to}`)),
    });
  } finally {
    await drawings.close();
  }
}

function targetsOf(transition: JsonObject): readonly string[] {
  const to = transition["to"];
  const targets = Array.isArray(to) ? to.map(String) : [];
  return targets.length === 0 ? [String(transition["from"])] : targets;
}

function graphOf(machine: Machine): {
  readonly states: readonly JsonObject[];
  readonly transitions: readonly JsonObject[];
} {
  const drawn = graph(machine, "json");
  const json = drawn.ok ? (JSON.parse(drawn.text) as Json) : {};
  const list = (key: string) => {
    const value = isJsonObject(json) ? json[key] : undefined;
    return Array.isArray(value) ? value.filter((item: Json) => isJsonObject(item)) : [];
  };
  return { states: list("states"), transitions: list("transitions") };
}
