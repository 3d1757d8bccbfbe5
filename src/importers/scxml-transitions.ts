/** Transitions of SCXML, and the states where states start. */
import type { Json } from "../base/json.ts";
import { actionsIn } from "./scxml-actions.ts";
import { type ChartState, coversDescriptor, descriptorOf, isInside, transitionsIn } from "./scxml-chart.ts";
import { guardIn, type Model, OWN_MODEL } from "./scxml-data.ts";
import { type Draft, oneOrList, put, putList } from "./translation.ts";
import { type Element, words } from "./xml.ts";

/** Where a state starts: `initial` as attribute or element, or its first child. Of a history, where it goes without a memory. */
export function startOf(model: Model, state: ChartState, given?: Element): Json | undefined {
  const { element, children } = state;
  const initial =
    given ??
    element.children
      .find(({ name }) => name === "initial")
      ?.children.find(({ name }) => name === "transition");
  const ids = words(
    initial === undefined ? element.attributes.get("initial") : initial.attributes.get("target"),
  );
  const targets = targetsOf(model, ids, element.path);
  const actions = initial === undefined ? [] : actionsIn(model, initial);
  const first = children.find((child) => child.element.name !== "history");
  const [only] = targets;
  if (only === undefined) return initial === undefined && ids.length === 0 ? first?.key : undefined;
  if (actions.length === 0 && targets.length === 1 && only.parent === state) return only.key;
  const names = targets.map(({ id }) => `#${id}`);
  return actions.length > 0
    ? { target: names, actions: [...actions] }
    : given === undefined
      ? { target: names }
      : oneOrList(names);
}

function targetsOf({ chart, problems }: Model, ids: readonly string[], path: string): readonly ChartState[] {
  return ids.flatMap((id) => {
    const state = chart.byId.get(id);
    if (state === undefined) problems.error(path, `there is no state with the id '${id}'`);
    return state === undefined ? [] : [state];
  });
}

/** The transitions of a state: under `always`, and under `on` in such an order that the first of the document is taken first. */
export function transitionsInto(model: Model, state: ChartState, draft: Draft): void {
  const always: Json[] = [];
  const events: { readonly descriptors: readonly string[]; readonly json: Json }[] = [];
  for (const element of transitionsIn(state)) {
    const descriptors = words(element.attributes.get("event")).map((word) =>
      model.kind === OWN_MODEL ? word : descriptorOf(word, model.chart.events),
    );
    const json = transitionOf(model, state, element, descriptors);
    if (descriptors.length === 0) always.push(json);
    else events.push({ descriptors, json });
  }
  const on = new Map<string, Json[]>();
  for (const descriptor of new Set(events.flatMap(({ descriptors }) => descriptors))) {
    const last = events.findLastIndex(({ descriptors }) => descriptors.includes(descriptor));
    const before = events
      .slice(0, last + 1)
      .filter(({ descriptors }) =>
        descriptors.some(
          (one) => one === descriptor || (model.kind !== OWN_MODEL && coversDescriptor(one, descriptor)),
        ),
      );
    on.set(
      descriptor,
      before.map(({ json }) => json),
    );
  }
  if (on.size > 0)
    draft["on"] = Object.fromEntries([...on].map(([descriptor, list]) => [descriptor, oneOrList(list)]));
  putList(draft, "always", always);
}

function transitionOf(
  model: Model,
  state: ChartState,
  element: Element,
  descriptors: readonly string[],
): Json {
  const { attributes, path } = element;
  const draft: Draft = {};
  const isDone = descriptors.length > 0 && descriptors.every((one) => one.startsWith("done."));
  const targets = targetsOf(model, words(attributes.get("target")), path);
  if (attributes.has("target") && targets.length === 0 && words(attributes.get("target")).length === 0)
    model.problems.error(path, "a target that is empty names no state: leave it out");
  putList(
    draft,
    "target",
    targets.map(({ id }) => `#${id}`),
  );
  const cond = attributes.get("cond");
  if (cond !== undefined) put(draft, "guard", guardIn(model, cond, { path, isDone }));
  putList(draft, "actions", actionsIn(model, element, isDone));
  const isInternal =
    attributes.get("type") === "internal" &&
    state.element.name !== "parallel" &&
    targets.every((target) => target !== state && isInside(target, state));
  // Elsewhere leaving the source goes without saying.
  const own = attributes.get("reenter");
  if (own === undefined ? !isInternal && targets.some((target) => isInside(target, state)) : own === "true")
    draft["reenter"] = true;
  put(draft, "description", attributes.get("description"));
  put(draft, "otherwise", attributes.get("otherwise"));
  return draft;
}
